#include "adapters/crypto/sodium_envelope.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>

#include "actors/core/encoding.hpp"
#include "actors/core/faults.hpp"

namespace rookery::adapters::crypto {
namespace {

constexpr std::size_t key_size = crypto_box_SECRETKEYBYTES;
constexpr std::size_t overhead = crypto_box_NONCEBYTES + crypto_box_MACBYTES;

const core::faults::Point open_fault{"crypto.open", core::faults::can_fail};

unsigned char* bytes(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

class SodiumBox final : public management::Box {
public:
    using SharedKey = std::array<unsigned char, crypto_box_BEFORENMBYTES>;
    explicit SodiumBox(const SharedKey& shared) : shared_(shared) {}
    ~SodiumBox() override { sodium_memzero(shared_.data(), shared_.size()); }

    std::string seal(std::string_view plain) const override {
        std::string out(overhead + plain.size(), '\0');
        randombytes_buf(out.data(), crypto_box_NONCEBYTES);
        crypto_box_easy_afternm(bytes(out) + crypto_box_NONCEBYTES, bytes(plain), plain.size(), bytes(out),
                                shared_.data());
        return out;
    }

    std::optional<std::string> open(std::string_view sealed) const override {
        if (sealed.size() < overhead || open_fault.pass() != core::faults::Verdict::go_on) return std::nullopt;
        std::string out(sealed.size() - overhead, '\0');
        const auto cipher = sealed.substr(crypto_box_NONCEBYTES);
        if (crypto_box_open_easy_afternm(bytes(out), bytes(cipher), cipher.size(), bytes(sealed), shared_.data()) != 0)
            return std::nullopt;
        return out;
    }

private:
    SharedKey shared_;
};

}  // namespace

core::Result<std::unique_ptr<SodiumEnvelope>> SodiumEnvelope::create(const config::Secret& private_key,
                                                                     std::size_t capacity) {
    const auto raw = core::base64_decode(private_key.reveal());
    if (!raw || raw->size() != key_size)
        return core::fail(core::ErrorKind::internal,
                          fmt::format("the server's key is damaged: it must be base64 of {} bytes", key_size));
    return std::unique_ptr<SodiumEnvelope>(new SodiumEnvelope(*raw, capacity));
}

config::Secret SodiumEnvelope::new_private_key() {
    std::string raw(key_size, '\0');
    randombytes_buf(raw.data(), raw.size());
    return config::Secret(core::base64_encode(raw));
}

SodiumEnvelope::SodiumEnvelope(std::string private_key, std::size_t capacity)
    : private_key_(std::move(private_key)), capacity_(capacity) {
    std::string raw(crypto_box_PUBLICKEYBYTES, '\0');
    crypto_scalarmult_base(bytes(raw), bytes(private_key_));
    public_key_ = core::base64_encode(raw);
}

std::shared_ptr<const management::Box> SodiumEnvelope::box_for(const management::PublicKey& peer) {
    {
        std::lock_guard lock(mutex_);
        if (const auto it = index_.find(peer); it != index_.end()) {
            recent_.splice(recent_.begin(), recent_, it->second);
            return it->second->second;
        }
    }
    // The key exchange (about 37 µs) happens outside the lock; two threads may do it twice, the result is the same.
    const auto raw = core::base64_decode(peer);
    if (!raw || raw->size() != crypto_box_PUBLICKEYBYTES) return nullptr;
    SodiumBox::SharedKey shared;
    if (crypto_box_beforenm(shared.data(), bytes(*raw), bytes(private_key_)) != 0) return nullptr;
    const auto box = std::make_shared<const SodiumBox>(shared);
    sodium_memzero(shared.data(), shared.size());

    std::lock_guard lock(mutex_);
    if (const auto it = index_.find(peer); it != index_.end()) return it->second->second;
    recent_.emplace_front(peer, box);
    index_[peer] = recent_.begin();
    if (recent_.size() > capacity_) {
        index_.erase(recent_.back().first);
        recent_.pop_back();
    }
    return box;
}

}  // namespace rookery::adapters::crypto
