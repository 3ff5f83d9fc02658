// Flags and environment: lines NAME=value are variables, the others arguments; the first byte chooses the command.
#include <map>

#include "config/load.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rookery;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto command = input.byte() % 4;
    std::vector<std::string> arguments;
    std::map<std::string, std::string> variables;
    while (!input.empty()) {
        const std::string line(input.line());
        const auto equals = line.find('=');
        if (!line.starts_with('-') && equals != std::string::npos)
            variables[line.substr(0, equals)] = line.substr(equals + 1);
        else
            arguments.push_back(line);
    }
    const config::Environment environment(std::move(variables));
    const auto look = [](const config::Loaded<config::Config>& loaded) {
        fuzz::expect(loaded || !loaded.error().message.empty(), "an error says something");
    };
    if (command == 0) {
        look(config::load_signal(arguments, environment));
    } else if (command == 1) {
        look(config::load_relay(arguments, environment));
    } else {
        config::ServeOptions options;
        std::optional<std::string>* const places[] = {&options.exposed_address, &options.listen, &options.data_dir,
                                                      &options.log_level, &options.log_file};
        for (std::size_t i = 0; i < std::min(arguments.size(), std::size(places)); ++i) *places[i] = arguments[i];
        look((command == 2 ? config::load_serve : config::load_management)(options, environment));
    }
    return 0;
}
