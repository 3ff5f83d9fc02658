// Text encodings: RFC 4648 standard base64 with padding as Go's decoder reads it (CR and LF ignored, non-zero
// trailing bits tolerated), and hex.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace rookery::core {

std::string base64_encode(std::string_view bytes);

// The error is the offset N of "illegal base64 data at input byte N" (config-ops §15.4).
tl::expected<std::string, std::size_t> base64_decode(std::string_view text);

std::string hex_encode(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);

inline std::string_view as_text(const auto& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace rookery::core
