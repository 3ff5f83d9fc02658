#include "runtime/metrics.hpp"

#include "actors/core/log.hpp"
#include "adapters/http/router.hpp"
#include "adapters/metrics/process.hpp"

namespace rookery::runtime {

using adapters::metrics::Exposition;

namespace {

double seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

void add_log(Exposition& out) {
    using core::log::Level;
    for (const auto level : {Level::trace, Level::debug, Level::info, Level::warn, Level::error, Level::fatal})
        out.counter("rookery_log_lines_total", "Lines of the log", core::log::written(level),
                    {{"level", std::string(config::to_string(level))}});
    out.counter("rookery_log_lines_lost_total", "Lines that could not be written, e.g. because the disk was full",
                core::log::lost());
}

}  // namespace

void add_node(Exposition& out, const std::string& version, bool ready, bool draining,
              const core::VitalsRegistry& actors) {
    out.gauge("rookery_build_info", "1; the version is a label", 1, {{"version", version}});
    out.gauge("rookery_ready", "1 while the node takes new work", ready);
    out.gauge("rookery_draining", "1 while the node is on its way out", draining);

    const auto sum = actors.totals();
    out.gauge("rookery_actors", "Living actors", static_cast<double>(sum.living));
    out.gauge("rookery_actors_stuck", "Actors that have worked on one message for more than a second",
              static_cast<double>(sum.stuck));
    out.gauge("rookery_actor_mailbox_messages", "Messages that wait in all mailboxes", static_cast<double>(sum.depth));
    out.counter("rookery_actor_messages_total", "Messages that actors have handled", sum.handled);
    out.counter("rookery_actor_busy_seconds_total", "Time that actors spent in their handlers", seconds(sum.busy));
    out.counter("rookery_actor_restarts_total", "Restarts of actors after a crash", sum.restarts);
    add_log(out);
    adapters::metrics::add_process(out);
}

void add_signal(Exposition& out, const std::string& prefix, const signal::Counters& c) {
    out.gauge(prefix + "active_peers", "Agents with an open stream", static_cast<double>(c.active_peers));
    out.histogram(prefix + "peer_connection_duration_seconds", "How long streams were open", histogram(c.connection));
    out.counter(prefix + "registrations_total", "Streams that registered", c.registrations);
    out.counter(prefix + "deregistrations_total", "Registered streams that ended", c.deregistrations);
    const auto refused = [&](const char* error, std::uint64_t value) {
        out.counter(prefix + "registration_failures_total", "Streams that were refused", value, {{"error", error}});
    };
    refused("missing_id", c.missing_id);
    refused("failed_registration", c.not_registered);
    out.histogram(prefix + "registration_delay_milliseconds", "From the call until others reach the agent",
                  histogram(c.registration));
    const auto looked_up = [&](const char* status, const core::Histogram<11>& took) {
        out.histogram(prefix + "get_registration_delay_milliseconds", "Until a message's receiver was looked up",
                      histogram(took), {{"type", "stream"}, {"status", status}});
    };
    looked_up("found", c.found);
    looked_up("not_found", c.not_found);

    out.counter(prefix + "messages_forwarded_total", "Messages handed to the receiver's stream", c.messages_forwarded);
    const auto failures = [&](const char* type, std::uint64_t value) {
        out.counter(prefix + "message_forward_failures_total", "Messages that did not reach their receiver", value,
                    {{"type", type}});
    };
    failures("error", c.malformed);
    failures("not_connected", c.not_connected);
    failures("timeout", c.timeouts);
    failures("disconnected", c.disconnected);
    out.histogram(prefix + "message_forward_latency_milliseconds", "From Send to the receiver's stream",
                  histogram(c.forward), {{"type", "stream"}});
    out.histogram(prefix + "message_size_bytes", "Size of messages", histogram(c.size), {{"type", "message"}});
    out.counter("rookery_signal_outbox_dropped_total", "Messages dropped from a full outbox, oldest first", c.overflow);
}

void add_relay(Exposition& out, const relay::RelayCounters& c, adapters::relay::Server::Activity activity) {
    out.gauge("relay_peers", "Agents that are connected", static_cast<double>(c.peers), {{"transport", "ws"}});
    out.gauge("relay_peers_active", "Agents that sent data within the last 30 s", static_cast<double>(activity.active));
    out.gauge("relay_peers_idle", "The other agents", static_cast<double>(activity.idle));
    out.histogram("relay_peer_authentication_time_milliseconds", "From the connection to the answer to Auth",
                  histogram(c.authentication));
    out.histogram("relay_peer_store_time_milliseconds", "From the answer to Auth until others reach the agent",
                  histogram(c.store));
    out.counter("relay_peer_reconnections_total", "Agents that came while an older session of theirs was open",
                c.reconnections);
    out.counter("relay_transfer_sent_bytes_total", "Bytes of relayed messages sent", c.sent_bytes);
    out.counter("relay_transfer_received_bytes_total", "Bytes of relayed messages received", c.received_bytes);

    out.counter("rookery_relay_frames_forwarded_total", "Frames handed to a link", c.forwarded_frames);
    const auto dropped = [&](const char* reason, std::uint64_t value) {
        out.counter("rookery_relay_frames_dropped_total", "Frames that were not delivered", value,
                    {{"reason", reason}});
    };
    dropped("not_connected", c.dropped_unroutable);
    dropped("overflow", c.dropped_overflow);
    dropped("unusable", c.ignored_messages);
    const auto closed = [&](const char* reason, std::uint64_t value) {
        out.counter("rookery_relay_links_refused_total", "Links that were refused or closed by the relay", value,
                    {{"reason", reason}});
    };
    closed("upgrade", c.refused_upgrades);
    closed("handshake", c.bad_handshakes);
    closed("token", c.rejected_tokens);
    closed("violation", c.violations);
    closed("stuck", c.stuck);
    closed("control_flood", c.control_floods);
    closed("health_timeout", c.health_timeouts);
    out.counter("rookery_relay_subscriptions_refused_total", "Subscriptions beyond a limit", c.refused_subscriptions);
}

void add_stun(Exposition& out, const adapters::stun::Counters& c) {
    const auto requests = [&](const char* result, std::uint64_t value) {
        out.counter("rookery_stun_requests_total", "Datagrams on the STUN ports", value, {{"result", result}});
    };
    requests("answered", c.answered);
    requests("ignored", c.ignored);
    requests("malformed", c.malformed);
    requests("unsendable", c.unsendable);
}

void add_wsproxy(Exposition& out, const std::string& prefix, const adapters::wsproxy::Counters& c) {
    out.gauge(prefix + "wsproxy_active_connections", "Browser agents' WebSockets that carry gRPC",
              static_cast<double>(c.active));
    const auto bytes = [&](const char* direction, std::uint64_t value) {
        out.counter(prefix + "wsproxy_bytes_transferred_total", "Bytes of gRPC carried over WebSocket", value,
                    {{"direction", direction}});
    };
    bytes("ws_to_grpc", c.ws_to_grpc_bytes);
    bytes("grpc_to_ws", c.grpc_to_ws_bytes);
    const auto errors = [&](const char* type, std::uint64_t value) {
        out.counter(prefix + "wsproxy_errors_total", "WebSockets for gRPC that were refused or broke", value,
                    {{"error_type", type}});
    };
    errors("websocket_accept_failed", c.accept_failed);
    errors("websocket_read_error", c.read_errors);
    errors("pipe_write_error", c.pipe_errors);
    errors("websocket_write_error", c.write_errors);
    out.counter("rookery_" + prefix + "wsproxy_ignored_texts_total", "Text messages on WebSockets for gRPC",
                c.ignored_texts);
}

void add_edges(Exposition& out, const adapters::front::Counters& accepted, const adapters::http::Counters& http,
               const adapters::grpc::Counters& grpc) {
    out.counter("rookery_connections_accepted_total", "Connections on all listeners", accepted.accepted);
    const auto refused = [&](const char* reason, std::uint64_t value) {
        out.counter("rookery_connections_refused_total", "Connections closed by the listeners", value,
                    {{"reason", reason}});
    };
    refused("too_slow", accepted.too_slow);
    refused("wrong_protocol", accepted.wrong_protocol);
    refused("over_limit", accepted.over_limit);
    out.gauge("rookery_http_connections", "Open HTTP/1.1 connections", static_cast<double>(http.open));
    out.counter("rookery_http_requests_total", "HTTP/1.1 requests", http.requests);
    out.counter("rookery_http_rejected_total", "HTTP/1.1 requests that were malformed, too large or too slow",
                http.rejected);
    out.counter("rookery_grpc_connections_total", "gRPC connections", grpc.connections);
    out.counter("rookery_grpc_calls_total", "gRPC calls", grpc.calls);
    out.counter("rookery_grpc_unknown_methods_total", "gRPC calls of methods that are not here", grpc.unknown_methods);
    out.counter("rookery_grpc_overdue_calls_total", "gRPC calls whose request did not come in time", grpc.overdue);
}

void add_tls(Exposition& out, const adapters::front::Counters& accepted,
             const adapters::tls::Credentials& credentials) {
    const auto end = credentials.current()->not_after().time_since_epoch();
    out.gauge("rookery_tls_certificate_expiry_seconds", "When the certificate ends, in seconds of Unix time",
              std::chrono::duration<double>(end).count());
    const auto counters = credentials.counters();
    out.counter("rookery_tls_certificate_reloads_total", "New certificates taken while running", counters.reloads);
    out.counter("rookery_tls_certificate_reload_failures_total", "New certificates that could not be taken",
                counters.failed_reloads);
    out.counter("rookery_tls_handshakes_total", "TLS handshakes that succeeded", accepted.tls_handshakes);
    out.counter("rookery_tls_handshake_failures_total", "TLS handshakes that failed", accepted.tls_failures);
}

adapters::http::Handler metrics_handler(std::function<std::string()> scrape) {
    return [scrape = std::move(scrape)](const std::shared_ptr<const adapters::http::Request>& request,
                                        const adapters::http::Respond& respond) {
        if (request->path != "/metrics") return respond(adapters::http::not_found());
        respond({200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, scrape()});
    };
}

}  // namespace rookery::runtime
