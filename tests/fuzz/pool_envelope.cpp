// What comes from other nodes over NATS: an envelope, read as if from anybody who may publish there.
#include "actors/pool/codec.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rookery;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto envelope = pool::decode(bytes);
    if (!envelope) {
        fuzz::expect(!envelope.error().message.empty(), "a refusal says why");
        return 0;
    }
    const auto again =
        std::visit([&](const auto& content) { return pool::encode(envelope->sender, content); }, envelope->content);
    const std::size_t direct = 33;  // a heartbeat of a version without links is written with an empty one
    fuzz::expect(again.size() <= size + direct, "what was read is no longer than what came");
    fuzz::expect(pool::decode(again).has_value(), "what was read can be written and read again");
    return 0;
}
