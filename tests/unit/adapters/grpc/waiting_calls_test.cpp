#include "adapters/grpc/waiting_calls.hpp"

#include <string>

#include "tests/catch.hpp"

using namespace rookery;
using namespace std::chrono_literals;

TEST_CASE("a call is cancelled once, when its time is over, unless its request came") {
    adapters::grpc::WaitingCalls calls(10s);
    const core::SteadyTime start{};
    std::string cancelled;
    const auto a = calls.add(start, [&] { cancelled += 'a'; });
    const auto b = calls.add(start + 1s, [&] { cancelled += 'b'; });
    const auto c = calls.add(start + 2s, [&] { cancelled += 'c'; });
    CHECK(calls.cancel_overdue(start + 9s) == 0);
    calls.remove(b);
    CHECK(calls.cancel_overdue(start + 11s) == 1);
    CHECK(cancelled == "a");
    calls.add(start + 11s, [&] { cancelled += 'd'; });
    CHECK(calls.cancel_overdue(start + 12s) == 1);
    CHECK(calls.cancel_overdue(start + 13s) == 0);
    calls.remove(a);
    calls.remove(c);
    CHECK(calls.cancel_overdue(start + 21s) == 1);
    CHECK(cancelled == "acd");
}
