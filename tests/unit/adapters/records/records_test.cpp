#include "adapters/records/records.hpp"

#include "adapters/crypto/field_cipher.hpp"
#include "tests/catch.hpp"
#include "tests/unit/actors/management/random_account.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace rookery::management::testing;
using adapters::records::Records;

namespace {

struct Fixture {
    std::unique_ptr<adapters::crypto::AesGcmFieldCipher> cipher =
        *adapters::crypto::AesGcmFieldCipher::create(adapters::crypto::AesGcmFieldCipher::new_key());
    Records records{*cipher};
};

Peer full_peer() {
    Peer peer;
    peer.id = "p";
    peer.key = "key";
    peer.ip = *core::parse_ipv4("100.90.0.1");
    peer.ipv6 = core::parse_ipv6("fd00::1");
    peer.name = "Büro \"1\"\n";
    peer.dns_label = "buro";
    peer.extra_dns_labels = {"a", "*.b"};
    peer.allow_extra_dns_labels = true;
    peer.user = "u|1";
    peer.ssh_key = std::string("\xFF\x00not text", 10);
    peer.ssh_enabled = peer.login_expiration_enabled = peer.inactivity_expiration_enabled = peer.ephemeral = true;
    peer.last_login = start + std::chrono::nanoseconds(1);
    peer.created_at = start;
    peer.meta.hostname = "host";
    peer.meta.network_addresses = {{"10.0.0.1/24", "aa"}};
    peer.meta.files = {{"/a", true, false}};
    peer.meta.flags.rosenpass_permissive = peer.meta.flags.disable_ipv6 = true;
    peer.meta.capabilities = {1, 2};
    peer.meta.sync_message_version = 1;
    return peer;
}

}  // namespace

TEST_CASE("entities come back as they were") {
    const Fixture f;
    const auto peer = full_peer();
    CHECK(f.records.read<Peer>(*f.records.write(peer)) == peer);
    CHECK(f.records.read<Peer>(*f.records.write(Peer{})) == Peer{});

    auto account = make_account(new_account(), start);
    account.settings.dns_domain = "corp.example";
    const auto header = f.records.read<AccountState>(*f.records.write(account));
    REQUIRE(header);
    CHECK(header->network == account.network);
    CHECK(header->settings == account.settings);
    CHECK(header->created_by == account.created_by);
    CHECK(header->created_at == account.created_at);
    for (const auto& [id, user] : account.users) CHECK(f.records.read<User>(*f.records.write(*user)) == *user);
    for (const auto& [id, p] : account.policies) CHECK(f.records.read<Policy>(*f.records.write(*p)) == *p);
    const Group group{"g", "name", "jwt", {"a", "b"}};
    CHECK(f.records.read<Group>(*f.records.write(group)) == group);
}

TEST_CASE("a user's name and e-mail cannot be read in a record or in a change") {
    const Fixture f;
    User user;
    user.id = "u";
    user.name = "Olga Secret";
    user.email = "olga@example.com";
    for (const auto& text :
         {*f.records.write(user), *f.records.write_changes({Put<User>{std::make_shared<const User>(user)}})}) {
        CHECK(text.find("Olga") == std::string::npos);
        CHECK(text.find("olga") == std::string::npos);
    }
    const auto other = *adapters::crypto::AesGcmFieldCipher::create(adapters::crypto::AesGcmFieldCipher::new_key());
    const auto read = Records(*other).read<User>(*f.records.write(user));
    REQUIRE_FALSE(read);
    CHECK(read.error().message == "stored user is damaged: decrypt: cipher: message authentication failed");
}

TEST_CASE("missing fields have their defaults, unknown ones are ignored") {
    const Fixture f;
    const auto key = f.records.read<SetupKey>(R"({"id":"k","of_a_later_version":[1,2]})");
    REQUIRE(key);
    CHECK(key->id == "k");
    CHECK(key->type == SetupKeyType::reusable);
    CHECK(key->auto_groups.empty());
}

TEST_CASE("damaged records are errors that name the fault") {
    const Fixture f;
    const auto error = [&](const std::string& text) {
        const auto peer = f.records.read<Peer>(text);
        REQUIRE_FALSE(peer);
        CHECK(peer.error().kind == core::ErrorKind::internal);
        CHECK(peer.error().message.starts_with("stored peer is damaged: "));
        return peer.error().message;
    };
    error("");
    error("{");
    error("[]");
    error(R"({"id":1})");
    error(R"({"meta":[]})");
    error(R"({"extra_dns_labels":{}})");
    CHECK(error(R"({"ip":"1.2.3"})") == "stored peer is damaged: not an address: 1.2.3");
    CHECK(error(R"({"ssh_key":"!"})") == "stored peer is damaged: not base64: !");
    CHECK(f.records.read<User>(R"({"role":"king"})").error().message == "stored user is damaged: unknown name king");
    CHECK_FALSE(f.records.read_changes(R"([{"put":"throne","value":{}}])"));
    CHECK_FALSE(f.records.read_changes(R"([{}])"));
    CHECK_FALSE(f.records.write(Group{"g", "not \xFF text", "api", {}}));
}

TEST_CASE("changes come back as they were") {
    const auto seed = seed_of_run();
    CAPTURE(seed);
    const Fixture f;
    RandomCommands random(seed);
    Account account(make_account(new_account(), start), seed);
    for (int i = 0; i < 500; ++i) {
        const auto before = *account;
        ChangeSet set;
        if (random.below(3) == 0) {
            set = account.change(random.change(before));
        } else {
            auto done = account.execute(random.next(before));
            if (!done) continue;
            set = std::move(*done);
        }
        auto changes = f.records.read_changes(*f.records.write_changes(set.changes));
        REQUIRE(changes);
        set.changes = std::move(*changes);
        REQUIRE(apply(before, set) == *account);
    }
}
