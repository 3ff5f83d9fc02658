// rest-api §6.1 PUT /accounts/{id}.
#include <algorithm>

#include "actors/management/account_view.hpp"
#include "actors/management/address_allocation.hpp"
#include "actors/management/audit.hpp"
#include "actors/management/checks.hpp"
#include "actors/management/group_members.hpp"
#include "actors/management/network_range.hpp"
#include "actors/management/semantic_version.hpp"

namespace rookery::management {
namespace {

using core::ErrorKind;
using core::fail;

constexpr std::int64_t longest_login = 180 * 86'400, shortest_login = 3'600;

tl::unexpected<core::Error> invalid(std::string text) {
    return fail(ErrorKind::invalid_argument, std::move(text));
}

std::vector<Id> sorted(std::vector<Id> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
}

// One PUT: each step refuses, or changes the draft and adds its events.
class SettingsUpdate {
public:
    SettingsUpdate(const Case& c, const UpdateSettings& command)
        : command_(command), before_(c.account.settings), after_(command.settings), draft_(c) {
        if (command.extra) after_.extra = *command.extra;
        if (!command.extra) after_.extra = before_.extra;
        after_.network_range = before_.network_range;
        after_.network_range_v6 = before_.network_range_v6;
    }

    Result<Decision> decide() && {
        for (const auto step :
             {&SettingsUpdate::check_form, &SettingsUpdate::parse_ranges, &SettingsUpdate::check_values,
              &SettingsUpdate::renumber_ipv4, &SettingsUpdate::change_ipv6, &SettingsUpdate::approve_pending,
              &SettingsUpdate::propagate_groups, &SettingsUpdate::keep})
            if (auto done = (this->*step)(); !done) return tl::unexpected(done.error());
        return std::move(draft_).take(true);
    }

private:
    using Step = Result<Done>;

    void event(int activity, EventMeta meta = {}) { draft_.event(activity, draft_.account().id, std::move(meta)); }

    Step check_form() {
        if (after_.peer_expose_enabled && after_.peer_expose_groups.empty())
            return invalid("peer expose requires at least one group");
        const auto& version = after_.auto_update_version;
        if (!version.empty() && version != "latest" && version != "disabled" && !parse_semantic_version(version))
            return invalid("auto update version " + version + " is not valid; give latest, disabled or a version");
        if (after_.agent_network_only && !after_.agent_network_feature.value_or(false))
            return invalid("agent network only mode requires dashboard_features.agent_network to be enabled");
        return Done{};
    }

    Step parse_ranges() {
        after_.network_range.reset();
        after_.network_range_v6.reset();
        if (command_.network_range) {
            const auto range = parse_network_range(*command_.network_range);
            if (!range) return tl::unexpected(range.error());
            after_.network_range = *range;
        }
        if (command_.network_range_v6) {
            const auto range = parse_network_range_v6(*command_.network_range_v6);
            if (!range) return tl::unexpected(range.error());
            after_.network_range_v6 = *range;
        }
        return Done{};
    }

    Step check_values() {
        const auto peers = draft_.account().peers.size();
        if (after_.network_range)
            if (auto fits = check_capacity(*after_.network_range, peers); !fits) return fits;
        if (after_.network_range_v6)
            if (auto fits = check_capacity(*after_.network_range_v6, peers); !fits) return fits;
        if (after_.peer_login_expiration > longest_login)
            return invalid("peer login expiration can't be larger than 180 days");
        if (after_.peer_login_expiration < shortest_login)
            return invalid("peer login expiration can't be smaller than one hour");
        // A century: what is longer overflows times.
        if (after_.peer_inactivity_expiration < 0 || after_.peer_inactivity_expiration > 36'525LL * 86'400)
            return invalid("peer inactivity expiration can't be negative or larger than a century");
        const auto& domain = after_.dns_domain;
        if (!domain.empty() && (is_wildcard(domain) || !ascii_domain(domain)))
            return invalid("invalid domain \"" + domain + "\" provided for dns domain");
        if (domain != before_.dns_domain)
            for (const auto& [id, zone] : draft_.account().zones)
                if (zone->domain == domain)
                    return invalid("peer dns domain " + domain + " conflicts with existing custom dns zone");
        for (const auto& id : after_.ipv6_enabled_groups)
            if (!draft_.account().groups.find(id)) return invalid("ipv6 enabled group " + id + " does not exist");
        return Done{};
    }

    Step renumber_ipv4() {
        auto network = draft_.account().network;
        if (!after_.network_range || *after_.network_range == network.net) return Done{};
        event(activity::network_range_updated, {{"old_network_range", core::to_string(network.net)},
                                                {"new_network_range", core::to_string(*after_.network_range)}});
        network.net = *after_.network_range;
        draft_.set(network);
        Ipv4Pool pool(network.net);
        const auto before = draft_.account().peers;
        for (const auto& [id, old] : before) {
            auto peer = *old;
            const auto address = pool.take(draft_.on().random);
            if (!address) return tl::unexpected(address.error());
            peer.ip = *address;
            draft_.put(std::move(peer));
        }
        return Done{};
    }

