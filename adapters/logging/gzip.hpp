// Compresses files that are not written to any more.
#pragma once

#include <string>

namespace rookery::adapters::logging {

// FILE becomes FILE.gz; where that fails, FILE stays as it is. False: it failed.
bool gzip(const std::string& file);

}  // namespace rookery::adapters::logging
