#include "adapters/sqlite/sqlite_store.hpp"

#include <algorithm>

#include "actors/core/encoding.hpp"
#include "actors/management/audit.hpp"
#include "adapters/sqlite/migrations.hpp"

namespace rookery::adapters::sqlite {

using namespace management;

namespace {

using core::ErrorKind;
using core::fail;
using Writing = sqlite::Transaction;

std::string hex(const CommitId& id) {
    return core::hex_encode(core::as_text(id));
}

Result<CommitId> commit_id(std::string_view text) {
    const auto bytes = core::hex_decode(text);
    CommitId id;
    if (!bytes || bytes->size() != id.size())
        return fail(ErrorKind::internal, "stored change is damaged: commit id " + std::string(text));
    std::copy(bytes->begin(), bytes->end(), id.begin());
    return id;
}

template <class T>
tl::unexpected<core::Error> error_of(T&& result) {
    return tl::unexpected(std::forward<T>(result).error());
}

// The first row, made into a value; nothing if there is none.
template <class Make>
auto first_row(Result<Query> query, Make make) -> Result<std::optional<decltype(make(*query))>> {
    if (!query) return error_of(std::move(query));
    const auto row = query->next();
    if (!row) return error_of(row);
    if (!*row) return std::nullopt;
    return make(*query);
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path, const core::FieldCipher& cipher) {
    auto database = Database::open(path);
    if (!database) return error_of(std::move(database));
    if (auto done = migrate(**database, cipher); !done) return error_of(std::move(done));
    return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(*database), cipher));
}

SqliteStore::SqliteStore(std::unique_ptr<Database> database, const core::FieldCipher& cipher)
    : database_(std::move(database)), cipher_(cipher), records_(cipher), rows_(*database_, records_) {}

Result<std::vector<AccountId>> SqliteStore::accounts() {
    auto query = database_->query("SELECT id FROM accounts ORDER BY rowid");
    if (!query) return error_of(std::move(query));
    std::vector<AccountId> ids;
    for (;;) {
        const auto row = query->next();
        if (!row) return error_of(row);
        if (!*row) return ids;
        ids.emplace_back(query->text(0));
    }
}

Result<Snapshot> SqliteStore::create_account(const AccountState& account) {
    auto writing = Writing::begin(*database_, Writing::Kind::write);
    if (!writing) return error_of(std::move(writing));
    const auto existing = accounts();
    if (!existing) return error_of(existing);
    if (!existing->empty())
        return fail(ErrorKind::already_exists, "this installation has an account already: " + existing->front());
    auto done = rows_.insert(account);
    if (done)
        done = rows_.write_events(account.id, account.commit, account.created_at, {account_created_event(account)});
    if (done) done = writing->commit();
    if (!done) return error_of(std::move(done));
    return std::make_shared<const AccountState>(account);
}

Result<Snapshot> SqliteStore::load_account(const AccountId& id) {
    auto reading = Writing::begin(*database_, Writing::Kind::read);
    if (!reading) return error_of(std::move(reading));
    auto account = rows_.load(id);
    if (!account) return error_of(std::move(account));
    return std::make_shared<const AccountState>(std::move(*account));
}

Result<std::optional<PeerLocation>> SqliteStore::find_peer(const PublicKey& key) {
    return first_row(database_->query("SELECT account, id FROM peers WHERE key = ?", key), [](Query& row) {
        return PeerLocation{std::string(row.text(0)), std::string(row.text(1))};
    });
}

Result<std::optional<AccountId>> SqliteStore::find_setup_key(const std::string& hash) {
    return first_row(database_->query("SELECT account FROM setup_keys WHERE hash = ?", hash),
                     [](Query& row) { return AccountId(row.text(0)); });
}

Result<std::optional<TokenOwner>> SqliteStore::find_token(const std::string& hash) {
    return first_row(database_->query("SELECT account, id, user_id FROM tokens WHERE hash = ?", hash), [](Query& row) {
        return TokenOwner{std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2))};
    });
}

