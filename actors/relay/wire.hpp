// The relay's messages (spec signal-relay-stun §2.1, §2.3, §2.9). Byte 0 is the version, byte 1 the type.
// Pure: bytes in, typed results out; views point into the bytes given.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "actors/relay/peer_id.hpp"

namespace rookery::relay::wire {

using Bytes = std::span<const std::uint8_t>;

inline constexpr std::uint8_t version = 1;
inline constexpr std::size_t max_first_message = 212;   // bytes, Auth
inline constexpr std::size_t max_auth_response = 8192;  // bytes
inline constexpr std::size_t max_message = 8820;        // bytes, after authentication, both directions
inline constexpr std::size_t max_ids = 244;             // per list message
inline constexpr std::size_t header_size = 2;
inline constexpr std::size_t transport_header = 38;  // header and peer id

enum class Type : std::uint8_t {
    hello_removed = 1,
    hello_response_removed = 2,
    transport = 3,
    close = 4,
    health_check = 5,
    auth = 6,
    auth_response = 7,
    subscribe = 8,
    unsubscribe = 9,
    peers_online = 10,
    peers_went_offline = 11,
};

// The first message of an agent.
struct Auth {
    PeerId id;
    std::string_view token;  // algorithm, signature, payload (token.hpp)
};

enum class AuthError { too_short, version, unknown_type, not_auth, short_header, magic };
const char* to_string(AuthError error) noexcept;

// Every error means: close without an answer (§2.8 step 2).
tl::expected<Auth, AuthError> parse_auth(Bytes message);

// What an authenticated agent sent (§2.9).
struct Inbound {
    enum class Kind : std::uint8_t {
        transport,  // body: peer id and payload
        close,
        health_check,
        subscribe,    // body: ids, a multiple of 36 bytes
        unsubscribe,  // body: ids, a multiple of 36 bytes
        ignored,      // a legal type with a body that says nothing: too short, misaligned, a second Auth
        violation,    // close the connection
    };
    Kind kind;
    Bytes body;

    bool repeated_auth = false;
};
Inbound classify(Bytes message) noexcept;

// The ids of a list body; its size is a multiple of 36.
std::vector<PeerId> read_ids(Bytes body);

// Builders. A list longer than 244 ids becomes several messages; an empty one none.
std::string auth(const PeerId& id, std::string_view token);
std::string auth_response(std::string_view url);
std::string transport(const PeerId& id, std::string_view payload);
std::string health_check();
std::string close();
std::vector<std::string> id_list(Type type, std::span<const PeerId> ids);

}  // namespace rookery::relay::wire
