#include "actors/relay/ports.hpp"

namespace rookery::relay {

const char* to_string(CloseReason reason) noexcept {
    switch (reason) {
        case CloseReason::peer_closed: return "closed by the peer";
        case CloseReason::io_error: return "connection lost";
        case CloseReason::violation: return "protocol violation";
        case CloseReason::displaced: return "displaced by a newer session";
        case CloseReason::health_timeout: return "no answer to health checks";
        case CloseReason::stuck: return "not reading";
        case CloseReason::control_flood: return "too many requests";
        case CloseReason::shutdown: return "this node ends its links";
        case CloseReason::actor_ended: return "the link's actor ended";
    }
    return "unknown";
}

}  // namespace rookery::relay
