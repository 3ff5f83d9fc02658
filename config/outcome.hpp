// Results inside config/: a value, or the text of what is wrong.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace rookery::config {

template <class T>
using Parsed = tl::expected<T, std::string>;
using Done = tl::expected<void, std::string>;

inline tl::unexpected<std::string> wrong(std::string text) {
    return tl::unexpected<std::string>(std::move(text));
}

}  // namespace rookery::config
