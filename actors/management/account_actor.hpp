// The actor of one account: owns the newest snapshot this node knows, orders the commands, and tells the Sync
// streams of this node about every state that changes their map.
// Bounds: `max_waiting` commands wait (beyond it: "unavailable", counted); at most `batch` of them go into one
// transaction; one transaction and one write of peer statuses are under way. Streams hold one snapshot each.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "actors/management/protocol.hpp"

namespace rookery::management {

class AccountActor : public core::Actor<AccountHandle> {
public:
    static constexpr std::size_t batch = 64;
    static constexpr std::size_t max_waiting = 10'000;

    AccountActor(caf::actor_config& config, core::ActorContext context, AccountId id, core::Ref<StorageHandle> storage,
                 Rules rules, std::shared_ptr<Counters> counters);

    behavior_type make_behavior() override;
    void on_exit() override;  // ends the streams: their agents come back and find a fresh actor

private:
    struct Stream {
        std::shared_ptr<SyncStream> stream;
        core::RegistrationNumber session;
    };

    std::vector<std::pair<std::string, std::string>> details() const override;
    void load();
    void loaded(const Result<Snapshot>& result);
    void pump();
    void transacted(Result<Transaction> result);
    Snapshot adopted(const Transaction& transaction);
    void advance(Snapshot next);
    void attach(const Attach& request);
    void detach(const Detach& request);
    void set_status(PeerStatus status);
    void write_statuses();
    void count_peers();
    void statuses_written(const Result<Done>& result);

    const AccountId id_;
    const core::Ref<StorageHandle> storage_;
    const Rules rules_;
    const std::shared_ptr<Counters> counters_;
    Snapshot state_;  // empty until loaded
    View view_;       // of state_
    std::deque<Execute> waiting_;
    std::vector<Execute> under_way_;
    std::vector<Reply<Snapshot>> waiting_reads_;
    std::vector<Attach> waiting_attaches_;
    std::map<PeerId, Stream> streams_;
    std::map<PeerId, PeerStatus> unwritten_;  // newest status per peer: coalesced
    std::vector<PeerStatus> being_written_;
    bool writing_statuses_ = false;  // or waiting to try again
    bool statuses_failing_ = false;  // the last write of them failed
    std::uint64_t refused_ = 0;
    std::int64_t counted_peers_ = 0;  // this account's part of Counters::peers
};

}  // namespace rookery::management
