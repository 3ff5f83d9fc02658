#include "actors/core/directory.hpp"

#include <utility>

namespace rookery::core {

DirectoryTable::Outcome DirectoryTable::add(const MailboxAddress& address, const Registration& registration) {
    const auto [it, fresh] = entries_.try_emplace(address, registration);
    if (fresh) return {true, std::nullopt};
    if (registration.number <= it->second.number) return {false, std::nullopt};
    return {true, std::exchange(it->second, registration)};
}

bool DirectoryTable::remove(const MailboxAddress& address, const Registration& registration) {
    const auto it = entries_.find(address);
    if (it == entries_.end() || it->second != registration) return false;
    entries_.erase(it);
    return true;
}

std::optional<Registration> DirectoryTable::find(const MailboxAddress& address) const {
    const auto it = entries_.find(address);
    return it == entries_.end() ? std::nullopt : std::optional(it->second);
}

}  // namespace rookery::core
