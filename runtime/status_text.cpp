#include "runtime/status_text.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "runtime/pool_status.hpp"

namespace rookery::runtime {

using adapters::control::Json;

namespace {

constexpr std::size_t shown_siblings = 10;

// "rest_for_one, 2 of 2"; sessions: "sessions, 12 of 40, 1 crashed".
std::string supervisor_text(const Json& row) {
    if (!row.contains("supervisor")) return {};
    const auto& s = row.at("supervisor");
    auto text = fmt::format(" ({}, {} of {}", s.at("strategy").get<std::string>(), s.at("running").get<std::uint64_t>(),
                            s.at("children").get<std::uint64_t>());
    if (const auto crashed = s.at("crashed").get<std::uint64_t>(); crashed > 0)
        text += fmt::format(", {} crashed", crashed);
    return text + ")";
}

std::string remark(const Json& row) {
    std::string text;
    if (row.value("stuck", false))
        text = fmt::format("stuck for {:.1f} s in {}", row.at("handling_ms").get<double>() / 1000,
                           row.at("handling").get<std::string>());
    if (const auto error = row.at("last_error").get<std::string>(); !error.empty())
        text += (text.empty() ? "" : "; ") + error;
    return text;
}

class Rows {
public:
    explicit Rows(bool all) : all_(all) {}

    void add(const Json& row) {
        const auto level = row.at("level").get<std::size_t>();
        close(level);
        seen_.resize(level + 1, 0);
        hidden_.resize(level + 1, 0);
        ++seen_[level];
        if (!all_ && seen_[level] > shown_siblings && !row.value("stuck", false)) {
            ++hidden_[level];
            return;
        }
        fmt::format_to(std::back_inserter(out_), "{:<60} {:>8} {:>10} {:>10.1f} {:>8}  {}\n",
                       std::string(2 * level, ' ') + row.at("name").get<std::string>() + supervisor_text(row),
                       row.at("depth").get<std::int64_t>(), row.at("handled").get<std::uint64_t>(),
                       row.at("busy_us").get<double>() / 1000, row.at("restarts").get<std::uint32_t>(), remark(row));
    }

    std::string text() {
        close(0);
        return std::move(out_);
    }

private:
    // The groups of siblings below `level` are over.
    void close(std::size_t level) {
        while (seen_.size() > level + 1) {
            if (hidden_.back() > 0)
                fmt::format_to(std::back_inserter(out_), "{}… and {} more (--all)\n",
                               std::string(2 * (seen_.size() - 1), ' '), hidden_.back());
            seen_.pop_back();
            hidden_.pop_back();
        }
    }

    const bool all_;
    std::vector<std::size_t> seen_;    // siblings so far, by level
    std::vector<std::size_t> hidden_;  // of them
    std::string out_;
};

}  // namespace

std::string status_text(const Json& status, bool all) {
    auto out = fmt::format("rookery {}  {}  {}  roles:", status.at("version").get<std::string>(),
                           status.at("state").get<std::string>(), status.at("listen").get<std::string>());
    for (const auto& role : status.at("roles")) out += " " + role.get<std::string>();
    out += "\n" + pool_text(status.at("pool"));
    out += fmt::format("\n{:<60} {:>8} {:>10} {:>10} {:>8}  {}\n", "actor", "waiting", "handled", "busy ms", "restarts",
                       "last error");
    Rows rows(all);
    for (const auto& row : status.at("actors")) rows.add(row);
    return out + rows.text();
}

}  // namespace rookery::runtime
