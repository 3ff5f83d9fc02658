#include "config/describe.hpp"

#include "tests/catch.hpp"
#include "tests/unit/config/environment_stub.hpp"

using namespace rookery::config;
using rookery::config::test::no_variables;

TEST_CASE("the configuration is told section by section, and no secret with it") {
    ServeOptions options;
    options.listen = "127.0.0.1:33080";
    options.data_dir = "/data";
    options.log_level = "info,relay=debug";
    auto config = load_serve(options, no_variables);
    REQUIRE(config);
    config->relay->auth_secret = Secret("hunter2-relay");
    config->management->encryption_key = Secret("hunter2-key");
    CHECK(describe(*config) == std::vector<std::string>{
                                   "=== Configuration ===",
                                   "--- Server ---",
                                   "  Listen address: 127.0.0.1:33080",
                                   "  TLS: no",
                                   "  Metrics: 127.0.0.1:9090",
                                   "  Health check: 127.0.0.1:9000",
                                   "  Data directory: /data",
                                   "  Log: info, relay=debug, text, to console",
                                   "--- Components ---",
                                   "  Management: yes",
                                   "  Signal: yes",
                                   "  Relay: yes",
                                   "  STUN: ports 3478",
                                   "--- Relay ---",
                                   "  Instance URL: rel://127.0.0.1:33080",
                                   "  Auth secret: ***",
                                   "--- Management ---",
                                   "  Exposed URL: http://127.0.0.1:33080",
                                   "  DNS domain: netbird.selfhosted",
                                   "  Signal: 127.0.0.1:33080 (no TLS)",
                                   "  Relays: [rel://127.0.0.1:33080]",
                                   "  Store: sqlite, /data/store.db",
                                   "  Encryption key: ***",
                                   "=== End Configuration ===",
                               });
}

TEST_CASE("roles that are not carried have no section") {
    Config config;
    config.signal = Signal{};
    for (const auto& line : describe(config)) {
        CHECK(line != "--- Relay ---");
        CHECK(line != "--- Management ---");
    }
}

TEST_CASE("variables of ours are told, others are not, and secrets never") {
    CHECK(describe_environment({
              "PATH=/bin",
              "AWS_SECRET_ACCESS_KEY=x",
              "NB_AUTH_SECRET=hunter2",
              "NB_LOG_FORMAT=json",
              "NETBIRD_STORE_ENGINE_POSTGRES_DSN=host=db password=hunter2",
              "NATS_ENDPOINTS=nats://user:hunter2@a:4222,nats://b:4222,nats://u:p/q@c",
              "SINGLE_NODE_MODE=true",
              "NB_broken",
          }) == std::vector<std::string>{
                    "=== Environment Variables ===",
                    "  NATS_ENDPOINTS=nats://***@a:4222,nats://b:4222,nats://***@c",
                    "  NB_AUTH_SECRET=***",
                    "  NB_LOG_FORMAT=json",
                    "  NETBIRD_STORE_ENGINE_POSTGRES_DSN=***",
                    "  SINGLE_NODE_MODE=true",
                });
}
