// pool::LinkCrypto by libsodium.
#pragma once

#include "actors/pool/link_crypto.hpp"
#include "adapters/crypto/crypto.hpp"

namespace rookery::adapters::crypto {

class SodiumLinkCrypto final : public pool::LinkCrypto {
public:
    core::Digest256 sha256(std::string_view data) const override { return base_.sha256(data); }
    core::Digest256 hmac_sha256(std::string_view key, std::string_view data) const override {
        return base_.hmac_sha256(key, data);
    }
    bool equal(std::string_view a, std::string_view b) const override { return base_.equal(a, b); }
    void random(void* out, std::size_t size) const override { base_.random(out, size); }

    pool::KeyPair new_keys() const override;
    std::optional<pool::LinkKeys> agree(const pool::KeyPair& own, const pool::Key& peer, bool dialer) const override;
    std::string seal(const pool::Key& key, std::uint64_t counter, std::string_view plain) const override;
    std::optional<std::string> open(const pool::Key& key, std::uint64_t counter,
                                    std::string_view sealed) const override;

private:
    SodiumCrypto base_;
};

}  // namespace rookery::adapters::crypto
