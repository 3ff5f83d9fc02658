#include "actors/management/storage_actor.hpp"

#include <utility>

#include "actors/core/log.hpp"

namespace rookery::management {

namespace {
constexpr auto check_period = std::chrono::seconds(1);
}  // namespace

StorageActor::StorageActor(caf::actor_config& config, core::ActorContext context, std::shared_ptr<Store> store,
                           const core::Crypto* crypto, Rules rules, std::shared_ptr<Counters> counters,
                           StoreReport report)
    : Actor(config, std::move(context)),
      store_(std::move(store)),
      crypto_(*crypto),
      rules_(std::move(rules)),
      counters_(std::move(counters)),
      report_(std::move(report)) {}

// What was refused for good reason (not found, a conflict) is no error of the store.
template <class T>
Result<T> StorageActor::counted(Result<T> result) {
    if (!result &&
        (result.error().kind == core::ErrorKind::internal || result.error().kind == core::ErrorKind::unavailable))
        counters_->store_errors.fetch_add(1, std::memory_order_relaxed);
    return result;
}

StorageActor::behavior_type StorageActor::make_behavior() {
    check();  // what an incarnation before this one reported may be over
    return {
        status_handler(),
        [this](const ListAccounts& r) { answer(r.reply, store_->accounts()); },
        [this](const CreateAccount& r) { answer(r.reply, store_->create_account(*r.account)); },
        [this](const LoadAccount& r) { answer(r.reply, store_->load_account(r.id)); },
        [this](const FindPeer& r) { answer(r.reply, store_->find_peer(r.key)); },
        [this](const FindSetupKey& r) { answer(r.reply, store_->find_setup_key(r.hash)); },
        [this](const FindToken& r) { answer(r.reply, store_->find_token(r.hash)); },
        [this](const Transact& r) {
            const auto decider = [this](const AccountState& state, const Request& request) {
                return decide_request(state, request);
            };
            const auto begun = core::SteadyTime::clock::now();
            auto result = store_->transact(r.known, r.requests, decider);
            counters_->transaction.record_ms(core::SteadyTime::clock::now() - begun);
            answer(r.reply, std::move(result));
        },
        [this](const WriteStatuses& r) { answer(r.reply, store_->write_statuses(r.account, r.statuses)); },
        [this](const TouchToken& r) { touch(r); },
        [this](const CheckStore&) { check(); },
    };
}

// Why the store failed is for the operator: it names files. Callers hear that it did.
template <class T>
void StorageActor::answer(const Reply<T>& reply, Result<T> result) {
    result = counted(std::move(result));
    if (result) return reply(std::move(result));
    note_failure(result.error());
    const auto& error = result.error();
    if (error.kind == core::ErrorKind::unavailable) {
        core::log::debug("store: {}", error.message);  // a warning of the node's, once
        return reply(core::fail(error.kind, "the data store does not work at the moment; the server's log says why"));
    }
    if (error.kind == core::ErrorKind::internal) {
        core::log::error("store: {}", error.message);
        return reply(core::fail(error.kind, "the data store failed; the server's log says why"));
    }
    reply(std::move(result));
}

// Only what passes; the rest is about one request.
void StorageActor::note_failure(const core::Error& error) {
    if (error.kind != core::ErrorKind::unavailable || !std::exchange(working_, false)) return;
    report_(tl::unexpected(error));
    delayed_send(this, check_period, CheckStore{});
}

void StorageActor::check() {
    const auto works = store_->check();
    working_ = works.has_value();
    report_(works);
    if (!working_) delayed_send(this, check_period, CheckStore{});
}

// Once a minute per token: the dashboard shows relative time, and a read should not cost a write.
void StorageActor::touch(const TouchToken& request) {
    auto& last = touched_[request.token];
    if (request.used - last < std::chrono::minutes(1)) return;
    last = request.used;
    if (const auto done = counted(store_->touch_token(request.account, request.token, request.used)); !done) {
        note_failure(done.error());
        core::log::debug("last use of an access token not stored: {}", done.error().message);
    }
}

Result<ChangeSet> StorageActor::decide_request(const AccountState& state, const Request& request) const {
    const auto now = core::wall_now();
    const Random random = [this](std::uint64_t bound) {
        std::uint64_t value;
        crypto_.random(&value, sizeof value);
        return value % bound;  // bound is at most an address range: the bias does not matter
    };
    auto decision = decide(state, request.command, request.initiator, now, random, rules_);
    if (!decision) return tl::unexpected(std::move(decision).error());
    CommitId id;
    crypto_.random(id.data(), id.size());
    return commit(state, std::move(*decision), id, now);
}

}  // namespace rookery::management
