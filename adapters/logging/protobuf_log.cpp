#include "adapters/logging/protobuf_log.hpp"

#include <google/protobuf/stubs/logging.h>

#include "actors/core/log.hpp"

namespace rookery::adapters::logging {

void take_protobuf_log() {
    google::protobuf::SetLogHandler([](google::protobuf::LogLevel level, const char*, int, const std::string& text) {
        // What is fatal to the library ends the process right after.
        if (level == google::protobuf::LOGLEVEL_FATAL)
            core::log::error("protobuf: {}", text);
        else
            core::log::debug("protobuf: {}", text);
    });
}

}  // namespace rookery::adapters::logging
