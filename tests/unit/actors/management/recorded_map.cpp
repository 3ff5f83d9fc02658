#include "recorded_map.hpp"

#include <google/protobuf/message.h>

#include <set>

#include "actors/core/encoding.hpp"

namespace rookery::management::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

template <class T>
void take(const Json& from, const char* name, T& to) {
    if (const auto it = from.find(name); it != from.end()) it->get_to(to);
}

template <class T, class Make>
Collection<T> collection(const Json& account, const char* name, Make make) {
    typename Collection<T>::Map map;
    if (const auto it = account.find(name); it != account.end())
        for (const auto& item : *it) map.emplace(item.at("id"), std::make_shared<const T>(make(item)));
    return Collection<T>(std::move(map));
}

User user_of(const Json& in) {
    User user;
    user.id = in.at("id");
    user.role = in.value("role", "user") == "owner" ? Role::owner : Role::user;
    take(in, "auto_groups", user.auto_groups);
    take(in, "blocked", user.blocked);
    take(in, "is_service_user", user.service_user);
    return user;
}

Group group_of(const Json& in) {
    Group group;
    group.id = in.at("id");
    group.name = in.at("name");
    group.peers = in.value("peers", std::set<PeerId>());
    return group;
}

Policy policy_of(const Json& in) {
    Policy policy;
    policy.id = in.at("id");
    take(in, "enabled", policy.enabled);
    for (const auto& r : in.at("rules")) {
        auto& rule = policy.rules.emplace_back();
        rule.id = r.value("id", policy.id);
        rule.bidirectional = false;
        take(r, "enabled", rule.enabled);
        take(r, "bidirectional", rule.bidirectional);
        take(r, "action", rule.action);
        take(r, "protocol", rule.protocol);
        take(r, "sources", rule.sources);
        take(r, "destinations", rule.destinations);
        for (const auto* not_modelled : {"ports", "port_ranges", "source_resource", "destination_resource"})
            if (r.contains(not_modelled)) throw std::runtime_error("the recording needs ports or resources");
    }
    return policy;
}

Peer peer_of(const Json& in, WallTime now) {
    Peer peer;
    peer.id = in.at("id");
    peer.key = in.at("key");
    peer.ip = *core::parse_ipv4(in.at("ip").get<std::string>());
    if (in.contains("ipv6")) peer.ipv6 = core::parse_ipv6(in.at("ipv6").get<std::string>());
    peer.dns_label = in.at("dns_label");
    take(in, "name", peer.name);
    take(in, "extra_dns_labels", peer.extra_dns_labels);
    take(in, "user_id", peer.user);
    take(in, "ssh_key", peer.ssh_key);
    take(in, "ssh_enabled", peer.ssh_enabled);
    take(in, "login_expiration_enabled", peer.login_expiration_enabled);
    peer.last_login = now - std::chrono::seconds(in.value("last_login_age", 0));
    const auto& meta = in.at("meta");
    take(meta, "hostname", peer.meta.hostname);
    take(meta, "wt_version", peer.meta.agent_version);
    take(meta, "capabilities", peer.meta.capabilities);
    if (meta.contains("flags")) take(meta.at("flags"), "disable_ipv6", peer.meta.flags.disable_ipv6);
    return peer;
}

Settings settings_of(const Json& in) {
    Settings s;
    take(in, "peer_login_expiration_enabled", s.peer_login_expiration_enabled);
    take(in, "peer_login_expiration", s.peer_login_expiration);
    take(in, "routing_peer_dns_resolution_enabled", s.routing_peer_dns_resolution_enabled);
    take(in, "lazy_connection_enabled", s.lazy_connection_enabled);
    take(in, "dns_domain", s.dns_domain);
    take(in, "ipv6_enabled_groups", s.ipv6_enabled_groups);
    take(in, "auto_update_version", s.auto_update_version);
    take(in, "auto_update_always", s.auto_update_always);
    return s;
}

const std::set<std::string> unordered = {"remotePeers",         "offlinePeers",    "FirewallRules",   "Routes",
                                         "CustomZones",         "Records",         "AuthorizedUsers", "Checks",
                                         "routesFirewallRules", "NameServerGroups"};

Json sorted(std::vector<Json> items) {
    std::sort(items.begin(), items.end());
    return items;
}

std::string prefix_text(std::string_view bytes) {
    const auto length = std::to_string(static_cast<unsigned char>(bytes.back()));
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    if (bytes.size() == 5) {
        core::Ipv4 ip;
        for (std::size_t i = 0; i < 4; ++i) ip.value = ip.value << 8 | at(i);
        return core::to_string(ip) + '/' + length;
    }
    core::Ipv6 ip;
    for (std::size_t i = 0; i < 16; ++i) ip.bytes[i] = at(i);
    return core::to_string(ip) + '/' + length;
}

Json json_of(const Message& message);

