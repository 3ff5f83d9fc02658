#include "actors/stun/message.hpp"

#include <algorithm>

namespace rookery::stun {

namespace {

constexpr std::size_t header_size = 20;
constexpr std::array<std::uint8_t, 4> cookie{0x21, 0x12, 0xA4, 0x42};
constexpr std::uint16_t binding_request = 0x0001;
constexpr std::uint32_t fingerprint_xor = 0x5354554E;

std::uint16_t read16(const std::uint8_t* p) {
    return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}

// CRC-32 of ISO 3309, as zip uses it (RFC 5389 §15.5).
constexpr auto crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit) c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
        table[i] = c;
    }
    return table;
}();

std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
    std::uint32_t c = 0xFFFFFFFFu;
    for (const auto b : bytes) c = crc_table[(c ^ b) & 0xFF] ^ (c >> 8);
    return ~c;
}

class Writer {
public:
    explicit Writer(Response& out) : out_(out) {}
    void u16(std::uint32_t v) {
        out_.bytes[out_.size++] = static_cast<std::uint8_t>(v >> 8);
        out_.bytes[out_.size++] = static_cast<std::uint8_t>(v);
    }
    void u32(std::uint32_t v) {
        u16(v >> 16);
        u16(v & 0xFFFF);
    }
    void bytes(std::span<const std::uint8_t> b) {
        std::copy(b.begin(), b.end(), out_.bytes.begin() + static_cast<std::ptrdiff_t>(out_.size));
        out_.size += b.size();
    }

private:
    Response& out_;
};

}  // namespace

Verdict classify(std::span<const std::uint8_t> d) noexcept {
    if (d.size() < header_size || !std::equal(cookie.begin(), cookie.end(), d.begin() + 4)) return Verdict::not_stun;
    const std::size_t length = read16(d.data() + 2);
    if (length > d.size() - header_size) return Verdict::malformed;
    for (auto rest = d.subspan(header_size, length); !rest.empty();) {
        if (rest.size() < 4) return Verdict::malformed;
        const std::size_t padded = (read16(rest.data() + 2) + 3u) & ~std::size_t{3};
        if (padded > rest.size() - 4) return Verdict::malformed;
        rest = rest.subspan(4 + padded);
    }
    return read16(d.data()) == binding_request ? Verdict::binding_request : Verdict::not_a_request;
}

Response answer(std::span<const std::uint8_t> request, const Source& source) noexcept {
    const std::size_t address_size = source.v6 ? 16 : 4;
    const auto key = request.subspan(4, 16);  // cookie and transaction id, what IPv6 addresses are XORed with

    Response out;
    Writer w(out);
    w.u16(0x0101);
    w.u16(static_cast<std::uint32_t>(4 + 4 + address_size + 8));
    w.bytes(key);
    w.u16(0x0020);
    w.u16(static_cast<std::uint32_t>(4 + address_size));
    w.u16(source.v6 ? 2 : 1);
    w.u16(source.port ^ 0x2112u);
    std::array<std::uint8_t, 16> masked{};
    for (std::size_t i = 0; i < address_size; ++i) masked[i] = source.address[i] ^ key[i];
    w.bytes(std::span(masked).first(address_size));
    const auto crc = crc32(std::span(out.bytes).first(out.size));
    w.u16(0x8028);
    w.u16(4);
    w.u32(crc ^ fingerprint_xor);
    return out;
}

}  // namespace rookery::stun