// `known`, if it is what the store has, else what the store has.
Result<Snapshot> SqliteStore::current(const Snapshot& known) {
    const auto stored =
        first_row(database_->query("SELECT serial, commit_id FROM accounts WHERE id = ?", known->id), [&](Query& row) {
            return static_cast<std::uint64_t>(row.integer(0)) == known->serial && row.text(1) == hex(known->commit);
        });
    if (!stored) return error_of(stored);
    if (!*stored) return fail(ErrorKind::not_found, "account not found: " + known->id);
    if (**stored) return known;
    auto account = rows_.load(known->id);
    if (!account) return error_of(std::move(account));
    return std::make_shared<const AccountState>(std::move(*account));
}

Result<management::Transaction> SqliteStore::transact(const Snapshot& known, const std::vector<Request>& requests,
                                                      const Decider& decide) {
    auto writing = Writing::begin(*database_, Writing::Kind::write);
    if (!writing) return error_of(std::move(writing));
    auto state = current(known);
    if (!state) return error_of(std::move(state));
    management::Transaction transaction;
    transaction.state = std::move(*state);
    for (const auto& request : requests) {
        auto outcome = execute(transaction.state, request, decide);
        if (!outcome) return error_of(std::move(outcome));
        transaction.results.push_back(std::move(*outcome));
    }
    auto done = trim_log(known->id);
    if (done) done = writing->commit();
    if (!done) return error_of(std::move(done));
    return transaction;
}

Result<SqliteStore::Outcome> SqliteStore::execute(Snapshot& state, const Request& request, const Decider& decide) {
    auto decided = decide(*state, request);
    if (!decided) return Outcome(error_of(std::move(decided)));
    auto changes = std::make_shared<const ChangeSet>(std::move(*decided));
    if (changes->empty()) return Outcome(std::move(changes));

    auto done = database_->run("SAVEPOINT request");
    if (!done) return error_of(std::move(done));
    done = rows_.write(*state, *changes);
    if (!done && done.error().kind == ErrorKind::already_exists) {
        // Unique over all accounts, which the account's own state cannot tell.
        const auto refused =
            fail(ErrorKind::precondition_failed, std::holds_alternative<RegisterPeer>(request.command)
                                                     ? "peer has been already registered"
                                                     : "the change contradicts stored data: " + done.error().message);
        done = database_->run("ROLLBACK TO request");
        if (done) done = database_->run("RELEASE request");
        if (!done) return error_of(std::move(done));
        return Outcome(refused);
    }
    if (done) done = database_->run("RELEASE request");
    if (!done) return error_of(std::move(done));
    state = std::make_shared<const AccountState>(apply(*state, *changes));
    return Outcome(std::move(changes));
}

Result<Done> SqliteStore::trim_log(const AccountId& id) {
    return database_->run(
        "DELETE FROM change_log WHERE account = ? AND position <= "
        "(SELECT position FROM change_log WHERE account = ? ORDER BY position DESC LIMIT 1 OFFSET ?)",
        id, id, kept_changes);
}

