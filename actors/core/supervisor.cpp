#include "actors/core/supervisor.hpp"

#include <algorithm>
#include <random>

#include "actors/core/log.hpp"

namespace rookery::core {
namespace {

// An end that nobody needs to hear of: done, or told to stop.
bool is_calm(const caf::error& reason) {
    return !reason || reason == caf::exit_reason::normal || reason == caf::exit_reason::user_shutdown;
}

}  // namespace

Jitter random_jitter() {
    return [engine = std::make_shared<std::mt19937_64>(std::random_device{}())] {
        return std::uniform_real_distribution<double>(0.0, 1.0)(*engine);
    };
}

Supervisor::Supervisor(caf::actor_config& config, ActorContext context, config::Supervision parameters,
                       std::vector<ChildSpec> children, Jitter jitter)
    : Actor(config, std::move(context)), parameters_(parameters), jitter_(std::move(jitter)) {
    for (auto& spec : children) children_.push_back(Child{std::move(spec), nullptr, nullptr});
}

Supervisor::behavior_type Supervisor::make_behavior() {
    set_down_handler([this](const caf::down_msg& down) { on_down(down); });
    set_exit_handler([this](const caf::exit_msg& exit) { begin_stop(exit.reason); });
    for (std::size_t i = 0; i < children_.size() && !stopping_; ++i) start(i);
    return {
        status_handler(),
        [this](const RestartChild& r) {
            const auto& child = children_[r.index];
            if (!stopping_ && !child.handle && child.restarts == r.restarts) start(r.index);
        },
        [this](const KillChild& k) {
            if (children_[k.index].handle) send_exit(children_[k.index].handle, caf::exit_reason::kill);
        },
    };
}

std::vector<std::pair<std::string, std::string>> Supervisor::details() const {
    std::size_t running = 0;
    for (const auto& child : children_) running += child.handle ? 1 : 0;
    return {{"children", std::to_string(children_.size())}, {"running", std::to_string(running)}};
}

void Supervisor::start(std::size_t index) {
    auto& child = children_[index];
    child.vitals = std::make_shared<Vitals>(child.spec.id, context().vitals);
    child.vitals->restarts = child.restarts;
    child.started = clock().now();
    try {
        child.handle = child.spec.start(ActorContext{context().system, child.vitals});
        monitor(child.handle);
    } catch (const std::exception& e) {
        // A child that cannot even be made counts as a crash of this supervisor's start.
        begin_stop(caf::make_error(caf::sec::runtime_error, child.spec.id + " failed to start: " + e.what()));
    }
}

void Supervisor::on_down(const caf::down_msg& down) {
    const auto it = std::find_if(children_.begin(), children_.end(),
                                 [&](const Child& c) { return c.handle && c.handle.address() == down.source; });
    if (it == children_.end()) return;
    it->handle = nullptr;
    if (stopping_) return stop_next();
    if (is_calm(down.reason)) return;

    const auto why = describe(system(), down.reason);
    const auto now = clock().now();
    crashes_.push_back(now);
    while (now - crashes_.front() > parameters_.period) crashes_.pop_front();
    if (static_cast<int>(crashes_.size()) > parameters_.max_restarts) {
        const auto chain = fmt::format("{} crashed {} times within {} ms, the last time with: {}", it->spec.id,
                                       crashes_.size(), parameters_.period.count(), why);
        log::error("{}: {}", context().vitals->path(), chain);
        return begin_stop(caf::make_error(caf::sec::runtime_error, context().vitals->path() + ": " + chain));
    }
    it->consecutive = now - it->started > parameters_.period ? 1 : it->consecutive + 1;
    ++it->restarts;
    const auto wait = backoff(it->consecutive);
    log::error("{} crashed: {}; starting it again in {} ms", it->vitals->path(), why,
               std::chrono::duration_cast<std::chrono::milliseconds>(wait).count());
    delayed_send(this, wait,
                 RestartChild{static_cast<std::size_t>(std::distance(children_.begin(), it)), it->restarts});
}

std::chrono::nanoseconds Supervisor::backoff(std::uint32_t consecutive) {
    const auto doublings = std::min<std::uint32_t>(consecutive - 1, 20);
    const auto base = std::min(parameters_.backoff_first * (1 << doublings), parameters_.backoff_max);
    return std::chrono::duration_cast<std::chrono::nanoseconds>(base * (0.8 + 0.4 * jitter_()));
}

void Supervisor::begin_stop(caf::error reason) {
    if (stopping_) return;
    stopping_ = std::move(reason);
    stop_next();
}

// One child at a time, the last started first; the next one when this one's down message has come.
void Supervisor::stop_next() {
    for (std::size_t i = children_.size(); i-- > 0;) {
        auto& child = children_[i];
        if (!child.handle) continue;
        send_exit(child.handle, caf::exit_reason::user_shutdown);
        delayed_send(this, parameters_.shutdown_timeout, KillChild{i});
        return;
    }
    quit(*stopping_);
}

SessionSupervisor::SessionSupervisor(caf::actor_config& config, ActorContext context)
    : Actor(config, std::move(context)) {}

SessionSupervisor::behavior_type SessionSupervisor::make_behavior() {
    set_down_handler([this](const caf::down_msg& down) {
        if (children_.erase(down.source) == 0 || is_calm(down.reason)) return;
        ++crashed_;
        const auto why = describe(system(), down.reason);
        context().vitals->set_last_error(why);
        log::error("{}: a session crashed: {}", context().vitals->path(), why);
    });
    return {
        status_handler(),
        [this](const StartChild& request) {
            ++started_;
            auto vitals = std::make_shared<Vitals>(request.id, context().vitals);
            auto child = request.start(ActorContext{context().system, std::move(vitals)});
            monitor(child);
            children_.emplace(child.address(), std::move(child));
        },
    };
}

void SessionSupervisor::on_exit() {
    for (const auto& [address, child] : children_) send_exit(child, caf::exit_reason::user_shutdown);
    children_.clear();
    Actor::on_exit();
}

std::vector<std::pair<std::string, std::string>> SessionSupervisor::details() const {
    return {{"sessions", std::to_string(children_.size())},
            {"started", std::to_string(started_)},
            {"crashed", std::to_string(crashed_)}};
}

}  // namespace rookery::core
