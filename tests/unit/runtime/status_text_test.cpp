#include "runtime/status_text.hpp"

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

using rookery::adapters::control::Json;
using rookery::runtime::status_text;

namespace {

Json row(const std::string& name, int level) {
    return {{"name", name}, {"level", level}, {"depth", 1},      {"handled", 2},
            {"busy_us", 3}, {"restarts", 0},  {"last_error", ""}};
}

Json status(Json actors) {
    return {{"version", "1"},      {"state", "ready"}, {"listen", ":1"},
            {"roles", {"signal"}}, {"pool", nullptr},  {"actors", std::move(actors)}};
}

// Without the head, each line up to the numbers.
std::vector<std::string> names(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        out.push_back(line.substr(0, line.find("    ", line.find_first_not_of(' '))));
    out.erase(out.begin(), out.begin() + 3);
    return out;
}

}  // namespace

TEST_CASE("the actors are a tree, supervisors with strategy and counts") {
    auto root = row("node", 0);
    root["supervisor"] = {{"strategy", "rest_for_one"}, {"children", 2}, {"running", 1}, {"crashed", 4}};
    CHECK(names(status_text(status({root, row("platform", 1), row("directory", 2), row("roles", 1)}), false)) ==
          std::vector<std::string>{"node (rest_for_one, 1 of 2, 4 crashed)", "  platform", "    directory", "  roles"});
}

TEST_CASE("of many sessions the first ten are shown and the stuck ones") {
    Json rows{row("sessions", 0)};
    for (int i = 0; i < 20; ++i) rows.push_back(row("s" + std::to_string(i), 1));
    rows[16]["stuck"] = true;
    rows[16]["handling"] = "Poke";
    rows[16]["handling_ms"] = 2500;
    rows.push_back(row("after", 0));
    const auto text = status_text(status(rows), false);
    const auto shown = names(text);
    REQUIRE(shown.size() == 14);
    CHECK(shown[10] == "  s9");
    CHECK(shown[11] == "  s15");
    CHECK(shown[12] == "  … and 9 more (--all)");
    CHECK(shown[13] == "after");
    CHECK(text.find("stuck for 2.5 s in Poke") != std::string::npos);
    CHECK(names(status_text(status(rows), true)).size() == 22);
}

TEST_CASE("a pool is shown with its nodes, its way to them and what was lost on it") {
    auto shown = status({row("node", 0)});
    shown["pool"] = {{"settled", true},
                     {"nats", {{"connected", true}, {"server", "nats://n:4222"}, {"reconnects", 0}}},
                     {"sent", 7},
                     {"received", 5},
                     {"waiting", 2},
                     {"dropped", {{"overflow", 0}, {"not_here", 3}}},
                     {"nodes",
                      {{{"node", "a"}, {"name", "one"}, {"version", "1"}, {"peers", 10}, {"self", true}},
                       {{"node", "b"}, {"name", "two"}, {"version", "2"}, {"peers", 20}, {"complete", false}},
                       {{"node", "c"},
                        {"name", "three"},
                        {"version", "2"},
                        {"peers", 30},
                        {"complete", true},
                        {"link", {{"state", "up"}, {"way", "NATS"}, {"trouble", ""}, {"round_trip_us", 320}}}},
                       {{"node", "d"},
                        {"name", "four"},
                        {"version", "2"},
                        {"peers", 30},
                        {"complete", true},
                        {"link", {{"state", "down"}, {"way", "none"}, {"trouble", "refused"}}}}}}};
    const auto text = status_text(shown, false);
    CHECK(
        text.find("pool: settled; NATS: nats://n:4222; messages: 7 sent, 5 received, 2 wait, 3 dropped (not_here)\n") !=
        std::string::npos);
    CHECK(text.find("  this one\n") != std::string::npos);
    CHECK(text.find("  not all of it is here yet\n") != std::string::npos);
    CHECK(text.find("  NATS; link up, 0.3 ms\n") != std::string::npos);
    CHECK(text.find("  none; link down: refused\n") != std::string::npos);
}
