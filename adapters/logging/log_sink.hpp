// Where log lines go, and in which form (config-ops §10): console (stderr), syslog or a rotated file; text or
// JSON lines. The logging library is confined to log_sink.cpp.
#pragma once

#include <memory>
#include <string>

#include "actors/core/error.hpp"
#include "actors/core/log.hpp"
#include "config/config.hpp"

namespace rookery::adapters::logging {

// The text form of a line, without time: "INFO [peerID: x] front.cpp:12: message". Pure.
std::string format_text(const core::log::Line& line);
// {"level":"info","msg":"…","time":"…"} plus the fields. Pure.
std::string format_json(const core::log::Line& line, const std::string& time);

core::log::Level level_of(const std::string& name);  // a name that config validated

// Opens the sink; the error names the file and why it cannot be written.
core::Result<std::unique_ptr<core::log::Sink>> open_sink(const config::Logging& logging);

}  // namespace rookery::adapters::logging
