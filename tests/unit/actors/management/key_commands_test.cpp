// Setup keys and access tokens.
#include <limits>

#include "account_fixture.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace rookery::management::testing;
using core::Error;
using core::ErrorKind;

namespace {

CreateSetupKey new_key() {
    CreateSetupKey command;
    command.id = "k";
    command.hash = "hash";
    command.masked = "ABCDE****";
    command.name = "servers";
    command.type = "reusable";
    return command;
}

Error refused(const CreateSetupKey& command) {
    Account account;
    account.add_group("g");
    const auto result = account.execute(command);
    REQUIRE_FALSE(result);
    return result.error();
}

}  // namespace

TEST_CASE("a setup key is made") {
    Account account;
    account.add_group("g");
    auto command = new_key();
    command.expires_in = 3600;
    command.usage_limit = 5;
    command.auto_groups = {"g", "g"};
    command.ephemeral = true;
    command.allow_extra_dns_labels = true;
    const auto changes = account.execute(command);
    REQUIRE(changes);
    CHECK(account->serial == 0);  // keys are in no map

    const auto& key = *account->setup_keys.find("k");
    CHECK(key.name == "servers");
    CHECK(key.type == SetupKeyType::reusable);
    CHECK(key.hash == "hash");
    CHECK(key.masked == "ABCDE****");
    CHECK(key.expires_at == account.now + std::chrono::hours(1));
    CHECK(key.usage_limit == 5);
    CHECK(key.auto_groups == std::vector<Id>{"g", "g"});
    CHECK(key.ephemeral);
    CHECK(key.allow_extra_dns_labels);
    CHECK(key.created_at == account.now);
    CHECK(key.updated_at == account.now);
    CHECK(key.last_used == core::never);

    REQUIRE(changes->events.size() == 2);
    CHECK(changes->events[0] ==
          AuditEvent{12, "u-owner", "k", {{"name", "servers"}, {"type", "reusable"}, {"key", "ABCDE****"}}});
    CHECK(changes->events[1] ==
          AuditEvent{23, "u-owner", "k", {{"group", "g"}, {"group_id", "g"}, {"setupkey", "servers"}}});
}

TEST_CASE("a one-off key can be used once; a key without expiry never expires") {
    Account account;
    auto command = new_key();
    command.type = "one-off";
    REQUIRE(account.execute(command));
    CHECK(account->setup_keys.find("k")->usage_limit == 1);
    CHECK(account->setup_keys.find("k")->expires_at == core::never);
}

TEST_CASE("setup keys that are refused, in the order of the checks") {
    auto command = new_key();
    command.auto_groups = {"x"};
    CHECK(refused(command) == Error{ErrorKind::invalid_argument, "invalid auto groups: group not found: x"});
    command.auto_groups = {"g", "g-all"};
    CHECK(refused(command) ==
          Error{ErrorKind::invalid_argument, "invalid auto groups: can't add 'all' group to the setup key"});
    command.expires_in = -1;
    CHECK(refused(command) == Error{ErrorKind::invalid_argument, "expiresin can not be in the past"});
    command.expires_in = std::numeric_limits<std::int64_t>::max();
    CHECK(refused(command).kind == ErrorKind::invalid_argument);
    command.type = "one-off";
    command.usage_limit = 2;
    CHECK(refused(command) ==
          Error{ErrorKind::invalid_argument,
                "usage_limit 2 is not valid for a one-off setup key, which can be used once; use type reusable for a "
                "key that can be used more than once"});
    command.type = "x";
    CHECK(refused(command) == Error{ErrorKind::invalid_argument, "unknown setup key type x"});
    command.name = "";
    CHECK(refused(command) == Error{ErrorKind::invalid_argument, "setup key name shouldn't be empty"});
}

