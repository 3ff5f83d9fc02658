// Command lines of the form `--name value`. Anything else ends the program with the usage and exit code 2.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace rookery::bench {

[[noreturn]] void die(const std::string& why);

class Arguments {
public:
    Arguments(int argc, char** argv, const std::string& usage);

    std::string text(const std::string& name, const std::string& otherwise = "") const;
    double number(const std::string& name, double otherwise) const;
    long whole(const std::string& name, long otherwise) const;

private:
    std::map<std::string, std::string> values_;
};

// Parts that are empty are left out.
std::vector<std::string> split(const std::string& text, char separator);

}  // namespace rookery::bench
