// rest-api §6.9.
#include <algorithm>

#include "actors/management/audit.hpp"
#include "actors/management/draft.hpp"
#include "actors/management/semantic_version.hpp"

namespace rookery::management {
namespace {

using core::Done;
using core::ErrorKind;
using core::fail;

tl::unexpected<core::Error> invalid(std::string text) {
    return fail(ErrorKind::invalid_argument, std::move(text));
}

Result<Done> check_version(const std::string& prefix, const std::string& version) {
    if (!parse_semantic_version(version)) return invalid(prefix + "version: " + version + " is not valid");
    return Done{};
}

Result<Done> check_part(const PostureCheck::Version& part) {
    if (part.min_version.empty()) return invalid("nbversioncheck minimum version shouldn't be empty");
    return check_version("nbversioncheck ", part.min_version);
}

Result<Done> check_part(const PostureCheck::OsVersion& part) {
    const std::pair<const char*, const std::optional<std::string>*> versions[] = {
        {"osversioncheck android ", &part.android},
        {"osversioncheck ios ", &part.ios},
        {"osversioncheck  darwin ", &part.darwin},
        {"osversioncheck  linux kernel ", &part.linux_kernel},
        {"osversioncheck  windows kernel ", &part.windows_kernel}};
    bool any = false;
    for (const auto& [prefix, version] : versions) {
        if (!*version) continue;
        any = true;
        if (auto done = check_version(prefix, **version); !done) return done;
    }
    if (!any) return invalid("osversioncheck at least one os version check is required");
    return Done{};
}

bool is_action(const std::string& action) {
    return action == "allow" || action == "deny";
}

bool is_country_code(const std::string& code) {
    return code.size() == 2 && std::all_of(code.begin(), code.end(),
                                           [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

Result<Done> check_part(const PostureCheck::Location& part) {
    if (part.action.empty()) return invalid("geolocationcheck action shouldn't be empty");
    if (!is_action(part.action)) return invalid("geolocationcheck action is not valid");
    if (part.places.empty()) return invalid("geolocationcheck locations shouldn't be empty");
    for (const auto& place : part.places) {
        if (place.country_code.empty()) return invalid("geolocationcheck country code shouldn't be empty");
        if (!is_country_code(place.country_code))
            return invalid("geolocationcheck country code must be 2 letters (iso 3166-1 alpha-2 format)");
    }
    return Done{};
}

Result<Done> check_part(const PostureCheck::NetworkRange& part) {
    for (const auto& range : part.ranges)
        if (!core::parse_prefix4(range) && !core::parse_prefix6(range)) return invalid("invalid network prefix");
    if (part.action.empty()) return invalid("action for peer network range check shouldn't be empty");
    if (!is_action(part.action)) return invalid("peernetworkrangecheck action is not valid");
    if (part.ranges.empty()) return invalid("peernetworkrangecheck network ranges shouldn't be empty");
    return Done{};
}

Result<Done> check_part(const std::vector<PostureCheck::Process>& processes) {
    if (processes.empty()) return invalid("processcheck processes shouldn't be empty");
    for (const auto& process : processes)
        if (process.linux_path.empty() && process.mac_path.empty() && process.windows_path.empty())
            return invalid("processcheck path shouldn't be empty");
    return Done{};
}

Result<Done> validate(const PostureCheck& check) {
    if (check.name.empty()) return invalid("posture checks name shouldn't be empty");
    if (!check.agent_version && !check.os_version && !check.location && !check.network_range && !check.processes)
        return invalid("posture checks shouldn't be empty");
    Result<Done> done;
    const auto one = [&](const auto& part) {
        if (done && part) done = check_part(*part);
    };
    one(check.agent_version);
    one(check.os_version);
    one(check.location);
    one(check.network_range);
    one(check.processes);
    return done;
}

tl::unexpected<core::Error> unknown(const Id& id) {
    return fail(ErrorKind::not_found, "posture checks: " + id + " not found");
}

}  // namespace

Result<Decision> decide_on(const Case& c, const CreatePostureCheck& command) {
    const auto& check = command.check;
    if (auto done = validate(check); !done) return tl::unexpected(done.error());
    for (const auto& [id, other] : c.account.posture_checks)
        if (other->name == check.name) return invalid("posture checks with name " + check.name + " already exists");
    Draft draft(c);
    draft.put(check);
    draft.event(activity::posture_check_created, check.id, {{"name", check.name}});
    return std::move(draft).take(false);  // no policy names it yet
}

Result<Decision> decide_on(const Case& c, const UpdatePostureCheck& command) {
    const auto& check = command.check;
    if (!c.account.posture_checks.find(check.id)) return unknown(check.id);
    if (auto done = validate(check); !done) return tl::unexpected(done.error());
    Draft draft(c);
    draft.put(check);
    draft.event(activity::posture_check_updated, check.id, {{"name", check.name}});
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const DeletePostureCheck& command) {
    const auto* check = c.account.posture_checks.find(command.id);
    if (!check) return unknown(command.id);
    for (const auto& [id, policy] : c.account.policies)
        if (std::count(policy->source_posture_checks.begin(), policy->source_posture_checks.end(), command.id))
            return fail(ErrorKind::precondition_failed, "posture checks have been linked to policy: " + policy->name);
    Draft draft(c);
    draft.remove<PostureCheck>(command.id);
    draft.event(activity::posture_check_deleted, command.id, {{"name", check->name}});
    return std::move(draft).take(true);
}

}  // namespace rookery::management
