#include "actors/core/rpc.hpp"

namespace rookery::core::rpc {

std::optional<std::string_view> CallInfo::first(std::string_view key) const {
    for (const auto& [name, value] : metadata)
        if (name == key) return value;
    return std::nullopt;
}

}  // namespace rookery::core::rpc
