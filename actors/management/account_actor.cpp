#include "actors/management/account_actor.hpp"

#include <algorithm>

#include "actors/core/ip.hpp"
#include "actors/core/log.hpp"

namespace rookery::management {
namespace {

constexpr auto status_retry = std::chrono::seconds(1);

// Registration numbers as the fence of the stored status: ordered like the numbers themselves.
std::uint64_t fence(const core::RegistrationNumber& n) {
    return n.millis << 20 | (n.counter & 0xFFFFF);
}

}  // namespace

AccountActor::AccountActor(caf::actor_config& config, core::ActorContext context, AccountId id,
                           core::Ref<StorageHandle> storage, Rules rules, std::shared_ptr<Counters> counters)
    : Actor(config, std::move(context)),
      id_(std::move(id)),
      storage_(std::move(storage)),
      rules_(std::move(rules)),
      counters_(std::move(counters)) {}

AccountActor::behavior_type AccountActor::make_behavior() {
    counters_->accounts.fetch_add(1, std::memory_order_relaxed);
    load();
    return {
        status_handler(),
        [this](const Execute& request) {
            if (waiting_.size() >= max_waiting) {
                ++refused_;
                return request.reply(core::fail(core::ErrorKind::unavailable,
                                                "too many changes of this account are waiting; try again"));
            }
            waiting_.push_back(request);
            pump();
        },
        [this](const GetSnapshot& request) {
            if (state_) return request.reply(state_);
            waiting_reads_.push_back(request.reply);
        },
        [this](const Attach& request) { state_ ? attach(request) : waiting_attaches_.push_back(request); },
        [this](const Detach& request) { detach(request); },
        [this](const Loaded& r) { loaded(*r.result); },
        [this](const Transacted& r) { transacted(std::move(*r.result)); },
        [this](const StatusesWritten& r) { statuses_written(*r.result); },
        [this](const WriteStatusesAgain&) {
            writing_statuses_ = false;
            write_statuses();
        },
    };
}

void AccountActor::on_exit() {
    for (const auto& [peer, entry] : streams_)
        entry.stream->end({core::rpc::Code::unavailable, "the account is loaded anew; connect again"});
    counters_->streams.fetch_sub(static_cast<std::int64_t>(streams_.size()), std::memory_order_relaxed);
    counters_->accounts.fetch_sub(1, std::memory_order_relaxed);
    counters_->peers.fetch_sub(counted_peers_, std::memory_order_relaxed);
    streams_.clear();
    Actor::on_exit();
}

std::vector<std::pair<std::string, std::string>> AccountActor::details() const {
    return {{"serial", state_ ? std::to_string(state_->serial) : "not loaded"},
            {"peers", state_ ? std::to_string(state_->peers.size()) : "0"},
            {"streams", std::to_string(streams_.size())},
            {"waiting", std::to_string(waiting_.size())},
            {"refused", std::to_string(refused_)}};
}

void AccountActor::load() {
    auto self = AccountHandle(this);
    storage_.send(LoadAccount{id_, Reply<Snapshot>([self](Result<Snapshot> result) {
                                  caf::anon_send(self,
                                                 Loaded{std::make_shared<const Result<Snapshot>>(std::move(result))});
                              })});
}

void AccountActor::loaded(const Result<Snapshot>& result) {
    if (!result) {
        // Everyone who waits hears why; the next message finds a fresh actor that tries again.
        for (const auto& e : waiting_) e.reply(tl::unexpected(result.error()));
        for (const auto& r : waiting_reads_) r(tl::unexpected(result.error()));
        for (const auto& a : waiting_attaches_) a.stream->end({core::rpc::Code::unavailable, result.error().message});
        return quit();
    }
    // The store has one node, this one, and it has no stream of this account yet: who is marked connected was
    // connected when the process ended.
    auto state = std::make_shared<AccountState>(**result);
    for (const auto& [peer, status] : (*result)->statuses) {
        if (!status->connected) continue;
        auto ended = *status;
        ended.connected = false;
        state->statuses = state->statuses.with(peer, std::make_shared<const PeerStatus>(ended));
        unwritten_[peer] = std::move(ended);
    }
    advance(std::move(state));
    count_peers();
    write_statuses();
    for (const auto& r : std::exchange(waiting_reads_, {})) r(state_);
    for (const auto& a : std::exchange(waiting_attaches_, {})) attach(a);
    pump();
}

void AccountActor::pump() {
    if (!state_ || !under_way_.empty() || waiting_.empty()) return;
    const auto count = std::min(waiting_.size(), batch);
    std::vector<Request> requests;
    for (std::size_t i = 0; i < count; ++i) {
        requests.push_back(waiting_.front().request);
        under_way_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    auto self = AccountHandle(this);
    storage_.send(Transact{state_, std::move(requests), Reply<Transaction>([self](Result<Transaction> result) {
                               caf::anon_send(self,
                                              Transacted{std::make_shared<Result<Transaction>>(std::move(result))});
                           })});
}

void AccountActor::transacted(Result<Transaction> result) {
    const auto requests = std::exchange(under_way_, {});
    if (!result) {
        for (const auto& r : requests) r.reply(tl::unexpected(result.error()));
        return pump();
    }
    const auto telling = core::SteadyTime::clock::now();
    advance(adopted(*result));
    count_peers();
    counters_->fan_out.record_ms(core::SteadyTime::clock::now() - telling);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto& outcome = result->results[i];
        if (outcome)
            requests[i].reply(Committed{state_, *outcome});
        else
            requests[i].reply(tl::unexpected(outcome.error()));
    }
    pump();
}

// The transaction began with an older state_: statuses that changed meanwhile are this actor's and stay.
Snapshot AccountActor::adopted(const Transaction& transaction) {
    auto next = std::make_shared<AccountState>(*transaction.state);
    next->statuses = state_->statuses;
    for (const auto& outcome : transaction.results) {
        if (!outcome) continue;
        for (const auto& change : (*outcome)->changes)
            if (const auto* removed = std::get_if<Remove<Peer>>(&change)) {
                next->statuses = next->statuses.without(removed->id);
                unwritten_.erase(removed->id);
            }
    }
    return next;
}

// Streams of peers whose map may be another one now hear of it; peers that are gone are told so.
void AccountActor::advance(Snapshot next) {
    const auto before = std::exchange(view_, compile(next, rules_, view_));
    state_ = std::move(next);
    if (!before || streams_.empty()) return;
    for_each_difference(before->state->peers, state_->peers, [&](const auto* was, const auto* is) {
        if (is) return;
        if (const auto it = streams_.find(was->first); it != streams_.end()) it->second.stream->removed(view_);
    });
    for (const auto& peer : affected_peers(*before, *view_))
        if (const auto it = streams_.find(peer); it != streams_.end()) it->second.stream->changed(view_);
}

void AccountActor::attach(const Attach& request) {
    auto& counted = counters_->connects;
    if (!state_->peers.find(request.peer)) {
        counted.peer_not_found.fetch_add(1, std::memory_order_relaxed);
        return request.stream->removed(view_);
    }
    auto& entry = streams_[request.peer];
    if (entry.stream && entry.session > request.session) {
        counted.stale.fetch_add(1, std::memory_order_relaxed);
        return request.stream->displaced();
    }
    counted.applied.fetch_add(1, std::memory_order_relaxed);
    if (!entry.stream) counters_->streams.fetch_add(1, std::memory_order_relaxed);
    entry = Stream{request.stream, request.session};
    PeerStatus status;
    status.peer = request.peer;
    status.connected = true;
    status.last_seen = core::wall_now();
    status.session = fence(request.session);
    status.connection_ip = core::host_of(request.remote_address);
    set_status(std::move(status));
    request.stream->changed(view_);
}

void AccountActor::detach(const Detach& request) {
    const auto it = streams_.find(request.peer);
    auto& counted = counters_->disconnects;
    if (it == streams_.end() || it->second.stream != request.stream) {
        counted.stale.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    streams_.erase(it);
    counters_->streams.fetch_sub(1, std::memory_order_relaxed);
    if (!state_->peers.find(request.peer)) {
        counted.peer_not_found.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    counted.applied.fetch_add(1, std::memory_order_relaxed);
    const auto* old = state_->statuses.find(request.peer);
    auto status = old ? *old : PeerStatus{request.peer};
    status.connected = false;
    status.last_seen = core::wall_now();
    status.session = fence(request.session);
    set_status(std::move(status));
}

void AccountActor::count_peers() {
    const auto now = static_cast<std::int64_t>(state_->peers.size());
    counters_->peers.fetch_add(now - counted_peers_, std::memory_order_relaxed);
    counted_peers_ = now;
}

// Shown at once on this node, stored in batches.
void AccountActor::set_status(PeerStatus status) {
    auto next = std::make_shared<AccountState>(*state_);
    next->statuses = next->statuses.with(status.peer, std::make_shared<const PeerStatus>(status));
    advance(std::move(next));
    unwritten_[status.peer] = std::move(status);
    write_statuses();
}

void AccountActor::write_statuses() {
    if (writing_statuses_ || unwritten_.empty()) return;
    writing_statuses_ = true;
    being_written_.clear();
    for (auto& [peer, status] : std::exchange(unwritten_, {})) being_written_.push_back(std::move(status));
    auto self = AccountHandle(this);
    storage_.send(WriteStatuses{id_, being_written_, Reply<Done>([self](Result<Done> result) {
                                    caf::anon_send(
                                        self, StatusesWritten{std::make_shared<const Result<Done>>(std::move(result))});
                                })});
}

// What could not be written stays to be written, unless it changed meanwhile; the store's own state is reported by
// the storage actor, so one line per series is enough here.
void AccountActor::statuses_written(const Result<Done>& result) {
    const bool failed = !result;
    if (failed && !statuses_failing_)
        core::log::warn("account {}: peer statuses not written, will be: {}", id_, result.error().message);
    statuses_failing_ = failed;
    if (failed) {
        for (auto& status : std::exchange(being_written_, {})) unwritten_.emplace(status.peer, std::move(status));
        return delayed_send(this, status_retry, WriteStatusesAgain{});
    }
    being_written_.clear();
    writing_statuses_ = false;
    write_statuses();
}

}  // namespace rookery::management
