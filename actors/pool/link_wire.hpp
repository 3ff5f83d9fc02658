// The bytes of a link between two nodes of a pool.
//
//   frame    u32 length of what follows, then it
//   first    Greeting, in clear, one of each side
//   then     sealed: u8 LinkKind, body by kind
//
// Integers are little-endian. A decoder ignores what follows the fields it knows, and kinds it does not know: version N
// talks to N - 1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/core/error.hpp"
#include "actors/pool/codec.hpp"
#include "actors/pool/envelope_mac.hpp"

namespace rookery::pool {

inline constexpr std::uint8_t link_version = 1;
inline constexpr std::uint8_t oldest_link_version = 1;
inline constexpr std::size_t frame_header = 4;
inline constexpr std::size_t max_greeting_bytes = 256;
inline constexpr std::size_t max_members = 256;
// Of a sealed frame's content.
inline constexpr std::size_t max_content_bytes = 1 + mac_overhead + max_envelope_bytes;

// The dialer's is answered by the listener's. `to`: whom the sender believes to talk to.
struct Greeting {
    std::uint8_t version = link_version;
    NodeId from = 0;
    NodeId to = 0;
    Key key{};    // of `from`
    Key nonce{};  // random
    friend bool operator==(const Greeting&, const Greeting&) = default;
};

// Every second, and at once when something of it changed.
struct Ping {
    std::uint64_t stamp = 0;  // comes back in the Pong
    bool has_bus = false;     // the sender reaches a NATS server
    bool hears_you = false;   // what the receiver says over NATS comes to the sender
    friend bool operator==(const Ping&, const Ping&) = default;
};
struct Pong {
    std::uint64_t stamp = 0;
    friend bool operator==(const Pong&, const Pong&) = default;
};

// Nodes of the pool that the sender knows: the first sealed frame of each side, and again when it learns of one.
struct Member {
    NodeId node = 0;
    Direct direct;
    friend bool operator==(const Member&, const Member&) = default;
};
struct Members {
    std::vector<Member> nodes;
    friend bool operator==(const Members&, const Members&) = default;
};

// An envelope as it is sent.
struct Carried {
    std::string envelope;
    friend bool operator==(const Carried&, const Carried&) = default;
};

// Of a later version.
struct Unknown {
    friend bool operator==(const Unknown&, const Unknown&) = default;
};

using LinkMessage = std::variant<Unknown, Ping, Pong, Members, Carried>;

std::string framed(std::string_view content);

std::string encode(const Greeting& greeting);
core::Result<Greeting> decode_greeting(std::string_view bytes);

std::string encode(const LinkMessage& message);
core::Result<LinkMessage> decode_link_message(std::string_view bytes);

}  // namespace rookery::pool
