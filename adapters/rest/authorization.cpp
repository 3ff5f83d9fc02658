#include "adapters/rest/authorization.hpp"

#include <algorithm>

namespace rookery::adapters::rest {

core::Result<std::string> access_token(std::optional<std::string_view> header) {
    const auto text = header.value_or("");
    const auto blank = text.find(' ');
    std::string scheme(text.substr(0, blank));
    std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (scheme != "token" && scheme != "bearer")
        return core::fail(core::ErrorKind::unauthorized, "no valid authentication provided");

    const auto token = blank == std::string_view::npos ? std::string_view{} : text.substr(blank + 1);
    const bool two_parts = blank != std::string_view::npos && token.find(' ') == std::string_view::npos;
    if (!two_parts || (scheme == "bearer" && !token.starts_with("nbp_")))
        return core::fail(core::ErrorKind::unauthorized, "token invalid");
    return std::string(token);
}

}  // namespace rookery::adapters::rest
