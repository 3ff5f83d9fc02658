// A pool in one deterministic process: replicas on a network that loses, repeats, reorders and cuts, with hosts whose
// clocks jump and whose processes crash and stand still; and agents that hold one stream each. Everything from a seed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "actors/pool/replica.hpp"

namespace rookery::pool::test {

class World {
public:
    World(std::uint64_t seed, std::size_t hosts, std::size_t agents);

    void run(std::chrono::milliseconds time, bool faults);
    // What is wrong now, after a quiet time; empty: all holds.
    std::vector<std::string> violations() const;
    std::uint64_t reconnects() const { return reconnects_; }

private:
    struct Host {  // what stays when its process crashes
        std::chrono::milliseconds clock_offset{0};
        std::unique_ptr<Replica> replica;  // null: the process is down
        bool suspended = false;
        core::SteadyTime suspended_since{};
        std::set<std::string> cut_from_agents;
        std::vector<std::pair<NodeId, Message>> waiting;  // came while it stood still
        std::map<std::string, core::RegistrationNumber> streams;
    };
    struct Agent {
        std::optional<std::size_t> host;  // where it believes to have its stream
        core::RegistrationNumber number;
        core::SteadyTime next{};
    };
    struct Flight {
        core::SteadyTime at;
        std::uint64_t order;
        std::size_t to;
        NodeId from;
        Message message;
        bool operator>(const Flight& other) const { return at != other.at ? at > other.at : order > other.order; }
    };

    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
    bool chance(double p) { return std::uniform_real_distribution<double>(0, 1)(random_) < p; }
    core::WallTime wall(const Host& host) const;
    bool joined(std::size_t a, std::size_t b) const { return side_[a] == side_[b]; }

    void step(bool faults);
    void fault();
    void heal();
    void start(std::size_t host);
    void crash(std::size_t host);
    void wake(std::size_t host);
    void connect(std::size_t agent);
    void act_agent(std::size_t agent);
    void perform(std::size_t host, Effects effects);
    void deliver(std::size_t host, NodeId from, Message message);
    void post(std::size_t from, std::size_t to, const Message& message);
    static std::string key(std::size_t agent) { return "agent-" + std::to_string(agent); }

    std::mt19937_64 random_;
    core::SteadyTime now_{std::chrono::hours(1)};
    bool lossy_ = false;
    std::vector<Host> hosts_;
    std::vector<int> side_;
    std::vector<Agent> agents_;
    std::priority_queue<Flight, std::vector<Flight>, std::greater<>> flights_;
    std::uint64_t order_ = 0;
    std::uint64_t reconnects_ = 0;
};

}  // namespace rookery::pool::test
