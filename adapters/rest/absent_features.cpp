#include "adapters/rest/absent_features.hpp"

#include <algorithm>
#include <charconv>

#include "adapters/rest/endpoint.hpp"

namespace rookery::adapters::rest {

namespace {

bool allowed(const Call& call) {
    return call.endpoint.access == Access::any_user || call.permitted();
}

// What is no number in the range counts as not given.
int page_number(const Call& call, const char* name, int fallback, int most) {
    const auto text = call.request->query_value(name).value_or("");
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool usable = error == std::errc() && end == text.data() + text.size() && value >= 1;
    return usable ? std::min(value, most) : fallback;
}

constexpr auto no_geo_database = "geo location database is not initialized";
constexpr auto get_geo_database =
    "geo location database is not initialized. check the self-hosted geo database documentation at "
    "https://docs.netbird.io/selfhosted/geo-support";

}  // namespace

void list_nothing(const Call& call) {
    if (allowed(call)) call.answer.json(Json::array());
}

void page_of_nothing(const Call& call) {
    if (!allowed(call)) return;
    call.answer.json({{"data", Json::array()},
                      {"page", page_number(call, "page", 1, 1'000'000)},
                      {"page_size", page_number(call, "page_size", 50, 50'000)},
                      {"total_records", 0},
                      {"total_pages", 0}});
}

void without_embedded_idp(const Call& call) {
    if (!allowed(call)) return;
    call.answer.error({core::ErrorKind::precondition_failed,
                       "this is only available with embedded identity provider; this server has none yet"});
}

core::Error without_geo_database() {
    return {core::ErrorKind::precondition_failed, get_geo_database};
}

void list_countries(const Call& call) {
    call.answer.error({core::ErrorKind::precondition_failed, no_geo_database});
}

void list_cities(const Call& call) {
    const auto& country = call.path_value();
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    if (country.size() != 2 || !std::all_of(country.begin(), country.end(), letter))
        return call.answer.error({core::ErrorKind::invalid_argument, "invalid country code"});
    call.answer.error(without_geo_database());
}

}  // namespace rookery::adapters::rest
