#include "adapters/relay/out_queue.hpp"

#include <random>

#include "tests/catch.hpp"

namespace rookery::adapters::relay {
namespace {

TEST_CASE("the queue gives back what was put in, and its memory") {
    for (std::uint32_t seed = 1; seed <= 50; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        OutQueue queue;
        std::string expected;
        for (int i = 0; i < 500; ++i) {
            if (random() % 2) {
                const std::string bytes(random() % 200, static_cast<char>('a' + random() % 26));
                queue.append(bytes);
                expected += bytes;
            } else if (!queue.empty()) {
                const auto size = 1 + random() % queue.size();
                REQUIRE(queue.front().substr(0, size) == expected.substr(0, size));
                queue.consume(size);
                expected.erase(0, size);
            }
            REQUIRE(queue.front() == expected);
            REQUIRE(queue.empty() == expected.empty());
        }
    }
}

}  // namespace
}  // namespace rookery::adapters::relay
