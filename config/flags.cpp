#include "config/flags.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "config/environment.hpp"
#include "config/nearest.hpp"
#include "config/text.hpp"

namespace rookery::config {
namespace {

bool is_list(FlagKind kind) {
    return kind == FlagKind::text_list || kind == FlagKind::integer_list;
}

bool is_int(const std::string& text) {
    const auto number = parse_integer(text);
    return number && *number >= std::numeric_limits<int>::min() && *number <= std::numeric_limits<int>::max();
}

// Why the value does not fit the flag's kind.
std::optional<std::string> problem(FlagKind kind, const std::vector<std::string>& values) {
    for (const auto& value : values) {
        if ((kind == FlagKind::integer || kind == FlagKind::integer_list) && !is_int(value)) {
            return fmt::format("\"{}\" is not a number", value);
        }
        if (kind == FlagKind::boolean && !parse_bool(value)) {
            return fmt::format("\"{}\" is neither true nor false", value);
        }
    }
    return std::nullopt;
}

std::vector<std::string> as_values(FlagKind kind, const std::string& text) {
    return is_list(kind) ? split_list(text) : std::vector<std::string>{text};
}

std::string variable_name(const std::string& flag) {
    std::string out = "NB_";
    for (const char c : flag) {
        if (c == '-') {
            out += '_';
        } else {
            out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
    }
    return out;
}

}  // namespace

const std::string& FlagValues::text(const std::string& name) const {
    return values_.at(name).front();
}

// The parser has let nothing but an int pass; an integer flag without default is 0.
int FlagValues::integer(const std::string& name) const {
    return static_cast<int>(parse_integer(text(name)).value_or(0));
}

bool FlagValues::boolean(const std::string& name) const {
    return parse_bool(text(name)).value_or(false);
}

std::vector<int> FlagValues::integers(const std::string& name) const {
    std::vector<int> out;
    for (const auto& value : list(name)) out.push_back(static_cast<int>(parse_integer(value).value_or(0)));
    return out;
}

class FlagParser {
public:
    FlagParser(const FlagTable& table, std::vector<std::string> arguments)
        : table_(table), arguments_(std::move(arguments)) {
        for (const auto& flag : table_.flags) {
            out_.values_[flag.name] = as_values(flag.kind, flag.fallback);
        }
    }

    void read_environment(const Environment& environment, std::vector<std::string>& warnings) {
        for (const auto& flag : table_.flags) {
            for (const auto& alias : flag.aliases) read_variable(flag, variable_name(alias), environment, warnings);
            read_variable(flag, variable_name(flag.name), environment, warnings);
        }
    }

    std::optional<std::string> read_arguments() {
        if (!arguments_.empty() && arguments_.front() == "run") next_ = 1;
        while (next_ < arguments_.size()) {
            if (auto error = read_one(arguments_[next_++])) return error;
        }
        return std::nullopt;
    }

    FlagValues take() { return std::move(out_); }

private:
    void read_variable(const Flag& flag, const std::string& name, const Environment& environment,
                       std::vector<std::string>& warnings) {
        const auto text = env_text(environment, name);
        if (!text) return;
        auto values = as_values(flag.kind, *text);
        if (const auto why = problem(flag.kind, values)) {
            warnings.push_back(ignored_variable(name, *why));
            return;
        }
        out_.values_[flag.name] = std::move(values);
        out_.given_.insert(flag.name);
    }

    std::optional<std::string> read_one(const std::string& argument) {
        if (argument.size() > 2 && argument.compare(0, 2, "--") == 0) return read_long(argument);
        if (argument.size() > 1 && argument.front() == '-' && argument[1] != '-') return read_short(argument);
        return unexpected(argument);
    }

    std::optional<std::string> read_long(const std::string& argument) {
        const auto equals = argument.find('=');
        const auto name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
        const Flag* flag = find(name);
        if (flag == nullptr) return unknown("--" + name, name);
        std::optional<std::string> value;
        if (equals != std::string::npos) value = argument.substr(equals + 1);
        return assign(*flag, "--" + name, std::move(value));
    }

    std::optional<std::string> read_short(const std::string& argument) {
        const auto flag = std::find_if(table_.flags.begin(), table_.flags.end(),
                                       [&](const Flag& f) { return f.letter != 0 && f.letter == argument[1]; });
        if (flag == table_.flags.end()) {
            const auto name = argument.substr(1, argument.find('=') - 1);
            return unknown("-" + name, name);
        }
        std::optional<std::string> value;
        if (argument.size() > 2) value = argument.substr(argument[2] == '=' ? 3 : 2);
        return assign(*flag, argument.substr(0, 2), std::move(value));
    }

