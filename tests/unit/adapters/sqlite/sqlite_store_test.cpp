#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "store_fixture.hpp"

using namespace rookery;
using namespace rookery::adapters::sqlite;
using namespace rookery::adapters::sqlite::testing;
using core::ErrorKind;

namespace {

struct Fixture {
    Directory directory;
    std::unique_ptr<adapters::crypto::AesGcmFieldCipher> cipher = new_cipher();
    std::unique_ptr<SqliteStore> store = open(directory.file(), *cipher);
    Deciding deciding{1};
    Snapshot state;

    Fixture() {
        auto created = store->create_account(make_account(new_account(), start));
        REQUIRE(created);
        state = *created;
    }
    std::vector<Result<std::shared_ptr<const ChangeSet>>> run(std::vector<Command> commands) {
        std::vector<Request> requests;
        for (auto& c : commands) requests.push_back({std::move(c), {"u-owner"}});
        auto done = store->transact(state, requests, deciding.decider());
        if (!done) FAIL(done.error().message);
        state = done->state;
        return done->results;
    }
    std::int64_t count(const std::string& what) {
        auto database = Database::open(directory.file());
        auto query = (*database)->query("SELECT count(*) FROM " + what);
        REQUIRE(query);
        REQUIRE(query->next());
        return query->integer(0);
    }
};

}  // namespace

TEST_CASE("a new account is found again") {
    Fixture f;
    CHECK(f.store->accounts() == std::vector<AccountId>{"acc"});
    CHECK(**f.store->load_account("acc") == *f.state);
    CHECK(f.count("audit_events WHERE activity = 4 AND target = 'acc' AND initiator = 'u-owner'") == 1);

    f.store = nullptr;
    f.store = open(f.directory.file(), *f.cipher);
    CHECK(**f.store->load_account("acc") == *f.state);
    CHECK(f.store->load_account("x").error() == core::Error{ErrorKind::not_found, "account not found: x"});

    auto second = new_account();
    second.id = "acc2";
    const auto refused = f.store->create_account(make_account(second, start));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::already_exists);
    CHECK(f.store->accounts()->size() == 1);
}

TEST_CASE("commands of one transaction see each other; a refused one disturbs none") {
    Fixture f;
    const auto results = f.run({setup_key_k(), registration("p"), registration("q", "unknown"), registration("r"),
                                LoginPeer{"p", "", {}}, CreateAccessToken{"t", "u-owner", "ci", "token-hash", 30}});
    REQUIRE(results.size() == 6);
    CHECK(results[0]);
    CHECK(results[1]);
    CHECK(results[2].error() == core::Error{ErrorKind::not_found, "couldn't add peer: setup key is invalid"});
    CHECK(results[3]);
    REQUIRE(results[4]);
    CHECK((*results[4])->empty());
    CHECK(results[5]);
    CHECK(f.state->serial == 2);
    CHECK(f.state->setup_keys.find("k")->used_times == 2);
    CHECK(**f.store->load_account("acc") == *f.state);
    CHECK(f.count("change_log") == 4);
    CHECK(f.count("audit_events") == 5);

    const auto peer = f.store->find_peer("key-of-p");
    REQUIRE(peer);
    REQUIRE(*peer);
    CHECK((*peer)->account == "acc");
    CHECK((*peer)->peer == "p");
    CHECK_FALSE(*f.store->find_peer("key-of-q"));
    CHECK(*f.store->find_setup_key("hash-k") == "acc");
    CHECK_FALSE(*f.store->find_setup_key("x"));
    const auto token = f.store->find_token("token-hash");
    REQUIRE(*token);
    CHECK((*token)->token == "t");
    CHECK((*token)->user == "u-owner");
    CHECK_FALSE(*f.store->find_token("x"));

    f.run({DeletePeer{"p"}, DeleteSetupKey{"k"}});
    CHECK_FALSE(*f.store->find_peer("key-of-p"));
    CHECK_FALSE(*f.store->find_setup_key("hash-k"));
}

TEST_CASE("an outdated state is brought up to the store's before anything is decided") {
    Fixture f;
    const auto outdated = f.state;
    f.run({setup_key_k(), registration("p")});
    auto again = registration("p2");
    again.key = "key-of-p";
    const auto done = f.store->transact(outdated, {{again, {}}, {registration("q"), {}}}, f.deciding.decider());
    REQUIRE(done);
    CHECK(done->results[0].error().message == "peer has been already registered");
    CHECK(done->results[1]);
    CHECK(done->state->serial == 2);
    CHECK(done->state->peers.size() == 2);
    CHECK(**f.store->load_account("acc") == *done->state);
}

