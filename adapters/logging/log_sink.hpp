// Where log lines go, and in which form (config-ops §10): console (stderr), syslog or a rotated file; text or
// JSON lines. The logging library is confined to log_sink.cpp.
#pragma once

#include <memory>
#include <string>

#include "actors/core/error.hpp"
#include "actors/core/log.hpp"
#include "config/config.hpp"

namespace rookery::adapters::logging {

// The text form of a line, without time: "INFO [peerID: x] front.cpp:12: message"; control characters are escaped,
// so that what peers send cannot forge a line. Pure.
std::string format_text(const core::log::Line& line);
// {"level":"info","msg":"…","time":"…"} plus the fields. Pure.
std::string format_json(const core::log::Line& line, const std::string& time);

// Opens the sink; the error names the file and why it cannot be written.
core::Result<std::unique_ptr<core::log::Sink>> open_sink(const config::Logging& logging);

}  // namespace rookery::adapters::logging
