// A datagram to the STUN port: the first byte tells the source's family, the rest is the datagram.
#include "actors/stun/message.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rookery;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    stun::Source source;
    source.v6 = input.byte() & 1;
    source.port = input.number();
    for (auto& b : source.address) b = input.byte();
    const auto text = input.rest();
    const std::span datagram(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    if (stun::classify(datagram) != stun::Verdict::binding_request) return 0;
    const auto response = stun::answer(datagram, source);
    fuzz::expect(response.size == (source.v6 ? 52u : 40u), "an answer has one of two sizes");
    fuzz::expect(datagram.size() * 3 >= response.size, "an answer is never much larger than its request");
    fuzz::expect(stun::classify(std::span(response.bytes).first(response.size)) == stun::Verdict::not_a_request,
                 "an answer is well-formed, and no request that another server would answer");
    return 0;
}
