#include "recorded_map.hpp"

#include <google/protobuf/message.h>

#include <set>

#include "actors/core/encoding.hpp"

namespace rookery::management::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const std::set<std::string> unordered = {"remotePeers",         "offlinePeers",     "FirewallRules",   "Routes",
                                         "CustomZones",         "Records",          "AuthorizedUsers", "Checks",
                                         "routesFirewallRules", "NameServerGroups", "sourceRanges",    "Files"};

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
    const auto& type = *message.GetDescriptor();
    if (type.name() == "FirewallRule" || type.name() == "RouteFirewallRule")
        for (const auto* name : {"Direction", "Action", "Protocol", "action", "protocol"})
            if (const auto* f = type.FindFieldByName(name)) out[name] = value_of(message, *f);
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

// Users in the order of their digests, which the indexes follow.
void order_users(Json& auth) {
    if (!auth.contains("AuthorizedUsers") || !auth.contains("machine_users")) return;
    const auto given = auth["AuthorizedUsers"].get<std::vector<std::string>>();
    auto ordered = given;
    std::sort(ordered.begin(), ordered.end());
    for (auto& [local_user, entry] : auth["machine_users"].items()) {
        if (!entry.contains("indexes")) continue;
        std::vector<std::size_t> indexes;
        for (const auto& index : entry["indexes"]) {
            const auto place = std::find(ordered.begin(), ordered.end(), given.at(index.get<std::size_t>()));
            indexes.push_back(static_cast<std::size_t>(place - ordered.begin()));
        }
        std::sort(indexes.begin(), indexes.end());
        entry["indexes"] = indexes;
    }
    auth["AuthorizedUsers"] = ordered;
}

}  // namespace

Json normalised(const ::management::SyncResponse& message) {
    auto out = json_of(message);
    if (auto it = out.find("sessionExpiresAt"); it != out.end())
        *it = message.sessionexpiresat().seconds() == 0 ? "none" : "«deadline»";
    auto& map = out.at("NetworkMap");
    if (map.contains("peerConfig") && map.at("peerConfig") == out.at("peerConfig")) map.erase("peerConfig");
    return normalised(std::move(out));
}

Json normalised(const std::string& bytes) {
    ::management::SyncResponse message;
    if (!message.ParseFromString(bytes)) throw std::runtime_error("not a SyncResponse");
    return normalised(message);
}

Json normalised(Json recorded) {
    recorded.erase("netbirdConfig");
    recorded.at("NetworkMap").erase("Serial");
    if (recorded.contains("peerConfig")) recorded["peerConfig"]["sshConfig"].erase("jwtConfig");
    if (auto& map = recorded["NetworkMap"]; map.contains("sshAuth")) order_users(map["sshAuth"]);
    sort_sets(recorded);
    return recorded;
}

}  // namespace rookery::management::testing
