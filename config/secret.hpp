// A value that must not reach a log, an error text or a dump. Prints as ***; reveal() is the only way out.
#pragma once

#include <ostream>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace rookery::config {

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}

    const std::string& reveal() const noexcept { return value_; }
    bool empty() const noexcept { return value_.empty(); }

    friend bool operator==(const Secret&, const Secret&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Secret& s) { return out << (s.empty() ? "" : "***"); }

private:
    std::string value_;
};

}  // namespace rookery::config

template <>
struct fmt::formatter<rookery::config::Secret> : fmt::formatter<std::string_view> {
    template <class Context>
    auto format(const rookery::config::Secret& s, Context& context) const {
        return fmt::formatter<std::string_view>::format(s.empty() ? "" : "***", context);
    }
};
