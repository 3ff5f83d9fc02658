// Who is where: address -> (node, registration number). The newest registration wins everywhere; a late removal
// never removes a newer registration (design §4). Pure; one actor of the node owns the table. Pool scope: every
// node of a pool holds the same table; this node's own mailboxes stand in Mailboxes.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/core/hlc.hpp"

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

// Which node, and when it registered: a number is unique in the pool, so it names the registration.
struct Registration {
    std::uint32_t node = 0;
    RegistrationNumber number;
    friend bool operator==(const Registration&, const Registration&) = default;
};

class DirectoryTable {
public:
    struct Outcome {
        bool accepted = false;                  // false: a newer registration stands
        std::optional<Registration> displaced;  // the older one that made room
    };
    Outcome add(const MailboxAddress& address, const Registration& registration);

    // Compare and delete.
    bool remove(const MailboxAddress& address, const Registration& registration);
    std::optional<Registration> find(const MailboxAddress& address) const;
    std::size_t size() const { return entries_.size(); }

private:
    struct Hash {
        std::size_t operator()(const MailboxAddress& a) const {
            return std::hash<std::string>{}(a.key) * 31 + static_cast<std::size_t>(a.realm);
        }
    };
    std::unordered_map<MailboxAddress, Registration, Hash> entries_;
};

}  // namespace rookery::core
