// Flags as data: one table gives the parser, the environment names and the help text. The rule of the images is that
// --some-flag is also NB_SOME_FLAG; the environment is applied first and flags override it, except that a list flag
// appends to a list from the environment (signal-relay-stun §2.19).
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/outcome.hpp"
#include "config/variables.hpp"

namespace rookery::config {

// The kinds of the reference's flags: they decide what counts as an invalid value.
enum class FlagKind { text, secret, integer, boolean, text_list, integer_list };

struct Flag {
    std::string name;  // without dashes
    FlagKind kind = FlagKind::text;
    char letter = 0;       // -l; 0: none
    std::string fallback;  // the default, as text; lists: comma-separated
    std::string help;
    std::vector<std::string> aliases;  // other names, with their own NB_ variable
};

struct Variable {  // read from the environment only; here for the help text
    std::string name;
    std::string help;
};

struct FlagTable {
    std::string command;
    std::string summary;
    std::vector<Flag> flags;
    std::vector<Variable> variables;
};

// The settled values. Asking for a flag that is not in the table is a programming error (std::out_of_range).
class FlagValues {
public:
    bool given(const std::string& name) const { return given_.count(name) != 0; }  // by flag or environment
    const std::string& text(const std::string& name) const;                        // the default when not given
    int integer(const std::string& name) const;
    bool boolean(const std::string& name) const;
    const std::vector<std::string>& list(const std::string& name) const { return values_.at(name); }
    std::vector<int> integers(const std::string& name) const;

private:
    friend class FlagParser;
    std::map<std::string, std::vector<std::string>> values_;
    std::set<std::string> given_;
};

// `arguments` may begin with the word "run", which the images' entry points add. Variables that do not fit go to
// `warnings`; a wrong flag is the error.
Parsed<FlagValues> parse_flags(const FlagTable& table, const std::vector<std::string>& arguments,
                               const Environment& environment, std::vector<std::string>& warnings);

std::string usage(const FlagTable& table);

// The table's variables, and those of its flags.
std::vector<KnownVariable> known_variables(const FlagTable& table);

}  // namespace rookery::config
