// Names of peers in the account's DNS domain (network-map §2.6.1, management-grpc §H.4).
#pragma once

#include <string>
#include <string_view>

#include "actors/core/ip.hpp"

namespace rookery::management {

inline constexpr std::size_t max_registered_label = 59;  // of a host name at registration
inline constexpr std::size_t max_dns_label = 63;         // RFC 1035; of a name given by an administrator

// The first dot-separated part of `name` as an ASCII label of at most `max_size` characters; empty if there is
// nothing to make a label of.
std::string dns_label(std::string_view name, std::size_t max_size);

// "label-<3rd octet>-<4th octet>", the label cut so that all of it is a DNS label.
std::string dns_label_with_suffix(std::string_view label, core::Ipv4 ip);

// A name below the account's domain: labels of letters, digits, "-" and "_", optionally "*." in front.
bool is_extra_dns_label(std::string_view name);

}  // namespace rookery::management