Json bytes_of(const std::string& name, const std::string& value) {
    if (name == "PolicyID" || name == "sshPubKey") return value;
    if (name == "sourcePrefixes" || name == "address_v6") return prefix_text(value);
    return core::hex_encode(value);
}

Json value_of(const Message& m, const FieldDescriptor& f) {
    const auto& r = *m.GetReflection();
    switch (f.cpp_type()) {
        case FieldDescriptor::CPPTYPE_BOOL: return r.GetBool(m, &f);
        case FieldDescriptor::CPPTYPE_INT32: return r.GetInt32(m, &f);
        case FieldDescriptor::CPPTYPE_INT64: return r.GetInt64(m, &f);
        case FieldDescriptor::CPPTYPE_UINT32: return r.GetUInt32(m, &f);
        case FieldDescriptor::CPPTYPE_UINT64: return r.GetUInt64(m, &f);
        case FieldDescriptor::CPPTYPE_ENUM: return r.GetEnum(m, &f)->name();
        case FieldDescriptor::CPPTYPE_MESSAGE: return json_of(r.GetMessage(m, &f));
        case FieldDescriptor::CPPTYPE_STRING: {
            const auto text = r.GetString(m, &f);
            return f.type() == FieldDescriptor::TYPE_BYTES ? bytes_of(f.name(), text) : Json(text);
        }
        default: throw std::runtime_error("field " + f.full_name());
    }
}

Json items_of(const Message& m, const FieldDescriptor& f) {
    const auto& r = *m.GetReflection();
    std::vector<Json> items;
    for (int i = 0; i < r.FieldSize(m, &f); ++i) {
        switch (f.cpp_type()) {
            case FieldDescriptor::CPPTYPE_UINT32: items.emplace_back(r.GetRepeatedUInt32(m, &f, i)); break;
            case FieldDescriptor::CPPTYPE_MESSAGE: items.push_back(json_of(r.GetRepeatedMessage(m, &f, i))); break;
            case FieldDescriptor::CPPTYPE_STRING: {
                const auto text = r.GetRepeatedString(m, &f, i);
                items.push_back(f.type() == FieldDescriptor::TYPE_BYTES ? bytes_of(f.name(), text) : Json(text));
                break;
            }
            default: throw std::runtime_error("field " + f.full_name());
        }
    }
    return items;
}

Json json_of(const Message& message) {
    const auto& reflection = *message.GetReflection();
    Json out = Json::object();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const auto* f : fields) {
        if (f->is_map()) {
            auto& map = out[f->name()] = Json::object();
            for (int i = 0; i < reflection.FieldSize(message, f); ++i) {
                const auto entry = json_of(reflection.GetRepeatedMessage(message, f, i));
                map[entry.at("key").get<std::string>()] = entry.value("value", Json::object());
            }
        } else {
            out[f->name()] = f->is_repeated() ? items_of(message, *f) : value_of(message, *f);
        }
    }
    // Recordings print the enums of rules even when they have their default.
    if (message.GetDescriptor()->name() == "FirewallRule")
        for (const auto* name : {"Direction", "Action", "Protocol"})
            out[name] = value_of(message, *message.GetDescriptor()->FindFieldByName(name));
    return out;
}

void sort_sets(Json& in) {
    if (in.is_object())
        for (auto& [key, value] : in.items()) {
            sort_sets(value);
            if (unordered.contains(key)) value = sorted(value.get<std::vector<Json>>());
        }
    else if (in.is_array())
        for (auto& item : in) sort_sets(item);
}

}  // namespace

AccountState account_of(const Json& in, WallTime now) {
    AccountState account;
    account.id = in.at("id");
    const auto& network = in.at("network");
    account.network.net = *core::parse_prefix4(network.at("net").get<std::string>());
    account.network.net_v6 = core::parse_prefix6(network.value("net_v6", ""));
    account.settings = settings_of(in.at("settings"));
    account.users = collection<User>(in, "users", user_of);
    account.groups = collection<Group>(in, "groups", group_of);
    account.policies = collection<Policy>(in, "policies", policy_of);
    account.peers = collection<Peer>(in, "peers", [&](const Json& p) { return peer_of(p, now); });
    return account;
}

Json normalised(const ::management::SyncResponse& message) {
    auto out = json_of(message);
    if (auto it = out.find("sessionExpiresAt"); it != out.end())
        *it = message.sessionexpiresat().seconds() == 0 ? "none" : "«deadline»";
    auto& map = out.at("NetworkMap");
    if (map.contains("peerConfig") && map.at("peerConfig") == out.at("peerConfig")) map.erase("peerConfig");
    return normalised(std::move(out));
}

Json normalised(Json recorded) {
    recorded.erase("netbirdConfig");
    recorded.at("NetworkMap").erase("Serial");
    if (recorded.contains("peerConfig")) recorded["peerConfig"]["sshConfig"].erase("jwtConfig");
    sort_sets(recorded);
    return recorded;
}

}  // namespace rookery::management::testing
