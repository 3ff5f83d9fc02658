#include <map>

#include "runtime/metrics.hpp"

namespace rookery::runtime {

using adapters::metrics::Exposition;

namespace {

void add_status_updates(Exposition& out, const char* operation, const management::Counters::StatusUpdates& updates) {
    const auto outcome = [&](const char* name, std::uint64_t value) {
        out.counter("management_account_peer_status_update_counter_total",
                    "Connected marks set and taken, by what became of them", value,
                    {{"operation", operation}, {"outcome", name}});
    };
    outcome("applied", updates.applied);
    outcome("stale", updates.stale);
    outcome("peer_not_found", updates.peer_not_found);
}

}  // namespace

void add_management(Exposition& out, const management::Counters& c) {
    out.counter("management_grpc_sync_request_counter_total", "Sync calls", c.sync_requests);
    out.counter("management_grpc_sync_request_blocked_counter_total", "Sync calls refused: too many at once",
                c.sync_blocked);
    out.counter("management_grpc_login_request_counter_total", "Login calls", c.logins);
    out.counter("management_grpc_key_request_counter_total", "Calls for the server's key", c.key_requests);
    out.gauge("management_grpc_connected_streams_ratio", "Open Sync streams", static_cast<double>(c.streams));
    out.histogram("management_grpc_sync_request_duration_ms_milliseconds", "From a Sync call to its first network map",
                  histogram(c.sync));
    out.histogram("management_grpc_login_request_duration_ms_milliseconds", "From a Login call to its answer",
                  histogram(c.login));

    out.histogram("management_account_update_account_peers_duration_ms_milliseconds",
                  "Telling the streams of an account of a change", histogram(c.fan_out));
    out.histogram("management_account_get_peer_network_map_duration_ms_milliseconds", "Computing one peer's map",
                  histogram(c.map));
    out.histogram("management_updatechannel_calc_networkmap_duration_ms_milliseconds", "Computing one peer's map",
                  histogram(c.map));
    out.histogram("management_account_network_map_object_count_objects", "Peers, routes and rules of a map",
                  histogram(c.map_objects));
    out.counter("management_account_peer_meta_update_counter_total", "Descriptions of their machine sent by peers",
                c.meta_updates);
    add_status_updates(out, "connect", c.connects);
    add_status_updates(out, "disconnect", c.disconnects);
    out.histogram("management_store_transaction_duration_ms_milliseconds", "Transactions of the store",
                  histogram(c.transaction));

    out.gauge("rookery_management_accounts", "Accounts in use on this node", static_cast<double>(c.accounts));
    out.gauge("rookery_management_peers", "Peers of these accounts", static_cast<double>(c.peers));
    out.counter("rookery_store_errors_total", "Calls of the store that failed for a reason of its own", c.store_errors);
}

void add_routes(Exposition& out, const std::vector<std::shared_ptr<const adapters::http::RouteCounters>>& routes) {
    std::map<unsigned, std::uint64_t> by_code;
    for (const auto& route : routes) {
        const adapters::metrics::Labels labels{{"endpoint", route->endpoint}, {"method", route->method}};
        out.counter("management_http_request_counter_total", "Requests of the API", route->requests, labels);
        for (std::size_t i = 0; i < route->codes.size(); ++i) {
            const auto count = route->responses[i].load();
            if (count == 0) continue;
            by_code[route->codes[i]] += count;
            auto with_code = labels;
            with_code.emplace_back("code", std::to_string(route->codes[i]));
            out.counter("management_http_response_counter_total", "Answers of the API", count, std::move(with_code));
        }
        out.histogram("management_http_request_duration_ms_milliseconds", "From a request to its answer",
                      histogram(route->duration), labels);
    }
    const auto sum = [&](const char* type, const core::Histogram<15>& took) {
        out.histogram("management_http_request_duration_ms_total_milliseconds", "The same of all routes",
                      histogram(took), {{"type", type}});
    };
    if (!routes.empty()) {
        sum("read", routes.front()->sums->read);
        sum("write", routes.front()->sums->write);
    }
    for (const auto& [code, count] : by_code)
        out.counter("management_http_response_counter_code_total", "Answers of the API by status", count,
                    {{"code", std::to_string(code)}});
}

}  // namespace rookery::runtime
