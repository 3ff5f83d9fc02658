#include "actors/management/posture.hpp"

#include "actors/management/semantic_version.hpp"
#include "tests/catch.hpp"

using namespace rookery::management;

namespace {

Peer linux_peer() {
    Peer peer;
    peer.meta.go_os = "linux";
    peer.meta.kernel_version = "6.8.0-generic";
    peer.meta.agent_version = "0.77.1";
    return peer;
}

template <class Make>
PostureCheck check(Make make) {
    PostureCheck out;
    make(out);
    return out;
}

}  // namespace

TEST_CASE("versions") {
    CHECK(at_least("0.77.1", "0.77"));
    CHECK(at_least("v1.10", "1.9.9"));
    CHECK_FALSE(at_least("1.0-rc1", "1.0"));
    CHECK(at_least("1.0", "1.0-rc1"));
    CHECK(at_least("1.0+build", "1"));
    for (const auto* bad : {"", "v", "1..2", "1.x", "1-", "development", "99999999999999999999"})
        CHECK_FALSE(parse_semantic_version(bad));
}

TEST_CASE("agent and operating system") {
    auto peer = linux_peer();
    const auto agent = [](const char* v) {
        return check([&](auto& c) { c.agent_version = PostureCheck::Version{v}; });
    };
    CHECK(fulfils(peer, nullptr, agent("0.77.1")));
    CHECK_FALSE(fulfils(peer, nullptr, agent("0.78")));
    peer.meta.agent_version = "development";
    CHECK_FALSE(fulfils(peer, nullptr, agent("0.1")));

    const auto kernel = [](const char* v) { return check([&](auto& c) { c.os_version.emplace().linux_kernel = v; }); };
    CHECK(fulfils(peer, nullptr, kernel("6.8")));
    CHECK_FALSE(fulfils(peer, nullptr, kernel("6.9")));
    peer.meta.go_os = "windows";
    CHECK_FALSE(fulfils(peer, nullptr, kernel("6.8")));
    peer.meta.go_os = "freebsd";
    CHECK(fulfils(peer, nullptr, kernel("6.8")));
}

TEST_CASE("where a machine is") {
    auto peer = linux_peer();
    PeerStatus status;
    const auto in = [](const char* action) {
        return check([&](auto& c) { c.location = PostureCheck::Location{action, {{"DE", "Berlin"}, {"FR", ""}}}; });
    };
    CHECK_FALSE(fulfils(peer, nullptr, in("allow")));
    CHECK_FALSE(fulfils(peer, &status, in("deny")));
    status.country_code = "DE";
    status.city_name = "Bonn";
    CHECK_FALSE(fulfils(peer, &status, in("allow")));
    CHECK(fulfils(peer, &status, in("deny")));
    status.city_name = "Berlin";
    CHECK(fulfils(peer, &status, in("allow")));
    status.country_code = "FR";
    CHECK_FALSE(fulfils(peer, &status, in("deny")));

    const auto range = [](const char* action) {
        return check([&](auto& c) {
            c.network_range = PostureCheck::NetworkRange{action, {"10.0.0.9/8", "fd00::/16"}};
        });
    };
    CHECK_FALSE(fulfils(peer, nullptr, range("deny")));
    status.connection_ip = "::ffff:10.1.2.3";
    CHECK(fulfils(peer, &status, range("allow")));
    status.connection_ip = "192.0.2.1";
    CHECK_FALSE(fulfils(peer, &status, range("allow")));
    CHECK(fulfils(peer, &status, range("deny")));
    peer.meta.network_addresses = {{"10.0.0.0/7", ""}};
    CHECK_FALSE(fulfils(peer, &status, range("allow")));
    peer.meta.network_addresses.push_back({"fd00::1/64", ""});
    CHECK(fulfils(peer, &status, range("allow")));
}

TEST_CASE("what runs on a machine") {
    auto peer = linux_peer();
    const auto edr = check([](auto& c) { c.processes = {{{"/usr/bin/edr", "", "C:\\edr.exe"}}}; });
    CHECK_FALSE(fulfils(peer, nullptr, edr));
    peer.meta.files = {{"/usr/bin/edr", true, false}};
    CHECK_FALSE(fulfils(peer, nullptr, edr));
    peer.meta.files[0].running = true;
    CHECK(fulfils(peer, nullptr, edr));
    peer.meta.go_os = "darwin";
    CHECK_FALSE(fulfils(peer, nullptr, edr));
    peer.meta.go_os = "android";
    CHECK_FALSE(fulfils(peer, nullptr, edr));
    CHECK(posture_files(edr).files_size() == 2);
}