TEST_CASE("a key that another account has is refused by the index, and nothing of that request stays") {
    Fixture f;
    f.run({setup_key_k()});
    raw_sql(f.directory.file().c_str(),
            "INSERT INTO accounts (id, serial, commit_id, record) VALUES ('other', 0, '00', '{}');"
            "INSERT INTO peers (account, id, key, ip, dns_label, record) VALUES "
            "('other', 'o', 'key-of-p', '1.2.3.4', 'o', '{}');");
    const auto results = f.run({registration("p"), registration("q")});
    CHECK(results[0].error() == core::Error{ErrorKind::precondition_failed, "peer has been already registered"});
    CHECK(results[1]);
    CHECK(f.state->peers.size() == 1);
    CHECK(f.state->setup_keys.find("k")->used_times == 1);
    CHECK(**f.store->load_account("acc") == *f.state);
    CHECK(f.count("change_log WHERE account = 'acc'") == 2);
}

TEST_CASE("statuses are fenced by their session and go with their peer") {
    Fixture f;
    f.run({setup_key_k(), registration("p")});
    PeerStatus status;
    status.peer = "p";
    status.connected = true;
    status.last_seen = start;
    status.session = 1ull << 61;
    status.connection_ip = "192.0.2.1";
    auto unknown = status;
    unknown.peer = "x";
    REQUIRE(f.store->write_statuses("acc", {status, unknown}));
    const auto stored = [&] { return *(*f.store->load_account("acc"))->statuses.find("p"); };
    CHECK(stored() == status);
    CHECK((*f.store->load_account("acc"))->statuses.size() == 1);

    auto older = status;
    older.session -= 1;
    older.connected = false;
    REQUIRE(f.store->write_statuses("acc", {older}));
    CHECK(stored() == status);
    auto same_session = status;
    same_session.connected = false;
    REQUIRE(f.store->write_statuses("acc", {same_session}));
    CHECK(stored() == same_session);

    f.run({DeletePeer{"p"}});
    CHECK((*f.store->load_account("acc"))->statuses.size() == 0);
}

TEST_CASE("the last use of a token only moves forward") {
    Fixture f;
    f.run({CreateAccessToken{"t", "u-owner", "ci", "token-hash", 30}});
    const auto last_used = [&] { return (*f.store->load_account("acc"))->tokens.find("t")->last_used; };
    REQUIRE(f.store->touch_token("acc", "t", start + std::chrono::seconds(5)));
    REQUIRE(f.store->touch_token("acc", "t", start));
    CHECK(last_used() == start + std::chrono::seconds(5));
    // A state that has not heard of it does not take it back.
    auto token = *f.state->tokens.find("t");
    token.name = "renamed";
    const auto change = f.deciding.deciding({Put<AccessToken>{std::make_shared<const AccessToken>(token)}});
    REQUIRE(f.store->transact(f.state, {Request{}}, change));
    CHECK(last_used() == start + std::chrono::seconds(5));
    CHECK((*f.store->load_account("acc"))->tokens.find("t")->name == "renamed");
}

TEST_CASE("a secret is made once and kept encrypted") {
    Fixture f;
    CHECK(f.store->keep_secret("server-key", "private-1") == "private-1");
    CHECK(f.store->keep_secret("server-key", "private-2") == "private-1");
    CHECK(f.store->keep_secret("other", "private-3") == "private-3");
    f.store = nullptr;
    f.store = open(f.directory.file(), *f.cipher);
    CHECK(f.store->keep_secret("server-key", "private-2") == "private-1");
    CHECK(f.count("secrets WHERE value LIKE '%private%'") == 0);
}

TEST_CASE("the change log is a chain that leads from one state to the next") {
    Fixture f;
    const auto first = f.state;
    f.run({setup_key_k(), registration("p")});
    const auto middle = f.state;
    f.run({registration("q"), DeletePeer{"p"}});

    const auto all = f.store->changes_after("acc", first->commit);
    REQUIRE(all);
    CHECK(all->size() == 4);
    auto replayed = *first;
    for (const auto& set : *all) {
        CHECK(set.parent == replayed.commit);
        replayed = apply(replayed, set);
    }
    CHECK(replayed == *f.state);
    CHECK(f.store->changes_after("acc", middle->commit)->size() == 2);
    CHECK(f.store->changes_after("acc", f.state->commit)->empty());
    CommitId unknown{};
    unknown[0] = 1;
    CHECK(f.store->changes_after("acc", unknown).error().kind == ErrorKind::not_found);
    CHECK(f.store->changes_after("x", unknown).error().kind == ErrorKind::not_found);
}

