#include "actors/core/faults.hpp"

#ifdef ROOKERY_FAULTS

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <thread>
#include <utility>

namespace rookery::core::faults {
namespace {

// Filled while static objects are made, by one thread; read only from then on.
std::vector<Point*>& registry() {
    static std::vector<Point*> points;
    return points;
}

constexpr std::array<std::pair<const char*, Action>, 4> actions{
    {{"delay", Action::delay}, {"error", Action::error}, {"drop", Action::drop}, {"die", Action::die}}};

bool knows(Abilities abilities, Action action) {
    if (action == Action::error) return (abilities & can_fail) != 0;
    if (action == Action::drop) return (abilities & can_drop) != 0;
    return true;
}

const char* name_of(Action action) {
    return std::find_if(actions.begin(), actions.end(), [&](const auto& a) { return a.second == action; })->first;
}

std::vector<std::string> known_actions(Abilities abilities) {
    std::vector<std::string> out;
    for (const auto& [name, action] : actions)
        if (knows(abilities, action)) out.emplace_back(name);
    return out;
}

}  // namespace

Point::Point(const char* name, Abilities abilities) : name_(name), abilities_(abilities) {
    registry().push_back(this);
}

Verdict Point::armed() const {
    if (left_.fetch_sub(1) <= 0) {  // another thread took the last one
        left_.fetch_add(1);
        return Verdict::go_on;
    }
    hit_.fetch_add(1);
    switch (action_.load()) {
        case Action::delay: std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms_.load())); break;
        case Action::error: return Verdict::fail;
        case Action::drop: return Verdict::drop;
        case Action::die: std::raise(SIGKILL); break;
    }
    return Verdict::go_on;
}

std::vector<PointStatus> points() {
    std::vector<PointStatus> out;
    for (const auto* p : registry()) {
        const auto left = std::max<std::int64_t>(0, p->left_.load());
        out.push_back({p->name_, known_actions(p->abilities_), p->passed_.load(), p->hit_.load(), left,
                       left > 0 ? name_of(p->action_.load()) : ""});
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
}

Result<Done> arm(const std::string& point, const std::string& action, std::uint32_t count,
                 std::chrono::milliseconds delay) {
    const auto& all = registry();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Point* p) { return point == p->name_; });
    if (found == all.end()) {
        std::vector<std::string> names;
        for (const auto& p : points()) names.push_back(p.name);
        return core::fail(ErrorKind::not_found,
                          fmt::format("no fault point \"{}\"; there are {}", point, fmt::join(names, ", ")));
    }
    auto& p = **found;
    if (action == "none") {
        p.left_ = 0;
        return Done{};
    }
    const auto known = std::find_if(actions.begin(), actions.end(), [&](const auto& a) { return action == a.first; });
    if (known == actions.end() || !knows(p.abilities_, known->second))
        return core::fail(ErrorKind::invalid_argument, fmt::format("{} cannot \"{}\"; it knows {}, none", point, action,
                                                                   fmt::join(known_actions(p.abilities_), ", ")));
    p.left_ = 0;
    p.action_ = known->second;
    p.delay_ms_ = delay.count();
    p.left_ = count;
    return Done{};
}

}  // namespace rookery::core::faults

#endif
