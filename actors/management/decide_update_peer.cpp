#include <algorithm>

#include "actors/management/account_view.hpp"
#include "actors/management/audit.hpp"
#include "actors/management/dns_label.hpp"
#include "actors/management/group_members.hpp"

namespace rookery::management {
namespace {

using core::Done;
using core::ErrorKind;
using core::fail;

// One PUT: each step refuses or changes `peer` and adds its events.
class PeerUpdate {
public:
    PeerUpdate(const Case& c, const UpdatePeer& command, const Peer& before)
        : case_(c), command_(command), before_(before), peer_(before) {}

    Result<Decision> decide() {
        for (const auto step : {&PeerUpdate::update_ip, &PeerUpdate::update_ipv6, &PeerUpdate::rename,
                                &PeerUpdate::update_ssh, &PeerUpdate::update_expirations, &PeerUpdate::approve})
            if (auto done = (this->*step)(); !done) return tl::unexpected(done.error());
        if (peer_ == before_) return Decision{};
        decision_.changes.push_back(put(std::move(peer_)));
        decision_.raises_serial = true;
        return std::move(decision_);
    }

private:
    using Step = Result<Done>;

    void add_event(int activity, std::string target, EventMeta more = {}) {
        auto meta = peer_event_meta(case_.account, peer_, case_.rules);
        for (auto& [key, value] : more) meta.insert_or_assign(key, std::move(value));
        decision_.events.push_back({activity, case_.initiator.user, std::move(target), std::move(meta)});
    }

    template <class Has>
    const Peer* another_with(Has has) const {
        for (const auto& [id, other] : case_.account.peers)
            if (id != before_.id && has(*other)) return other.get();
        return nullptr;
    }

    Step update_ip() {
        if (!command_.ip) return Done{};
        const auto& text = *command_.ip;
        const auto ip = core::parse_ipv4(text);
        if (!ip && !core::parse_ipv6(text))
            return fail(ErrorKind::invalid_argument, "invalid ip address " + text + ": unable to parse IP");
        if (ip == peer_.ip) return Done{};
        const std::string prefix = "update peer ip transaction: ";
        const auto& net = case_.account.network.net;
        if (!ip || !net.contains(*ip))
            return fail(ErrorKind::invalid_argument,
                        prefix + "ip " + text + " is not within the account network range " + core::to_string(net));
        if (const auto* other = another_with([&](const Peer& p) { return p.ip == *ip; }))
            return fail(ErrorKind::invalid_argument,
                        prefix + "ip " + text + " is already assigned to peer " + other->id);
        peer_.ip = *ip;
        add_event(activity::peer_ip_updated, peer_.id, {{"old_ip", core::to_string(before_.ip)}});
        return Done{};
    }

    Step update_ipv6() {
        if (!command_.ipv6) return Done{};
        const auto& text = *command_.ipv6;
        const auto ip = core::parse_ipv6(text);
        if (!ip && core::parse_ipv4(text)) return fail(ErrorKind::invalid_argument, "address " + text + " is not ipv6");
        if (!ip) return fail(ErrorKind::invalid_argument, "invalid ipv6 address " + text + ": unable to parse IP");
        if (ip == peer_.ipv6) return Done{};
        const auto& net = case_.account.network.net_v6;
        if (!net) return fail(ErrorKind::precondition_failed, "ipv6 is not configured for this account");
        if (!net->contains(*ip))
            return fail(ErrorKind::invalid_argument,
                        "ip " + text + " is not within the account ipv6 range " + core::to_string(*net));
        if (!in_ipv6_group(case_.account, peer_.id))
            return fail(ErrorKind::precondition_failed, "peer is not in any ipv6-enabled group");
        if (const auto* other = another_with([&](const Peer& p) { return p.ipv6 == ip; }))
            return fail(ErrorKind::invalid_argument, "ipv6 " + text + " is already assigned to peer " + other->name);
        const auto old = before_.ipv6 ? core::to_string(*before_.ipv6) : std::string();
        peer_.ipv6 = *ip;
        add_event(activity::peer_ip_updated, peer_.id, {{"old_ip", old}, {"ip", core::to_string(*ip)}});
        return Done{};
    }

    Step rename() {
        if (command_.name.empty()) return fail(ErrorKind::invalid_argument, "peer name shouldn't be empty");
        if (command_.name == peer_.name) return Done{};
        const auto label = dns_label(command_.name, max_dns_label);
        if (label.empty())
            return fail(ErrorKind::invalid_argument, "peer name \"" + command_.name + "\" makes no DNS label");
        peer_.name = command_.name;
        peer_.dns_label = free_dns_label(case_.account, peer_, label);
        if (peer_.dns_label.empty())
            return fail(ErrorKind::already_exists, "dns label " + label + " is already taken; choose another name");
        add_event(activity::peer_renamed, peer_.id);
        return Done{};
    }

    Step update_ssh() {
        if (command_.ssh_enabled == peer_.ssh_enabled) return Done{};
        peer_.ssh_enabled = command_.ssh_enabled;
        add_event(peer_.ssh_enabled ? activity::peer_ssh_enabled : activity::peer_ssh_disabled,
                  core::to_string(peer_.ip));
        return Done{};
    }

    Step update_expirations() {
        const auto refuse = [](const std::string& what) {
            return fail(ErrorKind::precondition_failed,
                        "this peer hasn't been added with the sso login, therefore the " + what +
                            " expiration can't be updated");
        };
        if (command_.login_expiration_enabled != peer_.login_expiration_enabled) {
            if (peer_.user.empty()) return refuse("login");
            peer_.login_expiration_enabled = command_.login_expiration_enabled;
            add_event(peer_.login_expiration_enabled ? activity::peer_login_expiration_enabled
                                                     : activity::peer_login_expiration_disabled,
                      core::to_string(peer_.ip));
        }
        if (command_.inactivity_expiration_enabled != peer_.inactivity_expiration_enabled) {
            if (peer_.user.empty()) return refuse("inactivity");
            peer_.inactivity_expiration_enabled = command_.inactivity_expiration_enabled;
            add_event(peer_.inactivity_expiration_enabled ? activity::peer_inactivity_expiration_enabled
                                                          : activity::peer_inactivity_expiration_disabled,
                      core::to_string(peer_.ip));
        }
        return Done{};
    }

    Step approve() {
        if (!peer_.requires_approval || command_.approval_required.value_or(true)) return Done{};
        peer_.requires_approval = false;
        add_event(activity::peer_approved, peer_.id);
        return Done{};
    }

    const Case& case_;
    const UpdatePeer& command_;
    const Peer& before_;
    Peer peer_;
    Decision decision_;
};

}  // namespace

Result<Decision> decide_on(const Case& c, const UpdatePeer& command) {
    const auto* peer = c.account.peers.find(command.id);
    if (!peer) return fail(ErrorKind::not_found, "peer not found: " + command.id);
    return PeerUpdate(c, command, *peer).decide();
}

Result<Decision> decide_on(const Case& c, const DeletePeer& command) {
    if (!c.account.peers.find(command.id))
        return fail(ErrorKind::not_found, "peer " + command.id + " account not found");
    Draft draft(c);
    if (auto done = remove_peer(draft, command.id, c.initiator.user); !done) return tl::unexpected(done.error());
    return std::move(draft).take(true);
}

}  // namespace rookery::management
