#include "refusals.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace rookery::management::testing;

namespace {

UpdateUser update(const UserId& id, const std::string& role, bool blocked = false, std::vector<Id> groups = {}) {
    return {id, role, std::move(groups), blocked};
}

Account with_users() {
    Account account;
    account.add_group("g");
    REQUIRE(account.execute(CreateUser{"u-ann", "ann@example.com", "Ann", "admin", {}, false, "hash"}));
    REQUIRE(account.execute(CreateUser{"u-bob", "bob@example.com", "Bob", "user", {}, false, "hash"}));
    REQUIRE(account.execute(CreateUser{"svc", "", "robot", "user", {}, true, "ignored"}));
    return account;
}

void give_peer(Account& account, const PeerId& id, const UserId& user) {
    account.add_setup_key("k");
    REQUIRE(account.execute(registration(id)));
    auto peer = account.peer(id);
    peer.user = user;
    account.change({Put<Peer>{std::make_shared<const Peer>(peer)}});
}

}  // namespace

TEST_CASE("users are created") {
    auto account = with_users();
    CHECK(account->users.find("u-bob")->password_hash == "hash");
    CHECK(account->users.find("svc")->password_hash.empty());
    CHECK(events_of(account, CreateUser{"n", "n@example.com", "N", "user", {}, false, ""}) == Events{91});
    CHECK(events_of(account, CreateUser{"s", "", "", "auditor", {"unknown"}, true, ""}) == Events{43});
    const auto taken = "can't invite a user with an existing netbird account";
    check_refused(
        account,
        {{CreateUser{"x", "x@y.z", "X", "king", {}, false, ""}, invalid, "unknown user role king"},
         {CreateUser{"x", "", "X", "owner", {}, true, ""}, invalid, "can't create a service user with owner role"},
         {CreateUser{"x", "x@y.z", "", "user", {}, false, ""}, invalid, "name can't be empty"},
         {CreateUser{"x", "", "X", "user", {}, false, ""}, invalid, "email can't be empty"},
         {CreateUser{"x", "x@y.z", "X", "owner", {}, false, ""}, invalid, "can't invite a user with owner role"},
         {CreateUser{"x", "Bob@Example.com", "X", "user", {}, false, ""}, conflict, taken}});
}

TEST_CASE("who may change whom") {
    auto account = with_users();
    const auto failed = [](const std::string& id) { return "failed to process update for user " + id + ": "; };
    check_refused(
        account,
        {{update("x", "user"), not_found, "user: x not found"},
         {UpdateUser{"u-bob", "user", std::nullopt, false}, bad_request, "auto_groups field can't be absent"},
         {update("u-bob", "king"), invalid, "invalid user role"},
         {update("u-owner", "owner", true), forbidden, failed("u-owner") + "admins can't block or unblock themselves"},
         {update("u-owner", "admin"), forbidden, failed("u-owner") + "admins can't change their role"},
         {update("svc", "owner"), forbidden, failed("svc") + "can't update a service user with owner role"},
         {update("u-bob", "user", false, {"x"}), invalid,
          failed("u-bob") + "provided group id x in the user u-bob update doesn't exist"},
         {update("u-bob", "user", false, {"g-all"}), invalid, failed("u-bob") + "can't add all group to the user"}});
    check_refused(
        account,
        {{update("u-owner", "admin"), forbidden,
          failed("u-owner") + "only owners can remove owner role from their user"},
         {update("u-owner", "owner", true), forbidden, failed("u-owner") + "unable to block owner user"},
         {update("u-bob", "owner"), forbidden, failed("u-bob") + "only owners can add owner role to other users"}},
        {"u-ann"});
    check_refused(account,
                  {{update("u-ann", "user"), forbidden, failed("u-ann") + "only admins and owners can update users"}},
                  {"u-bob"});
}

TEST_CASE("the owner gives the account away") {
    auto account = with_users();
    CHECK(events_of(account, update("u-bob", "owner")) == Events{59});
    CHECK(account->users.find("u-bob")->role == Role::owner);
    CHECK(account->users.find("u-owner")->role == Role::admin);
}

