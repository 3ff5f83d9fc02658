// The Authorization header (rest-api §3.1). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actors/core/error.hpp"

namespace rookery::adapters::rest {

// The access token of `Token <pat>` or `Bearer nbp_…`. Refused are a missing header and unknown schemes
// ("no valid authentication provided"), malformed ones and JWTs, which nobody issues yet ("token invalid").
core::Result<std::string> access_token(std::optional<std::string_view> header);

}  // namespace rookery::adapters::rest
