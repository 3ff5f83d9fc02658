#include "runtime/pool_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>

namespace rookery::runtime {

using adapters::control::Json;

namespace {

Json node_row(pool::NodeId node, const pool::Card& card, std::uint64_t peers) {
    return {{"node", fmt::format("{:016x}", node)}, {"name", card.name}, {"version", card.version}, {"peers", peers}};
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
    out += fmt::format("\n\n{:<20} {:<18} {:<12} {:>10}\n", "node", "id", "version", "peers");
    for (const auto& node : pool.at("nodes")) {
        const char* remark = node.value("self", false)         ? "  this one"
                             : node.at("complete").get<bool>() ? ""
                                                               : "  not all of it is here yet";
        fmt::format_to(std::back_inserter(out), "{:<20} {:<18} {:<12} {:>10}{}\n", node.at("name").get<std::string>(),
                       node.at("node").get<std::string>(), node.at("version").get<std::string>(),
                       node.at("peers").get<std::uint64_t>(), remark);
    }
    return out;
}

}  // namespace rookery::runtime