TEST_CASE("changes of users, and what their peers notice") {
    auto account = with_users();
    give_peer(account, "p", "u-bob");
    CHECK(events_of(account, update("u-bob", "auditor")) == Events{22});
    CHECK(events_of(account, update("u-bob", "auditor", false, {"g"})) == Events{20, 18});
    CHECK(account->groups.find("g")->peers == IdSet{"p"});
    CHECK(events_of(account, update("u-bob", "auditor")) == Events{21, 19});
    CHECK(account->groups.find("g")->peers.empty());
    CHECK(events_of(account, update("u-bob", "auditor", true)) == Events{45});
    CHECK(events_of(account, update("u-bob", "auditor")) == Events{46});
    CHECK(events_of(account, update("u-bob", "auditor")).empty());

    // Peers that were not moved follow when it is switched on.
    UpdateSettings settings;
    settings.settings = account->settings;
    settings.settings.groups_propagation_enabled = false;
    REQUIRE(account.execute(settings));
    CHECK(events_of(account, update("u-bob", "auditor", false, {"g"})) == Events{20});
    settings.settings = account->settings;
    settings.settings.groups_propagation_enabled = true;
    CHECK(events_of(account, settings) == Events{18, 69});
    CHECK(account->groups.find("g")->peers == IdSet{"p"});
}

TEST_CASE("users leave with their tokens and peers") {
    auto account = with_users();
    give_peer(account, "p", "u-bob");
    REQUIRE(account.execute(CreateAccessToken{"t", "u-bob", "token", "hash-t", 30}));
    auto robot = *account->users.find("svc");
    robot.non_deletable = true;
    account.change({Put<User>{std::make_shared<const User>(robot)}});
    check_refused(account, {{DeleteUser{"u-owner"}, invalid, "self deletion is not allowed"},
                            {DeleteUser{"x"}, not_found, "user: x not found"},
                            {DeleteUser{"svc"}, forbidden, "service user is marked as non-deletable"}});
    check_refused(account, {{DeleteUser{"u-owner"}, forbidden, "can't delete a user with the owner role"}}, {"u-ann"});
    const auto gone = account.execute(DeleteUser{"u-bob"});
    REQUIRE(gone);
    REQUIRE(gone->events.size() == 2);
    CHECK(gone->events[0].activity == 5);
    CHECK(gone->events[0].initiator == "u-bob");
    CHECK(gone->events[1].activity == 47);
    CHECK(gone->events[1].meta.at("email") == "bob@example.com");
    CHECK(account->peers.empty());
    CHECK(account->tokens.empty());
}

TEST_CASE("tokens are deleted") {
    auto account = with_users();
    REQUIRE(account.execute(CreateAccessToken{"t", "svc", "token", "hash-t", 30}));
    check_refused(account, {{DeleteAccessToken{"t", "x"}, not_found, "user: x not found"},
                            {DeleteAccessToken{"t", "u-bob"}, not_found, "pat: t not found"}});
    CHECK(events_of(account, DeleteAccessToken{"t", "svc"}) == Events{42});
}

TEST_CASE("users who wait for their approval") {
    auto account = with_users();
    auto waiting = *account->users.find("u-bob");
    waiting.blocked = waiting.pending_approval = true;
    const auto wait = [&] { account.change({Put<User>{std::make_shared<const User>(waiting)}}); };
    check_refused(account, {{ApproveUser{"u-bob"}, invalid, "user u-bob is not pending approval"},
                            {RejectUser{"u-bob"}, invalid, "user u-bob is not pending approval"},
                            {ApproveUser{"x"}, not_found, "user: x not found"}});
    wait();
    CHECK(events_of(account, ApproveUser{"u-bob"}) == Events{89});
    CHECK_FALSE(account->users.find("u-bob")->blocked);
    wait();
    CHECK(events_of(account, RejectUser{"u-bob"}) == Events{47, 90});
    CHECK_FALSE(account->users.find("u-bob"));
}
