// What a stranger sends does not reach stderr by way of the protocol buffers library.
#include "adapters/logging/protobuf_log.hpp"

#include "actors/core/log.hpp"
#include "proto/management.pb.h"
#include "tests/catch.hpp"

using namespace rookery;

TEST_CASE("what protobuf complains about is a debug line of ours") {
    struct Lines final : core::log::Sink {
        std::vector<std::pair<core::log::Level, std::string>> all;
        void write(const core::log::Line& line) override { all.emplace_back(line.level, line.text); }
    } lines;
    adapters::logging::take_protobuf_log();
    core::log::Levels levels;
    levels.of.fill(core::log::Level::debug);
    core::log::install(&lines, levels);
    management::EncryptedMessage message;
    CHECK_FALSE(message.ParseFromString("\x0a\x02\xff\xff"));
    core::log::install(nullptr, {});
    REQUIRE(lines.all.size() == 1);
    CHECK(lines.all[0].first == core::log::Level::debug);
    CHECK(lines.all[0].second.find("protobuf: String field 'management.EncryptedMessage.wgPubKey'") == 0);
}
