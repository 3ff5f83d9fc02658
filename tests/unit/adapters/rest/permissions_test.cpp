#include "adapters/rest/permissions.hpp"

#include "tests/catch.hpp"

using namespace rookery::adapters::rest;
using namespace rookery::management;

namespace {

std::string letters(const Rights& rights) {
    return std::string(rights.create ? "C" : "") + (rights.read ? "R" : "") + (rights.update ? "U" : "") +
           (rights.remove ? "D" : "");
}

AccountState account_with(User user) {
    AccountState account;
    account.users = account.users.with(user.id, std::make_shared<const User>(user));
    return account;
}

User user_of(Role role) {
    User user;
    user.id = "u";
    user.role = role;
    return user;
}

}  // namespace

TEST_CASE("the matrix of roles and modules") {
    // rest-api §5.2: owner, admin, network_admin, auditor, user.
    const std::map<std::string, std::vector<std::string>> rows{
        {"accounts", {"CRUD", "R", "R", "R", ""}},
        {"settings", {"CRUD", "CRUD", "R", "R", ""}},
        {"users", {"CRUD", "CRUD", "R", "R", ""}},
        {"pats", {"CRUD", "CRUD", "CRUD", "R", ""}},
        {"peers", {"CRUD", "CRUD", "R", "R", ""}},
        {"remote_jobs", {"CRUD", "CRUD", "", "R", ""}},
        {"groups", {"CRUD", "CRUD", "CRUD", "R", ""}},
        {"setup_keys", {"CRUD", "CRUD", "R", "R", ""}},
        {"policies", {"CRUD", "CRUD", "CRUD", "R", ""}},
        {"networks", {"CRUD", "CRUD", "CRUD", "R", ""}},
        {"routes", {"CRUD", "CRUD", "CRUD", "R", ""}},
        {"nameservers", {"CRUD", "CRUD", "CRUD", "R", ""}},
        {"dns", {"CRUD", "CRUD", "CRUD", "R", ""}},
        {"events", {"CRUD", "CRUD", "R", "R", ""}},
        {"identity_providers", {"CRUD", "CRUD", "R", "R", ""}},
        {"services", {"CRUD", "CRUD", "", "R", ""}},
        {"agent_network", {"CRUD", "CRUD", "", "R", ""}},
        {"agent_network.providers", {"CRUD", "CRUD", "", "R", ""}},
        {"agent_network.policies", {"CRUD", "CRUD", "", "R", ""}},
        {"agent_network.guardrails", {"CRUD", "CRUD", "", "R", ""}},
        {"agent_network.budgets", {"CRUD", "CRUD", "", "R", ""}},
        {"agent_network.usage", {"CRUD", "CRUD", "", "R", ""}},
        {"agent_network.logs", {"CRUD", "CRUD", "", "R", ""}},
        {"agent_network.settings", {"CRUD", "CRUD", "", "R", ""}},
    };
    const Role roles[] = {Role::owner, Role::admin, Role::network_admin, Role::auditor, Role::user};
    for (std::size_t i = 0; i < 5; ++i) {
        CAPTURE(role_name(roles[i]));
        CHECK(role_rights(roles[i]).size() == rows.size());
        for (const auto& [module, expected] : rows) {
            CAPTURE(module);
            REQUIRE(role_rights(roles[i]).contains(module));
            CHECK(letters(role_rights(roles[i]).at(module)) == expected[i]);
        }
    }
    CHECK(role_rights(Role::billing_admin).empty());
}

TEST_CASE("the order of evaluation") {
    const auto evaluated = [](User user, std::string_view module, Operation operation) {
        return evaluate(account_with(std::move(user)), "u", module, operation);
    };
    CHECK(evaluate({}, "sys", "peers", Operation::remove).value());
    CHECK(evaluate({}, "u", "peers", Operation::read).error().message == "user: u not found");

    auto user = user_of(Role::owner);
    user.blocked = true;
    CHECK(evaluated(user, "peers", Operation::read).error().message == "user is blocked");
    user.pending_approval = true;
    CHECK(evaluated(user, "peers", Operation::read).error().message == "user is pending approval");
    user.blocked = false;
    CHECK(evaluated(user, "peers", Operation::read).value());

    auto service = user_of(Role::user);
    service.service_user = true;
    CHECK(evaluated(service, "peers", Operation::read).value());
    CHECK(!evaluated(service, "peers", Operation::update).value());
    service.role = Role::billing_admin;
    CHECK(evaluated(service, "peers", Operation::read).value());
    CHECK(!evaluated(service, "peers", Operation::create));

    // A dotted module without an entry falls back to its parent; an unknown one is denied.
    CHECK(evaluated(user_of(Role::admin), "agent_network.new", Operation::create).value());
    CHECK(!evaluated(user_of(Role::admin), "unheard_of", Operation::create).value());
}

TEST_CASE("errors as they are sent") {
    using rookery::core::ErrorKind;
    const auto admin = account_with(user_of(Role::admin));
    CHECK(require(admin, "u", "peers", Operation::update));
    CHECK(require(admin, "u", "accounts", Operation::update).error() ==
          rookery::core::Error{ErrorKind::permission_denied, "permission denied"});
    const auto billing = account_with(user_of(Role::billing_admin));
    CHECK(require(billing, "u", "peers", Operation::read).error() ==
          rookery::core::Error{ErrorKind::permission_denied,
                               "failed to validate user permissions: user role: billing_admin not found"});
    CHECK(require_unprefixed(billing, "u", "groups", Operation::read).error() ==
          rookery::core::Error{ErrorKind::not_found, "user role: billing_admin not found"});
}
