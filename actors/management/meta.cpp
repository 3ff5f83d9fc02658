#include "actors/management/meta.hpp"

namespace rookery::management {

PeerMeta to_model(const ::management::PeerSystemMeta& wire) {
    PeerMeta meta;
    meta.hostname = wire.hostname();
    meta.go_os = wire.goos();
    meta.kernel = wire.kernel();
    meta.platform = wire.platform();
    meta.os = wire.os();
    meta.os_version = wire.osversion().empty() ? wire.core() : wire.osversion();
    meta.agent_version = wire.netbirdversion();
    meta.ui_version = wire.uiversion();
    meta.kernel_version = wire.kernelversion();
    meta.serial_number = wire.sysserialnumber();
    meta.product_name = wire.sysproductname();
    meta.manufacturer = wire.sysmanufacturer();
    meta.cloud = wire.environment().cloud();
    meta.cloud_platform = wire.environment().platform();
    for (const auto& a : wire.networkaddresses())
        if (core::parse_prefix4(a.netip()) || core::parse_prefix6(a.netip()))
            meta.network_addresses.push_back({a.netip(), a.mac()});
    for (const auto& f : wire.files()) meta.files.push_back({f.path(), f.exist(), f.processisrunning()});
    const auto& flags = wire.flags();
    meta.flags.rosenpass_enabled = flags.rosenpassenabled();
    meta.flags.rosenpass_permissive = flags.rosenpasspermissive();
    meta.flags.server_ssh_allowed = flags.serversshallowed();
    meta.flags.disable_client_routes = flags.disableclientroutes();
    meta.flags.disable_server_routes = flags.disableserverroutes();
    meta.flags.disable_dns = flags.disabledns();
    meta.flags.disable_firewall = flags.disablefirewall();
    meta.flags.block_lan_access = flags.blocklanaccess();
    meta.flags.block_inbound = flags.blockinbound();
    meta.flags.lazy_connection_enabled = flags.lazyconnectionenabled();
    meta.flags.disable_ipv6 = flags.disableipv6();
    for (const auto c : wire.capabilities()) meta.capabilities.insert(static_cast<int>(c));
    meta.sync_message_version = wire.syncmessageversion();
    return meta;
}

}  // namespace rookery::management
