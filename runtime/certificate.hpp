// The certificate of the node's ports: loaded at start, watched while the node runs.
#pragma once

#include <memory>

#include "adapters/tls/credentials.hpp"
#include "config/config.hpp"

namespace rookery::runtime {

// Both null where the configuration names no certificate.
struct NodeCertificate {
    std::shared_ptr<adapters::tls::Credentials> credentials;
    std::unique_ptr<adapters::tls::Watch> watch;

    // Clients take what is shown now; false without a certificate.
    bool valid(core::WallTime now) const;
};

// Says what was loaded, and warns when it is not for the address that agents are told. The error names the file, the
// reason and what to do.
core::Result<NodeCertificate> open_certificate(const config::Config& configuration);

}  // namespace rookery::runtime
