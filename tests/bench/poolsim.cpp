// The directory of a large pool, without a network: one node's replica learns of all peers from the other nodes, each
// of which is a replica that holds its own peers only. Every message is encoded and decoded as between real nodes.
// What it prints is the cost to one node; docs/scale.md multiplies.
#include <malloc.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/pool/codec.hpp"
#include "actors/pool/replica.hpp"
#include "tests/bench/load/arguments.hpp"
#include "tests/bench/load/base64.hpp"
#include "tests/bench/load/process.hpp"
#include "tests/bench/load/random.hpp"
#include "tests/bench/load/report.hpp"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto usage = "poolsim [--nodes 50] [--peers 1000000] [--lookups 1000000]";

// With the allocator's own share.
std::size_t allocated_bytes() {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

double cpu_ms_of(const std::function<void()>& work) {
    const auto begin = own_cpu_seconds();
    work();
    return (own_cpu_seconds() - begin) * 1e3;
}

class Simulation {
public:
    explicit Simulation(const Arguments& arguments)
        : lookups_(static_cast<std::size_t>(arguments.whole("lookups", 1'000'000))) {
        const auto nodes = static_cast<std::size_t>(arguments.whole("nodes", 50));
        const auto peers = static_cast<std::size_t>(arguments.whole("peers", 1'000'000));
        if (nodes < 2 || peers < nodes) die(usage);
        report_["nodes"] = nodes;
        report_["peers"] = peers;
        // The observer is a node too; its own share of the peers is left out.
        for (std::size_t i = 1; i < nodes; ++i) others_.push_back({i, make_replica(i), {}});
        for (std::size_t i = 0; i < peers / nodes * (nodes - 1); ++i) {
            auto& node = others_[i % others_.size()];
            pool::Effects effects;
            auto key = new_key();
            const auto number = node.replica->add({core::Realm::signal, key}, wall_, effects);
            node.peers.push_back({std::move(key), number});
        }
        flush_unheard();
    }

    [[noreturn]] void run() {
        join();
        rest();
        look_up();
        reconnect_between_nodes();
        lose_a_node();
        lose_many_nodes();
        end_with(report_, ok_);
    }

private:
    struct Peer {
        std::string key;
        core::RegistrationNumber number;
    };
    struct Node {
        pool::NodeId id = 0;
        std::unique_ptr<pool::Replica> replica;
        std::vector<Peer> peers;
    };
    struct Traffic {
        std::size_t messages = 0;
        std::size_t bytes = 0;
        std::size_t largest = 0;
        Json to_json() const { return {{"messages", messages}, {"bytes", bytes}, {"largest_message", largest}}; }
    };

    std::unique_ptr<pool::Replica> make_replica(pool::NodeId id) const {
        return std::make_unique<pool::Replica>(id, pool::Card{"node-" + std::to_string(id), "1.0.0", {}},
                                               pool::ReplicaSettings{}, now_);
    }

    std::string new_key() {
        std::array<std::uint8_t, 32> key;
        random_.fill(key);
        return base64(key);
    }

    // What these nodes announced before the observer came.
    void flush_unheard() {
        for (auto& node : others_) {
            pool::Effects effects;
            node.replica->connected(now_, effects);
        }
    }

    // To the observer; its answers to single nodes are returned.
    std::vector<pool::Outgoing> hear(const std::vector<std::string>& envelopes, Traffic& traffic) {
        std::vector<pool::Outgoing> answers;
        for (const auto& bytes : envelopes) {
            ++traffic.messages;
            traffic.bytes += bytes.size();
            traffic.largest = std::max(traffic.largest, bytes.size());
            auto envelope = pool::decode(bytes);
            if (!envelope) die("an envelope does not decode: " + envelope.error().message);
            pool::Effects effects;
            observer_->receive(envelope->sender, std::get<pool::Message>(std::move(envelope->content)), now_, effects);
            std::move(effects.send.begin(), effects.send.end(), std::back_inserter(answers));
        }
        return answers;
    }

    std::vector<std::string> encoded(pool::NodeId from, const pool::Effects& effects) const {
        std::vector<std::string> out;
        for (const auto& o : effects.send) out.push_back(pool::encode(from, o.message));
        return out;
    }

    void join() {
        const auto before = allocated_bytes();
        observer_ = make_replica(0xffff);
        pool::Effects hello;
        observer_->connected(now_, hello);
        Traffic traffic;
        double own = 0;
        double longest = 0;
        double theirs = 0;
        for (auto& node : others_) {
            pool::Effects answer;
            node.replica->receive(observer_->self(), hello.send.back().message, now_, answer);
            const auto requests = hear(encoded(node.id, answer), traffic);
            std::vector<std::string> parts;
            theirs += cpu_ms_of([&] {
                pool::Effects snapshot;
                for (const auto& r : requests) node.replica->receive(observer_->self(), r.message, now_, snapshot);
                std::erase_if(snapshot.send,
                              [](const auto& out) { return !std::holds_alternative<pool::SnapshotPart>(out.message); });
                parts = encoded(node.id, snapshot);
            });
            const auto took = cpu_ms_of([&] { hear(parts, traffic); });
            longest = std::max(longest, took);
            own += took;
        }
        const auto held = observer_->addresses();
        const auto grown = allocated_bytes() - before;
        ok_ = ok_ && observer_->settled(now_ + 10s) && held == all_peers();
        report_["join"] = traffic.to_json();
        report_["join"].update({{"addresses", held},
                                {"cpu_ms", own},
                                {"cpu_ms_longest_snapshot", longest},
                                {"cpu_ms_of_each_other_node", theirs / static_cast<double>(others_.size())}});
        report_["memory"] = {{"bytes", grown},
                             {"bytes_per_peer", static_cast<double>(grown) / static_cast<double>(held)}};
    }

    // One second in which nothing changes.
    void rest() {
        now_ += 1s;
        Traffic traffic;
        std::vector<std::string> envelopes;
        for (auto& node : others_) {
            pool::Effects effects;
            node.replica->tick(now_, effects);
            for (auto& e : encoded(node.id, effects)) envelopes.push_back(std::move(e));
        }
        const auto cpu = cpu_ms_of([&] { hear(envelopes, traffic); });
        report_["rest_per_second"] = traffic.to_json();
        report_["rest_per_second"]["cpu_ms"] = cpu;
        ok_ = ok_ && observer_->counters().digest_mismatches == 0;
    }

    void look_up() {
        std::size_t found = 0;
        const auto cpu = cpu_ms_of([&] {
            for (std::size_t i = 0; i < lookups_; ++i) {
                const auto& peers = others_[random_() % others_.size()].peers;
                const auto& key = peers[random_() % peers.size()].key;
                const auto where = observer_->find({core::Realm::signal, key}, now_);
                found += where.place == pool::Place::elsewhere;
            }
        });
        ok_ = ok_ && found == lookups_;
        report_["look_up_ns"] = cpu * 1e6 / static_cast<double>(lookups_);
    }

    // Peers leave one node and come to the next: what agents that connect again cost every node.
    void reconnect_between_nodes() {
        const std::size_t each = std::min<std::size_t>(1'000, others_.front().peers.size());
        std::vector<std::string> envelopes;
        for (std::size_t n = 0; n < others_.size(); ++n) {
            auto& from = others_[n];
            auto& to = others_[(n + 1) % others_.size()];
            pool::Effects left;
            pool::Effects came;
            for (std::size_t i = 0; i < each; ++i) {
                const core::MailboxAddress address{core::Realm::signal, from.peers[i].key};
                to.replica->add(address, wall_ + 1s, came);
                from.replica->remove(address, from.peers[i].number, left);
            }
            from.replica->flush(left);
            to.replica->flush(came);
            for (auto& e : encoded(to.id, came)) envelopes.push_back(std::move(e));
            for (auto& e : encoded(from.id, left)) envelopes.push_back(std::move(e));
        }
        Traffic traffic;
        const auto moved = static_cast<double>(each * others_.size());
        const auto cpu = cpu_ms_of([&] { hear(envelopes, traffic); });
        ok_ = ok_ && observer_->addresses() == all_peers();
        report_["reconnect"] = {{"peers", moved},
                                {"bytes_per_peer", static_cast<double>(traffic.bytes) / moved},
                                {"cpu_us_per_peer", cpu * 1e3 / moved}};
    }

    // It is silent for the time after which it is given up.
    void lose_a_node() { report_["lose_one_node"] = lose(1); }
    void lose_many_nodes() {
        report_["lose_a_fifth_of_the_nodes"] = lose(std::max<std::size_t>(1, others_.size() / 5));
    }

    Json lose(std::size_t count) {
        const auto before = observer_->addresses();
        Traffic heartbeats;
        for (int second = 0; second < 3; ++second) {
            now_ += 1s;
            for (std::size_t n = count; n < others_.size(); ++n) {
                pool::Effects effects;
                others_[n].replica->tick(now_, effects);
                hear(encoded(others_[n].id, effects), heartbeats);
            }
        }
        now_ += 100ms;
        const auto cpu = cpu_ms_of([&] {
            pool::Effects effects;
            observer_->tick(now_, effects);
        });
        const auto gone = before - observer_->addresses();
        others_.erase(others_.begin(), others_.begin() + static_cast<std::ptrdiff_t>(count));
        return {{"nodes", count}, {"addresses", gone}, {"cpu_ms_in_one_piece", cpu}};
    }

    std::size_t all_peers() const {
        std::size_t sum = 0;
        for (const auto& node : others_) sum += node.peers.size();
        return sum;
    }

    const std::size_t lookups_;
    core::SteadyTime now_{1h};
    core::WallTime wall_{std::chrono::hours(500'000)};
    Random random_{1};
    std::vector<Node> others_;
    std::unique_ptr<pool::Replica> observer_;
    Json report_;
    bool ok_ = true;
};

}  // namespace
}  // namespace rookery::bench

int main(int argc, char** argv) {
    const rookery::bench::Arguments arguments(argc, argv, rookery::bench::usage);
    rookery::bench::Simulation(arguments).run();
}
