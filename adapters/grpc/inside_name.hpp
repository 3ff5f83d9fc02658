// A connection inside the process tells the client's address by the name of the socket at its other end, since gRPC
// asks that for its peer. Two kinds of names: "1.2.3.4:5/…" of a TLS connection (adapters/front/tunnel.hpp), and
// "client/1.2.3.4:5/…" of Server::connect, whose address is settled.
#pragma once

#include <string>

#include "actors/core/rpc.hpp"
#include "adapters/io/client_address.hpp"

namespace rookery::adapters::grpc {

// A new name for a connection of the client at `remote`.
std::string inside_name(const std::string& remote);

// Whose call it is. `peer` as gRPC writes it: "ipv4:1.2.3.4:5", "ipv6:%5B::1%5D:5", "unix-abstract:NAME".
std::string remote_of(const std::string& peer, const core::rpc::Metadata& metadata, const io::ProxyTrust& trust);

}  // namespace rookery::adapters::grpc
