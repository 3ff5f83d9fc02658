#include "adapters/grpc/inside_name.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string_view>

#include "actors/core/encoding.hpp"

namespace rookery::adapters::grpc {
namespace {

constexpr std::string_view settled = "client/";

// "%5B::1%5D" -> "[::1]".
std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = text[i] == '%' ? core::hex_decode(text.substr(i + 1, 2)) : std::nullopt;
        if (byte && byte->size() == 1) {
            out += *byte;
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

std::string inside_name(const std::string& remote) {
    static std::atomic<std::uint64_t> number{0};
    return fmt::format("{}{}/{}.{}", settled, remote, ::getpid(), ++number);
}

std::string remote_of(const std::string& peer, const core::rpc::Metadata& metadata, const io::ProxyTrust& trust) {
    const auto colon = peer.find(':');
    const auto decoded = percent_decoded(colon == std::string::npos ? peer : peer.substr(colon + 1));
    std::string_view name = decoded;
    const bool is_settled = peer.starts_with("unix-abstract:") && name.starts_with(settled);
    if (is_settled) name.remove_prefix(settled.size());
    name = name.substr(0, name.find('/'));
    return is_settled ? std::string(name) : io::client_address(name, metadata, trust);
}

}  // namespace rookery::adapters::grpc
