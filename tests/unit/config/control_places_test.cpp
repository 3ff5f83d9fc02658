#include "config/control_places.hpp"

#include "environment_stub.hpp"
#include "tests/catch.hpp"

using namespace rookery::config;
using namespace rookery::config::test;

namespace {

Lines settled(Config config, const Environment& environment = no_variables) {
    settle_control_sockets(environment, config);
    return config.control_sockets;
}

Config signal_on(std::string host, std::uint16_t port) {
    Config config;
    config.command = "signal";
    config.listen = {std::move(host), port};
    return config;
}

}  // namespace

TEST_CASE("a node that keeps data has its control socket beside it") {
    auto config = signal_on("", 443);
    config.data_dir = "/var/lib/rookery/";
    CHECK(settled(config) == Lines{"/var/lib/rookery/control.sock"});
}

TEST_CASE("one that keeps none has it where running things are, under a name of its own") {
    const auto user = variables({{"XDG_RUNTIME_DIR", "/run/user/7"}});
    const auto places = settled(signal_on("", 443), user);
    REQUIRE(places.size() == 3);
    CHECK(places[0] == "/run/rookery/signal-443.sock");
    CHECK(places[1] == "/run/user/7/rookery/signal-443.sock");
    CHECK(places[2].starts_with("/tmp/rookery-"));
    CHECK(settled(signal_on("", 444))[0] == "/run/rookery/signal-444.sock");
    CHECK(settled(signal_on("10.0.0.1", 443))[0] == "/run/rookery/signal-10.0.0.1:443.sock");
    CHECK(settled(signal_on("", 443)).size() == 2);
    CHECK(control_directories(user, 7).back() == "/tmp/rookery-7");
}

TEST_CASE("ROOKERY_CONTROL_SOCKET says another place, or none") {
    auto config = signal_on("", 443);
    config.data_dir = "/data";
    CHECK(settled(config, variables({{"ROOKERY_CONTROL_SOCKET", "/x/y.sock"}})) == Lines{"/x/y.sock"});
    CHECK(settled(config, variables({{"ROOKERY_CONTROL_SOCKET", "off"}})).empty());
}
