// The port to the cryptography of links. Implemented by adapters/crypto.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/core/crypto.hpp"
#include "actors/pool/messages.hpp"

namespace rookery::pool {

struct KeyPair {  // X25519
    Key public_key{};
    Key secret_key{};
};

// What one side of a link seals with and opens with.
struct LinkKeys {
    Key send{};
    Key receive{};
};

class LinkCrypto : public core::Crypto {
public:
    static constexpr std::size_t seal_bytes = 16;  // that sealing adds

    virtual KeyPair new_keys() const = 0;
    // What two key pairs have in common, the same in every session. nullopt: the peer's key is none.
    virtual std::optional<LinkKeys> agree(const KeyPair& own, const Key& peer, bool dialer) const = 0;
    // ChaCha20-Poly1305; a counter is used once with a key.
    virtual std::string seal(const Key& key, std::uint64_t counter, std::string_view plain) const = 0;
    // nullopt: not sealed with that key and counter.
    virtual std::optional<std::string> open(const Key& key, std::uint64_t counter, std::string_view sealed) const = 0;
};

}  // namespace rookery::pool
