// rest-api §6.2. Logging in and invites are the identity provider's.
#include <algorithm>

#include "actors/management/account_view.hpp"
#include "actors/management/audit.hpp"
#include "actors/management/checks.hpp"
#include "actors/management/group_members.hpp"
#include "actors/management/roles.hpp"

namespace rookery::management {
namespace {

using core::ErrorKind;
using core::fail;

std::string lower(std::string text) {
    for (auto& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

tl::unexpected<core::Error> unknown(const UserId& id) {
    return fail(ErrorKind::not_found, "user: " + id + " not found");
}

Result<Done> check_new(const AccountState& account, const CreateUser& command, Role role) {
    const auto invalid = [](const char* text) { return fail(ErrorKind::invalid_argument, text); };
    if (command.service_user) {
        if (role == Role::owner) return invalid("can't create a service user with owner role");
        return Done{};
    }
    if (command.name.empty()) return invalid("name can't be empty");
    if (command.email.empty()) return invalid("email can't be empty");
    if (role == Role::owner) return invalid("can't invite a user with owner role");
    for (const auto& [id, user] : account.users)
        if (!user->service_user && lower(user->email) == lower(command.email))
            return fail(ErrorKind::already_exists, "can't invite a user with an existing netbird account");
    return Done{};
}

// One PUT: who asks may do it, then its effects.
class UserUpdate {
public:
    UserUpdate(const Case& c, const UpdateUser& command, const User& before, Role role)
        : case_(c),
          command_(command),
          before_(before),
          after_(before),
          caller_(c.account.users.find(c.initiator.user)),
          draft_(c) {
        after_.role = role;
        after_.auto_groups = *command.auto_groups;
        after_.blocked = command.blocked;
    }

    Result<Decision> decide() && {
        if (auto done = check(); !done)
            return fail(done.error().kind,
                        "failed to process update for user " + before_.id + ": " + done.error().message);
        if (after_ == before_) return Decision{};
        add_events();
        if (gains_owner()) demote_owners();
        draft_.put(after_);
        if (auto done = propagate(); !done) return tl::unexpected(done.error());
        return std::move(draft_).take(true);
    }

private:
    bool gains_owner() const { return after_.role == Role::owner && before_.role != Role::owner; }
    // Whoever is no user of the account is the node's operator.
    bool by_owner() const { return !caller_ || caller_->role == Role::owner; }

    Result<Done> check() const {
        const auto forbidden = [](const char* text) { return fail(ErrorKind::permission_denied, text); };
        if (caller_ && caller_->role != Role::admin && caller_->role != Role::owner)
            return forbidden("only admins and owners can update users");
        const bool own = caller_ && caller_->id == before_.id;
        if (own && after_.blocked != before_.blocked) return forbidden("admins can't block or unblock themselves");
        if (own && after_.role != before_.role) return forbidden("admins can't change their role");
        if (!by_owner() && before_.role == Role::owner && after_.role != Role::owner)
            return forbidden("only owners can remove owner role from their user");
        if (before_.role == Role::owner && after_.blocked) return forbidden("unable to block owner user");
        if (!by_owner() && gains_owner()) return forbidden("only owners can add owner role to other users");
        if (before_.service_user && after_.role == Role::owner)
            return forbidden("can't update a service user with owner role");
        // An account has an owner: the role is given away, not up.
        if (before_.role == Role::owner && after_.role != Role::owner)
            return forbidden("the owner role can only be given to another user");
        for (const auto& id : after_.auto_groups) {
            const auto* group = case_.account.groups.find(id);
            if (!group)
                return fail(ErrorKind::invalid_argument,
                            "provided group id " + id + " in the user " + before_.id + " update doesn't exist");
            if (is_all(*group)) return fail(ErrorKind::invalid_argument, "can't add all group to the user");
        }
        return Done{};
    }

    void add_events() {
        if (after_.blocked != before_.blocked)
            draft_.event(after_.blocked ? activity::user_blocked : activity::user_unblocked, before_.id);
        if (gains_owner())
            draft_.event(activity::owner_role_transferred, before_.id);
        else if (after_.role != before_.role)
            draft_.event(activity::user_role_updated, before_.id, {{"role", command_.role}});
        group_events(activity::group_added_to_user, difference(after_.auto_groups, before_.auto_groups));
        group_events(activity::group_removed_from_user, difference(before_.auto_groups, after_.auto_groups));
    }

    void group_events(int activity, const std::vector<Id>& groups) {
        for (const auto& id : groups) {
            const auto* group = case_.account.groups.find(id);
            if (!group) continue;  // deleted since it was given
            draft_.event(activity, before_.id,
                         {{"group", group->name},
                          {"group_id", id},
                          {"is_service_user", before_.service_user ? "true" : "false"},
                          {"user_name", before_.name}});
        }
    }

    void demote_owners() {
        for (const auto& [id, user] : case_.account.users) {
            if (user->role != Role::owner) continue;
            auto demoted = *user;
            demoted.role = Role::admin;
            draft_.put(std::move(demoted));
        }
    }

    // The user's peers follow the user's groups.
    Result<Done> propagate() {
        if (!case_.account.settings.groups_propagation_enabled) return Done{};
        std::vector<PeerId> peers;
        for (const auto& [id, peer] : case_.account.peers)
            if (peer->user == before_.id) peers.push_back(id);
        for (const auto& group : difference(after_.auto_groups, before_.auto_groups))
            change_members(draft_, group, peers, {});
        for (const auto& group : difference(before_.auto_groups, after_.auto_groups))
            change_members(draft_, group, {}, peers);
        return reconcile_ipv6(draft_, peers);
    }

    const Case& case_;
    const UpdateUser& command_;
    const User& before_;
    User after_;
    const User* const caller_;
    Draft draft_;
};

Result<Done> remove_user(Draft& draft, const User& user) {
    const auto account = draft.account();
    for (const auto& [id, peer] : account.peers)
        if (peer->user == user.id)
            if (auto done = remove_peer(draft, id, user.id); !done) return done;
    for (const auto& [id, token] : account.tokens)
        if (token->user == user.id) draft.remove<AccessToken>(id);
    if (user.service_user)
        draft.event(activity::service_user_deleted, user.id,
                    {{"name", user.name}, {"created_at", event_time(user.created_at)}});
    else
        draft.event(activity::user_deleted, user.id,
                    {{"name", user.name},
                     {"email", user.email},
                     {"created_at", event_time(user.created_at)},
                     {"issued", user.issued}});
    draft.remove<User>(user.id);
    return Done{};
}

Result<const User*> find_pending(const AccountState& account, const UserId& id) {
    const auto* user = account.users.find(id);
    if (!user) return unknown(id);
    if (!user->pending_approval) return fail(ErrorKind::invalid_argument, "user " + id + " is not pending approval");
    return user;
}

}  // namespace

Result<Decision> decide_on(const Case& c, const CreateUser& command) {
    const auto role = parse_role(command.role);
    if (!role) return fail(ErrorKind::invalid_argument, "unknown user role " + command.role);
    if (auto done = check_new(c.account, command, *role); !done) return tl::unexpected(done.error());
    if (c.account.users.find(command.id))
        return fail(ErrorKind::already_exists, "user " + command.id + " already exists");
    User user;
    user.id = command.id;
    user.role = *role;
    user.service_user = command.service_user;
    user.name = command.name;
    if (!command.service_user) user.email = command.email;
    if (!command.service_user) user.password_hash = command.password_hash;
    user.auto_groups = command.auto_groups;
    user.created_at = c.now;
    Draft draft(c);
    if (command.service_user)
        draft.event(activity::service_user_created, user.id, {{"name", user.name}});
    else
        draft.event(activity::user_created, user.id);
    draft.put(std::move(user));
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const UpdateUser& command) {
    const auto* user = c.account.users.find(command.id);
    if (!user) return unknown(command.id);
    if (!command.auto_groups) return fail(ErrorKind::bad_request, "auto_groups field can't be absent");
    const auto role = parse_role(command.role);
    if (!role) return fail(ErrorKind::invalid_argument, "invalid user role");
    return UserUpdate(c, command, *user, *role).decide();
}

Result<Decision> decide_on(const Case& c, const DeleteUser& command) {
    if (command.id == c.initiator.user) return fail(ErrorKind::invalid_argument, "self deletion is not allowed");
    const auto* user = c.account.users.find(command.id);
    if (!user) return unknown(command.id);
    const auto forbidden = [](const char* text) { return fail(ErrorKind::permission_denied, text); };
    if (user->role == Role::owner) return forbidden("can't delete a user with the owner role");
    const auto* caller = c.account.users.find(c.initiator.user);
    if (user->issued == "integration" && caller && !caller->service_user)
        return forbidden("only integration service user can delete this user");
    if (user->non_deletable) return forbidden("service user is marked as non-deletable");
    Draft draft(c);
    if (auto done = remove_user(draft, *user); !done) return tl::unexpected(done.error());
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const ApproveUser& command) {
    const auto user = find_pending(c.account, command.id);
    if (!user) return tl::unexpected(user.error());
    auto approved = **user;
    approved.blocked = approved.pending_approval = false;
    Draft draft(c);
    draft.put(std::move(approved));
    draft.event(activity::user_approved, command.id);
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const RejectUser& command) {
    const auto user = find_pending(c.account, command.id);
    if (!user) return tl::unexpected(user.error());
    Draft draft(c);
    if (auto done = remove_user(draft, **user); !done) return tl::unexpected(done.error());
    draft.event(activity::user_rejected, command.id);
    return std::move(draft).take(true);
}

}  // namespace rookery::management
