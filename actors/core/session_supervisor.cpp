#include "actors/core/session_supervisor.hpp"

#include "actors/core/log.hpp"

namespace rookery::core {

SessionSupervisor::SessionSupervisor(caf::actor_config& config, ActorContext context,
                                     std::chrono::milliseconds shutdown_timeout)
    : Actor(config, std::move(context)),
      shutdown_timeout_(shutdown_timeout),
      counts_(std::make_shared<SupervisionVitals>("sessions")) {
    this->context().vitals->set_supervision(counts_);
}

SessionSupervisor::behavior_type SessionSupervisor::make_behavior() {
    set_down_handler([this](const caf::down_msg& down) { on_down(down); });
    set_exit_handler([this](const caf::exit_msg& exit) { begin_stop(exit.reason); });
    return {
        status_handler(),
        [this](const StartChild& request) { start(request); },
        [this](const SessionsOverdue& overdue) { on_overdue(overdue.killed); },
    };
}

// As a supervisor's: its sessions end before it does.
caf::invoke_message_result SessionSupervisor::consume(caf::mailbox_element& element) {
    try {
        return Actor::consume(element);
    } catch (const std::exception& e) {
        begin_stop(failure(context().vitals->path() + ": " + e.what()));
        return caf::invoke_message_result::consumed;
    }
}

void SessionSupervisor::on_exit() {
    tell_all(caf::exit_reason::kill);
    Actor::on_exit();
}

std::vector<std::pair<std::string, std::string>> SessionSupervisor::details() const {
    return {{"sessions", std::to_string(children_.size())},
            {"started", std::to_string(counts_->children)},
            {"crashed", std::to_string(counts_->crashed)}};
}

// A request that comes while stopping is dropped; what it holds closes the connection.
void SessionSupervisor::start(const StartChild& request) {
    if (stopping_) return;
    ++counts_->children;
    auto vitals = std::make_shared<Vitals>(request.id, context().vitals);
    try {
        auto child = request.start(ActorContext{context().system, vitals});
        monitor(child);
        const auto address = child.address();
        children_.emplace(address, std::pair(std::move(child), std::move(vitals)));
        counts_->running = children_.size();
    } catch (const std::exception& e) {
        crashed(request.id, std::string("cannot be started: ") + e.what());
    }
}

void SessionSupervisor::crashed(const std::string& id, const std::string& why) {
    ++counts_->crashed;
    context().vitals->set_last_error(why);
    log::error("{}/{} crashed: {}", context().vitals->path(), id, why);
}

void SessionSupervisor::on_down(const caf::down_msg& down) {
    const auto it = children_.find(down.source);
    if (it == children_.end()) return;
    const bool killed_by_us = stopping_ && down.reason == caf::exit_reason::kill;
    if (!is_calm(down.reason) && !killed_by_us) crashed(it->second.second->name(), describe(system(), down.reason));
    children_.erase(it);
    counts_->running = children_.size();
    if (stopping_ && children_.empty()) quit(*stopping_);
}

void SessionSupervisor::begin_stop(caf::error reason) {
    if (stopping_) return;
    stopping_ = std::move(reason);
    if (children_.empty()) return quit(*stopping_);
    tell_all(caf::exit_reason::user_shutdown);
    delayed_send(this, shutdown_timeout_, SessionsOverdue{false});
}

void SessionSupervisor::on_overdue(bool killed) {
    const auto path = context().vitals->path();
    if (!killed) {
        log::error("{}: {} sessions did not stop within {} ms: they are killed", path, children_.size(),
                   shutdown_timeout_.count());
        tell_all(caf::exit_reason::kill);
        delayed_send(this, shutdown_timeout_, SessionsOverdue{true});
        return;
    }
    const auto& one = *children_.begin()->second.second;
    const auto why = fmt::format("{}: {} sessions do not end even when killed, {} among them, which handles {}", path,
                                 children_.size(), one.name(), status_of(one).handling);
    log::error("{}", why);
    for (const auto& [address, child] : children_) demonitor(address);
    children_.clear();
    quit(hopeless(why));
}

void SessionSupervisor::tell_all(caf::exit_reason reason) {
    for (const auto& [address, child] : children_) send_exit(child.first, reason);
}

}  // namespace rookery::core
