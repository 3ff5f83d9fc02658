// Tables of commands that are refused, with what the API says.
#pragma once

#include "account_fixture.hpp"
#include "tests/catch.hpp"

namespace rookery::management::testing {

struct Refusal {
    Command command;
    core::ErrorKind kind;
    std::string text;
};

// Each is refused, in its words, and changes nothing.
inline void check_refused(Account& account, const std::vector<Refusal>& refusals,
                          const Initiator& initiator = {"u-owner"}) {
    for (const auto& refusal : refusals) {
        INFO(refusal.text);
        const auto before = *account;
        const auto done = account.execute(refusal.command, initiator);
        REQUIRE_FALSE(done);
        CHECK(done.error().message == refusal.text);
        CHECK(core::to_string(done.error().kind) == std::string(core::to_string(refusal.kind)));
        CHECK(*account == before);
    }
}

// Numbers of the events that a command causes.
inline std::vector<int> events_of(Account& account, const Command& command, const Initiator& initiator = {"u-owner"}) {
    const auto done = account.execute(command, initiator);
    if (!done) FAIL(done.error().message);
    std::vector<int> out;
    for (const auto& event : done->events) out.push_back(event.activity);
    return out;
}

using Events = std::vector<int>;
inline constexpr auto invalid = core::ErrorKind::invalid_argument;
inline constexpr auto bad_request = core::ErrorKind::bad_request;
inline constexpr auto not_found = core::ErrorKind::not_found;
inline constexpr auto forbidden = core::ErrorKind::permission_denied;
inline constexpr auto conflict = core::ErrorKind::already_exists;
inline constexpr auto precondition = core::ErrorKind::precondition_failed;

}  // namespace rookery::management::testing
