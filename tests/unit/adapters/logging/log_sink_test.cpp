#include "adapters/logging/log_sink.hpp"

#include <filesystem>
#include <fstream>
#include <regex>
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

config::Logging to_file(const std::string& path) {
    config::Logging logging;
    logging.file = path;
    return logging;
}

std::string content(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
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
          R"({"peerID":"a\"b","level":"error","msg":"bad\nbyte\u0001","time":"T"})");
    CHECK(format_json(line(Level::info, nullptr, "\xff"), "T") ==
          "{\"level\":\"info\",\"msg\":\"\xef\xbf\xbd\",\"time\":\"T\"}");
}

TEST_CASE("nothing that a peer sends begins a line of its own") {
    const core::log::Fields fields{{"peerID", "a\nb"}};
    const auto text = format_text(line(Level::info, &fields, "x\r\n2030-01-01 FATL forged"));
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.find("[peerID: a\\x0ab]") != std::string::npos);
    CHECK(text.find("x\\x0d\\x0a2030") != std::string::npos);
}

TEST_CASE("a file is written to, a place that cannot be is named") {
    const auto path = std::filesystem::temp_directory_path() / "rookery-log-test.log";
    std::filesystem::remove(path);
    {
        auto sink = adapters::logging::open_sink(to_file(path.string()));
        REQUIRE(sink);
        (*sink)->write(line(Level::info, nullptr, "written"));
    }
    // 2030-01-02T03:04:05.678+01:00 INFO log_sink_test.cpp:12: written
    CHECK(std::regex_match(content(path),
                           std::regex("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}(Z|[+-]\\d\\d:\\d\\d) "
                                      "INFO log_sink_test\\.cpp:\\d+: written\n")));
    std::filesystem::remove(path);

    const auto refused = adapters::logging::open_sink(to_file("/proc/none/x.log"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message ==
          "cannot write the log to /proc/none/x.log: /proc/none/x.log: No such file or directory");
}

TEST_CASE("a full disk costs lines and is told of, before and after") {
    // /dev/full fails every write; the sink must neither throw nor give up.
    auto sink = adapters::logging::open_sink(to_file("/dev/full"));
    REQUIRE(sink);
    (*sink)->write(line(Level::info, nullptr, "one"));
    (*sink)->write(line(Level::info, nullptr, "two"));
    CHECK((*sink)->lost() == 2);
}
