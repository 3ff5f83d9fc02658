#include "actors/management/posture.hpp"

#include <algorithm>

#include "actors/management/semantic_version.hpp"

namespace rookery::management {
namespace {

std::string_view release(std::string_view version) {
    return version.substr(0, version.find('-'));
}

bool fulfils(const PeerMeta& meta, const PostureCheck::Version& check) {
    return at_least(release(meta.agent_version), release(check.min_version));
}

bool fulfils(const PeerMeta& meta, const PostureCheck::OsVersion& check) {
    const auto compare = [](const std::optional<std::string>& minimum, std::string_view version) {
        return minimum && at_least(version, *minimum);
    };
    if (meta.go_os == "android") return compare(check.android, meta.os_version);
    if (meta.go_os == "darwin") return compare(check.darwin, meta.os_version);
    if (meta.go_os == "ios") return compare(check.ios, meta.os_version);
    if (meta.go_os == "linux") return compare(check.linux_kernel, release(meta.kernel_version));
    if (meta.go_os == "windows") return compare(check.windows_kernel, meta.kernel_version);
    return true;
}

bool fulfils(const PeerStatus* status, const PostureCheck::Location& check) {
    if (!status || (status->country_code.empty() && status->city_name.empty())) return false;
    const bool match = std::any_of(check.places.begin(), check.places.end(), [&](const auto& place) {
        return place.country_code == status->country_code &&
               (place.city_name.empty() || place.city_name == status->city_name);
    });
    return match == (check.action == "allow");
}

template <class Prefix>
bool covers(const std::optional<Prefix>& range, const std::optional<Prefix>& candidate) {
    return range && candidate && range->length <= candidate->length && range->contains(candidate->address);
}

bool covers(const std::string& range, const std::string& candidate) {
    return covers(core::parse_prefix4(range), core::parse_prefix4(candidate)) ||
           covers(core::parse_prefix6(range), core::parse_prefix6(candidate));
}

// Prefixes the machine is in: of its interfaces, and the address it connects from.
std::vector<std::string> networks_of(const PeerMeta& meta, const PeerStatus* status) {
    std::vector<std::string> out;
    for (const auto& address : meta.network_addresses) out.push_back(address.prefix);
    if (!status) return out;
    std::string_view ip = status->connection_ip;
    if (ip.starts_with("::ffff:") && core::parse_ipv4(ip.substr(7))) ip.remove_prefix(7);
    if (core::parse_ipv4(ip)) out.push_back(std::string(ip) + "/32");
    if (core::parse_ipv6(ip)) out.push_back(std::string(ip) + "/128");
    return out;
}

bool fulfils(const PeerMeta& meta, const PeerStatus* status, const PostureCheck::NetworkRange& check) {
    const auto candidates = networks_of(meta, status);
    if (candidates.empty()) return false;
    const bool match = std::any_of(check.ranges.begin(), check.ranges.end(), [&](const std::string& range) {
        return std::any_of(candidates.begin(), candidates.end(),
                           [&](const std::string& candidate) { return covers(range, candidate); });
    });
    return match == (check.action == "allow");
}

bool fulfils(const PeerMeta& meta, const std::vector<PostureCheck::Process>& processes) {
    std::string PostureCheck::Process::*path = nullptr;
    if (meta.go_os == "linux") path = &PostureCheck::Process::linux_path;
    if (meta.go_os == "darwin") path = &PostureCheck::Process::mac_path;
    if (meta.go_os == "windows") path = &PostureCheck::Process::windows_path;
    if (!path) return false;
    return std::all_of(processes.begin(), processes.end(), [&](const auto& process) {
        return !(process.*path).empty() && std::any_of(meta.files.begin(), meta.files.end(), [&](const auto& file) {
            return file.running && file.path == process.*path;
        });
    });
}

}  // namespace

::management::Checks posture_files(const PostureCheck& check) {
    ::management::Checks out;
    if (check.processes)
        for (const auto& process : *check.processes)
            for (const auto* path : {&process.linux_path, &process.mac_path, &process.windows_path})
                if (!path->empty()) out.add_files(*path);
    return out;
}

bool fulfils(const Peer& peer, const PeerStatus* status, const PostureCheck& check) {
    const auto& meta = peer.meta;
    return (!check.agent_version || fulfils(meta, *check.agent_version)) &&
           (!check.os_version || fulfils(meta, *check.os_version)) &&
           (!check.location || fulfils(status, *check.location)) &&
           (!check.network_range || fulfils(meta, status, *check.network_range)) &&
           (!check.processes || fulfils(meta, *check.processes));
}

}  // namespace rookery::management
