#include "adapters/sqlite/account_rows.hpp"

#include <algorithm>
#include <iterator>

#include "actors/core/encoding.hpp"

namespace rookery::adapters::sqlite {

using namespace management;

namespace {

using core::ErrorKind;
using core::fail;

std::int64_t nanoseconds(WallTime time) {
    return time.time_since_epoch().count();
}
WallTime wall_time(std::int64_t nanoseconds) {
    return WallTime(std::chrono::nanoseconds(nanoseconds));
}

std::string hex(const CommitId& id) {
    return core::hex_encode(core::as_text(id));
}

template <class T>
tl::unexpected<core::Error> error_of(T&& result) {
    return tl::unexpected(std::forward<T>(result).error());
}

// Calls `use` for every row; it returns an error to stop.
template <class Use>
Result<Done> for_each_row(Result<Query> query, Use use) {
    if (!query) return error_of(std::move(query));
    for (;;) {
        const auto row = query->next();
        if (!row) return error_of(row);
        if (!*row) return Done{};
        if (Result<Done> done = use(*query); !done) return done;
    }
}

// Where entities of a kind are kept.
template <class T>
constexpr const char* table = nullptr;
template <>
constexpr const char* table<User> = "users";
template <>
constexpr const char* table<AccessToken> = "tokens";
template <>
constexpr const char* table<SetupKey> = "setup_keys";
template <>
constexpr const char* table<Peer> = "peers";
template <>
constexpr const char* table<Group> = "groups";
template <>
constexpr const char* table<Policy> = "policies";
template <>
constexpr const char* table<PostureCheck> = "posture_checks";
template <>
constexpr const char* table<Route> = "routes";
template <>
constexpr const char* table<Network> = "networks";
template <>
constexpr const char* table<NetworkResource> = "network_resources";
template <>
constexpr const char* table<NetworkRouter> = "network_routers";
template <>
constexpr const char* table<NameServerGroup> = "name_server_groups";
template <>
constexpr const char* table<Zone> = "zones";

}  // namespace

template <class T>
Result<Collection<T>> AccountRows::load_all(const AccountId& account) {
    static const auto sql = std::string("SELECT record FROM ") + table<T> + " WHERE account = ? ORDER BY id";
    typename Collection<T>::Map map;
    auto done = for_each_row(database_.query(sql, account), [&](Query& row) -> Result<Done> {
        auto entity = records_.read<T>(row.text(0));
        if (!entity) return error_of(std::move(entity));
        auto id = entity->id;
        map.emplace_hint(map.end(), std::move(id), std::make_shared<const T>(std::move(*entity)));
        return Done{};
    });
    if (!done) return error_of(std::move(done));
    return Collection<T>(std::move(map));
}

template <>
Result<Collection<AccessToken>> AccountRows::load_all<AccessToken>(const AccountId& account) {
    Collection<AccessToken>::Map map;
    auto done = for_each_row(
        database_.query("SELECT record, last_used FROM tokens WHERE account = ? ORDER BY id", account),
        [&](Query& row) -> Result<Done> {
            auto token = records_.read<AccessToken>(row.text(0));
            if (!token) return error_of(std::move(token));
            token->last_used = wall_time(row.integer(1));
            auto id = token->id;
            map.emplace_hint(map.end(), std::move(id), std::make_shared<const AccessToken>(std::move(*token)));
            return Done{};
        });
    if (!done) return error_of(std::move(done));
    return Collection<AccessToken>(std::move(map));
}

template <>
Result<Collection<Group>> AccountRows::load_all<Group>(const AccountId& account) {
    std::map<Id, std::shared_ptr<Group>> groups;
    auto done = for_each_row(database_.query("SELECT record FROM groups WHERE account = ? ORDER BY id", account),
                             [&](Query& row) -> Result<Done> {
                                 auto group = records_.read<Group>(row.text(0));
                                 if (!group) return error_of(std::move(group));
                                 auto id = group->id;
                                 groups.emplace(std::move(id), std::make_shared<Group>(std::move(*group)));
                                 return Done{};
                             });
    if (!done) return error_of(std::move(done));
    std::map<Id, std::set<PeerId>> members;
    done = for_each_row(
        database_.query("SELECT group_id, peer FROM group_peers WHERE account = ? ORDER BY group_id, peer", account),
        [&](Query& row) -> Result<Done> {
            auto& peers = members[std::string(row.text(0))];
            peers.emplace_hint(peers.end(), row.text(1));
            return Done{};
        });
    if (!done) return error_of(std::move(done));
    for (auto& [id, peers] : members) groups.at(id)->peers = std::move(peers);  // a foreign key says it is there
    return Collection<Group>(Collection<Group>::Map(groups.begin(), groups.end()));
}

Result<Collection<PeerStatus>> AccountRows::load_statuses(const AccountId& account) {
    Collection<PeerStatus>::Map map;
    auto done = for_each_row(
        database_.query("SELECT peer, connected, login_expired, last_seen, session, connection_ip, country_code, "
                        "city_name, geoname_id FROM peer_status WHERE account = ? ORDER BY peer",
                        account),
        [&](Query& row) -> Result<Done> {
            auto status = std::make_shared<PeerStatus>();
            status->peer = row.text(0);
            status->connected = row.integer(1) != 0;
            status->login_expired = row.integer(2) != 0;
            status->last_seen = wall_time(row.integer(3));
            status->session = static_cast<std::uint64_t>(row.integer(4));
            status->connection_ip = row.text(5);
            status->country_code = row.text(6);
            status->city_name = row.text(7);
            status->geoname_id = row.integer(8);
            map.emplace_hint(map.end(), status->peer, std::move(status));
            return Done{};
        });
    if (!done) return error_of(std::move(done));
    return Collection<PeerStatus>(std::move(map));
}

Result<AccountState> AccountRows::load(const AccountId& id) {
    AccountState account;
    {
        auto query = database_.query("SELECT serial, commit_id, record FROM accounts WHERE id = ?", id);
        if (!query) return error_of(std::move(query));
        const auto row = query->next();
        if (!row) return error_of(row);
        if (!*row) return fail(ErrorKind::not_found, "account not found: " + id);
        auto header = records_.read<AccountState>(query->text(2));
        if (!header) return error_of(std::move(header));
        account = std::move(*header);
        account.serial = static_cast<std::uint64_t>(query->integer(0));
        const auto commit = core::hex_decode(query->text(1));
        if (!commit || commit->size() != account.commit.size())
            return fail(ErrorKind::internal, "stored account is damaged: commit id " + std::string(query->text(1)));
        std::copy(commit->begin(), commit->end(), account.commit.begin());
    }
    auto statuses = load_statuses(id);
    if (!statuses) return error_of(std::move(statuses));
    account.statuses = std::move(*statuses);
    auto done = load_into(account, Entities{});
    if (!done) return error_of(std::move(done));
    return account;
}

template <class T, class... More>
Result<Done> AccountRows::load_into(AccountState& account, EntityKinds<T, More...>) {
    auto loaded = load_all<T>(account.id);
    if (!loaded) return error_of(std::move(loaded));
    account.*collection_of<T> = std::move(*loaded);
    if constexpr (sizeof...(More) > 0) return load_into(account, EntityKinds<More...>{});
    return Done{};
}

Result<Done> AccountRows::insert(const AccountState& account) {
    const auto record = records_.write(account);
    if (!record) return error_of(record);
    auto done = database_.run("INSERT INTO accounts (id, serial, commit_id, record) VALUES (?, ?, ?, ?)", account.id,
                              static_cast<std::int64_t>(account.serial), hex(account.commit), *record);
    if (done) done = insert_all(account, Entities{});
    for (const auto& [id, group] : account.groups)
        if (done) done = put_members(account.id, {id, {group->peers.begin(), group->peers.end()}, {}});
    return done;
}

template <class T, class... More>
Result<Done> AccountRows::insert_all(const AccountState& account, EntityKinds<T, More...>) {
    for (const auto& [id, entity] : account.*collection_of<T>)
        if (auto done = put(account.id, *entity); !done) return done;
    if constexpr (sizeof...(More) > 0) return insert_all(account, EntityKinds<More...>{});
    return Done{};
}

template <class T>
Result<Done> AccountRows::put_record(const AccountId& account, const T& entity) {
    static const auto sql = std::string("INSERT INTO ") + table<T> +
                            " (account, id, record) VALUES (?, ?, ?) "
                            "ON CONFLICT (account, id) DO UPDATE SET record = excluded.record";
    const auto record = records_.write(entity);
    if (!record) return error_of(record);
    return database_.run(sql, account, entity.id, *record);
}

template <class T>
Result<Done> AccountRows::put(const AccountId& account, const T& entity) {
    return put_record(account, entity);
}

Result<Done> AccountRows::put(const AccountId& account, const Group& group) {
    auto without_members = group;
    without_members.peers = {};
    return put_record(account, without_members);
}

Result<Done> AccountRows::put(const AccountId& account, const AccessToken& token) {
    const auto record = records_.write(token);
    if (!record) return error_of(record);
    // The last use is written without a ChangeSet: a state that has not heard of it must not take it back.
    return database_.run(
        "INSERT INTO tokens (account, id, user_id, hash, last_used, record) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (account, id) DO UPDATE SET user_id = excluded.user_id, hash = excluded.hash, "
        "last_used = max(last_used, excluded.last_used), record = excluded.record",
        account, token.id, token.user, token.hash, nanoseconds(token.last_used), *record);
}

Result<Done> AccountRows::put(const AccountId& account, const SetupKey& key) {
    const auto record = records_.write(key);
    if (!record) return error_of(record);
    return database_.run(
        "INSERT INTO setup_keys (account, id, hash, record) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (account, id) DO UPDATE SET hash = excluded.hash, record = excluded.record",
        account, key.id, key.hash, *record);
}

Result<Done> AccountRows::put(const AccountId& account, const Peer& peer) {
    const auto record = records_.write(peer);
    if (!record) return error_of(record);
    return database_.run(
        "INSERT INTO peers (account, id, key, ip, dns_label, record) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (account, id) DO UPDATE SET key = excluded.key, ip = excluded.ip, "
        "dns_label = excluded.dns_label, record = excluded.record",
        account, peer.id, peer.key, core::to_string(peer.ip), peer.dns_label, *record);
}

Result<Done> AccountRows::put_members(const AccountId& account, const Members& change) {
    Result<Done> done;
    for (const auto& peer : change.removed)
        if (done)
            done = database_.run("DELETE FROM group_peers WHERE account = ? AND group_id = ? AND peer = ?", account,
                                 change.group, peer);
    for (const auto& peer : change.added)
        if (done)
            done = database_.run(
                "INSERT INTO group_peers (account, group_id, peer) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", account,
                change.group, peer);
    return done;
}

// One change to its rows.
struct AccountRows::ChangeWriter {
    AccountRows& rows;
    const AccountState& before;

