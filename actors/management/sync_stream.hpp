// One open Sync call: turns account states into messages for one peer. No queue: while a write is under way only
// the newest state is kept ("newest wins"), so a slow agent costs one snapshot, never a backlog. No state is ever
// sent after a newer one. Told of changes by the account's actor and of finished writes by the transport; maps are
// computed by the stream's own actor (write_next), so that many streams share the cores.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "actors/core/mailboxes.hpp"
#include "actors/management/counters.hpp"
#include "actors/management/envelope.hpp"
#include "actors/management/infrastructure.hpp"
#include "actors/management/network_map.hpp"

namespace rookery::management {

class SyncStream;

class SyncEvents {
public:
    virtual ~SyncEvents() = default;
    // The directory registered it: attach it to its account.
    virtual void on_sync_registered(const std::shared_ptr<SyncStream>& stream) = 0;
    // There is something to send and no write under way: call write_next().
    virtual void on_sync_pending() = 0;
    virtual void on_sync_closed() = 0;
};

// What all streams of a node share.
struct SyncShared {
    std::shared_ptr<const Infrastructure> infrastructure;
    Rules rules;
    std::string server_key;  // base64 public key, goes into every message
    std::shared_ptr<Counters> counters = std::make_shared<Counters>();
};

class SyncStream final : public core::Mailbox, public std::enable_shared_from_this<SyncStream> {
public:
    SyncStream(PeerId peer, PublicKey key, std::shared_ptr<const Box> box, std::shared_ptr<core::rpc::Stream> stream,
               std::shared_ptr<SyncEvents> events, std::shared_ptr<const SyncShared> shared, core::SteadyTime begun);

    const PeerId& peer() const { return peer_; }
    const PublicKey& key() const { return key_; }
    bool closed() const;

    // A state of the account that may change this peer's map.
    void changed(const View& state);
    // The peer is not in the account any more: farewell map, then the stream ends with OK.
    void removed(const View& state);
    // New relay tokens; never coalesced with maps.
    void refresh_credentials();
    void end(core::rpc::Status status);
    // Computes and sends what is pending.
    void write_next();

    void write_done(bool ok);
    void transport_closed();

    void post(const core::rpc::Bytes&) override {}  // nobody addresses bytes to a Sync stream
    void registered(const core::RegistrationNumber& number) override;
    void displaced() override { end(core::rpc::Status::success()); }
    core::RegistrationNumber number() const override;
    bool over() const override;
    void leave() override { end({core::rpc::Code::unavailable, "the server goes away; connect again"}); }

private:
    void wake(std::unique_lock<std::mutex>& lock);
    core::rpc::Bytes seal(const std::string& message) const;

    const PeerId peer_;
    const PublicKey key_;
    const std::shared_ptr<const Box> box_;
    const std::shared_ptr<core::rpc::Stream> stream_;
    const std::shared_ptr<SyncEvents> events_;
    const std::shared_ptr<const SyncShared> shared_;
    const core::SteadyTime begun_;  // when the request came

    mutable std::mutex mutex_;
    core::RegistrationNumber number_;
    View newest_;  // not sent yet
    std::uint64_t sent_serial_ = 0;
    bool first_ = true;  // the first message carries netbirdConfig
    bool refresh_ = false;
    bool farewell_ = false;
    bool woken_ = false;  // write_next() was asked for and has not come yet
    bool writing_ = false;
    bool over_ = false;
    bool closed_ = false;
};

}  // namespace rookery::management
