// The TCP ports of a node: which are open, and who gets what they accept. The public ones are opened last and closed
// first; the side ports tell of the node's health from its start to its end.
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
    using Credentials = std::shared_ptr<const adapters::tls::Credentials>;  // null: cleartext

    // What is given here and below outlives this.
    explicit Listeners(adapters::io::Pool& pool) : pool_(pool) {}

    // gRPC and HTTP/1.1 on one port; with a certificate over TLS alone. What was bound.
    core::Result<boost::asio::ip::tcp::endpoint> open_public(const config::Endpoint& endpoint, Credentials credentials,
                                                             adapters::grpc::Server& grpc,
                                                             adapters::http::Server& http);

    // Old agents' gRPC ports; with a certificate also over TLS, since they speak either (config-ops §5.1,
    // signal-relay-stun §1.7). Losing one by default is worth a warning, losing one that was asked for is fatal.
    core::Result<core::Done> open_legacy(const std::optional<config::SidePort>& port, const char* service,
                                         Credentials credentials, adapters::grpc::Server& grpc);

    // A small HTTP server beside the public port, for `handler` alone; cleartext. True: it listens. Losing one by
    // default is a note, losing one that was asked for is fatal: nodes that share a machine share its 9000 and 9090.
    core::Result<bool> open_side(const std::optional<config::SidePort>& port, const char* name,
                                 adapters::http::Handler handler);

    // Nothing new for the node's services; what was let in stays.
    void close_public();
    void close_sides();

    // Of all ports together.
    adapters::front::Counters counters() const;

private:
    using Front = adapters::front::Front;
    using Fronts = std::vector<std::unique_ptr<Front>>;
    core::Result<Front*> open(Fronts& kind, const config::Endpoint& endpoint, adapters::front::Receivers receivers,
                              adapters::front::Tls tls = {});

    adapters::io::Pool& pool_;
    std::vector<std::unique_ptr<adapters::http::Server>> side_http_;
    mutable std::mutex mutex_;  // of both: counters() is asked while ports are still being opened
    Fronts public_, sides_;
};

}  // namespace rookery::runtime