    template <class T>
    Result<Done> operator()(const Put<T>& c) const {
        return rows.put(before.id, *c.value);
    }
    Result<Done> operator()(const Put<Group>& c) const {
        static const IdSet nobody;
        const auto* stored = before.groups.find(c.value->id);
        const auto& old_peers = stored ? stored->peers : nobody;
        const auto& new_peers = c.value->peers;
        Members members;
        members.group = c.value->id;
        std::set_difference(new_peers.begin(), new_peers.end(), old_peers.begin(), old_peers.end(),
                            std::back_inserter(members.added));
        std::set_difference(old_peers.begin(), old_peers.end(), new_peers.begin(), new_peers.end(),
                            std::back_inserter(members.removed));
        if (auto done = rows.put(before.id, *c.value); !done) return done;
        return rows.put_members(before.id, members);
    }
    Result<Done> operator()(const Members& c) const { return rows.put_members(before.id, c); }
    template <class T>
    Result<Done> operator()(const Remove<T>& c) const {
        static const auto sql = std::string("DELETE FROM ") + table<T> + " WHERE account = ? AND id = ?";
        return rows.database_.run(sql, before.id, c.id);
    }
    template <class T>
    Result<Done> operator()(const Set<T>& c) const {
        auto after = before;
        after.*value_of<T> = *c.value;
        const auto record = rows.records_.write(after);
        if (!record) return error_of(record);
        return rows.database_.run("UPDATE accounts SET record = ? WHERE id = ?", *record, before.id);
    }
};

Result<Done> AccountRows::write(const AccountState& before, const ChangeSet& changes) {
    auto state = before;
    for (const auto& change : changes.changes) {
        if (auto done = std::visit(ChangeWriter{*this, state}, change); !done) return done;
        apply_change(state, change);
    }
    const auto serial = static_cast<std::int64_t>(changes.serial);
    const auto commit = hex(changes.commit);
    auto done =
        database_.run("UPDATE accounts SET serial = ?, commit_id = ? WHERE id = ?", serial, commit, changes.account);
    if (!done) return done;
    const auto text = records_.write_changes(changes.changes);
    if (!text) return error_of(text);
    done = database_.run(
        "INSERT INTO change_log (account, serial, commit_id, parent, at, changes) VALUES (?, ?, ?, ?, ?, ?)",
        changes.account, serial, commit, hex(changes.parent), nanoseconds(changes.at), *text);
    if (!done) return done;
    return write_events(changes.account, changes.commit, changes.at, changes.events);
}

Result<Done> AccountRows::write_events(const AccountId& account, const CommitId& commit, WallTime at,
                                       const std::vector<AuditEvent>& events) {
    for (const auto& event : events) {
        const auto meta = records_.write_event_meta(event.meta);
        if (!meta) return error_of(meta);
        auto done = database_.run(
            "INSERT INTO audit_events (account, commit_id, at, activity, initiator, target, meta) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            account, hex(commit), nanoseconds(at), std::int64_t{event.activity}, event.initiator, event.target, *meta);
        if (!done) return done;
    }
    return Done{};
}

}  // namespace rookery::adapters::sqlite
