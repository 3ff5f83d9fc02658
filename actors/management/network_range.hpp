// Ranges that an administrator gives an account's overlay network (rest-api §6.1). Pure.
#pragma once

#include "actors/core/reply.hpp"
#include "actors/management/commands.hpp"

namespace rookery::management {

Result<core::Prefix4> parse_network_range(const std::string& text);
Result<core::Prefix6> parse_network_range_v6(const std::string& text);

// Room for the peers and half as many more.
Result<core::Done> check_capacity(const core::Prefix4& range, std::size_t peers);
Result<core::Done> check_capacity(const core::Prefix6& range, std::size_t peers);

}  // namespace rookery::management
