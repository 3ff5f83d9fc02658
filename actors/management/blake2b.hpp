// BLAKE2b-128 without key (RFC 7693): how user ids appear in maps (network-map §6.6).
#pragma once

#include <string>
#include <string_view>

namespace rookery::management {

std::string blake2b_128(std::string_view data);  // 16 bytes

}  // namespace rookery::management
