// management::Envelope by libsodium. Node scope: the key is the cluster's, the kept shared keys are this node's.
// Bound: `capacity` shared keys; the least recently used one is dropped and computed again when needed.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <unordered_map>

#include "actors/core/error.hpp"
#include "actors/management/envelope.hpp"
#include "config/secret.hpp"

namespace rookery::adapters::crypto {

class SodiumEnvelope final : public management::Envelope {
public:
    // `private_key`: base64 of 32 bytes.
    static core::Result<std::unique_ptr<SodiumEnvelope>> create(const config::Secret& private_key,
                                                                std::size_t capacity = 100'000);
    static config::Secret new_private_key();

    std::string server_public_key() const override { return public_key_; }
    std::shared_ptr<const management::Box> box_for(const management::PublicKey& peer) override;

private:
    SodiumEnvelope(std::string private_key, std::size_t capacity);

    using Entry = std::pair<management::PublicKey, std::shared_ptr<const management::Box>>;

    std::string private_key_;  // 32 bytes
    std::string public_key_;
    const std::size_t capacity_;
    std::mutex mutex_;
    std::list<Entry> recent_;  // most recently used first
    std::unordered_map<management::PublicKey, std::list<Entry>::iterator> index_;
};

}  // namespace rookery::adapters::crypto
