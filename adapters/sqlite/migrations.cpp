#include "adapters/sqlite/migrations.hpp"

#include <cstdlib>
#include <iterator>

namespace rookery::adapters::sqlite {
namespace {

using core::ErrorKind;
using core::fail;

// One table per collection of the account. `record` is the entity as JSON (adapters/records) and is what counts;
// the other columns repeat what is looked up or must be unique. Membership of groups stands in rows of its own, as
// a registration must not rewrite the group of everybody.
constexpr const char* version_1 = R"sql(
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    serial INTEGER NOT NULL,
    commit_id TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT;

CREATE TABLE users (
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;

CREATE TABLE tokens (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    last_used INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id),
    FOREIGN KEY (account, user_id) REFERENCES users ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX tokens_by_hash ON tokens (hash);
CREATE INDEX tokens_by_user ON tokens (account, user_id);

CREATE TABLE setup_keys (
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id TEXT NOT NULL,
    hash TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;
CREATE UNIQUE INDEX setup_keys_by_hash ON setup_keys (hash);

CREATE TABLE peers (
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id TEXT NOT NULL,
    key TEXT NOT NULL,
    ip TEXT NOT NULL,
    dns_label TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;
CREATE UNIQUE INDEX peers_by_key ON peers (key);
CREATE UNIQUE INDEX peers_by_ip ON peers (account, ip);
CREATE UNIQUE INDEX peers_by_dns_label ON peers (account, dns_label);

CREATE TABLE peer_status (
    account TEXT NOT NULL,
    peer TEXT NOT NULL,
    connected INTEGER NOT NULL,
    login_expired INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    session INTEGER NOT NULL,
    connection_ip TEXT NOT NULL,
    PRIMARY KEY (account, peer),
    FOREIGN KEY (account, peer) REFERENCES peers ON DELETE CASCADE
) STRICT;

CREATE TABLE groups (
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;

CREATE TABLE group_peers (
    account TEXT NOT NULL,
    group_id TEXT NOT NULL,
    peer TEXT NOT NULL,
    PRIMARY KEY (account, group_id, peer),
    FOREIGN KEY (account, group_id) REFERENCES groups ON DELETE CASCADE,
    FOREIGN KEY (account, peer) REFERENCES peers ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX group_peers_by_peer ON group_peers (account, peer);

CREATE TABLE policies (
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;

CREATE TABLE change_log (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    serial INTEGER NOT NULL,
    commit_id TEXT NOT NULL,
    parent TEXT NOT NULL,
    at INTEGER NOT NULL,
    changes TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX change_log_by_commit ON change_log (account, commit_id);
CREATE INDEX change_log_by_position ON change_log (account, position);

CREATE TABLE audit_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    activity INTEGER NOT NULL,
    initiator TEXT NOT NULL,
    target TEXT NOT NULL,
    meta TEXT NOT NULL
) STRICT;
CREATE INDEX audit_events_by_account ON audit_events (account, id);

CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
)sql";

// The rest of the account, and where a peer connects from.
constexpr const char* version_2 = R"sql(
CREATE TABLE posture_checks (
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;

CREATE TABLE routes (
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;

CREATE TABLE networks (
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;

CREATE TABLE network_resources (
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;

CREATE TABLE network_routers (
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;

CREATE TABLE name_server_groups (
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;

CREATE TABLE zones (
    account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;

ALTER TABLE peer_status ADD COLUMN country_code TEXT NOT NULL DEFAULT '';
ALTER TABLE peer_status ADD COLUMN city_name TEXT NOT NULL DEFAULT '';
ALTER TABLE peer_status ADD COLUMN geoname_id INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr const char* steps[] = {version_1, version_2};

constexpr std::string_view canary = "rookery canary";

Result<std::string> meta_value(Database& database, std::string_view name) {
    auto query = database.query("SELECT value FROM rookery_meta WHERE name = ?", name);
    if (!query) return tl::unexpected(query.error());
    const auto row = query->next();
    if (!row) return tl::unexpected(row.error());
    return *row ? std::string(query->text(0)) : std::string();
}

Result<Done> set_meta_value(Database& database, std::string_view name, std::string_view value) {
    return database.run(
        "INSERT INTO rookery_meta (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name, value);
}

Result<Done> refuse_foreign(Database& database) {
    auto query = database.query(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name");
    if (!query) return tl::unexpected(query.error());
    std::string first;
    for (;;) {
        const auto row = query->next();
        if (!row) return tl::unexpected(row.error());
        if (!*row) break;
        if (query->text(0) == "rookery_meta") return Done{};
        if (first.empty()) first = query->text(0);
    }
    if (first.empty()) return Done{};
    return fail(ErrorKind::precondition_failed, "the database " + database.path() +
                                                    " belongs to another program (it has a table \"" + first +
                                                    "\"); give Rookery a file of its own");
}

Result<int> schema_version(Database& database) {
    if (auto created = database.run("CREATE TABLE IF NOT EXISTS rookery_meta "
                                    "(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT");
        !created)
        return tl::unexpected(created.error());
    const auto value = meta_value(database, "schema_version");
    if (!value) return tl::unexpected(value.error());
    return std::atoi(value->c_str());
}

Result<Done> upgrade(Database& database, int from) {
    for (int version = from; version < newest_schema_version(); ++version)
        if (auto done = database.script(steps[version]); !done) return done;
    return set_meta_value(database, "schema_version", std::to_string(newest_schema_version()));
}

// A value that only the right key can read, so that a wrong one is noticed at the start and not by the first user.
Result<Done> check_canary(Database& database, const core::FieldCipher& cipher) {
    const auto stored = meta_value(database, "canary");
    if (!stored) return tl::unexpected(stored.error());
    if (stored->empty()) {
        const auto fresh = cipher.encrypt(canary);
        if (!fresh) return tl::unexpected(fresh.error());
        return set_meta_value(database, "canary", *fresh);
    }
    const auto plain = cipher.decrypt(*stored);
    if (plain && *plain == canary) return Done{};
    return fail(ErrorKind::precondition_failed,
                "the encryption key does not fit the database " + database.path() + ": " +
                    (plain ? "the canary is damaged" : plain.error().message) +
                    "; start with the key the data was written with (server.store.encryptionKey)");
}

}  // namespace

int newest_schema_version() {
    return static_cast<int>(std::size(steps));
}

Result<Done> migrate(Database& database, const core::FieldCipher& cipher) {
    if (auto ours = refuse_foreign(database); !ours) return ours;
    auto transaction = Transaction::begin(database, Transaction::Kind::exclusive);
    if (!transaction) return tl::unexpected(transaction.error());
    const auto version = schema_version(database);
    if (!version) return tl::unexpected(version.error());
    if (*version > newest_schema_version())
        return fail(ErrorKind::precondition_failed,
                    "the database " + database.path() + " has schema version " + std::to_string(*version) +
                        ", this binary knows versions up to " + std::to_string(newest_schema_version()) +
                        ": a newer Rookery wrote it; start that one, or restore a backup from before the upgrade");
    if (*version < newest_schema_version())
        if (auto done = upgrade(database, *version); !done) return done;
    if (auto fits = check_canary(database, cipher); !fits) return fits;
    return transaction->commit();
}

}  // namespace rookery::adapters::sqlite
