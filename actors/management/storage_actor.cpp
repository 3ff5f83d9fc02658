#include "actors/management/storage_actor.hpp"

#include "actors/core/log.hpp"

namespace rookery::management {

StorageActor::StorageActor(caf::actor_config& config, core::ActorContext context, std::shared_ptr<Store> store,
                           const core::Crypto* crypto, Rules rules, std::shared_ptr<Counters> counters)
    : Actor(config, std::move(context)),
      store_(std::move(store)),
      crypto_(*crypto),
      rules_(std::move(rules)),
      counters_(std::move(counters)) {}

// What was refused for good reason (not found, a conflict) is no error of the store.
template <class T>
Result<T> StorageActor::counted(Result<T> result) {
    if (!result &&
        (result.error().kind == core::ErrorKind::internal || result.error().kind == core::ErrorKind::unavailable))
        counters_->store_errors.fetch_add(1, std::memory_order_relaxed);
    return result;
}

StorageActor::behavior_type StorageActor::make_behavior() {
    return {
        status_handler(),
        [this](const ListAccounts& r) { r.reply(counted(store_->accounts())); },
        [this](const CreateAccount& r) { r.reply(counted(store_->create_account(*r.account))); },
        [this](const LoadAccount& r) { r.reply(counted(store_->load_account(r.id))); },
        [this](const FindPeer& r) { r.reply(counted(store_->find_peer(r.key))); },
        [this](const FindSetupKey& r) { r.reply(counted(store_->find_setup_key(r.hash))); },
        [this](const FindToken& r) { r.reply(counted(store_->find_token(r.hash))); },
        [this](const Transact& r) {
            const auto begun = core::SteadyTime::clock::now();
            auto result = counted(store_->transact(
                r.known, r.requests,
                [this](const AccountState& state, const Request& request) { return decide_request(state, request); }));
            counters_->transaction.record_ms(core::SteadyTime::clock::now() - begun);
            r.reply(std::move(result));
        },
        [this](const WriteStatuses& r) { r.reply(counted(store_->write_statuses(r.account, r.statuses))); },
        [this](const TouchToken& r) { touch(r); },
    };
}

// Once a minute per token: the dashboard shows relative time, and a read should not cost a write.
void StorageActor::touch(const TouchToken& request) {
    auto& last = touched_[request.token];
    if (request.used - last < std::chrono::minutes(1)) return;
    last = request.used;
    if (const auto done = counted(store_->touch_token(request.account, request.token, request.used)); !done)
        core::log::warn("last use of an access token not stored: {}", done.error().message);
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
