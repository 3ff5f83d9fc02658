// Runs every fuzz target over its corpus: what was found once is never found again.
#include <sanitizer/common_interface_defs.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/catch.hpp"

namespace {

using Target = int (*)(const std::uint8_t*, std::size_t);

std::string current;  // for a sanitizer's report, which ends the process

void replay(const char* name, Target target) {
    std::set<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(CORPUS) / name))
        files.insert(entry.path());
    REQUIRE(!files.empty());
    __sanitizer_set_death_callback([] { std::fprintf(stderr, "with the input %s\n", current.c_str()); });
    for (const auto& file : files) {
        current = file.string();
        INFO("with the input " << current);
        std::ifstream in(file, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(in), {}};
        target(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    CHECK(target(nullptr, 0) == 0);
}

}  // namespace

#define TARGET(name)                                              \
    extern "C" int fuzz_##name(const std::uint8_t*, std::size_t); \
    TEST_CASE("fuzz corpus: " #name) {                            \
        replay(#name, fuzz_##name);                               \
    }
#include "targets.inc"
