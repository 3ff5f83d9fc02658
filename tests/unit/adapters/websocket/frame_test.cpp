#include "adapters/websocket/frame.hpp"

#include <random>
#include <vector>

#include "tests/catch.hpp"
#include "tests/unit/actors/relay/vectors.hpp"
#include "tests/unit/adapters/websocket/client_frames.hpp"

namespace rookery::adapters::websocket {
namespace {

using test::client_frame;
using test::unhex;
using test::vectors;

DecodedFrame decode(std::string& bytes, std::size_t limit = 8820) {
    return decode_frame({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}, limit);
}

std::string text(std::span<const std::uint8_t> bytes) {
    return std::string(bytes.begin(), bytes.end());
}

TEST_CASE("sample frames") {
    const auto& v = vectors()["websocket"];
    auto health = unhex(v["client_frame_health_check_mask_01020304_hex"]);
    const auto frame = decode(health);
    REQUIRE(frame.status == FrameStatus::complete);
    CHECK(text(frame.payload) == unhex(vectors()["messages"]["health_check"]["hex"]));
    CHECK(frame.consumed == health.size());

    std::string out;
    append_frame(out, Opcode::binary, unhex(vectors()["messages"]["health_check"]["hex"]));
    CHECK(out == unhex(v["server_frame_health_check_hex"]));
    out.clear();
    append_frame(out, Opcode::binary, unhex(vectors()["messages"]["auth_response"]["hex"]));
    CHECK(out == unhex(v["server_frame_auth_response_hex"]));
    out.clear();
    append_frame(out, Opcode::binary, std::string(8786, 'x'));
    CHECK(out.substr(0, 4) == unhex(v["server_frame_peers_online_244_ids_header_hex"]));
    CHECK(out.size() == 8790);
}

TEST_CASE("the header in place is the header of a frame of its own") {
    for (const std::size_t size : {1, 38, 125, 126, 127, 8820}) {
        std::string buffer(4 + size, 'p');
        auto* payload = reinterpret_cast<std::uint8_t*>(buffer.data()) + 4;
        const auto header = write_header_before(payload, size);
        std::string expected;
        append_frame(expected, Opcode::binary, std::string(size, 'p'));
        CHECK(buffer.substr(4 - header) == expected);
    }
}

TEST_CASE("what an agent may not send") {
    const auto bad = [](std::string bytes) { return decode(bytes).status; };
    CHECK(bad("\x81") == FrameStatus::violation);                              // text
    CHECK(bad(std::string(1, '\0')) == FrameStatus::violation);                // continuation without FIN
    CHECK(bad("\x80") == FrameStatus::violation);                              // continuation
    CHECK(bad("\x02") == FrameStatus::violation);                              // first fragment
    CHECK(bad("\xc2") == FrameStatus::violation);                              // RSV1
    CHECK(bad("\xa2") == FrameStatus::violation);                              // RSV2
    CHECK(bad("\x92") == FrameStatus::violation);                              // RSV3
    CHECK(bad("\x83") == FrameStatus::violation);                              // unknown opcode
    CHECK(bad("\x8b") == FrameStatus::violation);                              // unknown control opcode
    CHECK(bad("\x09") == FrameStatus::violation);                              // fragmented ping
    CHECK(bad("\x82\x05") == FrameStatus::violation);                          // no mask
    CHECK(bad("\x82\x80") == FrameStatus::violation);                          // empty message
    CHECK(bad("\x89\xfe") == FrameStatus::violation);                          // long ping
    CHECK(bad(std::string("\x82\xfe\x22\x75", 4)) == FrameStatus::oversized);  // 8821
    CHECK(bad("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff") == FrameStatus::oversized);
    CHECK(bad(std::string("\x82\xfe\x22\x74", 4)) == FrameStatus::incomplete);  // 8820
    auto first = std::string("\x82\xfe\x00\xd5", 4);
    CHECK(decode(first, 212).status == FrameStatus::oversized);  // 213
}

TEST_CASE("a stream of frames decodes the same however it is cut") {
    for (std::uint32_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        std::vector<std::string> sent;
        std::string stream;
        for (int i = 0; i < 40; ++i) {
            const std::size_t sizes[] = {1 + random() % 20, 100 + random() % 60, 1 + random() % 8820};
            std::string payload(sizes[random() % 3], '\0');
            for (auto& c : payload) c = static_cast<char>(random());
            stream += client_frame(payload, 2, static_cast<std::uint32_t>(random()));
            sent.push_back(std::move(payload));
            if (random() % 8 == 0) stream += client_frame("ping", 9, static_cast<std::uint32_t>(random()));
        }
        std::vector<std::string> got;
        std::string buffer;
        for (std::size_t at = 0; at < stream.size();) {
            const std::size_t step = seed % 10 == 0 ? 1 : 1 + random() % 3000;
            buffer += stream.substr(at, step);
            at += step;
            std::size_t used = 0;
            for (;;) {
                const auto frame =
                    decode_frame({reinterpret_cast<std::uint8_t*>(buffer.data()) + used, buffer.size() - used}, 8820);
                if (frame.status != FrameStatus::complete) {
                    REQUIRE(frame.status == FrameStatus::incomplete);
                    break;
                }
                used += frame.consumed;
                if (frame.opcode == Opcode::ping)
                    REQUIRE(text(frame.payload) == "ping");
                else
                    got.push_back(text(frame.payload));
            }
            buffer.erase(0, used);
        }
        REQUIRE(buffer.empty());
        REQUIRE(got == sent);
    }
}

TEST_CASE("random bytes never make the decoder read beyond them") {
    for (std::uint32_t seed = 1; seed <= 2000; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        std::vector<std::uint8_t> bytes(random() % 40);  // exact size: a sanitizer sees what is read beyond
        for (auto& b : bytes) b = static_cast<std::uint8_t>(random());
        if (!bytes.empty() && random() % 2) bytes[0] = 0x82;
        const auto frame = decode_frame(bytes, 8820);
        if (frame.status == FrameStatus::complete) REQUIRE(frame.consumed <= bytes.size());
    }
}

TEST_CASE("text, fragments and empty messages, where they are accepted") {
    const auto any = [](std::string bytes) {
        return decode_frame({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}, 100, Accept::any);
    };
    const auto frame = [&](std::string_view payload, int opcode, bool last) {
        const auto f = any(client_frame(payload, opcode, 7, last));
        REQUIRE(f.status == FrameStatus::complete);
        CHECK(f.consumed == 6 + payload.size());
        return std::pair{f.opcode, f.last};
    };
    CHECK(frame("a", 1, true) == std::pair{Opcode::text, true});
    CHECK(frame("a", 2, false) == std::pair{Opcode::binary, false});
    CHECK(frame("a", 0, true) == std::pair{Opcode::continuation, true});
    CHECK(frame("", 2, true) == std::pair{Opcode::binary, true});
    CHECK(any(client_frame(std::string(101, 'x'), 0)).status == FrameStatus::oversized);
    CHECK(any(client_frame(std::string(101, 'x'), 1)).status == FrameStatus::oversized);
    CHECK(any(client_frame("x", 9, 7, false)).status == FrameStatus::violation);  // a ping in parts
    CHECK(any(client_frame("x", 3)).status == FrameStatus::violation);
    CHECK(any(client_frame("x", 11)).status == FrameStatus::violation);
}

TEST_CASE("close frames") {
    std::string out;
    append_close(out, CloseCode::internal_error, "internal error");
    CHECK(out == std::string("\x88\x10\x03\xf3") + "internal error");
    out.clear();
    append_close(out, CloseCode::normal, std::string(200, 'x'));
    CHECK(out.size() == 2 + 125);
}

}  // namespace
}  // namespace rookery::adapters::websocket
