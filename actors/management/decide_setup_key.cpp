#include "actors/management/account_view.hpp"
#include "actors/management/audit.hpp"
#include "actors/management/checks.hpp"
#include "actors/management/decisions.hpp"

namespace rookery::management {
namespace {

using core::Done;
using core::ErrorKind;
using core::fail;

Result<Done> check_auto_groups(const AccountState& account, const std::vector<Id>& groups) {
    for (const auto& id : groups) {
        const auto* group = account.groups.find(id);
        if (!group) return fail(ErrorKind::invalid_argument, "invalid auto groups: group not found: " + id);
        if (is_all(*group))
            return fail(ErrorKind::invalid_argument, "invalid auto groups: can't add 'all' group to the setup key");
    }
    return Done{};
}

void add_group_events(const Case& c, const SetupKey& key, int activity, const std::vector<Id>& groups,
                      Decision& decision) {
    for (const auto& id : groups) {
        const auto* group = c.account.groups.find(id);
        if (!group) continue;  // deleted since the key was made
        decision.events.push_back(
            {activity, c.initiator.user, key.id, {{"group", group->name}, {"group_id", id}, {"setupkey", key.name}}});
    }
}

tl::unexpected<core::Error> unknown(const Id& id) {
    return fail(ErrorKind::not_found, "setup key: " + id + " not found");
}

}  // namespace

Result<Decision> decide_on(const Case& c, const CreateSetupKey& command) {
    if (command.name.empty()) return fail(ErrorKind::invalid_argument, "setup key name shouldn't be empty");
    const bool one_off = command.type == "one-off";
    if (!one_off && command.type != "reusable")
        return fail(ErrorKind::invalid_argument, "unknown setup key type " + command.type);
    if (one_off && command.usage_limit > 1)
        return fail(ErrorKind::invalid_argument,
                    "usage_limit " + std::to_string(command.usage_limit) +
                        " is not valid for a one-off setup key, which can be used once; use type reusable for a key "
                        "that can be used more than once");
    if (command.expires_in < 0) return fail(ErrorKind::invalid_argument, "expiresin can not be in the past");
    const auto room = std::chrono::floor<std::chrono::seconds>(WallTime::max() - c.now).count();
    if (command.expires_in > room)
        return fail(ErrorKind::invalid_argument, "expiresin can not be more than " + std::to_string(room) + " seconds");
    if (auto groups = check_auto_groups(c.account, command.auto_groups); !groups) return tl::unexpected(groups.error());
    if (c.account.setup_keys.find(command.id))
        return fail(ErrorKind::already_exists, "setup key: " + command.id + " already exists");

    SetupKey key;
    key.id = command.id;
    key.name = command.name;
    key.type = one_off ? SetupKeyType::one_off : SetupKeyType::reusable;
    key.hash = command.hash;
    key.masked = command.masked;
    key.created_at = key.updated_at = c.now;
    if (command.expires_in > 0) key.expires_at = c.now + std::chrono::seconds(command.expires_in);
    key.usage_limit = one_off ? 1 : command.usage_limit;
    key.auto_groups = command.auto_groups;
    key.ephemeral = command.ephemeral;
    key.allow_extra_dns_labels = command.allow_extra_dns_labels;

    Decision decision;
    decision.events.push_back({activity::setup_key_created, c.initiator.user, key.id, setup_key_event_meta(key)});
    add_group_events(c, key, activity::group_added_to_setup_key, difference(key.auto_groups, {}), decision);
    decision.changes.push_back(put(std::move(key)));
    return decision;
}

Result<Decision> decide_on(const Case& c, const UpdateSetupKey& command) {
    if (!command.auto_groups) return fail(ErrorKind::invalid_argument, "setup key autogroups field is invalid");
    const auto* before = c.account.setup_keys.find(command.id);
    if (!before) return unknown(command.id);
    if (auto groups = check_auto_groups(c.account, *command.auto_groups); !groups)
        return tl::unexpected(groups.error());
    if (before->revoked && !command.revoked)
        return fail(ErrorKind::invalid_argument, "can't un-revoke a revoked setup key");

    Decision decision;
    if (before->revoked == command.revoked && before->auto_groups == *command.auto_groups) return decision;
    auto key = *before;
    key.revoked = command.revoked;
    key.auto_groups = *command.auto_groups;
    key.updated_at = c.now;
    if (key.revoked && !before->revoked)
        decision.events.push_back({activity::setup_key_revoked, c.initiator.user, key.id, setup_key_event_meta(key)});
    add_group_events(c, key, activity::group_added_to_setup_key, difference(key.auto_groups, before->auto_groups),
                     decision);
    add_group_events(c, key, activity::group_removed_from_setup_key, difference(before->auto_groups, key.auto_groups),
                     decision);
    decision.changes.push_back(put(std::move(key)));
    return decision;
}

Result<Decision> decide_on(const Case& c, const DeleteSetupKey& command) {
    const auto* key = c.account.setup_keys.find(command.id);
    if (!key) return unknown(command.id);
    Decision decision;
    decision.events.push_back({activity::setup_key_deleted, c.initiator.user, key->id, setup_key_event_meta(*key)});
    decision.changes.push_back(Remove<SetupKey>{key->id});
    return decision;
}

}  // namespace rookery::management
