// GET /metrics on the metrics port: what this node counts. Values of the node, never of the cluster.
#pragma once

#include <functional>
#include <string>

#include "actors/core/histogram.hpp"
#include "actors/core/vitals.hpp"
#include "actors/management/counters.hpp"
#include "actors/relay/counters.hpp"
#include "actors/signal/counters.hpp"
#include "adapters/front/front.hpp"
#include "adapters/grpc/server.hpp"
#include "adapters/http/route_counters.hpp"
#include "adapters/http/server.hpp"
#include "adapters/metrics/exposition.hpp"
#include "adapters/relay/server.hpp"
#include "adapters/stun/server.hpp"
#include "adapters/tls/credentials.hpp"
#include "adapters/wsproxy/counters.hpp"

namespace rookery::runtime {

template <std::size_t N>
adapters::metrics::Histogram histogram(const core::Histogram<N>& from) {
    adapters::metrics::Histogram out;
    for (std::size_t i = 0; i < N; ++i) out.buckets.emplace_back(from.bounds[i], from.buckets[i]);
    out.beyond = from.buckets.back();
    out.sum = static_cast<double>(from.thousandths) / 1000;
    return out;
}

void add_node(adapters::metrics::Exposition& out, const std::string& version, bool ready, bool draining,
              const core::VitalsRegistry& actors);
// `prefix`: "signal_" where Signal shares its process with other roles, else nothing.
void add_signal(adapters::metrics::Exposition& out, const std::string& prefix, const signal::Counters& counters);
void add_relay(adapters::metrics::Exposition& out, const relay::RelayCounters& counters,
               adapters::relay::Server::Activity activity);
void add_management(adapters::metrics::Exposition& out, const management::Counters& counters);
// The routes of the REST API; with the Management role.
void add_routes(adapters::metrics::Exposition& out,
                const std::vector<std::shared_ptr<const adapters::http::RouteCounters>>& routes);
void add_stun(adapters::metrics::Exposition& out, const adapters::stun::Counters& counters);
// Of one role's tunnels; `prefix` as for Signal, and nothing for Management.
void add_wsproxy(adapters::metrics::Exposition& out, const std::string& prefix,
                 const adapters::wsproxy::Counters& counters);
void add_edges(adapters::metrics::Exposition& out, const adapters::front::Counters& accepted,
               const adapters::http::Counters& http, const adapters::grpc::Counters& grpc);
// Of a node with a certificate.
void add_tls(adapters::metrics::Exposition& out, const adapters::front::Counters& accepted,
             const adapters::tls::Credentials& credentials);

// `scrape` gives the text of one answer. Other paths: 404.
adapters::http::Handler metrics_handler(std::function<std::string()> scrape);

}  // namespace rookery::runtime
