#include "actors/management/compiled_account.hpp"

#include <algorithm>

#include "actors/management/account_view.hpp"
#include "actors/management/agent_version.hpp"
#include "actors/management/compiled_policy.hpp"
#include "actors/management/compiled_routes.hpp"
#include "actors/management/posture.hpp"

namespace rookery::management {
namespace {

constexpr int new_forwarder_port = 22054, old_forwarder_port = 5353;

void set(PeerSet& peers, Slot slot, bool in) {
    in ? peers.insert(slot) : peers.erase(slot);
}

bool knows_new_forwarder(const std::string& version) {
    return is_development_version(version) || meets_release(version, {0, 59, 0});
}

// Prepares one state from an earlier one: each step finds what differs, prepares that, and notes it for the steps
// that build on it.
class Compiler {
public:
    Compiler(Snapshot state, const Rules& rules, const View& before)
        : before_(before ? before : std::make_shared<const CompiledAccount>(nothing(rules))),
          out_(std::make_shared<CompiledAccount>(*before_)) {
        out_->state = std::move(state);
        out_->rules = rules;
    }

    View compile() && {
        peers();
        groups();
        sets_of_peers();
        checks();
        policies();
        RouteCompiler(*before_, *out_, changed_policies_ || !changed_groups_.empty() || peers_came_or_went_).compile();
        ssh_users();
        return std::move(out_);
    }

private:
    static CompiledAccount nothing(const Rules& rules) {
        CompiledAccount out;
        out.state = std::make_shared<const AccountState>();
        out.rules = rules;
        return out;
    }

    const AccountState& old() const { return *before_->state; }
    const AccountState& now() const { return *out_->state; }

    void peers() {
        std::vector<Slot> freed;
        const bool other_names = before_->domain() != out_->domain();
        for_each_difference(old().peers, now().peers, [&](const auto* was, const auto* is) {
            if (is)
                put_peer(is->second);
            else
                freed.push_back(remove_peer(was->first));
        });
        if (other_names)
            for (const auto& [id, peer] : now().peers) put_peer(peer);
        // Not given again in this step: what a slot stood for before is compared with what it stands for now.
        out_->free_slots.insert(out_->free_slots.end(), freed.begin(), freed.end());
    }

    void put_peer(const std::shared_ptr<const Peer>& peer) {
        const auto* known = out_->find(peer->id);
        const auto slot = known ? known->slot : new_slot();
        auto compiled = compile_peer(peer, slot, out_->domain());
        out_->peers.set(slot, compiled);
        out_->peers_by_id = out_->peers_by_id.with(peer->id, std::move(compiled));
        set(out_->approved, slot, !peer->requires_approval);
        set(out_->expiring, slot, !peer->user.empty() && peer->login_expiration_enabled);
        set(out_->ipv6_capable, slot, peer->ipv6 && supports_ipv6(peer->meta));
        set(out_->old_forwarders, slot, !knows_new_forwarder(peer->meta.agent_version));
        if (!known) added_.emplace_back(peer->id, slot);
        peers_came_or_went_ |= !known;
        touched_.insert(slot);
        if (before_->approved.contains(slot) != out_->approved.contains(slot)) approval_changed_ = true;
    }

    Slot new_slot() {
        if (out_->free_slots.empty()) return out_->slots++;
        const auto slot = out_->free_slots.back();
        out_->free_slots.pop_back();
        return slot;
    }

    Slot remove_peer(const PeerId& id) {
        const auto slot = out_->find(id)->slot;
        out_->peers.set(slot, nullptr);
        out_->peers_by_id = out_->peers_by_id.without(id);
        for (auto* set : {&out_->approved, &out_->expiring, &out_->ipv6_capable, &out_->old_forwarders})
            set->erase(slot);
        removed_.push_back(slot);
        peers_came_or_went_ = true;
        return slot;
    }

    void groups() {
        std::map<Id, CompiledGroup> changed;
        const auto change = [&](const Id& id) -> CompiledGroup& {
            const auto* known = out_->groups.find(id);
            return changed.try_emplace(id, known ? *known : CompiledGroup{}).first->second;
        };
        for_each_difference(old().groups, now().groups, [&](const auto* was, const auto* is) {
            if (!is) {
                out_->groups = out_->groups.without(was->first);
                changed_groups_.insert(was->first);
                return;
            }
            auto& group = change(is->first);
            group.group = is->second;
            for_each_difference(was ? was->second->peers : IdSet(), is->second->peers,
                                [&](const std::string* left, const std::string* entered) {
                                    if (const auto* peer = out_->find(left ? *left : *entered))
                                        set(group.members, peer->slot, entered != nullptr);
                                });
        });
        if (peers_came_or_went_)
            for (const auto& [id, group] : now().groups) {
                for (const auto& [peer, slot] : added_)
                    if (group->peers.contains(peer)) change(id).members.insert(slot);
                const auto* known = out_->groups.find(id);
                for (const auto slot : removed_)
                    if (known && known->members.contains(slot)) change(id).members.erase(slot);
            }
        for (auto& [id, group] : changed) {
            changed_groups_.insert(id);
            out_->groups = out_->groups.with(id, std::make_shared<const CompiledGroup>(std::move(group)));
        }
    }

