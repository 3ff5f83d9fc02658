// config.yaml: the first byte chooses strictness and command, the rest is the file.
#include <sys/mman.h>
#include <unistd.h>

#include "config/config_file.hpp"
#include "config/load.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rookery;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto choice = input.byte();
    const std::string text(input.rest());

    const auto parsed = config::parse_config_file(text, "config.yaml", choice & 1);
    fuzz::expect(parsed || !parsed.error().empty(), "an error says something");

    static const int fd = ::memfd_create("config.yaml", 0);
    fuzz::expect(
        ::ftruncate(fd, 0) == 0 && ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
        "the file is written");
    config::ServeOptions options;
    options.config_file = "/proc/self/fd/" + std::to_string(fd);
    options.strict = choice & 1;
    const config::Environment no_environment({});
    const auto loaded = (choice & 2 ? config::load_management : config::load_serve)(options, no_environment);
    fuzz::expect(loaded || !loaded.error().message.empty(), "an error says something");
    fuzz::expect(parsed || !loaded, "what cannot be read is not loaded");
    return 0;
}
