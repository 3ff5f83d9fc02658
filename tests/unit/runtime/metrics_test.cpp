#include "runtime/metrics.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/catch.hpp"

using namespace rookery;
using adapters::metrics::Exposition;

namespace {

// Copied from the specification (signal-relay-stun §1.11 and §2.20, flow-events §11): name, type, one line per set of
// labels that must be there. What is not in this version is not in the table.
struct Expected {
    const char* name;
    const char* type;
    const char* labels;
};

constexpr Expected signal_table[] = {
    {"active_peers", "gauge", ""},
    {"peer_connection_duration_seconds", "histogram", ""},
    {"registrations_total", "counter", ""},
    {"deregistrations_total", "counter", ""},
    {"registration_failures_total", "counter", R"(error="missing_id")"},
    {"registration_failures_total", "counter", R"(error="failed_registration")"},
    {"registration_delay_milliseconds", "histogram", ""},
    {"get_registration_delay_milliseconds", "histogram", R"(type="stream",status="found")"},
    {"get_registration_delay_milliseconds", "histogram", R"(type="stream",status="not_found")"},
    {"messages_forwarded_total", "counter", ""},
    {"message_forward_failures_total", "counter", R"(type="error")"},
    {"message_forward_failures_total", "counter", R"(type="not_connected")"},
    {"message_forward_failures_total", "counter", R"(type="disconnected")"},
    {"message_forward_failures_total", "counter", R"(type="timeout")"},
    {"message_forward_latency_milliseconds", "histogram", R"(type="stream")"},
    {"message_size_bytes", "histogram", R"(type="message")"},
};

constexpr Expected relay_table[] = {
    {"relay_peers", "gauge", R"(transport="ws")"},
    {"relay_peers_active", "gauge", ""},
    {"relay_peers_idle", "gauge", ""},
    {"relay_peer_authentication_time_milliseconds", "histogram", ""},
    {"relay_peer_store_time_milliseconds", "histogram", ""},
    {"relay_peer_reconnections_total", "counter", ""},
    {"relay_transfer_sent_bytes_total", "counter", ""},
    {"relay_transfer_received_bytes_total", "counter", ""},
};

constexpr Expected management_table[] = {
    {"management_grpc_sync_request_counter_total", "counter", ""},
    {"management_grpc_sync_request_blocked_counter_total", "counter", ""},
    {"management_grpc_login_request_counter_total", "counter", ""},
    {"management_grpc_key_request_counter_total", "counter", ""},
    {"management_grpc_connected_streams_ratio", "gauge", ""},
    {"management_grpc_sync_request_duration_ms_milliseconds", "histogram", ""},
    {"management_grpc_login_request_duration_ms_milliseconds", "histogram", ""},
    {"management_account_update_account_peers_duration_ms_milliseconds", "histogram", ""},
    {"management_account_get_peer_network_map_duration_ms_milliseconds", "histogram", ""},
    {"management_account_network_map_object_count_objects", "histogram", ""},
    {"management_account_peer_meta_update_counter_total", "counter", ""},
    {"management_account_peer_status_update_counter_total", "counter", R"(operation="connect",outcome="applied")"},
    {"management_account_peer_status_update_counter_total", "counter", R"(operation="connect",outcome="stale")"},
    {"management_account_peer_status_update_counter_total", "counter",
     R"(operation="disconnect",outcome="peer_not_found")"},
    {"management_store_transaction_duration_ms_milliseconds", "histogram", ""},
    {"management_updatechannel_calc_networkmap_duration_ms_milliseconds", "histogram", ""},
    {"management_http_request_counter_total", "counter", R"(endpoint="/api/peers/peerId",method="GET")"},
    {"management_http_response_counter_total", "counter", R"(endpoint="/api/peers/peerId",method="GET",code="404")"},
    {"management_http_response_counter_code_total", "counter", R"(code="404")"},
    {"management_http_request_duration_ms_total_milliseconds", "histogram", R"(type="read")"},
    {"management_http_request_duration_ms_total_milliseconds", "histogram", R"(type="write")"},
    {"management_http_request_duration_ms_milliseconds", "histogram", R"(endpoint="/api/peers/peerId",method="GET")"},
};

// Our own (flow-events §11.4 and what is beyond it).
constexpr Expected own_table[] = {
    {"rookery_build_info", "gauge", R"(version="1.2.3")"},
    {"rookery_draining", "gauge", ""},
    {"rookery_ready", "gauge", ""},
    {"rookery_actors", "gauge", ""},
    {"rookery_actors_stuck", "gauge", ""},
    {"rookery_actor_messages_total", "counter", ""},
    {"rookery_actor_busy_seconds_total", "counter", ""},
    {"rookery_actor_restarts_total", "counter", ""},
    {"rookery_log_lines_total", "counter", R"(level="warn")"},
    {"rookery_log_lines_lost_total", "counter", ""},
    {"rookery_store_errors_total", "counter", ""},
    {"rookery_signal_outbox_dropped_total", "counter", ""},
    {"rookery_relay_frames_dropped_total", "counter", R"(reason="overflow")"},
    {"rookery_stun_requests_total", "counter", R"(result="answered")"},
    {"process_resident_memory_bytes", "gauge", ""},
    {"process_cpu_seconds_total", "counter", ""},
};

struct Sample {
    std::string name, labels;
    double value;
};

// An answer of /metrics, taken apart as strictly as Prometheus' own linter does.
struct Scrape {
    std::map<std::string, std::string> types;
    std::vector<Sample> samples;

