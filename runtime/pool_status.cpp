#include "runtime/pool_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>

namespace rookery::runtime {

using adapters::control::Json;

namespace {

std::string node_text(pool::NodeId node) {
    return fmt::format("{:016x}", node);
}

Json node_row(pool::NodeId node, const pool::Card& card, std::uint64_t peers) {
    return {{"node", node_text(node)}, {"name", card.name}, {"version", card.version}, {"peers", peers}};
}

const char* to_string(pool::LinkState state) {
    switch (state) {
        case pool::LinkState::up: return "up";
        case pool::LinkState::dialing: return "dialing";
        case pool::LinkState::down: return "down";
    }
    return "";
}

const char* to_string(pool::Way way) {
    switch (way) {
        case pool::Way::none: return "none";
        case pool::Way::bus: return "NATS";
        case pool::Way::link: return "link";
    }
    return "";
}

Json link_row(const pool::LinkView& link) {
    Json row{{"state", to_string(link.state)},    {"way", to_string(link.way)}, {"address", link.address},
             {"queued_bytes", link.queued_bytes}, {"sent", link.sent},          {"received", link.received},
             {"dropped", link.dropped},           {"trouble", link.trouble}};
    if (link.round_trip) row["round_trip_us"] = link.round_trip->count() / 1000;
    return row;
}

// "NATS; link up, 0.3 ms"; "none; link down: no route to host".
std::string link_text(const Json& link) {
    auto out = fmt::format("{}; link {}", link.at("way").get<std::string>(), link.at("state").get<std::string>());
    if (link.contains("round_trip_us"))
        out += fmt::format(", {:.1f} ms", link.at("round_trip_us").get<double>() / 1000);
    if (link.at("state") == "up") return out;
    const auto trouble = link.at("trouble").get<std::string>();
    return trouble.empty() ? out : out + ": " + trouble;
}

}  // namespace

Json pool_status(const Pool& pool) {
    if (!pool.nats) return nullptr;
    const auto now = std::chrono::steady_clock::now();
    const auto& parts = pool.directory;
    Json out;
    parts.directory->read([&](const pool::Replica& replica) {
        out["settled"] = replica.settled(now);
        auto self = node_row(replica.self(), replica.card(), replica.summary(replica.self()).count);
        self["self"] = true;
        out["nodes"] = Json::array({std::move(self)});
        for (const auto& s : replica.siblings()) {
            auto row = node_row(s.node, s.card, s.claims);
            row["complete"] = s.complete;
            row["heard_ms_ago"] = std::chrono::duration_cast<std::chrono::milliseconds>(now - s.heard).count();
            out["nodes"].push_back(std::move(row));
        }
    });
    for (const auto& link : pool.links())
        for (auto& row : out["nodes"])
            if (row["node"] == node_text(link.node)) row["link"] = link_row(link);
    const auto nats = pool.nats->status();
    out["nats"] = {{"connected", nats.connected}, {"server", nats.server}, {"reconnects", nats.reconnects}};
    out["waiting"] = parts.outboxes->waiting();
    out["sent"] = parts.outboxes->counters().posted.load();
    out["received"] = parts.inbox->counters().delivered.load();
    for (const auto& [reason, count] : dropped_mail(pool)) out["dropped"][reason] = count;
    return out;
}

std::string pool_text(const Json& pool) {
    if (pool.is_null()) return {};
    const auto& nats = pool.at("nats");
    auto out = fmt::format("\npool: {}; NATS: {}; messages: {} sent, {} received, {} wait",
                           pool.at("settled").get<bool>() ? "settled" : "not settled",
                           nats.at("connected").get<bool>() ? nats.at("server").get<std::string>() : "not connected",
                           pool.at("sent").get<std::uint64_t>(), pool.at("received").get<std::uint64_t>(),
                           pool.at("waiting").get<std::uint64_t>());
    for (const auto& [reason, count] : pool.at("dropped").items())
        if (count.get<std::uint64_t>() > 0) out += fmt::format(", {} dropped ({})", count.get<std::uint64_t>(), reason);
    out += fmt::format("\n\n{:<20} {:<18} {:<12} {:>10}  {}\n", "node", "id", "version", "peers", "way to it");
    for (const auto& node : pool.at("nodes")) {
        std::string remark;
        if (node.value("self", false)) remark = "  this one";
        if (node.contains("link")) remark = "  " + link_text(node.at("link"));
        if (!node.value("complete", true)) remark += "  not all of it is here yet";
        fmt::format_to(std::back_inserter(out), "{:<20} {:<18} {:<12} {:>10}{}\n", node.at("name").get<std::string>(),
                       node.at("node").get<std::string>(), node.at("version").get<std::string>(),
                       node.at("peers").get<std::uint64_t>(), remark);
    }
    return out;
}

}  // namespace rookery::runtime
