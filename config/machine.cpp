#include "config/machine.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <memory>

namespace rookery::config {
namespace {

struct Free {
    void operator()(ifaddrs* list) const { freeifaddrs(list); }
};

bool usable(const ifaddrs& entry) {
    const bool running = (entry.ifa_flags & IFF_UP) != 0 && (entry.ifa_flags & IFF_RUNNING) != 0;
    const bool loopback = (entry.ifa_flags & IFF_LOOPBACK) != 0;
    return running && !loopback && entry.ifa_addr != nullptr;
}

std::optional<std::string> ipv4_of(const ifaddrs& entry) {
    if (entry.ifa_addr->sa_family != AF_INET) return std::nullopt;
    const auto& address = reinterpret_cast<const sockaddr_in*>(entry.ifa_addr)->sin_addr;
    constexpr std::uint32_t link_local = 0xA9FE;  // 169.254.0.0/16
    if (ntohl(address.s_addr) >> 16 == link_local) return std::nullopt;
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &address, text.data(), text.size());
    return std::string(text.data());
}

std::optional<std::string> ipv6_of(const ifaddrs& entry) {
    if (entry.ifa_addr->sa_family != AF_INET6) return std::nullopt;
    const auto& address = reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr)->sin6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&address)) return std::nullopt;
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, &address, text.data(), text.size());
    return std::string(text.data());
}

}  // namespace

std::optional<std::string> first_address() {
    ifaddrs* head = nullptr;
    if (getifaddrs(&head) != 0) return std::nullopt;
    const std::unique_ptr<ifaddrs, Free> list(head);
    for (const auto address_of : {ipv4_of, ipv6_of}) {
        for (const ifaddrs* entry = head; entry != nullptr; entry = entry->ifa_next) {
            if (!usable(*entry)) continue;
            if (auto address = address_of(*entry)) return address;
        }
    }
    return std::nullopt;
}

bool running_as_root() {
    return user_id() == 0;
}

unsigned user_id() {
    return geteuid();
}

}  // namespace rookery::config