    explicit Scrape(const std::string& text) {
        static const std::regex name("[a-zA-Z_:][a-zA-Z0-9_:]*");
        static const std::regex line_form(R"re(([a-zA-Z0-9_:]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)+)\})? (\S+))re");
        std::istringstream lines(text);
        std::set<std::string> helped;
        std::string family;
        for (std::string line; std::getline(lines, line);) {
            INFO(line);
            if (line.rfind("# HELP ", 0) == 0) {
                family = line.substr(7, line.find(' ', 7) - 7);
                CHECK(std::regex_match(family, name));
                CHECK(line.size() > 7 + family.size() + 1);  // a text
                CHECK(helped.insert(family).second);         // each family once, in one piece
            } else if (line.rfind("# TYPE ", 0) == 0) {
                CHECK(line.substr(7, family.size()) == family);
                types[family] = line.substr(7 + family.size() + 1);
            } else {
                std::smatch parts;
                REQUIRE(std::regex_match(line, parts, line_form));
                CHECK(parts[1].str().rfind(family, 0) == 0);
                samples.push_back({parts[1], parts[2], std::stod(parts[3])});
            }
        }
    }

    bool has(const std::string& family, const std::string& labels) const {
        const auto name = types.at(family) == "histogram" ? family + "_count" : family;
        return std::any_of(samples.begin(), samples.end(),
                           [&](const auto& s) { return s.name == name && s.labels == labels; });
    }
    double value(const std::string& name, const std::string& labels = "") const {
        for (const auto& s : samples)
            if (s.name == name && s.labels == labels) return s.value;
        FAIL("no sample " << name << "{" << labels << "}");
        return 0;
    }
};

struct Node {
    core::VitalsRegistry actors;
    signal::Counters signal;
    relay::RelayCounters relay;
    management::Counters management;
    adapters::stun::Counters stun;
    std::vector<std::shared_ptr<const adapters::http::RouteCounters>> routes;

    Node() {
        auto route = std::make_shared<adapters::http::RouteCounters>(
            "GET", "/api/peers/peerId", std::make_shared<adapters::http::RequestDurations>());
        route->requests = 1;
        route->answered(404, std::chrono::milliseconds(3));
        routes.push_back(route);
    }

    Scrape scrape(const std::string& signal_prefix) const {
        Exposition out;
        runtime::add_node(out, "1.2.3", true, false, actors);
        runtime::add_signal(out, signal_prefix, signal);
        runtime::add_management(out, management);
        runtime::add_routes(out, routes);
        runtime::add_relay(out, relay, {});
        runtime::add_stun(out, stun);
        runtime::add_edges(out, {}, {}, {});
        return Scrape(out.text());
    }
};

template <std::size_t N>
void check_table(const Scrape& scrape, const Expected (&table)[N], const std::string& prefix = "") {
    for (const auto& expected : table) {
        const auto name = prefix + expected.name;
        INFO(name << "{" << expected.labels << "}");
        REQUIRE(scrape.types.count(name) == 1);
        CHECK(scrape.types.at(name) == expected.type);
        CHECK(scrape.has(name, expected.labels));
    }
}

std::vector<double> bounds(const Scrape& scrape, const std::string& family) {
    std::vector<double> out;
    for (const auto& s : scrape.samples)
        if (s.name == family + "_bucket") {
            const auto at = s.labels.find("le=\"") + 4;
            const auto text = s.labels.substr(at, s.labels.find('"', at) - at);
            if (text != "+Inf") out.push_back(std::stod(text));
        }
    return out;
}

}  // namespace

TEST_CASE("the series of dashboards are there, by name, type and labels") {
    const Node node;
    const auto together = node.scrape("signal_");
    check_table(together, signal_table, "signal_");
    check_table(together, relay_table);
    check_table(together, management_table);
    check_table(together, own_table);
    check_table(node.scrape(""), signal_table);
}

