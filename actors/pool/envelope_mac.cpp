#include "actors/pool/envelope_mac.hpp"

namespace rookery::pool {
namespace {

constexpr char with_mac = '\x81';

std::string text(const core::Digest256& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

tl::unexpected<core::Error> refuse(const char* why) {
    return core::fail(core::ErrorKind::permission_denied, std::string("envelope between nodes: ") + why);
}

}  // namespace

EnvelopeMac::EnvelopeMac(const core::Crypto& crypto, std::string_view secret) {
    if (secret.empty()) return;
    crypto_ = &crypto;
    key_ = text(crypto.hmac_sha256(secret, "rookery envelope 1"));
}

std::string EnvelopeMac::mac(std::string_view envelope) const {
    return text(crypto_->hmac_sha256(key_, envelope));
}

std::string EnvelopeMac::seal(std::string envelope) const {
    if (!crypto_) return envelope;
    return with_mac + mac(envelope) + envelope;
}

core::Result<std::string_view> EnvelopeMac::open(std::string_view bytes) const {
    const bool has_mac = bytes.size() >= mac_overhead && bytes[0] == with_mac;
    if (!crypto_ && has_mac) return refuse("it has a MAC, and this node no ROOKERY_POOL_SECRET");
    if (!crypto_) return bytes;
    if (!has_mac) return refuse("it has no MAC; its node has no ROOKERY_POOL_SECRET");
    const auto envelope = bytes.substr(mac_overhead);
    if (!crypto_->equal(bytes.substr(1, mac_overhead - 1), mac(envelope)))
        return refuse("its MAC is wrong; its node has another ROOKERY_POOL_SECRET");
    return envelope;
}

}  // namespace rookery::pool
