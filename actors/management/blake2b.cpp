#include "actors/management/blake2b.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace rookery::management {
namespace {

using Word = std::uint64_t;
using Block = std::array<std::uint8_t, 128>;

constexpr std::array<Word, 8> iv = {0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
                                    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179};

constexpr std::uint8_t sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

void mix(std::array<Word, 16>& v, int a, int b, int c, int d, Word x, Word y) {
    v[a] += v[b] + x;
    v[d] = std::rotr(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = std::rotr(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = std::rotr(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = std::rotr(v[b] ^ v[c], 63);
}

void compress(std::array<Word, 8>& h, const Block& block, Word bytes_so_far, bool last) {
    std::array<Word, 16> m{};
    for (std::size_t i = 0; i < block.size(); ++i) m[i / 8] |= Word{block[i]} << (8 * (i % 8));
    std::array<Word, 16> v;
    std::copy(h.begin(), h.end(), v.begin());
    std::copy(iv.begin(), iv.end(), v.begin() + 8);
    v[12] ^= bytes_so_far;
    if (last) v[14] = ~v[14];
    for (int round = 0; round < 12; ++round) {
        const auto& s = sigma[round % 10];
        mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
        mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
        mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
        mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
        mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
        mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
        mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
        mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (std::size_t i = 0; i < h.size(); ++i) h[i] ^= v[i] ^ v[i + 8];
}

}  // namespace

std::string blake2b_128(std::string_view data) {
    constexpr std::size_t size = 16;
    auto h = iv;
    h[0] ^= 0x01010000 ^ size;  // parameter block: no key, sequential mode, digest size
    Word done = 0;
    do {
        Block block{};
        const auto take = std::min(block.size(), data.size());
        std::copy_n(data.begin(), take, block.begin());
        data.remove_prefix(take);
        done += take;
        compress(h, block, done, data.empty());
    } while (!data.empty());
    std::string digest;
    for (std::size_t i = 0; i < size; ++i) digest += static_cast<char>(h[i / 8] >> (8 * (i % 8)));
    return digest;
}

}  // namespace rookery::management
