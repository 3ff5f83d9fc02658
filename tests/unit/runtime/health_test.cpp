// The health port's answers in each phase.
#include "runtime/health.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::runtime;

namespace {

struct Fixture {
    Lifecycle node;
    bool answers = true;
    bool certificate = false;
    int probes = 0;

    adapters::http::Response get(const std::string& path, bool relay = true) {
        HealthSources sources;
        sources.state = [this] { return node.state(); };
        sources.probe = [this](const adapters::http::Probe::Answer& answer) {
            ++probes;
            answer(answers);
        };
        sources.certificate_valid = [this] { return certificate; };
        sources.relay = relay;
        auto request = std::make_shared<adapters::http::Request>();
        request->path = path;
        std::optional<adapters::http::Response> response;
        health_handler(std::move(sources))(request, [&](adapters::http::Response r) { response = std::move(r); });
        REQUIRE(response);
        return *response;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "/live answers in every phase") {
    for (const auto phase : {Phase::starting, Phase::ready, Phase::draining}) {
        node.enter(phase);
        CHECK(get("/live").status == 200);
    }
}

TEST_CASE_METHOD(Fixture, "/ready says where the node stands") {
    CHECK(get("/ready").status == 503);
    CHECK(get("/ready").body == "starting\n");
    node.enter(Phase::ready);
    CHECK(get("/ready").status == 200);
    CHECK(get("/ready").body == "ready\n");
    node.degrade("store", "disk full: /secret/path");
    CHECK(get("/ready").status == 200);
    CHECK(get("/ready").body == "degraded: store\n");
    node.enter(Phase::draining);
    CHECK(get("/ready").status == 503);
    CHECK(get("/ready").body == "draining\n");
}

TEST_CASE_METHOD(Fixture, "/health is the reference's JSON") {
    node.enter(Phase::ready);
    const auto response = get("/health");
    CHECK(response.status == 200);
    const auto json = nlohmann::json::parse(response.body);
    CHECK(json.at("status") == "healthy");
    CHECK(json.at("listeners") == nlohmann::json{"ws"});
    CHECK(json.at("certificate_valid") == false);
    CHECK(json.at("timestamp").get<std::string>().size() == std::string("2026-01-01T00:00:00.000000000Z").size());
    CHECK(nlohmann::json::parse(get("/health", false).body).at("listeners").is_null());
    certificate = true;
    CHECK(nlohmann::json::parse(get("/health").body).at("certificate_valid") == true);
}

TEST_CASE_METHOD(Fixture, "/health is unhealthy unless the node is ready and its port answers") {
    CHECK(get("/health").status == 503);
    CHECK(probes == 0);  // there may be no port yet
    node.enter(Phase::ready);
    answers = false;
    const auto dead = get("/health");
    CHECK(dead.status == 503);
    CHECK(nlohmann::json::parse(dead.body).at("status") == "unhealthy");
    CHECK(nlohmann::json::parse(dead.body).at("listeners").is_null());
    answers = true;
    CHECK(get("/health").status == 200);
    node.enter(Phase::draining);
    CHECK(get("/health").status == 503);
}

TEST_CASE_METHOD(Fixture, "nothing else is there") {
    CHECK(get("/").status == 404);
    CHECK(get("/healthz").status == 404);
}
