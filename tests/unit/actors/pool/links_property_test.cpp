// Random histories of nodes that meet, die, are cut off and stand still, and what must hold of their links afterwards.
#include <random>

#include "tests/catch.hpp"
#include "tests/unit/actors/pool/link_world.hpp"

using namespace rookery;
using namespace rookery::pool;
using namespace rookery::pool::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t seeds = 150;

class History {
public:
    explicit History(std::uint64_t seed) : random_(seed), world_(settings()) {
        const auto count = 2 + below(4);
        for (std::size_t i = 0; i < count; ++i) hosts_.push_back(&world_.add(random_()));
        for (std::size_t i = 1; i < count; ++i) world_.meet(*hosts_[i - 1], *hosts_[i]);  // the rest finds itself
    }

    void run() {
        for (int i = 0; i < 60; ++i) {
            fault();
            for (auto n = below(4); n > 0; --n) say();
            world_.pass(std::chrono::milliseconds(100 * below(8)));
        }
        quiet();
    }

    void check() {
        for (const auto* a : hosts_)
            for (const auto* b : hosts_)
                if (a != b) CHECK(a->way(b->id) == Way::link);
        CHECK(world_.open() == hosts_.size() * (hosts_.size() - 1) / 2);
        for (const auto* host : hosts_) {
            std::map<NodeId, int> last;
            for (const auto& [from, text] : host->received) {
                const auto number = std::stoi(text);
                CHECK(number > last[from]);  // in order, and none twice
                last[from] = number;
            }
        }
    }

private:
    LinkSettings settings() {
        LinkSettings s;
        if (chance(0.3)) s.higher_waits = 0ms;  // both dial at once
        return s;
    }
    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
    bool chance(double p) { return std::uniform_real_distribution<double>(0, 1)(random_) < p; }
    LinkWorld::Host& any() { return *hosts_[below(hosts_.size())]; }

    void say() {
        auto& from = any();
        auto& to = any();
        if (&from != &to && from.links) world_.send(from, to, std::to_string(++said_));
    }

    void fault() {
        auto& one = any();
        auto& other = any();
        switch (below(5)) {
            case 0:
                if (&one != &other) world_.cut(one, other);
                break;
            case 1: world_.cut(one, other, false); break;
            case 2: world_.now += std::chrono::milliseconds(below(3'000)); break;  // all stand still
            case 3:
                if (one.links) world_.crash(one);
                break;
            case 4: back(one); break;
        }
    }

    void back(LinkWorld::Host& host) {
        if (host.links) return;
        world_.start(host);
        for (auto* other : hosts_)
            if (other != &host && other->links && chance(0.5)) world_.meet(host, *other);
    }

    void quiet() {
        for (auto* a : hosts_)
            for (auto* b : hosts_) world_.cut(*a, *b, false);
        for (auto* host : hosts_) back(*host);
        for (std::size_t i = 1; i < hosts_.size(); ++i) world_.meet(*hosts_[i - 1], *hosts_[i]);
        world_.pass(40s);
    }

    std::mt19937_64 random_;
    LinkWorld world_;
    std::vector<LinkWorld::Host*> hosts_;
    int said_ = 0;
};

}  // namespace

TEST_CASE("After any history a quiet pool has one link per pair, and nothing came twice") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        History history(seed);
        history.run();
        history.check();
    }
}
