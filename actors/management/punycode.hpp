// RFC 3492: one label of Unicode text to its ASCII form, without the mappings and checks of IDNA.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rookery::management {

// ASCII stays as it is; other text becomes "xn--" + punycode. nullopt: not UTF-8, or too long to encode.
std::optional<std::string> punycode_label(std::string_view utf8);

}  // namespace rookery::management
