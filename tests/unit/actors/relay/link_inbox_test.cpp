#include "actors/relay/link_inbox.hpp"

#include "tests/catch.hpp"
#include "tests/unit/actors/relay/vectors.hpp"

namespace rookery::relay {
namespace {

using test::numbered;

TEST_CASE("one wake-up however much is put in") {
    LinkInbox inbox;
    CHECK(inbox.subscribe({numbered(1)}));
    int woken = 0;
    inbox.attach([&] { ++woken; });
    CHECK(woken == 1);  // something was there already
    inbox.subscribe({numbered(2)});
    inbox.unsubscribe({numbered(1)});
    CHECK(woken == 1);
    auto content = inbox.take();
    REQUIRE(content.requests.size() == 3);
    CHECK(content.requests[1].ids == std::vector{numbered(2)});
    CHECK_FALSE(content.requests[2].subscribe);
    CHECK_FALSE(content.closed);
    inbox.subscribe({numbered(3)});
    CHECK(woken == 2);
    inbox.closed(CloseReason::io_error);
    CHECK(woken == 3);
    content = inbox.take();
    CHECK(content.requests.size() == 1);
    CHECK(content.closed == CloseReason::io_error);
}

TEST_CASE("the inbox refuses above its limit and takes again afterwards") {
    LinkInbox inbox(10);
    CHECK(inbox.subscribe(std::vector(8, numbered(1))));  // 9
    CHECK(inbox.subscribe({}));                           // 10
    CHECK_FALSE(inbox.subscribe({}));
    inbox.take();
    CHECK(inbox.subscribe({numbered(1)}));
}

TEST_CASE("a detached inbox keeps nothing and wakes nobody") {
    LinkInbox inbox(10);
    int woken = 0;
    inbox.attach([&] { ++woken; });
    inbox.detach();
    for (int i = 0; i < 100; ++i) CHECK(inbox.subscribe({numbered(1)}));
    inbox.closed(CloseReason::io_error);
    CHECK(woken == 0);
    CHECK(inbox.take().requests.empty());
}

}  // namespace
}  // namespace rookery::relay
