#include "adapters/rest/policies.hpp"

namespace rookery::adapters::rest {

namespace {

using management::PostureCheck;

// The systems, and what the version of each is called.
struct System {
    const char* name;
    const char* property;
    std::optional<std::string> PostureCheck::OsVersion::*version;
};
constexpr System systems[] = {{"android", "min_version", &PostureCheck::OsVersion::android},
                              {"darwin", "min_version", &PostureCheck::OsVersion::darwin},
                              {"ios", "min_version", &PostureCheck::OsVersion::ios},
                              {"linux", "min_kernel_version", &PostureCheck::OsVersion::linux_kernel},
                              {"windows", "min_kernel_version", &PostureCheck::OsVersion::windows_kernel}};

void read_parts(Body& checks, PostureCheck& check) {
    if (auto part = checks.object("nb_version_check"))
        check.agent_version = PostureCheck::Version{part->text("min_version")};
    if (auto part = checks.object("os_version_check")) {
        check.os_version.emplace();
        for (const auto& system : systems)
            if (auto version = part->object(system.name))
                (*check.os_version).*system.version = version->text(system.property);
    }
    if (auto part = checks.object("geo_location_check")) {
        check.location.emplace();
        check.location->action = part->text("action");
        for (auto& place : part->objects("locations").value_or(std::vector<Body>{}))
            check.location->places.push_back({place.text("country_code"), place.text("city_name")});
    }
    if (auto part = checks.object("peer_network_range_check"))
        check.network_range = PostureCheck::NetworkRange{part->text("action"), part->texts("ranges")};
    if (auto part = checks.object("process_check")) {
        check.processes.emplace();
        for (auto& process : part->objects("processes").value_or(std::vector<Body>{}))
            check.processes->push_back(
                {process.text("linux_path"), process.text("mac_path"), process.text("windows_path")});
    }
}

PostureCheck read_check(Body& body, const std::string& id) {
    PostureCheck check;
    check.id = id;
    check.name = body.text("name");
    check.description = body.text("description");
    if (auto checks = body.object("checks")) read_parts(*checks, check);
    return check;
}

Json os_json(const PostureCheck::OsVersion& versions) {
    Json json = Json::object();
    for (const auto& system : systems)
        if (const auto& version = versions.*system.version) json[system.name] = {{system.property, *version}};
    return json;
}

Json location_json(const PostureCheck::Location& location) {
    Json places = Json::array();
    for (const auto& place : location.places) {
        Json json{{"country_code", place.country_code}};
        put_unless_empty(json, "city_name", place.city_name);
        places.push_back(std::move(json));
    }
    return {{"action", location.action}, {"locations", std::move(places)}};
}

Json processes_json(const std::vector<PostureCheck::Process>& processes) {
    Json list = Json::array();
    for (const auto& process : processes) {
        Json json = Json::object();
        put_unless_empty(json, "linux_path", process.linux_path);
        put_unless_empty(json, "mac_path", process.mac_path);
        put_unless_empty(json, "windows_path", process.windows_path);
        list.push_back(std::move(json));
    }
    return {{"processes", std::move(list)}};
}

}  // namespace

Json PostureChecks::encode(const management::AccountState&, const PostureCheck& check) {
    Json checks = Json::object();
    if (check.agent_version) checks["nb_version_check"] = {{"min_version", check.agent_version->min_version}};
    if (check.os_version) checks["os_version_check"] = os_json(*check.os_version);
    if (check.location) checks["geo_location_check"] = location_json(*check.location);
    if (check.network_range)
        checks["peer_network_range_check"] = {{"action", check.network_range->action},
                                              {"ranges", check.network_range->ranges}};
    if (check.processes) checks["process_check"] = processes_json(*check.processes);
    return {{"id", check.id}, {"name", check.name}, {"description", check.description}, {"checks", std::move(checks)}};
}

management::CreatePostureCheck PostureChecks::create(Body& body, const Call&, const std::string& id) {
    return {read_check(body, id)};
}

management::UpdatePostureCheck PostureChecks::update(Body& body, const Call&, const std::string& id) {
    return {read_check(body, id)};
}

}  // namespace rookery::adapters::rest