Result<std::vector<ChangeSet>> SqliteStore::changes_after(const AccountId& id, const CommitId& commit) {
    auto reading = Writing::begin(*database_, Writing::Kind::read);
    if (!reading) return error_of(std::move(reading));
    const auto present = first_row(database_->query("SELECT commit_id FROM accounts WHERE id = ?", id),
                                   [](Query& row) { return std::string(row.text(0)); });
    if (!present) return error_of(present);
    if (!*present) return fail(ErrorKind::not_found, "account not found: " + id);
    std::vector<ChangeSet> sets;
    if (**present == hex(commit)) return sets;

    // The entry that follows `commit` names it as its parent; everything later is wanted too.
    const auto start =
        first_row(database_->query("SELECT position FROM change_log WHERE account = ? AND parent = ? ORDER BY position",
                                   id, hex(commit)),
                  [](Query& row) { return row.integer(0); });
    if (!start) return error_of(start);
    if (!*start)
        return fail(ErrorKind::not_found, "change " + hex(commit) + " of account " + id + " is not in the log");
    auto query = database_->query(
        "SELECT serial, commit_id, parent, at, changes FROM change_log WHERE account = ? AND position >= ? "
        "ORDER BY position",
        id, **start);
    if (!query) return error_of(std::move(query));
    for (;;) {
        const auto row = query->next();
        if (!row) return error_of(row);
        if (!*row) return sets;
        auto& set = sets.emplace_back();
        set.account = id;
        set.serial = static_cast<std::uint64_t>(query->integer(0));
        const auto own = commit_id(query->text(1));
        const auto parent = commit_id(query->text(2));
        if (!own || !parent) return error_of(own ? parent : own);
        set.commit = *own;
        set.parent = *parent;
        set.at = WallTime(std::chrono::nanoseconds(query->integer(3)));
        auto changes = records_.read_changes(query->text(4));
        if (!changes) return error_of(std::move(changes));
        set.changes = std::move(*changes);
    }
}

Result<Done> SqliteStore::write_statuses(const AccountId& id, const std::vector<PeerStatus>& statuses) {
    auto writing = Writing::begin(*database_, Writing::Kind::write);
    if (!writing) return error_of(std::move(writing));
    for (const auto& status : statuses) {
        // A peer that was deleted meanwhile has no status; an entry of a newer session stays.
        auto done = database_->run(
            "INSERT INTO peer_status (account, peer, connected, login_expired, last_seen, session, connection_ip, "
            "country_code, city_name, geoname_id) "
            "SELECT account, id, ?, ?, ?, ?, ?, ?, ?, ? FROM peers WHERE account = ? AND id = ? "
            "ON CONFLICT (account, peer) DO UPDATE SET connected = excluded.connected, "
            "login_expired = excluded.login_expired, last_seen = excluded.last_seen, session = excluded.session, "
            "connection_ip = excluded.connection_ip, country_code = excluded.country_code, "
            "city_name = excluded.city_name, geoname_id = excluded.geoname_id "
            "WHERE excluded.session >= peer_status.session",
            std::int64_t{status.connected}, std::int64_t{status.login_expired},
            std::int64_t{status.last_seen.time_since_epoch().count()}, static_cast<std::int64_t>(status.session),
            status.connection_ip, status.country_code, status.city_name, status.geoname_id, id, status.peer);
        if (!done) return done;
    }
    return writing->commit();
}

Result<Done> SqliteStore::touch_token(const AccountId& id, const Id& token, WallTime used) {
    return database_->run("UPDATE tokens SET last_used = max(last_used, ?) WHERE account = ? AND id = ?",
                          std::int64_t{used.time_since_epoch().count()}, id, token);
}

Result<Done> SqliteStore::check() {
    return database_->check();
}

Result<std::string> SqliteStore::keep_secret(const std::string& name, const std::string& fresh) {
    auto writing = Writing::begin(*database_, Writing::Kind::write);
    if (!writing) return error_of(std::move(writing));
    const auto stored = first_row(database_->query("SELECT value FROM secrets WHERE name = ?", name),
                                  [](Query& row) { return std::string(row.text(0)); });
    if (!stored) return error_of(stored);
    if (*stored) return cipher_.decrypt(**stored);
    const auto encrypted = cipher_.encrypt(fresh);
    if (!encrypted) return error_of(encrypted);
    auto done = database_->run("INSERT INTO secrets (name, value) VALUES (?, ?)", name, *encrypted);
    if (done) done = writing->commit();
    if (!done) return error_of(std::move(done));
    return fresh;
}

}  // namespace rookery::adapters::sqlite