    Step change_ipv6() {
        auto network = draft_.account().network;
        const bool other_groups = sorted(after_.ipv6_enabled_groups) != sorted(before_.ipv6_enabled_groups);
        const auto old = network.net_v6;
        if (after_.network_range_v6) {
            network.net_v6 = after_.network_range_v6;
        } else if (!old && !after_.ipv6_enabled_groups.empty()) {
            network.net_v6 = after_.network_range_v6 = command_.fresh_net_v6;
        }
        if (before_.ipv6_enabled_groups.empty() != after_.ipv6_enabled_groups.empty())
            event(after_.ipv6_enabled_groups.empty() ? activity::ipv6_disabled : activity::ipv6_enabled);
        if (network.net_v6 != old)
            event(activity::network_range_updated, {{"old_network_range_v6", old ? core::to_string(*old) : ""},
                                                    {"new_network_range_v6", core::to_string(*network.net_v6)}});
        if (network.net_v6 == old && !other_groups) return Done{};
        draft_.set(network);
        auto settings = draft_.account().settings;
        settings.ipv6_enabled_groups = after_.ipv6_enabled_groups;
        draft_.set(std::move(settings));
        return reconcile_ipv6_of_all(draft_);
    }

    Step approve_pending() {
        if (!before_.extra.peer_approval_enabled || after_.extra.peer_approval_enabled) return Done{};
        const auto before = draft_.account().peers;
        for (const auto& [id, old] : before) {
            if (!old->requires_approval) continue;
            auto peer = *old;
            peer.requires_approval = false;
            draft_.put(std::move(peer));
        }
        return Done{};
    }

    Step propagate_groups() {
        if (before_.groups_propagation_enabled || !after_.groups_propagation_enabled) return Done{};
        const auto account = draft_.account();
        std::vector<PeerId> moved;
        for (const auto& [id, peer] : account.peers) {
            const auto* user = account.users.find(peer->user);
            if (!user) continue;
            for (const auto& group : user->auto_groups) change_members(draft_, group, {id}, {});
            moved.push_back(id);
        }
        return reconcile_ipv6(draft_, moved);
    }

    Step keep() {
        toggle(&Settings::routing_peer_dns_resolution_enabled, activity::routing_peer_dns_resolution_enabled,
               activity::routing_peer_dns_resolution_disabled);
        toggle(&Settings::lazy_connection_enabled, activity::lazy_connection_enabled,
               activity::lazy_connection_disabled);
        toggle(&Settings::peer_login_expiration_enabled, activity::login_expiration_enabled,
               activity::login_expiration_disabled);
        if (before_.peer_login_expiration != after_.peer_login_expiration) event(activity::login_expiration_updated);
        toggle(&Settings::peer_inactivity_expiration_enabled, activity::inactivity_expiration_enabled,
               activity::inactivity_expiration_disabled);
        if (after_.peer_inactivity_expiration_enabled &&
            before_.peer_inactivity_expiration != after_.peer_inactivity_expiration)
            event(activity::inactivity_expiration_updated);
        toggle(&Settings::groups_propagation_enabled, activity::group_propagation_enabled,
               activity::group_propagation_disabled);
        if (before_.auto_update_version != after_.auto_update_version)
            event(activity::auto_update_version_updated, {{"version", after_.auto_update_version}});
        toggle(&Settings::auto_update_always, activity::auto_update_always_enabled,
               activity::auto_update_always_disabled);
        toggle(&Settings::peer_expose_enabled, activity::peer_expose_enabled, activity::peer_expose_disabled);
        toggle(&Settings::metrics_push_enabled, activity::metrics_push_enabled, activity::metrics_push_disabled);
        toggle(&Settings::local_mfa_enabled, activity::local_mfa_enabled, activity::local_mfa_disabled);
        if (before_.dns_domain != after_.dns_domain)
            event(activity::dns_domain_updated,
                  {{"old_dns_domain", before_.dns_domain}, {"new_dns_domain", after_.dns_domain}});
        if (before_.extra.peer_approval_enabled != after_.extra.peer_approval_enabled)
            event(after_.extra.peer_approval_enabled ? activity::peer_approval_enabled
                                                     : activity::peer_approval_disabled);
        draft_.set(after_);
        if (command_.onboarding) draft_.set(*command_.onboarding);
        return Done{};
    }

    void toggle(bool Settings::*flag, int on, int off) {
        if (before_.*flag != after_.*flag) event(after_.*flag ? on : off);
    }

    const UpdateSettings& command_;
    const Settings before_;
    Settings after_;
    Draft draft_;
};

}  // namespace

Result<Decision> decide_on(const Case& c, const UpdateSettings& command) {
    return SettingsUpdate(c, command).decide();
}

}  // namespace rookery::management