    void sets_of_peers() {
        out_->with_aaaa = out_->any_member(now().settings.ipv6_enabled_groups) & out_->ipv6_capable;
        out_->without_dns = out_->any_member(now().dns_settings.disabled_management_groups);
        out_->forwarder_port =
            now().peers.empty() || !out_->old_forwarders.empty() ? old_forwarder_port : new_forwarder_port;
    }

    void checks() {
        for_each_difference(old().statuses, now().statuses, [&](const auto* was, const auto* is) {
            if (const auto* peer = out_->find(was ? was->first : is->first)) touched_.insert(peer->slot);
        });
        std::set<Id> fresh;
        for_each_difference(old().posture_checks, now().posture_checks, [&](const auto* was, const auto* is) {
            changed_checks_.insert(was ? was->first : is->first);
            if (is)
                fresh.insert(is->first);
            else
                out_->checks = out_->checks.without(was->first);
        });
        for (const auto& [id, check] : now().posture_checks) {
            CompiledCheck compiled;
            if (fresh.contains(id)) {
                compiled = {check, {}, posture_files(*check).SerializeAsString()};
                for (const auto& [peer_id, peer] : out_->peers_by_id) evaluate(compiled, *peer);
            } else {
                const auto* known = out_->checks.find(id);
                compiled = *known;
                for (const auto slot : removed_) compiled.failing.erase(slot);
                touched_.for_each([&](Slot slot) { evaluate(compiled, out_->peers[slot]); });
                if (compiled.failing == known->failing) continue;
                changed_checks_.insert(id);
            }
            out_->checks = out_->checks.with(id, std::make_shared<const CompiledCheck>(std::move(compiled)));
        }
    }

    void evaluate(CompiledCheck& check, const CompiledPeer& peer) const {
        const auto* status = now().statuses.find(peer.peer->id);
        set(check.failing, peer.slot, !fulfils(*peer.peer, status, *check.check));
    }

    void policies() {
        std::set<Id> changed;
        for_each_difference(old().policies, now().policies, [&](const auto* was, const auto* is) {
            changed_policies_ = true;
            if (is)
                changed.insert(is->first);
            else
                out_->policies = out_->policies.without(was->first);
        });
        for (const auto& [id, policy] : now().policies) {
            if (!changed.contains(id) && !builds_on_changes(*policy)) continue;
            changed_policies_ = true;
            out_->policies = out_->policies.with(id, compile_policy(*out_, policy));
        }
    }

    bool builds_on_changes(const Policy& policy) const {
        if (approval_changed_) return true;
        const auto any = [](const std::vector<Id>& ids, const std::set<Id>& of) {
            return !of.empty() && std::any_of(ids.begin(), ids.end(), [&](const Id& id) { return of.contains(id); });
        };
        if (any(policy.source_posture_checks, changed_checks_)) return true;
        return std::any_of(policy.rules.begin(), policy.rules.end(), [&](const PolicyRule& rule) {
            return any(rule.sources, changed_groups_) || any(rule.destinations, changed_groups_) ||
                   (peers_came_or_went_ && (rule.source_resource || rule.destination_resource));
        });
    }

    void ssh_users() {
        if (out_->ssh_users && old().users.shares_with(now().users)) return;
        auto users = std::make_shared<SshUsers>();
        for (const auto& [id, user] : now().users) {
            if (user->blocked || user->service_user) continue;
            for (const auto& group : user->auto_groups) users->by_group[group].push_back(users->ids.size());
            users->ids.push_back(id);
        }
        if (!out_->ssh_users || !(*out_->ssh_users == *users)) out_->ssh_users = std::move(users);
    }

    const View before_;
    const std::shared_ptr<CompiledAccount> out_;

    std::vector<std::pair<PeerId, Slot>> added_;
    std::vector<Slot> removed_;
    PeerSet touched_;  // peers that are new or differ
    bool peers_came_or_went_ = false;
    bool approval_changed_ = false;
    std::set<Id> changed_groups_, changed_checks_;
    bool changed_policies_ = false;
};

}  // namespace

const std::string& CompiledAccount::domain() const {
    return dns_domain(*state, rules);
}

PeerSet CompiledAccount::members(const std::vector<Id>& ids) const {
    for (const auto& id : ids) {
        const auto* group = groups.find(id);
        if (group && (is_all(*group->group) || ids.size() == 1)) return group->members;
    }
    return any_member(ids);
}

PeerSet CompiledAccount::any_member(const std::vector<Id>& ids) const {
    PeerSet out;
    for (const auto& id : ids)
        if (const auto* group = groups.find(id)) out |= group->members;
    return out;
}

View compile(Snapshot state, const Rules& rules, const View& before) {
    return Compiler(std::move(state), rules, before).compile();
}

}  // namespace rookery::management