TEST_CASE("the change log forgets the oldest entries") {
    Fixture f;
    f.run({setup_key_k()});
    raw_sql(f.directory.file(),
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10010) "
            "INSERT INTO change_log (account, serial, commit_id, parent, at, changes) "
            "SELECT 'acc', 0, 'filler-' || i, 'filler', 0, '[]' FROM n;");
    f.run({registration("p")});
    CHECK(f.count("change_log") == SqliteStore::kept_changes);
    CHECK(f.count("change_log WHERE serial = 1") == 1);
}

TEST_CASE("names and e-mail addresses of users are not in the file") {
    Fixture f;
    CHECK(f.count("users WHERE record LIKE '%Olga%' OR record LIKE '%olga%'") == 0);
    CHECK((*f.store->load_account("acc"))->users.find("u-owner")->email == "olga@example.com");
}

TEST_CASE("a wrong key is refused at the start, with what to do") {
    Directory directory;
    const auto cipher = new_cipher();
    open(directory.file(), *cipher);
    const auto refused = SqliteStore::open(directory.file(), *new_cipher());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::precondition_failed);
    CHECK(refused.error().message.find("cipher: message authentication failed") != std::string::npos);
    CHECK(refused.error().message.find(directory.file()) != std::string::npos);
    CHECK(refused.error().message.find("encryptionKey") != std::string::npos);
    CHECK(SqliteStore::open(directory.file(), *cipher));
}

TEST_CASE("databases that are not ours, or of a newer version, stay untouched") {
    Directory directory;
    const auto cipher = new_cipher();
    SECTION("newer") {
        open(directory.file(), *cipher);
        raw_sql(directory.file(), "UPDATE rookery_meta SET value = '99' WHERE name = 'schema_version'");
        const auto refused = SqliteStore::open(directory.file(), *cipher);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == ErrorKind::precondition_failed);
        CHECK(refused.error().message.find("schema version 99") != std::string::npos);
        CHECK(refused.error().message.find("newer Rookery") != std::string::npos);
    }
    SECTION("another program's") {
        raw_sql(directory.file(), "CREATE TABLE accounts (id TEXT)");
        const auto refused = SqliteStore::open(directory.file(), *cipher);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find("belongs to another program") != std::string::npos);
        raw_sql(directory.file(), "INSERT INTO accounts VALUES ('still there')");
    }
    SECTION("no database at all") {
        std::FILE* file = std::fopen(directory.file().c_str(), "w");
        for (int i = 0; i < 100; ++i) std::fputs("this is a text and no database\n", file);
        std::fclose(file);
        const auto refused = SqliteStore::open(directory.file(), *cipher);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find("file is not a database") != std::string::npos);
        CHECK(refused.error().message.find(directory.file()) != std::string::npos);
    }
}

TEST_CASE("a path that cannot be used is named with the system's reason") {
    Directory directory;
    const auto cipher = new_cipher();
    const auto missing = (directory.path() / "none" / "store.db").string();
    CHECK(SqliteStore::open(missing, *cipher).error().message ==
          "cannot open the database " + missing + ": No such file or directory");
    const auto folder = directory.path().string();
    const auto refused = SqliteStore::open(folder, *cipher);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.starts_with("cannot open the database " + folder + ": "));
}

TEST_CASE("the file is its owner's only") {
    Fixture f;
    for (const auto* suffix : {"", "-wal", "-shm"}) {
        struct stat info {};
        REQUIRE(stat((f.directory.file() + suffix).c_str(), &info) == 0);
        CHECK((info.st_mode & 0777) == 0600);
    }
}

TEST_CASE("a full disk is an error with the path, and nothing of the transaction happened") {
    Fixture f;
    f.run({setup_key_k()});
    // Files of this process may not grow beyond what the store has now plus a little.
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    auto limit = before;
    limit.rlim_cur = std::filesystem::file_size(f.directory.file() + "-wal") + 20'000;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    auto big = registration("p");
    big.meta.kernel = std::string(1'000'000, 'x');
    const auto failed = f.store->transact(f.state, {{registration("q"), {}}, {big, {}}}, f.deciding.decider());
    const auto full = f.store->check();
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, ignored);

    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ErrorKind::unavailable);
    CHECK(failed.error().message.find(f.directory.file()) != std::string::npos);
    CHECK(failed.error().message.find("(File too large)") != std::string::npos);
    CHECK(**f.store->load_account("acc") == *f.state);
    REQUIRE_FALSE(full);
    CHECK(full.error().kind == ErrorKind::unavailable);
    CHECK_FALSE(std::filesystem::exists(f.directory.file() + ".check"));
    // With room again it goes on.
    CHECK(f.store->check());
    CHECK_FALSE(std::filesystem::exists(f.directory.file() + ".check"));
    CHECK(**f.store->load_account("acc") == *f.state);
    CHECK(f.run({registration("q"), big})[1]);
    CHECK(**f.store->load_account("acc") == *f.state);
}