TEST_CASE("buckets are those of the specification") {
    const auto scrape = Node().scrape("");
    const std::vector<double> delays{0.1, 0.5, 1, 5, 10, 50, 100, 500, 1000, 5000, 10000};
    CHECK(bounds(scrape, "peer_connection_duration_seconds") ==
          std::vector<double>{1, 60, 600, 3600, 7200, 21600, 43200, 86400, 172800});
    CHECK(bounds(scrape, "registration_delay_milliseconds") == delays);
    CHECK(bounds(scrape, "message_forward_latency_milliseconds") == delays);
    CHECK(bounds(scrape, "message_size_bytes") ==
          std::vector<double>{100, 250, 500, 1000, 5000, 10000, 50000, 100000, 500000, 1000000});
    CHECK(bounds(scrape, "relay_peer_store_time_milliseconds") == delays);
    CHECK(bounds(scrape, "management_grpc_login_request_duration_ms_milliseconds") ==
          std::vector<double>{0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000});
    CHECK(bounds(scrape, "management_account_get_peer_network_map_duration_ms_milliseconds") ==
          std::vector<double>{0.1, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000});
    CHECK(bounds(scrape, "management_account_network_map_object_count_objects") ==
          std::vector<double>{50, 100, 200, 500, 1000, 2500, 5000, 10000});
    CHECK(bounds(scrape, "management_account_update_account_peers_duration_ms_milliseconds") ==
          std::vector<double>{0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000});
}

TEST_CASE("an answer is what Prometheus expects of it") {
    Node node;
    for (const int ms : {0, 3, 70, 20000}) node.signal.forward.record_ms(std::chrono::milliseconds(ms));
    const auto scrape = node.scrape("signal_");
    std::set<std::string> seen;
    std::map<std::string, double> last_bucket;
    for (const auto& s : scrape.samples) {
        INFO(s.name << "{" << s.labels << "}");
        CHECK(seen.insert(s.name + "{" + s.labels + "}").second);  // no series twice
        if (s.name.ends_with("_bucket")) {
            auto& last = last_bucket[s.name + s.labels.substr(0, s.labels.find("le="))];
            CHECK(s.value >= last);  // cumulative
            last = s.value;
        }
    }
    for (const auto& [name, type] : scrape.types) {
        INFO(name);
        CHECK((type == "counter" || type == "gauge" || type == "histogram"));
        CHECK((type == "counter") == name.ends_with("_total"));
    }
    CHECK(scrape.value("signal_message_forward_latency_milliseconds_count", R"(type="stream")") == 4);
    CHECK(scrape.value("signal_message_forward_latency_milliseconds_sum", R"(type="stream")") == 20073);
    CHECK(scrape.value("signal_message_forward_latency_milliseconds_bucket", R"(type="stream",le="5")") == 2);
    CHECK(scrape.value("signal_message_forward_latency_milliseconds_bucket", R"(type="stream",le="+Inf")") == 4);
}

TEST_CASE("what actors did is counted on when they end, and not twice when they start again") {
    Node node;
    const auto session = std::make_shared<core::Vitals>("session", nullptr);
    const auto store = std::make_shared<core::Vitals>("store", nullptr);
    node.actors.add(session);
    node.actors.add(store);
    session->handled = 5;
    store->handled = 7;
    node.actors.remove(session.get());
    CHECK(node.scrape("").value("rookery_actors") == 1);
    CHECK(node.scrape("").value("rookery_actor_messages_total") == 12);

    node.actors.remove(store.get());  // it crashed: the next incarnation has vitals of its own
    CHECK(node.scrape("").value("rookery_actor_messages_total") == 12);
    for (std::uint32_t incarnation = 1; incarnation <= 3; ++incarnation) {
        const auto again = std::make_shared<core::Vitals>("store", nullptr);
        again->restarts = incarnation;
        node.actors.add(again);
        again->handled = 2;
        CHECK(node.scrape("").value("rookery_actor_messages_total") == 12 + 2 * incarnation);
        CHECK(node.scrape("").value("rookery_actor_restarts_total") == incarnation);
        node.actors.remove(again.get());
        CHECK(node.scrape("").value("rookery_actor_restarts_total") == incarnation);
    }
    CHECK(node.scrape("").value("rookery_actors") == 0);
}

TEST_CASE("an actor that does not come back from a message is stuck") {
    Node node;
    const auto actor = std::make_shared<core::Vitals>("actor", nullptr);
    node.actors.add(actor);
    const auto ago = [](std::chrono::milliseconds time) {
        return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch() - time).count();
    };
    actor->handling_since_ns = ago(std::chrono::milliseconds(2));
    CHECK(node.scrape("").value("rookery_actors_stuck") == 0);
    actor->handling_since_ns = ago(std::chrono::seconds(90));
    CHECK(node.scrape("").value("rookery_actors_stuck") == 1);
}