    std::optional<std::string> assign(const Flag& flag, const std::string& shown, std::optional<std::string> value) {
        if (flag.kind == FlagKind::secret) after_secret_ = true;
        if (!value && flag.kind == FlagKind::boolean) value = "true";
        if (!value && next_ < arguments_.size()) value = arguments_[next_++];
        if (!value) return fmt::format("flag needs an argument: {}", shown);
        auto values = as_values(flag.kind, *value);
        if (const auto why = problem(flag.kind, values)) {
            return fmt::format("invalid argument for {}: {}", shown, *why);
        }
        auto& settled = out_.values_[flag.name];
        if (is_list(flag.kind) && out_.given(flag.name)) {
            settled.insert(settled.end(), values.begin(), values.end());
        } else {
            settled = std::move(values);
        }
        out_.given_.insert(flag.name);
        return std::nullopt;
    }

    const Flag* find(const std::string& name) const {
        for (const auto& flag : table_.flags) {
            const bool alias = std::find(flag.aliases.begin(), flag.aliases.end(), name) != flag.aliases.end();
            if (flag.name == name || alias) return &flag;
        }
        return nullptr;
    }

    std::string unknown(const std::string& shown, const std::string& name) const {
        std::vector<std::string> names;
        for (const auto& flag : table_.flags) names.push_back(flag.name);
        const auto meant = nearest(name, names);
        return meant ? fmt::format("unknown flag: {} (did you mean --{}?)", shown, *meant)
                     : fmt::format("unknown flag: {}", shown);
    }

    // A word after a secret may be the tail of the secret, cut off by a blank: not to be repeated.
    std::string unexpected(const std::string& argument) const {
        return after_secret_ ? "unexpected argument (a value with blanks needs quotes)"
                             : fmt::format("unexpected argument \"{}\"", argument);
    }

    const FlagTable& table_;
    std::vector<std::string> arguments_;
    std::size_t next_ = 0;
    bool after_secret_ = false;
    FlagValues out_;
};

Parsed<FlagValues> parse_flags(const FlagTable& table, const std::vector<std::string>& arguments,
                               const Environment& environment, std::vector<std::string>& warnings) {
    FlagParser parser(table, arguments);
    parser.read_environment(environment, warnings);
    if (auto error = parser.read_arguments()) return wrong(std::move(*error));
    return parser.take();
}

namespace {

std::string value_name(FlagKind kind) {
    switch (kind) {
        case FlagKind::text:
        case FlagKind::secret: return " text";
        case FlagKind::integer: return " number";
        case FlagKind::boolean: return "";
        case FlagKind::text_list: return " list";
        case FlagKind::integer_list: return " numbers";
    }
    return "";
}

std::string flag_column(const Flag& flag) {
    const auto letter = flag.letter != 0 ? fmt::format("-{}, ", flag.letter) : std::string(4, ' ');
    return fmt::format("  {}--{}{}", letter, flag.name, value_name(flag.kind));
}

std::string help_column(const Flag& flag) {
    std::string out = flag.help;
    if (!flag.fallback.empty()) out += fmt::format(" (default {})", flag.fallback);
    out += fmt::format(" [{}]", variable_name(flag.name));
    for (const auto& alias : flag.aliases) out += fmt::format("; also --{} [{}]", alias, variable_name(alias));
    return out;
}

}  // namespace

std::string usage(const FlagTable& table) {
    std::size_t width = 0;
    for (const auto& flag : table.flags) width = std::max(width, flag_column(flag).size());
    for (const auto& variable : table.variables) width = std::max(width, variable.name.size() + 2);
    auto out = fmt::format("Usage: rookery {} [run] [flags]\n\n{}\n\nFlags [environment; a flag wins]:\n",
                           table.command, table.summary);
    for (const auto& flag : table.flags)
        out += fmt::format("{:<{}}  {}\n", flag_column(flag), width, help_column(flag));
    out += "\nEnvironment only:\n";
    for (const auto& variable : table.variables) {
        out += fmt::format("  {:<{}}  {}\n", variable.name, width - 2, variable.help);
    }
    return out;
}

std::vector<KnownVariable> known_variables(const FlagTable& table) {
    std::vector<KnownVariable> known;
    for (const auto& flag : table.flags) {
        known.push_back({variable_name(flag.name)});
        for (const auto& alias : flag.aliases) known.push_back({variable_name(alias)});
    }
    for (const auto& variable : table.variables) known.push_back({variable.name});
    return known;
}

}  // namespace rookery::config
