#include "adapters/logging/log_sink.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>

#include <atomic>
#include <ctime>
#include <nlohmann/json.hpp>

#include "adapters/logging/rotating_file.hpp"

namespace rookery::adapters::logging {
namespace {

using core::log::Level;

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

// What peers send may be any bytes: a line stays one line, and JSON stays JSON.
std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out;
}

void append_json_string(std::string& out, std::string_view text) {
    using Json = nlohmann::json;
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

spdlog::level::level_enum severity(Level level) {
    switch (level) {
        case Level::trace: return spdlog::level::trace;
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warn: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
        default: return spdlog::level::critical;
    }
}

class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit FileSink(const config::Logging& logging)
        : path_(logging.file),
          file_(logging.file, {.max_bytes = static_cast<std::uint64_t>(logging.max_megabytes) * 1024 * 1024}) {
        throw_if(file_.open());
    }

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        throw_if(file_.write({line.data(), line.size()}));
    }
    void flush_() override {}
    void throw_if(int failed) const {
        if (failed) throw spdlog::spdlog_ex(path_, failed);
    }

    const std::string path_;
    RotatingFile file_;
};

class SpdlogSink final : public core::log::Sink {
public:
    SpdlogSink(std::shared_ptr<spdlog::sinks::sink> sink, config::LogFormat format)
        : sink_(std::move(sink)), format_(format) {
        sink_->set_pattern("%v");
    }

    // Never throws and never waits for a broken sink: a full disk costs lines, not the node.
    void write(const core::log::Line& line) override {
        if (!put(line)) {
            lost_.fetch_add(1, std::memory_order_relaxed);
            unreported_.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        if (unreported_.load(std::memory_order_relaxed) == 0) return;
        const auto missing = unreported_.exchange(0, std::memory_order_relaxed);
        if (missing == 0) return;
        const auto text = fmt::format("{} lines of the log could not be written before the last one", missing);
        put({Level::warn, std::source_location::current(), nullptr, text});
    }

    std::uint64_t lost() const override { return lost_.load(std::memory_order_relaxed); }

private:
    bool put(const core::log::Line& line) {
        const auto time = time_text();
        const auto text = format_ == config::LogFormat::json ? format_json(line, time) : time + " " + format_text(line);
        try {
            sink_->log({"rookery", severity(line.level), {text.data(), text.size()}});
            sink_->flush();
            return true;
        } catch (const spdlog::spdlog_ex& e) {
            // Once per gap, where a service manager sees it.
            if (unreported_.load(std::memory_order_relaxed) == 0)
                fmt::print(stderr, "the log cannot be written: {}; its lines are lost until it can\n", e.what());
            return false;
        }
    }

    const std::shared_ptr<spdlog::sinks::sink> sink_;
    const config::LogFormat format_;
    std::atomic<std::uint64_t> lost_{0};
    std::atomic<std::uint64_t> unreported_{0};
};

}  // namespace

std::string format_text(const core::log::Line& line) {
    std::string fields;
    if (line.fields && !line.fields->empty()) {
        fields = "[";
        for (const auto& [key, value] : *line.fields) {
            if (fields.size() > 1) fields += ", ";
            fields += key + ": " + printable(value);
        }
        fields += "] ";
    }
    return fmt::format("{} {}{}:{}: {}", short_name(line.level), fields, base_name(line.where.file_name()),
                       line.where.line(), printable(line.text));
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

core::Result<std::unique_ptr<core::log::Sink>> open_sink(const config::Logging& logging) {
    try {
        std::shared_ptr<spdlog::sinks::sink> sink;
        if (logging.file == "console" || logging.file.empty())
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        else if (logging.file == "syslog")
            sink = std::make_shared<spdlog::sinks::syslog_sink_mt>("rookery", 0, 1 << 3, false);
        else
            sink = std::make_shared<FileSink>(logging);
        return std::make_unique<SpdlogSink>(std::move(sink), logging.format);
    } catch (const spdlog::spdlog_ex& e) {
        return core::fail(core::ErrorKind::internal,
                          fmt::format("cannot write the log to {}: {}", logging.file, e.what()));
    }
}

}  // namespace rookery::adapters::logging
