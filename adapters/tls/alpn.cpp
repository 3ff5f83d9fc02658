#include "adapters/tls/alpn.hpp"

namespace rookery::adapters::tls {

Alpn choose_protocol(std::string_view offered, bool grpc_only) {
    bool h2 = false;
    bool http1 = false;
    while (!offered.empty()) {
        const auto size = static_cast<unsigned char>(offered[0]);
        if (size == 0 || size >= offered.size()) return Alpn::refused;  // malformed
        const auto name = offered.substr(1, size);
        h2 |= name == "h2";
        http1 |= name == "http/1.1";
        offered.remove_prefix(1 + size);
    }
    if (h2 && (grpc_only || !http1)) return Alpn::h2;
    if (http1 && !grpc_only) return Alpn::http1;
    return Alpn::refused;
}

}  // namespace rookery::adapters::tls
