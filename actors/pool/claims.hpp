// Who claims which address: for every address the registrations that nodes have announced, the newest first. Pure.
// Bound: as many claims as the pool has live sessions, and for a moment those that a newer one is about to end.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "actors/pool/messages.hpp"

namespace rookery::pool {

// Where an address is registered, and since when.
struct Holder {
    NodeId node = 0;
    std::uint64_t millis = 0;
    std::uint32_t counter = 0;

    // Newer wins; between equals the node decides, so that every replica decides alike.
    friend bool operator<(const Holder& a, const Holder& b) {
        if (a.millis != b.millis) return a.millis < b.millis;
        if (a.counter != b.counter) return a.counter < b.counter;
        return a.node < b.node;
    }
    friend bool operator==(const Holder&, const Holder&) = default;
};

// Count and digest of the claims of one node; equal sets have equal sums whatever the order of changes.
struct Summary {
    std::uint64_t count = 0;
    std::uint64_t digest = 0;
    friend bool operator==(const Summary&, const Summary&) = default;
};

class Claims {
public:
    // Before and after: who held the address. Equal where nothing that others see has changed.
    struct Outcome {
        std::optional<Holder> before;
        std::optional<Holder> after;
        bool changed() const { return before != after; }
    };

    // A node has one claim per address; an older one than it has is ignored.
    Outcome put(const core::MailboxAddress& address, const Holder& holder);
    // Compare and delete.
    Outcome remove(const core::MailboxAddress& address, const Holder& holder);

    std::optional<Holder> newest(const core::MailboxAddress& address) const;
    std::optional<Holder> of(NodeId node, const core::MailboxAddress& address) const;
    Summary summary(NodeId node) const;
    std::size_t addresses() const { return entries_.size(); }

    // Removes every claim of `node` for which `remove` says so. Walks the whole table unless the node has none.
    void remove_if(NodeId node, const std::function<bool(const Claim&)>& remove,
                   const std::function<void(const core::MailboxAddress&, const Outcome&)>& removed);
    void for_each_of(NodeId node, const std::function<void(const Claim&)>& visit) const;

private:
    // Nodes are few: a claim names its node by the place in nodes_, which saves 4 bytes a claim and the padding.
    struct Stored {
        std::uint64_t millis;
        std::uint32_t counter;
        std::uint32_t node;
    };
    // Nearly always one claim; the others are on their way out.
    struct Entry {
        Stored newest;
        std::unique_ptr<std::vector<Stored>> older;
    };
    struct Hash {
        std::size_t operator()(const core::MailboxAddress& a) const {
            return std::hash<std::string>{}(a.key) * 31 + static_cast<std::size_t>(a.realm);
        }
    };
    using Table = std::unordered_map<core::MailboxAddress, Entry, Hash>;
    struct Node {
        NodeId id;
        Summary summary;
    };

    std::uint32_t index_of(NodeId node);
    std::optional<std::uint32_t> find_node(NodeId node) const;
    Holder holder(const Stored& stored) const { return {nodes_[stored.node].id, stored.millis, stored.counter}; }
    void count(const core::MailboxAddress& address, const Stored& stored, bool present);
    // The claim at `position` (0: the newest) goes; true: the entry is empty and was erased.
    bool drop(Table::iterator entry, std::size_t position);

    Table entries_;
    std::vector<Node> nodes_;  // places of nodes without claims are used again
    std::unordered_map<NodeId, std::uint32_t> places_;
};

}  // namespace rookery::pool
