#include "adapters/logging/log_sink.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>

#include <ctime>

namespace rookery::adapters::logging {
namespace {

using core::log::Level;

constexpr std::size_t file_bytes = 15 * 1024 * 1024;
constexpr std::size_t files_kept = 10;

const char* short_name(Level level) {
    switch (level) {
        case Level::trace: return "TRAC";
        case Level::debug: return "DEBG";
        case Level::info: return "INFO";
        case Level::warn: return "WARN";
        case Level::error: return "ERRO";
        default: return "FATL";
    }
}

const char* long_name(Level level) {
    switch (level) {
        case Level::trace: return "trace";
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warn: return "warning";
        case Level::error: return "error";
        default: return "fatal";
    }
}

std::string_view base_name(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// RFC 3339 with three fractional digits and the local offset.
std::string time_text() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    std::tm local{};
    localtime_r(&now.tv_sec, &local);
    char date[32];
    std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &local);
    const auto offset = local.tm_gmtoff / 60;
    if (offset == 0) return fmt::format("{}.{:03}Z", date, now.tv_nsec / 1'000'000);
    return fmt::format("{}.{:03}{}{:02}:{:02}", date, now.tv_nsec / 1'000'000, offset < 0 ? '-' : '+',
                       std::abs(offset) / 60, std::abs(offset) % 60);
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<int>(c));
        else
            out += c;
    }
    out += '"';
}

class SpdlogSink final : public core::log::Sink {
public:
    SpdlogSink(std::shared_ptr<spdlog::sinks::sink> sink, config::LogFormat format)
        : logger_("rookery", std::move(sink)), format_(format) {
        logger_.set_pattern("%v");
        logger_.set_level(spdlog::level::trace);
        logger_.flush_on(spdlog::level::trace);
    }

    void write(const core::log::Line& line) override {
        const auto time = time_text();
        const auto text = format_ == config::LogFormat::json ? format_json(line, time) : time + " " + format_text(line);
        logger_.log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
    }

private:
    spdlog::logger logger_;
    const config::LogFormat format_;
};

}  // namespace

std::string format_text(const core::log::Line& line) {
    std::string fields;
    if (line.fields && !line.fields->empty()) {
        fields = "[";
        for (const auto& [key, value] : *line.fields) {
            if (fields.size() > 1) fields += ", ";
            fields += key + ": " + value;
        }
        fields += "] ";
    }
    return fmt::format("{} {}{}:{}: {}", short_name(line.level), fields, base_name(line.where.file_name()),
                       line.where.line(), line.text);
}

std::string format_json(const core::log::Line& line, const std::string& time) {
    std::string out = "{";
    const auto add = [&out](std::string_view key, std::string_view value) {
        if (out.size() > 1) out += ',';
        append_json_string(out, key);
        out += ':';
        append_json_string(out, value);
    };
    if (line.fields)
        for (const auto& [key, value] : *line.fields) add(key, value);
    add("level", long_name(line.level));
    add("msg", line.text);
    add("time", time);
    return out + "}";
}

Level level_of(const std::string& name) {
    if (name == "trace") return Level::trace;
    if (name == "debug") return Level::debug;
    if (name == "warn" || name == "warning") return Level::warn;
    if (name == "error") return Level::error;
    if (name == "fatal" || name == "panic") return Level::fatal;
    return Level::info;
}

core::Result<std::unique_ptr<core::log::Sink>> open_sink(const config::Logging& logging) {
    try {
        std::shared_ptr<spdlog::sinks::sink> sink;
        if (logging.file == "console" || logging.file.empty())
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        else if (logging.file == "syslog")
            sink = std::make_shared<spdlog::sinks::syslog_sink_mt>("rookery", 0, 1 << 3, false);
        else
            sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(logging.file, file_bytes, files_kept);
        return std::make_unique<SpdlogSink>(std::move(sink), logging.format);
    } catch (const spdlog::spdlog_ex& e) {
        return core::fail(core::ErrorKind::internal,
                          fmt::format("cannot write the log to {}: {}", logging.file, e.what()));
    }
}

}  // namespace rookery::adapters::logging
