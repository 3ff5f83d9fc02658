// This node's mailboxes by realm: where the byte paths look up a destination. Written by the directory actor
// alone; a look-up never waits for it.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "actors/core/hlc.hpp"
#include "actors/core/local_table.hpp"
#include "actors/core/mailbox_address.hpp"
#include "actors/core/rpc.hpp"

namespace rookery::core {

// One registered session. Called from any thread; must not block.
class Mailbox {
public:
    virtual ~Mailbox() = default;
    // Bytes addressed to it. Bounded by the implementation, which names its overflow rule.
    virtual void post(const rpc::Bytes& bytes) = 0;
    // It is registered: from now on it is found.
    virtual void registered(const RegistrationNumber& number) = 0;
    // A newer registration took its address; it must end.
    virtual void displaced() = 0;
    virtual RegistrationNumber number() const = 0;  // as registered() said
    virtual bool over() const = 0;                  // it has ended, or is about to
    // This node goes away: it must end, in the way that makes its client connect again at once.
    virtual void leave() = 0;
};

class Mailboxes {
public:
    LocalTable<Mailbox>& of(Realm realm) { return tables_[static_cast<std::size_t>(realm)]; }

private:
    std::array<LocalTable<Mailbox>, 3> tables_;
};

}  // namespace rookery::core
