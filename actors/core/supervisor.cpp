#include "actors/core/supervisor.hpp"

#include <algorithm>
#include <random>

#include "actors/core/log.hpp"

namespace rookery::core {
namespace {

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

}  // namespace

Jitter random_jitter() {
    return [engine = std::make_shared<std::mt19937_64>(std::random_device{}())] {
        return std::uniform_real_distribution<double>(0.0, 1.0)(*engine);
    };
}

Supervisor::Supervisor(caf::actor_config& config, ActorContext context, Strategy strategy,
                       config::Supervision parameters, std::vector<ChildSpec> children, Jitter jitter)
    : Actor(config, std::move(context)),
      strategy_(strategy),
      parameters_(parameters),
      policy_(parameters),
      jitter_(std::move(jitter)),
      counts_(std::make_shared<SupervisionVitals>(to_string(strategy))) {
    for (auto& spec : children) {
        auto& child = children_.emplace_back();
        child.spec = std::move(spec);
    }
    counts_->children = children_.size();
    this->context().vitals->set_supervision(counts_);
}

Supervisor::behavior_type Supervisor::make_behavior() {
    set_down_handler([this](const caf::down_msg& down) { on_down(down); });
    set_exit_handler([this](const caf::exit_msg& exit) { begin_stop(exit.reason); });
    start(all());
    return {
        status_handler(),
        [this](const RestartDue& due) {
            const auto it =
                std::find_if(rounds_.begin(), rounds_.end(), [&](const Round& r) { return r.number == due.round; });
            if (it == rounds_.end()) return;
            it->due = true;
            go_on_with(due.round);
        },
        [this](const StopOverdue& overdue) { on_overdue(overdue); },
    };
}

// A supervisor that crashes still stops its children in order before it ends: the next incarnation must not meet them.
caf::invoke_message_result Supervisor::consume(caf::mailbox_element& element) {
    try {
        return Actor::consume(element);
    } catch (const std::exception& e) {
        begin_stop(failure(context().vitals->path() + ": " + e.what()));
        return caf::invoke_message_result::consumed;
    }
}

// Killed, or ended in its start: the children must not outlive it.
void Supervisor::on_exit() {
    for (const auto& child : children_)
        if (child.handle) send_exit(child.handle, caf::exit_reason::kill);
    Actor::on_exit();
}

std::vector<std::pair<std::string, std::string>> Supervisor::details() const {
    return {{"strategy", to_string(strategy_)},
            {"children", std::to_string(children_.size())},
            {"running", std::to_string(counts_->running)},
            {"crashed", std::to_string(counts_->crashed)}};
}

// A child that cannot be made begins a round of its own; whoever waits for that is left to it. Temporary children have
// one life; a transient one that was done begins anew together with its siblings.
void Supervisor::start(ChildRange range) {
    for (auto i = range.first; i < range.last && !stopping_; ++i) {
        const auto& child = children_[i];
        if (child.round == 0 && (child.incarnation == 0 || child.spec.restart != Restart::temporary)) start(i);
    }
}

void Supervisor::start(std::size_t index) {
    auto& child = children_[index];
    child.vitals = std::make_shared<Vitals>(child.spec.id, context().vitals, child.spec.kind == ChildKind::blocking);
    child.vitals->restarts = child.incarnation++;
    if (!child.last_error.empty()) child.vitals->set_last_error(child.last_error);
    child.started = clock().now();
    child.told_to_stop = false;
    try {
        child.handle = child.spec.start(ActorContext{context().system, child.vitals});
    } catch (const std::exception& e) {
        return on_end(index, failure(std::string("cannot be started: ") + e.what()));
    }
    ++counts_->running;
    monitor(child.handle);
    if (child.incarnation > 1)
        log::info("{} runs again after {} ms", child.vitals->path(),
                  std::chrono::duration_cast<std::chrono::milliseconds>(child.started - child.ended).count());
}

void Supervisor::gone(Child& child) {
    child.handle = nullptr;
    child.ended = clock().now();
    --counts_->running;
}

void Supervisor::on_down(const caf::down_msg& down) {
    const auto it = std::find_if(children_.begin(), children_.end(),
                                 [&](const Child& c) { return c.handle && c.handle.address() == down.source; });
    if (it == children_.end()) return;
    gone(*it);
    if (is_hopeless(down.reason))
        return give_up(hopeless(reasons(*it, "cannot be stopped", describe(system(), down.reason))));
    if (it->told_to_stop && !is_calm(down.reason) && down.reason != caf::exit_reason::kill)
        log::error("{} crashed while it was stopped: {}", it->vitals->path(),
                   first_line(describe(system(), down.reason)));
    if (stopping_) return go_on_stopping();
    if (it->round != 0) return go_on_with(it->round);
    on_end(static_cast<std::size_t>(std::distance(children_.begin(), it)), down.reason);
}

// A child ended that nobody had told to.
void Supervisor::on_end(std::size_t index, const caf::error& reason) {
    auto& child = children_[index];
    const bool crashed = !is_calm(reason);
    const auto why = crashed ? describe(system(), reason) : "it ended by itself";
    if (crashed) {
        ++counts_->crashed;
        child.last_error = first_line(why);
    }
    if (!starts_again(child.spec.restart, crashed)) {
        if (crashed) log::error("{} crashed: {}; it is not started again", child.vitals->path(), child.last_error);
        return;
    }
    if (!policy_.allow(clock().now())) {
        const auto what = fmt::format("crashed {} times within {} ms", policy_.recent(), parameters_.period.count());
        const auto chain = reasons(child, what, why);
        log::error("{}, the last time with: {}", first_line(chain), first_line(why));
        return begin_stop(failure(chain));
    }
    const auto wait = begin_round(index);
    log::error("{} crashed: {}; starting it again in {} ms", child.vitals->path(), first_line(why),
               std::chrono::duration_cast<std::chrono::milliseconds>(wait).count());
}

// One line per level: this supervisor's, then what the child said or the child's own lines.
std::string Supervisor::reasons(const Child& child, const std::string& what, const std::string& why) const {
    const auto path = child.vitals->path();
    return fmt::format("{}: {} {}\n{}{}", context().vitals->path(), child.spec.id, what,
                       why.compare(0, path.size() + 1, path + ":") == 0 ? "" : path + ": ", why);
}

// A round that another one is part of ends in it.
std::chrono::nanoseconds Supervisor::begin_round(std::size_t index) {
    auto& child = children_[index];
    const Round round{++last_round_, affected(strategy_, index, children_.size()), false};
    std::erase_if(rounds_, [&](const Round& r) {
        return r.children.first >= round.children.first && r.children.last <= round.children.last;
    });
    for (auto i = round.children.first; i < round.children.last; ++i) children_[i].round = round.number;
    rounds_.push_back(round);
    child.in_a_row = policy_.in_a_row(child.in_a_row, clock().now() - child.started);
    const auto wait = policy_.wait(child.in_a_row, jitter_());
    delayed_send(this, wait, RestartDue{round.number});
    go_on_with(round.number);
    return wait;
}

void Supervisor::go_on_with(std::uint32_t number) {
    const auto it = std::find_if(rounds_.begin(), rounds_.end(), [&](const Round& r) { return r.number == number; });
    if (it == rounds_.end() || stop_last(it->children) || !it->due) return;
    const auto range = it->children;
    rounds_.erase(it);
    for (auto i = range.first; i < range.last; ++i) children_[i].round = 0;
    start(range);
}

// False: none of them runs any more.
bool Supervisor::stop_last(ChildRange range) {
    for (auto i = range.last; i-- > range.first;) {
        auto& child = children_[i];
        if (!child.handle) continue;
        if (child.told_to_stop) return true;
        child.told_to_stop = true;
        send_exit(child.handle, caf::exit_reason::user_shutdown);
        if (child.spec.kind != ChildKind::supervisor)
            delayed_send(this, child.spec.shutdown_timeout.value_or(parameters_.shutdown_timeout),
                         StopOverdue{i, child.incarnation, false});
        return true;
    }
    return false;
}

void Supervisor::on_overdue(const StopOverdue& overdue) {
    auto& child = children_.at(overdue.index);
    if (!child.handle || child.incarnation != overdue.incarnation) return;
    const auto timeout = child.spec.shutdown_timeout.value_or(parameters_.shutdown_timeout);
    if (!overdue.killed) {
        log::error("{} did not stop within {} ms: it is killed", child.vitals->path(), timeout.count());
        send_exit(child.handle, caf::exit_reason::kill);
        delayed_send(this, timeout, StopOverdue{overdue.index, overdue.incarnation, true});
        return;
    }
    const auto status = status_of(*child.vitals);
    const auto why = fmt::format("does not end even when killed, in work for {} ms: {}",
                                 std::chrono::duration_cast<std::chrono::milliseconds>(status.handling_for).count(),
                                 status.handling);
    log::error("{} {}", child.vitals->path(), why);
    demonitor(child.handle);
    gone(child);
    give_up(hopeless(reasons(child, "cannot be stopped", why)));
}

void Supervisor::begin_stop(caf::error reason) {
    if (stopping_) return;
    stopping_ = std::move(reason);
    rounds_.clear();
    go_on_stopping();
}

// Also while it stops for another reason: whoever is above must know.
void Supervisor::give_up(caf::error hopeless) {
    if (!stopping_) return begin_stop(std::move(hopeless));
    stopping_ = std::move(hopeless);
    go_on_stopping();
}

void Supervisor::go_on_stopping() {
    if (!stop_last(all())) quit(*stopping_);
}

}  // namespace rookery::core
