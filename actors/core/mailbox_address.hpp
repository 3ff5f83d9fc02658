// What is registered where: the address of a mailbox, wherever in the pool its session lives.
#pragma once

#include <cstdint>
#include <string>

namespace rookery::core {

enum class Realm : std::uint8_t {
    signal,  // key: WireGuard public key, as the agent writes it
    relay,   // key: 36-byte relay peer id
    sync,    // key: WireGuard public key, canonical
};

struct MailboxAddress {
    Realm realm;
    std::string key;
    friend bool operator==(const MailboxAddress&, const MailboxAddress&) = default;
};

}  // namespace rookery::core
