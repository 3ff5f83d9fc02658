#include "adapters/records/values.hpp"

#include "actors/core/encoding.hpp"

namespace rookery::adapters::records {
namespace {

using management::ResourceType;
using management::Role;
using management::SetupKeyType;

template <class T>
using Names = std::vector<std::pair<T, const char*>>;

const Names<Role>& roles() {
    static const Names<Role> names = {
        {Role::owner, "owner"},     {Role::admin, "admin"}, {Role::network_admin, "network_admin"},
        {Role::auditor, "auditor"}, {Role::user, "user"},   {Role::billing_admin, "billing_admin"}};
    return names;
}

const Names<SetupKeyType>& key_types() {
    static const Names<SetupKeyType> names = {{SetupKeyType::reusable, "reusable"}, {SetupKeyType::one_off, "one-off"}};
    return names;
}

const Names<ResourceType>& resource_types() {
    static const Names<ResourceType> names = {
        {ResourceType::host, "host"}, {ResourceType::subnet, "subnet"}, {ResourceType::domain, "domain"}};
    return names;
}

template <class T>
Json name_of(T value, const Names<T>& names) {
    for (const auto& [v, name] : names)
        if (v == value) return name;
    throw Damaged("a value without a name");
}

template <class T>
T named(const Json& in, const Names<T>& names) {
    const auto& text = in.get_ref<const std::string&>();
    for (const auto& [value, name] : names)
        if (text == name) return value;
    throw Damaged("unknown name " + text);
}

template <class T>
T parsed(const Json& in, std::optional<T> (*parse)(std::string_view)) {
    const auto& text = in.get_ref<const std::string&>();
    if (auto value = parse(text)) return *value;
    throw Damaged("not an address: " + text);
}

}  // namespace

Json to_json_value(Role v) {
    return name_of(v, roles());
}
Json to_json_value(SetupKeyType v) {
    return name_of(v, key_types());
}
Json to_json_value(ResourceType v) {
    return name_of(v, resource_types());
}

void from_json_value(const Json& in, core::Ipv4& v) {
    v = parsed(in, core::parse_ipv4);
}
void from_json_value(const Json& in, core::Ipv6& v) {
    v = parsed(in, core::parse_ipv6);
}
void from_json_value(const Json& in, core::Prefix4& v) {
    v = parsed(in, core::parse_prefix4);
}
void from_json_value(const Json& in, core::Prefix6& v) {
    v = parsed(in, core::parse_prefix6);
}
void from_json_value(const Json& in, Role& v) {
    v = named(in, roles());
}
void from_json_value(const Json& in, SetupKeyType& v) {
    v = named(in, key_types());
}
void from_json_value(const Json& in, ResourceType& v) {
    v = named(in, resource_types());
}

std::string base64_text(const std::string& bytes) {
    return core::base64_encode(bytes);
}

std::string bytes_of_base64(const std::string& text) {
    auto bytes = core::base64_decode(text);
    if (!bytes) throw Damaged("not base64: " + text);
    return std::move(*bytes);
}

}  // namespace rookery::adapters::records
