#include "actors/pool/codec.hpp"

#include <random>

#include "actors/core/encoding.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::pool;

namespace {

constexpr NodeId sender = 0x1122334455667788;
constexpr std::size_t without_links = 10 + 4 * 8 + 1 + 6 + 7;  // bytes of a heartbeat
const Claim alice{{core::Realm::signal, "alice"}, 0x0102030405060708, 9};

Message message_of(const Envelope& envelope) {
    return std::get<Message>(envelope.content);
}

Card card() {
    Key key{};
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
    return {"host", "0.1.0", {key, {"10.0.0.1:7", "[::1]:8"}}};
}

std::vector<std::string> one_of_each() {
    return {
        encode(sender, Message(Heartbeat{1, 2, 3, 4, true, card()})),
        encode(sender, Message(Announcement{
                           7, {{alice, true}, {{{core::Realm::relay, std::string(36, '\xff')}, 1, 2}, false}}})),
        encode(sender, Message(SnapshotRequest{})),
        encode(sender, Message(SnapshotPart{7, 1, 2, {alice}})),
        encode(sender, Message(Goodbye{})),
        encode(sender, MailBatch{3, {{alice.address, std::make_shared<const std::string>("hello"), false}}}),
        encode(sender, Marker{42}),
    };
}

}  // namespace

TEST_CASE("Every envelope reads back as it was written") {
    const auto check = [](const Message& message) {
        const auto envelope = decode(encode(sender, message));
        REQUIRE(envelope);
        CHECK(envelope->sender == sender);
        CHECK(message_of(*envelope) == message);
    };
    check(Heartbeat{1, 2, 3, 4, true, card()});
    check(Announcement{7, {{alice, true}, {{{core::Realm::relay, std::string(36, '\0')}, 1, 2}, false}}});
    check(Announcement{});
    check(SnapshotRequest{});
    check(SnapshotPart{7, 1, 2, {alice}});
    check(Goodbye{});

    const auto mails =
        decode(encode(sender, MailBatch{3, {{alice.address, std::make_shared<const std::string>("hello"), true}}}));
    REQUIRE(mails);
    const auto& batch = std::get<MailBatch>(mails->content);
    CHECK(batch.sequence == 3);
    REQUIRE(batch.mails.size() == 1);
    CHECK(batch.mails[0].address == alice.address);
    CHECK(*batch.mails[0].bytes == "hello");
    CHECK(batch.mails[0].broadcast);

    const auto marker = decode(encode(sender, Marker{42}));
    REQUIRE(marker);
    CHECK(std::get<Marker>(marker->content) == Marker{42});
}

// What nodes of other versions send: these bytes stay readable for as long as envelope_version is 1.
TEST_CASE("The bytes of version 1") {
    const auto hex = [](const std::string& bytes) { return core::hex_encode(bytes); };
    const auto written = one_of_each();
    const std::string head = "01", from = "8877665544332211";
    CHECK(hex(written[0]) == head + "01" + from +
                                 "0100000000000000"
                                 "0200000000000000"
                                 "0300000000000000"
                                 "0400000000000000"
                                 "01"
                                 "0400"
                                 "686f7374"
                                 "0500"
                                 "302e312e30"
                                 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                                 "02"
                                 "0a00"
                                 "31302e302e302e313a37"
                                 "0700"
                                 "5b3a3a315d3a38");
    CHECK(hex(written[1]) == head + "02" + from +
                                 "0700000000000000"
                                 "02000000"
                                 "01"
                                 "00"
                                 "0500"
                                 "616c696365"
                                 "0807060504030201"
                                 "09000000"
                                 "00"
                                 "01"
                                 "2400" +
                                 std::string(72, 'f') +
                                 "0100000000000000"
                                 "02000000");
    CHECK(hex(written[2]) == head + "03" + from);
    CHECK(hex(written[3]) == head + "04" + from +
                                 "0700000000000000"
                                 "01000000"
                                 "02000000"
                                 "01000000"
                                 "00"
                                 "0500"
                                 "616c696365"
                                 "0807060504030201"
                                 "09000000");
    CHECK(hex(written[4]) == head + "05" + from);
    CHECK(hex(written[5]) == head + "06" + from +
                                 "0300000000000000"
                                 "01000000"
                                 "00"
                                 "00"
                                 "0500"
                                 "616c696365"
                                 "05000000"
                                 "68656c6c6f");
    CHECK(hex(written[6]) == head + "07" + from + "2a00000000000000");
}

TEST_CASE("The heartbeat of a version without links is read") {
    const auto envelope = decode(one_of_each()[0].substr(0, without_links));
    REQUIRE(envelope);
    CHECK(message_of(*envelope) == Message(Heartbeat{1, 2, 3, 4, true, {"host", "0.1.0", {}}}));
}

TEST_CASE("A later version may add fields at the end") {
    for (const auto& bytes : one_of_each()) CHECK(decode(bytes + "more"));
}

TEST_CASE("What is cut short, of another version or kind is refused, and says so") {
    const auto all = one_of_each();
    for (const auto& bytes : all)
        for (std::size_t size = 0; size + 1 < bytes.size(); ++size)
            if (&bytes != &all[0] || size != without_links) CHECK_FALSE(decode(bytes.substr(0, size)));
    auto bytes = one_of_each()[2];
    bytes[0] = 2;
    CHECK(decode(bytes).error().message == "envelope between nodes: version 2 is not 1");
    bytes[0] = 1;
    bytes[1] = 99;
    CHECK(decode(bytes).error().message == "envelope between nodes: kind 99 is unknown");
    CHECK_FALSE(decode(std::string(max_envelope_bytes + 1, '\1')));
}

TEST_CASE("A count that promises more than is there allocates nothing") {
    auto bytes = encode(sender, Message(Announcement{}));
    bytes.replace(bytes.size() - 4, 4, "\xff\xff\xff\xff");
    CHECK_FALSE(decode(bytes));
}

TEST_CASE("Damaged envelopes are refused or read, never anything else") {
    std::mt19937_64 random(1);
    const auto good = one_of_each();
    for (int i = 0; i < 20'000; ++i) {
        auto bytes = good[random() % good.size()];
        for (auto n = random() % 4; n-- > 0;) bytes[random() % bytes.size()] = static_cast<char>(random());
        (void)decode(bytes);
    }
}
