// The fault switch as the debug builds have it; a release build has neither points nor this switch.
#include "actors/core/faults.hpp"

#include <algorithm>

#include "tests/unit/actors/core/supervision_fixture.hpp"

#ifdef ROOKERY_FAULTS

using namespace rookery;
using namespace rookery::test;
using core::faults::Verdict;
namespace faults = core::faults;

namespace {

const faults::Point all_point{"test.all", faults::can_fail | faults::can_drop};
const faults::Point plain_point{"test.plain", 0};

faults::PointStatus status(const std::string& name) {
    const auto all = faults::points();
    const auto it = std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.name == name; });
    REQUIRE(it != all.end());
    return *it;
}

}  // namespace

TEST_CASE("a point goes wrong as often as it was told, then it is itself again") {
    const auto before = status("test.all");  // other cases pass it too
    CHECK(all_point.pass() == Verdict::go_on);
    REQUIRE(faults::arm("test.all", "error", 2, 0ms));
    CHECK(status("test.all").armed == "error");
    CHECK(status("test.all").left == 2);
    CHECK(all_point.pass() == Verdict::fail);
    CHECK(all_point.pass() == Verdict::fail);
    CHECK(all_point.pass() == Verdict::go_on);
    REQUIRE(faults::arm("test.all", "drop", 1, 0ms));
    CHECK(all_point.pass() == Verdict::drop);
    CHECK(all_point.pass() == Verdict::go_on);
    CHECK(status("test.all").hit == before.hit + 3);
    CHECK(status("test.all").passed == before.passed + 6);
    CHECK(status("test.all").armed.empty());
}

TEST_CASE("a delay is over when the point answers") {
    REQUIRE(faults::arm("test.plain", "delay", 1, 20ms));
    const auto began = std::chrono::steady_clock::now();
    CHECK(plain_point.pass() == Verdict::go_on);
    CHECK(std::chrono::steady_clock::now() - began >= 20ms);
}

TEST_CASE("a fault can be taken back") {
    REQUIRE(faults::arm("test.all", "error", 5, 0ms));
    REQUIRE(faults::arm("test.all", "none", 0, 0ms));
    CHECK(all_point.pass() == Verdict::go_on);
}

TEST_CASE("what is not there is refused with what is") {
    const auto unknown = faults::arm("test.nothing", "error", 1, 0ms);
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().message.find("test.all, test.plain") != std::string::npos);
    const auto unable = faults::arm("test.plain", "error", 1, 0ms);
    REQUIRE_FALSE(unable);
    CHECK(unable.error().message == "test.plain cannot \"error\"; it knows delay, die, none");
}

TEST_CASE_METHOD(SupervisionFixture, "an actor that is told to crashes, whatever it is, and is started again") {
    core::Ref<WorkerHandle> a, b;
    auto s = supervise(parameters(),
                       {nested("inner", core::Strategy::one_for_one, parameters(), {worker("a", a), worker("b", b)})});
    run();
    taken();
    CHECK_FALSE(system.vitals().crash("root/nothing"));
    CHECK(system.vitals().crash("root/inner/a"));
    run();
    advance(10ms);
    CHECK(taken() == Lines{"stop a", "start a"});
    CHECK(system.vitals().crash("root/inner"));
    run();
    advance(10ms);
    CHECK(taken() == Lines{"stop b", "stop a", "start a", "start b"});
    stop(s);
}

#endif
