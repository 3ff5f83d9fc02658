// The fault switch: named points at which a test, or an operator of a debug build, makes things go wrong. In builds
// with assertions only (presets asan and debug); a release has none (NDEBUG): there a point is an empty object whose
// `pass()` the compiler removes.
//
// A point is an object of static storage beside its use, named "<adapter>.<what>":
//
//     const core::faults::Point commit_fault{"sqlite.commit", core::faults::can_fail};
//     …
//     if (commit_fault.pass() == Verdict::fail) return fail(…);
#pragma once

#ifndef NDEBUG
#define ROOKERY_FAULTS
#endif

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "actors/core/reply.hpp"

namespace rookery::core::faults {

#ifdef ROOKERY_FAULTS
inline constexpr bool compiled = true;
#else
inline constexpr bool compiled = false;
#endif

// What the code at a point has to do. A delay has been slept, and death has come, before it is asked.
enum class Verdict { go_on, fail, drop };

// Which verdicts the code at a point knows, apart from going on.
using Abilities = unsigned;
inline constexpr Abilities can_fail = 1;  // as if what is behind the point had reported an error
inline constexpr Abilities can_drop = 2;  // as if it had not happened, without a word

#ifdef ROOKERY_FAULTS

enum class Action {
    delay,  // sleep on the thread that passes, whichever it is
    error,
    drop,
    die,  // the process ends at once, as by SIGKILL
};

struct PointStatus;

class Point {
public:
    Point(const char* name, Abilities abilities);
    Point(const Point&) = delete;
    Point& operator=(const Point&) = delete;

    Verdict pass() const {
        passed_.fetch_add(1, std::memory_order_relaxed);
        return left_.load(std::memory_order_relaxed) > 0 ? armed() : Verdict::go_on;
    }

private:
    friend Result<Done> arm(const std::string&, const std::string&, std::uint32_t, std::chrono::milliseconds);
    friend std::vector<PointStatus> points();
    Verdict armed() const;

    const char* const name_;
    const Abilities abilities_;
    mutable std::atomic<std::uint64_t> passed_{0};
    mutable std::atomic<std::uint64_t> hit_{0};
    mutable std::atomic<std::int64_t> left_{0};  // so many passes go wrong
    std::atomic<Action> action_{Action::delay};
    std::atomic<std::int64_t> delay_ms_{0};
};

struct PointStatus {
    std::string name;
    std::vector<std::string> actions;  // that it knows
    std::uint64_t passed = 0;
    std::uint64_t hit = 0;
    std::int64_t left = 0;
    std::string armed;  // the action that is left, if one is
};

// All points of this binary, by name.
std::vector<PointStatus> points();

// The next `count` passes of the point go wrong. `action`: "delay" (for `delay`), "error", "drop", "die"; "none"
// disarms. Errors: not_found names the points, invalid_argument the point's actions.
Result<Done> arm(const std::string& point, const std::string& action, std::uint32_t count,
                 std::chrono::milliseconds delay);

#else

class Point {
public:
    constexpr Point(const char*, Abilities) {}
    constexpr Verdict pass() const { return Verdict::go_on; }
};

#endif

}  // namespace rookery::core::faults
