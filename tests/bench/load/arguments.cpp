#include "tests/bench/load/arguments.hpp"

#include <cstdio>
#include <cstdlib>

namespace rookery::bench {

void die(const std::string& why) {
    std::fprintf(stderr, "error: %s\n", why.c_str());
    std::exit(2);
}

Arguments::Arguments(int argc, char** argv, const std::string& usage) {
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        const bool help = name == "--help" || name == "-h";
        if (help || !name.starts_with("--") || i + 1 >= argc) {
            std::fprintf(stderr, "%s\n", usage.c_str());
            std::exit(help ? 0 : 2);
        }
        values_[name.substr(2)] = argv[i + 1];
    }
}

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
}

double Arguments::number(const std::string& name, double otherwise) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return otherwise;
    char* end = nullptr;
    const double value = std::strtod(found->second.c_str(), &end);
    if (found->second.empty() || *end) die("--" + name + " " + found->second + ": not a number");
    return value;
}

long Arguments::whole(const std::string& name, long otherwise) const {
    return static_cast<long>(number(name, static_cast<double>(otherwise)));
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find(separator, begin), text.size());
        if (end > begin) parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

}  // namespace rookery::bench