TEST_CASE("a setup key is revoked and gets other groups") {
    Account account;
    account.add_group("a");
    account.add_group("b");
    auto create = new_key();
    create.auto_groups = {"a"};
    REQUIRE(account.execute(create));
    account.now += std::chrono::seconds(1);

    CHECK(account.execute(UpdateSetupKey{"k", false, {{"a"}}})->empty());

    const auto changes = account.execute(UpdateSetupKey{"k", true, {{"b"}}});
    REQUIRE(changes);
    const auto& key = *account->setup_keys.find("k");
    CHECK(key.revoked);
    CHECK(key.auto_groups == std::vector<Id>{"b"});
    CHECK(key.updated_at == account.now);
    REQUIRE(changes->events.size() == 3);
    CHECK(changes->events[0].activity == 14);
    CHECK(changes->events[1].activity == 23);
    CHECK(changes->events[1].meta.at("group_id") == "b");
    CHECK(changes->events[2].activity == 24);
    CHECK(changes->events[2].meta.at("group_id") == "a");

    CHECK(account.execute(UpdateSetupKey{"k", false, {{"b"}}}).error() ==
          Error{ErrorKind::invalid_argument, "can't un-revoke a revoked setup key"});
    CHECK(account.execute(UpdateSetupKey{"x", false, std::nullopt}).error() ==
          Error{ErrorKind::invalid_argument, "setup key autogroups field is invalid"});
    CHECK(account.execute(UpdateSetupKey{"x", false, {std::vector<Id>{}}}).error() ==
          Error{ErrorKind::not_found, "setup key: x not found"});
    CHECK(account.execute(UpdateSetupKey{"k", true, {{"g-all"}}}).error() ==
          Error{ErrorKind::invalid_argument, "invalid auto groups: can't add 'all' group to the setup key"});
}

TEST_CASE("a setup key is deleted; its peers stay") {
    Account account;
    account.add_setup_key("k");
    REQUIRE(account.execute(registration("p")));
    const auto changes = account.execute(DeleteSetupKey{"k"});
    REQUIRE(changes);
    CHECK(changes->events[0] ==
          AuditEvent{68, "u-owner", "k", {{"name", "k"}, {"type", "reusable"}, {"key", "MASK1****"}}});
    CHECK(account->peers.find("p"));
    CHECK(account.execute(DeleteSetupKey{"k"}).error() == Error{ErrorKind::not_found, "setup key: k not found"});
}

TEST_CASE("an access token is made") {
    Account account;
    const auto changes = account.execute(CreateAccessToken{"t", "u-owner", "ci", "hash", 30}, {"sys"});
    REQUIRE(changes);
    const auto& token = *account->tokens.find("t");
    CHECK(token.user == "u-owner");
    CHECK(token.created_by == "sys");
    CHECK(token.created_at == account.now);
    CHECK(token.expires_at == account.now + std::chrono::hours(24 * 30));
    CHECK(token.last_used == core::never);
    CHECK(changes->events ==
          std::vector<AuditEvent>{
              {41, "sys", "u-owner", {{"name", "ci"}, {"is_service_user", "false"}, {"user_name", "Olga"}}}});

    CHECK(account.execute(CreateAccessToken{"t2", "x", "", "h", 0}).error() ==
          Error{ErrorKind::not_found, "user: x not found"});
    CHECK(account.execute(CreateAccessToken{"t2", "u-owner", "", "h", 0}).error() ==
          Error{ErrorKind::invalid_argument, "token name can't be empty"});
    for (const auto days : {0, 366, -1})
        CHECK(account.execute(CreateAccessToken{"t2", "u-owner", "n", "h", days}).error() ==
              Error{ErrorKind::invalid_argument, "expiration has to be between 1 and 365"});
    CHECK(account.execute(CreateAccessToken{"t2", "u-owner", "n", "h", 365}));
}

TEST_CASE("a new account has its owner, everybody's group and the policy that connects everybody") {
    const auto account = make_account(new_account(), start);
    CHECK(account.serial == 0);
    CHECK(account.users.find("u-owner")->role == Role::owner);
    CHECK(account.users.find("u-owner")->email == "olga@example.com");
    CHECK(account.groups.find("g-all")->name == "All");
    CHECK(account.settings.ipv6_enabled_groups == std::vector<Id>{"g-all"});
    const auto& policy = *account.policies.find("pol-default");
    CHECK(policy.name == "Default");
    REQUIRE(policy.rules.size() == 1);
    CHECK(policy.rules[0].id == policy.id);
    CHECK(policy.rules[0].bidirectional);
    CHECK(policy.rules[0].sources == std::vector<Id>{"g-all"});
    CHECK(policy.rules[0].destinations == std::vector<Id>{"g-all"});
    CHECK(account.created_at == start);
}

TEST_CASE("an empty decision leaves serial and commit") {
    Account account;
    account.add_setup_key("k");
    REQUIRE(account.execute(registration("p")));
    const auto set = commit(*account, Decision{{}, {}, true}, account.commit_id(), account.now);
    CHECK(set.empty());
    CHECK(apply(*account, set) == *account);
}
