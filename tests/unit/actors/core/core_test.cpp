// The small pure pieces of core: registration numbers, local table, replies, encodings.
#include <random>

#include "actors/core/encoding.hpp"
#include "actors/core/hlc.hpp"
#include "actors/core/local_table.hpp"
#include "actors/core/reply.hpp"
#include "tests/catch.hpp"

using namespace rookery::core;
using namespace std::chrono_literals;

namespace {
WallTime at(std::int64_t millis) {
    return WallTime(std::chrono::milliseconds(millis));
}
}  // namespace

TEST_CASE("registration numbers only rise, whatever the clock does") {
    HybridClock clock(7);
    std::mt19937_64 random(42);
    auto last = clock.next(at(1'000'000));
    CHECK(last.node == 7);
    for (int i = 0; i < 10'000; ++i) {
        // ± five minutes around the true time.
        const auto now = at(1'000'000 + i + static_cast<std::int64_t>(random() % 600'000) - 300'000);
        const auto number = clock.next(now);
        REQUIRE(number > last);
        last = number;
    }
}

TEST_CASE("a number seen from another node is overtaken by the next one") {
    HybridClock a(1), b(2);
    const auto ahead = a.next(at(500'000));
    b.observe(ahead);
    CHECK(b.next(at(1'000)) > ahead);
    b.observe(RegistrationNumber{10, 0, 1});  // an old one changes nothing
    CHECK(b.next(at(1'000)) > ahead);
}

TEST_CASE("the counter's end moves the clock on") {
    HybridClock clock(1);
    clock.observe(RegistrationNumber{100, 0xFFFFFFFF, 2});
    const auto next = clock.next(at(50));
    CHECK(next.millis == 101);
    CHECK(next.counter == 0);
}

TEST_CASE("a local table removes only what it was asked to remove") {
    LocalTable<int> table;
    auto one = std::make_shared<int>(1), two = std::make_shared<int>(2);
    CHECK(table.put("k", one) == nullptr);
    CHECK(table.put("k", two) == one);
    CHECK_FALSE(table.remove("k", one.get()));
    CHECK(table.find("k") == two);
    CHECK(table.size() == 1);
    CHECK(table.remove("k", two.get()));
    CHECK(table.find("k") == nullptr);
}

TEST_CASE("a reply answers once, and also when it is dropped") {
    std::vector<std::string> heard;
    const auto receiver = [&](Result<int> r) { heard.push_back(r ? std::to_string(*r) : r.error().message); };
    {
        Reply<int> reply(receiver);
        const auto copy = reply;
        reply(1);
        copy(2);
    }
    CHECK(heard == std::vector<std::string>{"1"});
    heard.clear();
    { Reply<int> dropped(receiver); }
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].find("dropped") != std::string::npos);
}

TEST_CASE("base64 is read as Go reads it") {
    // Lengths 0 to 64, there and back.
    std::string bytes;
    for (int i = 0; i < 64; ++i) {
        CHECK(base64_decode(base64_encode(bytes)) == bytes);
        bytes += static_cast<char>(i * 37);
    }
    CHECK(base64_encode("f") == "Zg==");
    CHECK(base64_encode("foobar") == "Zm9vYmFy");
    CHECK(base64_decode("Zm9v\r\nYmFy\n") == "foobar");
    CHECK(base64_decode("Zh==") == "f");  // non-zero trailing bits

    // config-ops §15.4: the offsets for a 44-character key.
    const std::string key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    CHECK(base64_decode(key + "\n")->size() == 32);
    CHECK(base64_decode(key.substr(0, 43)).error() == 40);
    CHECK(base64_decode("\"" + key).error() == 0);
    CHECK(base64_decode(key + " ").error() == 44);
    CHECK(base64_decode("not-valid-base64!!!").error() == 3);
}

TEST_CASE("hex there and back") {
    CHECK(hex_encode(std::string("\x00\xff\x10", 3)) == "00ff10");
    CHECK(hex_decode("00FF10") == std::string("\x00\xff\x10", 3));
    CHECK_FALSE(hex_decode("0"));
    CHECK_FALSE(hex_decode("zz"));
}
