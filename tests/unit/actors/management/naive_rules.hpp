// The naive rules, second part: rules towards peers, and who may log in over SSH (network-map §5.1, §5.6).
#pragma once

#include "actors/core/encoding.hpp"
#include "actors/management/blake2b.hpp"
#include "naive_account.hpp"
#include "recorded_map.hpp"

namespace rookery::management::testing {

namespace naive {

class NaiveRules : protected NaiveAccount {
protected:
    using NaiveAccount::NaiveAccount;

    // ---- §5.1 ----
    void peer_rules() {
        for (const auto& r : rules_) {
            const auto S = sources(r), D = destinations(r);
            const bool in = S.contains(T_), out = D.contains(T_);
            if (in && r.rule.bidirectional) emit(r.rule, D, "IN");
            if (out && r.rule.bidirectional) emit(r.rule, S, "OUT");
            if (in) emit(r.rule, D, "OUT");
            if (out) emit(r.rule, S, "IN");
            if (out) let_users_in(r.rule);
        }
    }
    void emit(const PolicyRule& rule, const IdsOnce& peers, const std::string& direction) {
        for (const auto& id : peers) {
            if (id == T_) continue;
            acl_.insert(id);
            const auto& p = *a_.peers.find(id);
            emit(rule, core::to_string(p.ip), "/32", direction);
            if (p.ipv6 && v6_) emit(rule, core::to_string(*p.ipv6), "/128", direction);
        }
    }
    void emit(const PolicyRule& rule, const std::string& ip, const std::string& length, const std::string& direction) {
        const auto protocol = rule.protocol == "netbird-ssh" ? "tcp" : rule.protocol;
        auto key = rule.id + ' ' + ip + ' ' + direction + ' ' + protocol + ' ' + rule.action;
        for (const auto& port : rule.ports) key += ' ' + port;
        if (!emitted_.insert(key).second) return;
        Json base = {{"PeerIP", ip}, {"Direction", direction}, {"PolicyID", rule.id}};
        base["Action"] = rule.action == "drop" ? "DROP" : "ACCEPT";
        base["Protocol"] = upper(protocol);
        if (t_.meta.capabilities.contains(1)) base["sourcePrefixes"] = Json::array({ip + length});
        const auto with_range = [&](int start, int end) {
            Json out = base;
            if (protocol == "tcp" || protocol == "udp") out["PortInfo"] = {{"range", range(start, end)}};
            firewall_.push_back(out);
        };
        const auto with_port = [&](const std::string& port) {
            Json out = base;
            out["Port"] = port;
            firewall_.push_back(out);
        };
        if (rule.ports.empty() && rule.port_ranges.empty()) return with_range(0, 0);
        std::vector<PortRange> opened;
        for (const auto& port : rule.ports) {
            with_port(port);
            opened.push_back({std::stoi(port), std::stoi(port)});
        }
        if (rule.ports.empty())
            for (const auto& r : rule.port_ranges) {
                const bool knows = at_least(t_.meta.agent_version, {0, 48, 0});
                if (!knows && r.start != r.end) continue;
                knows ? with_range(r.start, r.end) : with_port(std::to_string(r.start));
                opened.push_back(r);
            }
        const auto opens = [&](int port) {
            return std::any_of(opened.begin(), opened.end(),
                               [&](const PortRange& r) { return r.start <= port && port <= r.end; });
        };
        const bool companion =
            rule.protocol == "netbird-ssh" || (rule.protocol == "tcp" && at_least(t_.meta.agent_version, {0, 60, 0}) &&
                                               t_.ssh_enabled && t_.meta.flags.server_ssh_allowed);
        if (companion && opens(22) && !opens(22022)) with_port("22022");
    }
    static std::string upper(std::string text) {
        for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        return text;
    }
    static Json range(int start, int end) {
        Json out = Json::object();
        if (start) out["start"] = start;
        if (end) out["end"] = end;
        return out;
    }

    // ---- §5.6 ----
    void let_users_in(const PolicyRule& rule) {
        const bool own = rule.protocol == "netbird-ssh";
        bool legacy = rule.protocol == "all";
        if (rule.protocol == "tcp") {
            legacy = has(rule.ports, "22") || has(rule.ports, "22022");
            for (const auto& r : rule.port_ranges)
                for (const int port : {22, 22022}) legacy |= r.start <= port && port <= r.end;
        }
        if (!own && !(legacy && t_.ssh_enabled)) return;
        ssh_ = true;
        IdsOnce everybody;
        for (const auto& [id, user] : a_.users)
            if (!user->blocked && !user->service_user) everybody.insert(id);
        if (!own || rule.authorized_groups.empty()) {
            users_["*"] = everybody;
            return;
        }
        for (const auto& [group, local_users] : rule.authorized_groups) {
            IdsOnce users;
            for (const auto& id : everybody) {
                const auto* g = a_.groups.find(group);
                if (has(a_.users.find(id)->auto_groups, group) || (g && g->name == "All")) users.insert(id);
            }
            if (users.empty()) continue;
            for (const auto& local : local_users.empty() ? std::vector<std::string>{"*"} : local_users)
                users_[local].insert(users.begin(), users.end());
        }
    }
    Json ssh() const {
        Json out = {{"UserIDClaim", "sub"}};
        std::vector<std::string> digests;
        for (const auto& [local, users] : users_)
            for (const auto& id : users) digests.push_back(core::hex_encode(blake2b_128(id)));
        std::sort(digests.begin(), digests.end());
        digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
        if (!digests.empty()) out["AuthorizedUsers"] = digests;
        for (const auto& [local, users] : users_) {
            std::set<std::size_t> indexes;
            for (const auto& id : users)
                indexes.insert(static_cast<std::size_t>(
                    std::find(digests.begin(), digests.end(), core::hex_encode(blake2b_128(id))) - digests.begin()));
            out["machine_users"][local] = Json::object();
            if (!indexes.empty()) out["machine_users"][local]["indexes"] = indexes;
        }
        return out;
    }

    bool ssh_ = false;
    IdsOnce acl_;
    std::vector<Json> firewall_;

private:
    std::set<std::string> emitted_;
    std::map<std::string, IdsOnce> users_;
};

}  // namespace naive
}  // namespace rookery::management::testing
