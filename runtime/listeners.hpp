// The TCP ports of a node: which are open, and who gets what they accept. Opened last and closed first.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "adapters/front/front.hpp"
#include "adapters/grpc/server.hpp"
#include "adapters/http/server.hpp"
#include "adapters/io/pool.hpp"
#include "config/config.hpp"

namespace rookery::runtime {

// Not thread-safe but for counters().
class Listeners {
public:
    // The references outlive this. `credentials`: null: cleartext.
    Listeners(adapters::io::Pool& pool, adapters::grpc::Server& grpc, adapters::http::Server& http,
              std::shared_ptr<const adapters::tls::Credentials> credentials)
        : pool_(pool), grpc_(grpc), http_(http), credentials_(std::move(credentials)) {}

    // gRPC and HTTP/1.1 on one port; with a certificate over TLS alone.
    core::Result<core::Done> open_public(const config::Endpoint& endpoint);

    // Old agents' gRPC ports; with a certificate also over TLS, since they speak either (config-ops §5.1,
    // signal-relay-stun §1.7). Losing one by default is worth a warning, losing one that was asked for is fatal.
    core::Result<core::Done> open_legacy(const std::optional<config::SidePort>& port, const char* service);

    // A small HTTP server beside the public port, for `handler` alone; cleartext. True: it listens. Losing one by
    // default is a note, losing one that was asked for is fatal: nodes that share a machine share its 9000 and 9090.
    core::Result<bool> open_side(const std::optional<config::SidePort>& port, const char* name,
                                 adapters::http::Handler handler);

    void close();
    void close_idle_sides();

    // Of all ports together.
    adapters::front::Counters counters() const;

private:
    core::Result<core::Done> open(const config::Endpoint& endpoint, adapters::front::Receivers receivers,
                                  adapters::front::Tls tls = {});
    adapters::front::Receivers to_grpc();

    adapters::io::Pool& pool_;
    adapters::grpc::Server& grpc_;
    adapters::http::Server& http_;
    const std::shared_ptr<const adapters::tls::Credentials> credentials_;
    std::vector<std::unique_ptr<adapters::http::Server>> side_http_;
    mutable std::mutex mutex_;  // of fronts_: counters() is asked while ports are still being opened
    std::vector<std::unique_ptr<adapters::front::Front>> fronts_;
};

}  // namespace rookery::runtime
