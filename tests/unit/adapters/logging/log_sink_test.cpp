#include "adapters/logging/log_sink.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/catch.hpp"

using namespace rookery;
using adapters::logging::format_json;
using adapters::logging::format_text;
using core::log::Level;
using core::log::Line;

namespace {
Line line(Level level, const core::log::Fields* fields, std::string_view text) {
    return {level, std::source_location::current(), fields, text};
}
}  // namespace

TEST_CASE("the text form carries level, fields, place and message") {
    const core::log::Fields fields{{"accountID", "a1"}, {"peerID", "p1"}};
    const auto with = format_text(line(Level::warn, &fields, "low on space"));
    CHECK(with.find("WARN [accountID: a1, peerID: p1] log_sink_test.cpp:") == 0);
    CHECK(with.substr(with.size() - 14) == ": low on space");
    CHECK(format_text(line(Level::info, nullptr, "x")).find("INFO log_sink_test.cpp:") == 0);
}

TEST_CASE("the JSON form escapes what a peer can send") {
    const core::log::Fields fields{{"peerID", "a\"b"}};
    CHECK(format_json(line(Level::error, &fields, "bad\nbyte\x01"), "T") ==
          R"({"peerID":"a\"b","level":"error","msg":"bad\u000abyte\u0001","time":"T"})");
}

TEST_CASE("a file is written to, a place that cannot be is named") {
    const auto path = std::filesystem::temp_directory_path() / "rookery-log-test.log";
    std::filesystem::remove(path);
    {
        auto sink = adapters::logging::open_sink({"info", path.string(), config::LogFormat::text});
        REQUIRE(sink);
        (*sink)->write(line(Level::info, nullptr, "written"));
    }
    std::stringstream content;
    content << std::ifstream(path).rdbuf();
    CHECK(content.str().find(": written\n") != std::string::npos);
    std::filesystem::remove(path);

    const auto refused = adapters::logging::open_sink({"info", "/proc/none/x.log", config::LogFormat::text});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("/proc/none/x.log") != std::string::npos);
}

TEST_CASE("level names map") {
    CHECK(adapters::logging::level_of("warning") == Level::warn);
    CHECK(adapters::logging::level_of("panic") == Level::fatal);
    CHECK(adapters::logging::level_of("trace") == Level::trace);
}
