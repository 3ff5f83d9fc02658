// The first bytes of a connection to a public port.
#include "adapters/front/front.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rookery;
using adapters::front::Protocol;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    auto before = Protocol::undecided;
    for (std::size_t n = 0; n <= bytes.size(); ++n) {
        const auto now = adapters::front::classify(bytes.substr(0, n));
        fuzz::expect(before == Protocol::undecided || now == before, "more bytes do not change the verdict");
        fuzz::expect(n < 24 || now != Protocol::undecided, "24 bytes are enough");
        before = now;
    }
    return 0;
}
