#include "actors/relay/wire.hpp"

#include <map>

#include "adapters/crypto/crypto.hpp"
#include "tests/catch.hpp"
#include "tests/unit/actors/relay/vectors.hpp"

namespace rookery::relay {
namespace {

using test::bytes;
using test::peer;
using test::unhex;
using test::vectors;
using Kind = wire::Inbound::Kind;

std::vector<PeerId> ids_of(const nlohmann::json& names) {
    std::vector<PeerId> ids;
    for (const auto& n : names) ids.push_back(peer(n));
    return ids;
}

TEST_CASE("peer ids") {
    const adapters::crypto::SodiumCrypto crypto;
    for (const auto& p : vectors()["peers"]) {
        const std::string input = p.contains("wg_public_key") ? p["wg_public_key"] : p["input_string"];
        const auto id = PeerId::of_public_key(crypto, input);
        CHECK(std::string(id.view()) == unhex(p["peer_id_hex"]));
        CHECK(id.display() == p["display"].get<std::string>());
    }
    CHECK(PeerId::of_public_key(crypto, "healthcheck-agent") == health_probe_id);
    PeerId foreign;
    foreign.bytes.fill(0x0a);
    CHECK(foreign.display().starts_with("hex:0a0a"));
}

TEST_CASE("constants") {
    const auto& c = vectors()["constants"];
    CHECK(wire::version == c["protocol_version"]);
    CHECK(wire::max_first_message == c["max_handshake_size"]);
    CHECK(wire::max_auth_response == c["max_handshake_response_size"]);
    CHECK(wire::max_message == c["max_message_size"]);
    CHECK(wire::max_ids == c["max_peer_ids_per_message"]);
    CHECK(PeerId::size == c["peer_id_size"]);
}

TEST_CASE("messages as they are built") {
    const auto& m = vectors()["messages"];
    const auto token = unhex(vectors()["relay_token_v2"]["token_binary_hex"]);
    CHECK(wire::auth(peer("A"), token) == unhex(m["auth"]["hex"]));
    CHECK(wire::auth_response(m["auth_response"]["url"].get<std::string>()) == unhex(m["auth_response"]["hex"]));
    const auto& t = m["transport_client_to_server"];
    CHECK(wire::transport(peer(t["to"]), unhex(t["payload_hex"])) == unhex(t["hex"]));
    const auto& d = m["transport_server_to_client"];
    CHECK(wire::transport(peer(d["source"]), unhex(d["payload_hex"])) == unhex(d["hex"]));
    CHECK(wire::transport(peer("B"), "") == unhex(m["transport_empty_payload"]["hex"]));
    CHECK(wire::health_check() == unhex(m["health_check"]["hex"]));
    CHECK(wire::close() == unhex(m["close"]["hex"]));

    const std::map<std::string, wire::Type> lists{
        {"subscribe_one", wire::Type::subscribe},       {"subscribe_two", wire::Type::subscribe},
        {"unsubscribe_one", wire::Type::unsubscribe},   {"peers_online_one", wire::Type::peers_online},
        {"peers_online_two", wire::Type::peers_online}, {"peers_went_offline_one", wire::Type::peers_went_offline}};
    for (const auto& [name, type] : lists) {
        INFO(name);
        const auto built = wire::id_list(type, ids_of(m[name]["ids"]));
        REQUIRE(built.size() == 1);
        CHECK(built.front() == unhex(m[name]["hex"]));
    }
}

TEST_CASE("long lists are split at 244 ids, empty ones are not sent") {
    const std::vector<PeerId> many(500, peer("A"));
    std::vector<std::size_t> lengths;
    for (const auto& m : wire::id_list(wire::Type::peers_online, many)) lengths.push_back(m.size());
    CHECK(nlohmann::json(lengths) == vectors()["messages"]["split_500_ids_message_lengths"]);
    CHECK(wire::id_list(wire::Type::peers_online, {}).empty());
    CHECK(wire::id_list(wire::Type::peers_online, std::span(many).first(244)).size() == 1);
    CHECK(wire::id_list(wire::Type::peers_online, std::span(many).first(245)).size() == 2);
}

TEST_CASE("the first message") {
    const auto auth = unhex(vectors()["messages"]["auth"]["hex"]);
    const auto parsed = wire::parse_auth(bytes(auth));
    REQUIRE(parsed);
    CHECK(parsed->id == peer("A"));
    CHECK(parsed->token == unhex(vectors()["relay_token_v2"]["token_binary_hex"]));

    const std::map<std::string, wire::AuthError> expected{{"version 2", wire::AuthError::version},
                                                          {"removed hello type 1", wire::AuthError::not_auth},
                                                          {"transport before auth", wire::AuthError::not_auth},
                                                          {"bad magic", wire::AuthError::magic},
                                                          {"one byte short of header", wire::AuthError::short_header},
                                                          {"single byte", wire::AuthError::too_short}};
    for (const auto& bad : vectors()["bad_first_messages"]) {
        INFO(bad["name"]);
        const auto message = unhex(bad["hex"]);
        const auto result = wire::parse_auth(bytes(message));
        REQUIRE_FALSE(result);
        CHECK(result.error() == expected.at(bad["name"]));
    }
    const std::string unknown{'\x01', '\x0c'};
    CHECK(wire::parse_auth(bytes(unknown)).error() == wire::AuthError::unknown_type);
}

TEST_CASE("messages after authentication") {
    for (const auto& bad : vectors()["authenticated_bad_messages"]) {
        INFO(bad["name"]);
        const auto message = unhex(bad["hex"]);
        const auto inbound = wire::classify(bytes(message));
        const std::string expected = bad["expected"];
        CHECK((inbound.kind == Kind::violation) == (expected == "connection closed"));
        CHECK((inbound.kind == Kind::ignored) == (expected == "ignored, connection kept"));
        CHECK(inbound.repeated_auth == (bad["name"] == "auth repeated"));
    }
    const auto kind = [](const char* name) {
        const auto message = unhex(vectors()["messages"][name]["hex"]);
        return wire::classify(bytes(message)).kind;
    };
    CHECK(kind("transport_client_to_server") == Kind::transport);
    CHECK(kind("transport_empty_payload") == Kind::transport);
    CHECK(kind("health_check") == Kind::health_check);
    CHECK(kind("close") == Kind::close);
    CHECK(kind("unsubscribe_one") == Kind::unsubscribe);
    const auto subscribe = unhex(vectors()["messages"]["subscribe_two"]["hex"]);
    const auto inbound = wire::classify(bytes(subscribe));
    CHECK(inbound.kind == Kind::subscribe);
    CHECK(wire::read_ids(inbound.body) == std::vector{peer("A"), peer("B")});
}

}  // namespace
}  // namespace rookery::relay
