// The WebSocket opening handshake of /relay and /ws-proxy (RFC 6455 §4.2; answers to wrong requests: spec
// signal-relay-stun §4). No subprotocol, no extension, any Origin.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "adapters/http/server.hpp"

namespace rookery::adapters::websocket {

// The value of Sec-WebSocket-Accept, or the answer that refuses the request; a plain GET gets 426.
tl::expected<std::string, http::Response> check_upgrade(const http::Request& request);

// Bytes of the 101.
std::string switching_protocols(const std::string& accept);

// Bytes of a refusal, for a connection that was already handed over; the connection ends after it. The answer to
// HEAD has no body.
std::string refusal_bytes(const http::Request& request, const http::Response& response);

}  // namespace rookery::adapters::websocket
