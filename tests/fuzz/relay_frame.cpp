// Bytes of an agent's WebSocket, after the upgrade: frames and the relay messages in them.
#include "adapters/websocket/frame.hpp"

#include <cstring>
#include <vector>

#include "actors/relay/wire.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rookery;
namespace frames = adapters::websocket;
namespace wire = relay::wire;

namespace {

void look_at_message(std::span<const std::uint8_t> message) {
    const std::string_view text(reinterpret_cast<const char*>(message.data()), message.size());
    if (const auto auth = wire::parse_auth(message)) {
        // The magic number and the version are the only bytes that are not kept.
        fuzz::expect(wire::auth(auth->id, auth->token) == text, "an Auth message can be written again");
    } else {
        fuzz::expect(std::strlen(wire::to_string(auth.error())) > 0, "an error says something");
    }
    const auto inbound = wire::classify(message);
    using Kind = wire::Inbound::Kind;
    if (inbound.kind == Kind::transport) {
        fuzz::expect(inbound.body.size() >= relay::PeerId::size, "a Transport message has a destination");
        const auto id = relay::PeerId::read(inbound.body.data());
        const auto payload = text.substr(wire::transport_header);
        fuzz::expect(wire::transport(id, payload).substr(1) == text.substr(1),
                     "a Transport message can be written again");
    }
    if (inbound.kind == Kind::subscribe || inbound.kind == Kind::unsubscribe) {
        const auto ids = wire::read_ids(inbound.body);
        fuzz::expect(ids.size() * relay::PeerId::size == inbound.body.size(), "every id of a list is read");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<std::uint8_t> bytes(data, data + size);
    std::span<std::uint8_t> rest(bytes);
    while (!rest.empty()) {
        // A copy of exactly these bytes, so that reading past them is seen; cut short, it must not be decided wrongly.
        std::vector<std::uint8_t> half(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(rest.size() / 2));
        const auto early = frames::decode_frame(half, wire::max_message);
        const auto frame = frames::decode_frame(rest, wire::max_message);
        fuzz::expect(early.status == frames::FrameStatus::incomplete || early.status == frame.status,
                     "more bytes do not change the verdict");
        if (frame.status == frames::FrameStatus::incomplete) break;
        if (frame.status != frames::FrameStatus::complete) {
            fuzz::expect(frame.why[0] != '\0', "an error says something");
            break;
        }
        fuzz::expect(frame.consumed > frame.payload.size() && frame.consumed <= rest.size(),
                     "a frame is within its bytes");
        fuzz::expect(frame.payload.size() <= (frame.opcode == frames::Opcode::binary ? wire::max_message : 125),
                     "a frame is within its limit");
        look_at_message(frame.payload);
        if (frame.opcode == frames::Opcode::binary) {
            auto* const payload = frame.payload.data();
            const auto header = frames::write_header_before(payload, frame.payload.size());
            fuzz::expect(payload - header >= rest.data(), "the server's header fits in place of the client's");
            std::string whole;
            frames::append_frame(whole, frames::Opcode::binary,
                                 {reinterpret_cast<const char*>(payload), frame.payload.size()});
            fuzz::expect(whole.size() == header + frame.payload.size() &&
                             std::memcmp(whole.data(), payload - header, whole.size()) == 0,
                         "both ways to write a frame agree");
        }
        rest = rest.subspan(frame.consumed);
    }
    return 0;
}
