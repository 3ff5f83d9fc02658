#include "actors/stun/message.hpp"

#include <fstream>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "actors/core/encoding.hpp"
#include "tests/catch.hpp"

namespace rookery::stun {
namespace {

const nlohmann::json& vectors() {
    static const auto document = nlohmann::json::parse(std::ifstream(TEST_DATA "/relay.json"));
    return document["stun"];
}

std::string unhex(const nlohmann::json& hex) {
    return core::hex_decode(hex.get<std::string>()).value();
}

std::span<const std::uint8_t> bytes(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Source source(const std::string& client) {
    Source s;
    s.port = 32853;
    s.v6 = client.starts_with('[');
    const auto address = core::hex_decode(s.v6 ? "20010db8123456780011223344556677" : "c0000201").value();
    std::copy(address.begin(), address.end(), s.address.begin());
    return s;
}

TEST_CASE("Binding Requests are answered") {
    for (const auto* name : {"binding_request_hex", "binding_request_with_fingerprint_hex"}) {
        const auto request = unhex(vectors()[name]);
        REQUIRE(classify(bytes(request)) == Verdict::binding_request);
        for (const auto& expected : vectors()["responses"]) {
            const auto response = answer(bytes(request), source(expected["client"]));
            CHECK(response.size == expected["len"]);
            CHECK(core::hex_encode(core::as_text(response.bytes).substr(0, response.size)) ==
                  expected["hex"].get<std::string>());
        }
    }
}

TEST_CASE("everything else is ignored") {
    const std::map<std::string, Verdict> expected{{"no magic cookie (RFC 3489 style)", Verdict::not_stun},
                                                  {"19 bytes", Verdict::not_stun},
                                                  {"length field beyond datagram", Verdict::malformed},
                                                  {"binding indication", Verdict::not_a_request},
                                                  {"TURN allocate request", Verdict::not_a_request}};
    for (const auto& ignored : vectors()["ignored"]) {
        INFO(ignored["name"]);
        const auto datagram = unhex(ignored["hex"]);
        CHECK(classify(bytes(datagram)) == expected.at(ignored["name"]));
    }
}

TEST_CASE("attributes have to fit; what they say does not matter") {
    const auto with = [](const std::string& length, const std::string& rest) {
        return core::hex_decode("0001" + length + "2112a442000102030405060708090a0b" + rest).value();
    };
    // A 3-byte value is padded to 4.
    CHECK(classify(bytes(with("0008", "0006000361626300"))) == Verdict::binding_request);
    CHECK(classify(bytes(with("0007", "00060003616263"))) == Verdict::malformed);
    CHECK(classify(bytes(with("0004", "00060004"))) == Verdict::malformed);
    CHECK(classify(bytes(with("0002", "0006"))) == Verdict::malformed);
    CHECK(classify(bytes(with("0008", "0006fffe61626300"))) == Verdict::malformed);
    // Comprehension-required and unknown, a wrong FINGERPRINT, bytes after the message.
    CHECK(classify(bytes(with("0004", "7fff0000"))) == Verdict::binding_request);
    CHECK(classify(bytes(with("0008", "8028000400000000"))) == Verdict::binding_request);
    CHECK(classify(bytes(with("0000", "ffffffffff"))) == Verdict::binding_request);
}

TEST_CASE("any bytes are classified without reading beyond them") {
    const auto request = unhex(vectors()["binding_request_with_fingerprint_hex"]);
    for (std::size_t size = 0; size <= request.size(); ++size) {
        const auto cut = request.substr(0, size);
        CHECK((classify(bytes(cut)) == Verdict::binding_request) == (size == request.size()));
    }
}

}  // namespace
}  // namespace rookery::stun
