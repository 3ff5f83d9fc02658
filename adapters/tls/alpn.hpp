// Which protocol a TLS client gets (design §6, RFC 7301). A hint for the client alone: what is served is decided by the
// first bytes after the handshake, as on a cleartext port.
#pragma once

#include <string_view>

namespace rookery::adapters::tls {

enum class Alpn { h2, http1, refused };

// Pure. `offered`: the client's list in wire form, each name after its length. gRPC libraries offer h2 alone and insist
// on it; browsers and curl offer both and get HTTP/1.1, since REST is not served over HTTP/2. Neither: refused with
// the alert no_application_protocol. Clients that offer nothing are not asked about.
Alpn choose_protocol(std::string_view offered, bool grpc_only);

}  // namespace rookery::adapters::tls
