#include <algorithm>

#include "adapters/http/percent.hpp"
#include "adapters/http/server.hpp"

namespace rookery::adapters::http {

std::optional<std::string_view> Request::header(std::string_view lower_case_name) const {
    const auto it = std::find_if(headers.begin(), headers.end(),
                                 [&](const auto& header) { return header.first == lower_case_name; });
    if (it == headers.end()) return std::nullopt;
    return it->second;
}

std::optional<std::string> Request::query_value(std::string_view name) const {
    std::string_view rest = query;
    while (!rest.empty()) {
        const auto pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        const auto equals = pair.find('=');
        const auto key = percent_decode(pair.substr(0, equals), true);
        if (key != name) continue;
        const auto value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        if (auto decoded = percent_decode(value, true)) return decoded;  // a broken pair counts as absent
    }
    return std::nullopt;
}

}  // namespace rookery::adapters::http
