#include "actors/management/accounts_actor.hpp"

#include "actors/core/log.hpp"
#include "actors/management/account_actor.hpp"

namespace rookery::management {

AccountsActor::AccountsActor(caf::actor_config& config, core::ActorContext context, core::Ref<StorageHandle> storage,
                             Rules rules, std::shared_ptr<Counters> counters)
    : Actor(config, std::move(context)),
      storage_(std::move(storage)),
      rules_(std::move(rules)),
      counters_(std::move(counters)) {}

AccountsActor::behavior_type AccountsActor::make_behavior() {
    set_down_handler([this](const caf::down_msg& down) {
        const bool crashed =
            down.reason && down.reason != caf::exit_reason::normal && down.reason != caf::exit_reason::user_shutdown;
        if (crashed) {
            ++crashed_;
            const auto why = core::describe(system(), down.reason);
            this->context().vitals->set_last_error(why);
            core::log::error("an account's actor crashed: {}", why);
        }
        std::erase_if(running_, [&](const auto& entry) { return entry.second.address() == down.source; });
    });
    return {
        status_handler(),
        [this](const ForAccount& request) {
            const auto target = account(request.account);
            if (request.execute) send(target, *request.execute);
            if (request.snapshot) send(target, *request.snapshot);
            if (request.attach) send(target, *request.attach);
            if (request.detach) send(target, *request.detach);
        },
    };
}

AccountHandle AccountsActor::account(const AccountId& id) {
    if (const auto it = running_.find(id); it != running_.end()) return it->second;
    core::ActorContext place{context().system, std::make_shared<core::Vitals>(id, context().vitals)};
    auto handle = system().spawn<AccountActor>(place, id, storage_, rules_, counters_);
    monitor(handle);
    running_.emplace(id, handle);
    return handle;
}

void AccountsActor::on_exit() {
    for (const auto& [id, handle] : running_) send_exit(handle, caf::exit_reason::user_shutdown);
    running_.clear();
    Actor::on_exit();
}

std::vector<std::pair<std::string, std::string>> AccountsActor::details() const {
    return {{"accounts", std::to_string(running_.size())}, {"crashed", std::to_string(crashed_)}};
}

}  // namespace rookery::management
