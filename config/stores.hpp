// The three stores of Management: config-ops §2.6, §2.11, §3.
#pragma once

#include <string>

#include "config/config_file.hpp"
#include "config/load.hpp"
#include "config/outcome.hpp"

namespace rookery::config {

// Fills management.store, .activity_store, .auth_store; management.data_dir must be set and absolute.
Done fill_stores(const ServerSection& server, const Environment& environment, Management& management);

}  // namespace rookery::config
