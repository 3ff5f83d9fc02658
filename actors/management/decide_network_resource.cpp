// Resources of networks (rest-api §6.12).
#include <algorithm>

#include "actors/management/audit.hpp"
#include "actors/management/checks.hpp"
#include "actors/management/network_resources.hpp"

namespace rookery::management {
namespace {

using core::ErrorKind;
using core::fail;

struct Address {
    ResourceType type;
    std::string text;
};

Result<Address> parse_address(const std::string& text) {
    if (core::parse_ipv4(text)) return Address{ResourceType::host, text + "/32"};
    if (core::parse_ipv6(text)) return Address{ResourceType::host, text + "/128"};
    if (const auto net = core::parse_prefix4(text))
        return Address{net->length == 32 ? ResourceType::host : ResourceType::subnet, text};
    if (const auto net = core::parse_prefix6(text))
        return Address{net->length == 128 ? ResourceType::host : ResourceType::subnet, text};
    if (ascii_domain(text)) return Address{ResourceType::domain, text};
    return fail(ErrorKind::invalid_argument, "\"" + text + "\" is not a valid host, subnet, or domain");
}

bool holds(const Group& group, const Id& resource) {
    return std::any_of(group.resources.begin(), group.resources.end(),
                       [&](const ResourceRef& r) { return r.id == resource; });
}

std::vector<Id> groups_of(const AccountState& account, const Id& resource) {
    std::vector<Id> out;
    for (const auto& [id, group] : account.groups)
        if (holds(*group, resource)) out.push_back(id);
    return out;
}

EventMeta event_meta(const AccountState& account, const NetworkResource& resource) {
    const auto* network = account.networks.find(resource.network);
    return {{"name", resource.name},
            {"type", to_string(resource.type)},
            {"network_name", network ? network->name : ""},
            {"network_id", resource.network}};
}

void group_event(Draft& draft, int activity, const Group& group, const NetworkResource& resource) {
    draft.event(activity, group.id,
                {{"name", group.name},
                 {"id", group.id},
                 {"resource_name", resource.name},
                 {"resource_id", resource.id},
                 {"resource_type", to_string(resource.type)}});
}

void set_groups(Draft& draft, const NetworkResource& resource, const std::vector<Id>& wanted) {
    const auto present = groups_of(draft.account(), resource.id);
    for (const auto& id : difference(wanted, present)) {
        auto group = *draft.account().groups.find(id);
        group.resources.push_back({resource.id, to_string(resource.type)});
        group_event(draft, activity::resource_added_to_group, group, resource);
        draft.put(std::move(group));
    }
    for (const auto& id : difference(present, wanted)) {
        auto group = *draft.account().groups.find(id);
        std::erase_if(group.resources, [&](const ResourceRef& r) { return r.id == resource.id; });
        group_event(draft, activity::resource_removed_from_group, group, resource);
        draft.put(std::move(group));
    }
}

struct Wording {  // how errors begin
    const char* failed;
    const char* name_taken;
};

Result<Done> check(const AccountState& account, const Id& id, const NetworkResourceFields& fields,
                   const Wording& wording) {
    const std::string failed = wording.failed;
    if (!account.networks.find(fields.network))
        return fail(ErrorKind::not_found, failed + "failed to get network: network: " + fields.network + " not found");
    for (const auto& [other_id, other] : account.network_resources)
        if (other_id != id && other->name == fields.name)
            return fail(ErrorKind::invalid_argument,
                        failed + (wording.name_taken ? wording.name_taken
                                                     : "resource with name " + fields.name + " already exists"));
    for (const auto& group : fields.groups)
        if (!account.groups.find(group))
            return fail(ErrorKind::not_found, failed +
                                                  "failed to add resource to group: error adding resource to group: "
                                                  "group: " +
                                                  group + " not found");
    return Done{};
}

NetworkResource make_resource(const Id& id, const NetworkResourceFields& fields, Address address) {
    NetworkResource resource;
    resource.id = id;
    resource.network = fields.network;
    resource.name = fields.name;
    resource.description = fields.description;
    resource.type = address.type;
    resource.address = std::move(address.text);
    resource.enabled = fields.enabled;
    return resource;
}

Result<const NetworkResource*> find_resource(const AccountState& account, const Id& id, const Id& network,
                                             const char* failed) {
    const auto* resource = account.network_resources.find(id);
    if (!resource)
        return fail(ErrorKind::not_found,
                    std::string(failed) + "failed to get network resource: network resource: " + id + " not found");
    if (resource->network != network)
        return fail(ErrorKind::bad_request, "resource " + id + " is not part of the network " + network);
    return resource;
}

}  // namespace

const char* to_string(ResourceType type) {
    switch (type) {
        case ResourceType::host: return "host";
        case ResourceType::subnet: return "subnet";
        case ResourceType::domain: return "domain";
    }
    return "";
}

void remove_resource(Draft& draft, const NetworkResource& resource) {
    set_groups(draft, resource, {});
    draft.event(activity::network_resource_deleted, resource.id, event_meta(draft.account(), resource));
    draft.remove<NetworkResource>(resource.id);
}

Result<Decision> decide_on(const Case& c, const CreateNetworkResource& command) {
    const auto& fields = command.fields;
    auto address = parse_address(fields.address);
    if (!address) return tl::unexpected(address.error());
    if (auto done = check(c.account, command.id, fields, {"failed to create network resource: ", nullptr}); !done)
        return tl::unexpected(done.error());
    const auto resource = make_resource(command.id, fields, std::move(*address));
    Draft draft(c);
    draft.put(resource);
    draft.event(activity::network_resource_created, command.id, event_meta(c.account, resource));
    set_groups(draft, resource, fields.groups);
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const UpdateNetworkResource& command) {
    const auto& fields = command.fields;
    constexpr const char* failed = "failed to update network resource: ";
    auto address = parse_address(fields.address);
    if (!address) return tl::unexpected(address.error());
    if (auto stored = find_resource(c.account, command.id, fields.network, failed); !stored)
        return tl::unexpected(stored.error());
    if (auto done = check(c.account, command.id, fields, {failed, "new resource name already exists"}); !done)
        return tl::unexpected(done.error());
    const auto resource = make_resource(command.id, fields, std::move(*address));
    Draft draft(c);
    draft.put(resource);
    draft.event(activity::network_resource_updated, command.id, event_meta(c.account, resource));
    set_groups(draft, resource, fields.groups);
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const DeleteNetworkResource& command) {
    const auto resource = find_resource(c.account, command.id, command.network, "failed to delete network resource: ");
    if (!resource) return tl::unexpected(resource.error());
    Draft draft(c);
    remove_resource(draft, **resource);
    return std::move(draft).take(true);
}

}  // namespace rookery::management
