// A peer as it stands in other peers' maps: its place in peer sets, and its parts of messages, written once.
#pragma once

#include <memory>
#include <string>

#include "actors/management/model.hpp"
#include "actors/management/peer_set.hpp"

namespace rookery::management {

struct CompiledPeer {
    std::shared_ptr<const Peer> peer;
    Slot slot = 0;

    // Everything that others see of it.
    struct Pieces {
        std::string remote, remote_v6;        // fields of RemotePeerConfig, without and with the IPv6 address
        std::string rule_v4, rule_v6;         // FirewallRule.PeerIP; empty without an address
        std::string exact_v4, exact_v6;       // the same with FirewallRule.sourcePrefixes
        std::string source_v4, source_v6;     // RouteFirewallRule.sourceRanges
        std::string records_a, records_aaaa;  // CustomZone.Records
        std::string route_peer;               // Route.Peer
        friend bool operator==(const Pieces&, const Pieces&) = default;
    } pieces;
};

// `domain`: the suffix of names.
std::shared_ptr<const CompiledPeer> compile_peer(std::shared_ptr<const Peer> peer, Slot slot,
                                                 const std::string& domain);

// Peers by slot, in chunks that versions share.
class PeerTable {
public:
    using Entry = std::shared_ptr<const CompiledPeer>;

    const CompiledPeer& operator[](Slot slot) const { return *(*chunks_[slot / chunk_size])[slot % chunk_size]; }
    // nullptr: the slot is free.
    const Entry& entry(Slot slot) const {
        static const Entry none;
        return slot / chunk_size < chunks_.size() ? (*chunks_[slot / chunk_size])[slot % chunk_size] : none;
    }
    void set(Slot slot, Entry entry) {
        if (slot / chunk_size >= chunks_.size())
            chunks_.resize(slot / chunk_size + 1, std::make_shared<const Chunk>(chunk_size));
        auto chunk = std::make_shared<Chunk>(*chunks_[slot / chunk_size]);
        (*chunk)[slot % chunk_size] = std::move(entry);
        chunks_[slot / chunk_size] = std::move(chunk);
    }

private:
    using Chunk = std::vector<Entry>;
    static constexpr std::size_t chunk_size = 64;
    std::vector<std::shared_ptr<const Chunk>> chunks_;
};

}  // namespace rookery::management
