// Who may tell a client's address (config-ops §2.7, docs/decisions/0017), from the checked configuration.
#pragma once

#include "adapters/io/client_address.hpp"
#include "config/config.hpp"

namespace rookery::runtime {

// Without Management there is nothing to set: nobody is trusted.
core::Result<adapters::io::ProxyTrust> http_trust(const config::Config& configuration);
core::Result<adapters::io::ProxyTrust> grpc_trust(const config::Config& configuration);

}  // namespace rookery::runtime
