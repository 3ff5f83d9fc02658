#include "runtime/cli.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "adapters/control/control_socket.hpp"
#include "config/load.hpp"
#include "config/nearest.hpp"
#include "runtime/control_paths.hpp"
#include "runtime/serve.hpp"
#include "runtime/status_text.hpp"
#include "runtime/version.hpp"

namespace rookery::runtime {
namespace {

using adapters::control::Json;
using Arguments = std::vector<std::string>;

int print_failure(const std::string& why) {
    fmt::print(stderr, "failed to execute command: {}\n", why);
    return 1;
}

bool asks_for_help(const Arguments& arguments) {
    return std::any_of(arguments.begin(), arguments.end(), [](const auto& a) { return a == "--help" || a == "-h"; });
}

int run(config::Loaded<config::Config> loaded) {
    if (!loaded) return print_failure(loaded.error().message);
    return serve(std::move(*loaded));
}

// CLI11 wants a callback per sub-command; each answers with an exit code.
class CommandLine {
public:
    CommandLine() {
        app_.description("Rookery: an open control plane for NetBird networks");
        app_.require_subcommand(0, 1);
        app_.add_option("-c,--config", serve_.config_file, "Configuration file");
        add_serve("serve", "Run the roles that the configuration asks for; without one, all of them",
                  config::load_serve);
        add_management_flags(add_serve("management", "Run the Management role alone", config::load_management));
        // Shown in the help; their flags are parsed by config, as the separate images have them.
        app_.add_subcommand("signal", "Run the Signal role alone (rookery signal --help)");
        app_.add_subcommand("relay", "Run the Relay role alone (rookery relay --help)");
        add_status();
        add_log_level();
        add_drain();
        add_tokens();
        add_setup_key();
        add_debug();
        add_check_config();
        app_.add_subcommand("version", "Print the version")->callback([this] {
            fmt::print("{}\n", version);
            exit_code_ = 0;
        });
    }

    int parse(const Arguments& arguments) {
        auto reversed = arguments;
        std::reverse(reversed.begin(), reversed.end());
        try {
            app_.parse(reversed);
        } catch (const CLI::ExtrasError&) {
            return print_unknown();
        } catch (const CLI::ParseError& e) {
            return app_.exit(e) == 0 ? 0 : 2;
        }
        // Without a sub-command the server starts, as the reference's image does.
        return exit_code_ ? *exit_code_ : run(config::load_serve(serve_, config::process_environment()));
    }

private:
    using Loader = config::Loaded<config::Config> (*)(const config::ServeOptions&, const config::Environment&);

    CLI::App* add_serve(const char* name, const char* help, Loader load) {
        auto* command = app_.add_subcommand(name, help);
        command->add_option("-c,--config", serve_.config_file, "config.yaml of the combined server");
        command->add_option("--listen", serve_.listen, "Address of the public port, e.g. :33080 or 10.0.0.1:443");
        command->add_option("--exposed-address", serve_.exposed_address,
                            "URL under which agents reach this server, e.g. http://203.0.113.7:33080");
        command->add_option("--data-dir", serve_.data_dir, "Where data and secrets are kept");
        command->add_option("--log-level", serve_.log_level,
                            "trace, debug, info, warn or error; of one component: info,relay=debug");
        command->add_option("--log-file", serve_.log_file, "console, syslog or a path");
        command->add_flag("--strict", serve_.strict, "Unknown configuration keys are errors");
        command->callback([this, load] { exit_code_ = run(load(serve_, config::process_environment())); });
        return command;
    }

    // As the separate image has them (config-ops §4.1), so that its command lines keep working.
    void add_management_flags(CLI::App* command) {
        command->add_option("--datadir", serve_.data_dir, "The same as --data-dir");
        command->add_option("--port", serve_.port, "Public port on all addresses; --listen says more");
        command->add_option("--metrics-port", serve_.metrics_port, "Port of /metrics");
        command->add_option("--cert-file", serve_.cert_file, "TLS certificate chain, PEM");
        command->add_option("--cert-key", serve_.cert_key, "TLS private key, PEM");
        command->add_option("--dns-domain", serve_.dns_domain, "Domain of the machines' names");
        command->add_flag("--disable-legacy-port", serve_.disable_legacy_port, "No gRPC port for old agents (33073)");
        command->add_option("--letsencrypt-domain", serve_.letsencrypt_domain, "Not supported: use certificate files");
        command->add_flag("--disable-single-account-mode", serve_.disable_single_account_mode, "Not supported");
        for (const std::string flag : {"--disable-anonymous-metrics", "--disable-geolite-update",
                                       "--idp-sign-key-refresh-enabled", "--user-delete-from-idp"})
            command->add_flag_callback(
                flag, [this, flag] { serve_.without_effect.push_back(flag); }, "No effect");
        command->add_option_function<std::string>(
            "--single-account-mode-domain",
            [this](const std::string&) { serve_.without_effect.push_back("--single-account-mode-domain"); },
            "No effect");
    }

    // The innermost command that was named knows what it could have been.
    int print_unknown() const {
        const CLI::App* command = &app_;
        for (auto chosen = command->get_subcommands(); !chosen.empty(); chosen = command->get_subcommands())
            command = chosen.front();
        std::vector<std::string> known;
        for (const auto* option : command->get_options())
            for (const auto& name : option->get_lnames()) known.push_back("--" + name);
        for (const auto* below : command->get_subcommands([](const CLI::App*) { return true; }))
            known.push_back(below->get_name());
        for (const auto& left : app_.remaining(true)) {
            const auto name = left.substr(0, left.find('='));  // a value may be a secret
            const auto meant = config::nearest(name, known);
            fmt::print(stderr, "unknown {}: {}{}\n", name.starts_with("-") ? "flag" : "argument", name,
                       meant ? fmt::format(" (did you mean {}?)", *meant) : "");
        }
        return 2;
    }

    void add_which_node(CLI::App* command) {
        command->add_option("--data-dir", serve_.data_dir, "The server's data directory");
        command->add_option("-c,--config", serve_.config_file, "The server's configuration file");
        command->add_option("--socket", socket_,
                            "The server's control socket; none of the three: the only running one");
    }

    void add_status() {
        auto* command = app_.add_subcommand("status", "Show what the running node does");
        add_which_node(command);
        command->add_flag("--json", json_, "The whole status as JSON");
        command->add_flag("--all", all_, "Every session, not the first ten of each kind only");
        command->callback([this] { exit_code_ = show_status(); });
    }

    void add_log_level() {
        auto* command = app_.add_subcommand("log-level", "Show or set the levels of the running node's log");
        add_which_node(command);
        command->add_option("levels", levels_, "debug: of all components; relay=debug,store=warn: of these");
        command->callback([this] { exit_code_ = show_log_levels(); });
    }

    void add_debug() {
        auto* debug = app_.add_subcommand("debug", "Make things go wrong (builds with the fault switch only)");
        debug->require_subcommand(1);
        auto* crash = debug->add_subcommand("crash", "Make an actor throw");
        add_which_node(crash);
        crash->add_option("actor", actor_, "Its path, as `rookery status --json` shows it")->required();
        crash->callback([this] { exit_code_ = debug_command("debug.crash", {{"actor", actor_}}); });
        auto* fault = debug->add_subcommand("fault", "Make the next passes of a fault point go wrong");
        add_which_node(fault);
        fault->add_option("point", point_, "Its name, see `rookery debug faults`")->required();
        fault->add_option("action", action_, "delay, error, drop, die; none: not any more")->required();
        fault->add_option("count", count_, "How many passes");
        fault->add_option("--delay", delay_ms_, "Milliseconds of a delay");
        fault->callback([this] {
            exit_code_ = debug_command(
                "debug.fault", {{"point", point_}, {"action", action_}, {"count", count_}, {"delay_ms", delay_ms_}});
        });
        auto* faults = debug->add_subcommand("faults", "List the fault points and how often they were passed and hit");
        add_which_node(faults);
        faults->add_flag("--json", json_, "As JSON");
        faults->callback([this] { exit_code_ = list_faults(); });
    }

    void add_tokens() {
        auto* tokens = app_.add_subcommand("tokens", "Access tokens for the API");
        tokens->require_subcommand(1);
        auto* create = tokens->add_subcommand("create", "Make an administrator's access token and print it once");
        add_which_node(create);
        create->add_option("--name", name_, "Shown in the list of tokens");
        create->add_option("--expires-in", days_, "Days, 1 to 365");
        create->callback([this] {
            exit_code_ = ask_for("tokens.create", {{"name", name_.empty() ? "cli" : name_}, {"days", days_}}, "token",
                                 "Access token of the administrator. Keep it: it is not shown again.");
        });
    }

    void add_drain() {
        auto* command = app_.add_subcommand(
            "drain", "End the running server in order: it leaves its balancers, ends sessions one by one, and exits 0");
        add_which_node(command);
        command->add_flag("--wait", wait_, "Return when the process has ended");
        command->callback([this] { exit_code_ = drain(); });
    }

    void add_setup_key() {
        auto* keys = app_.add_subcommand("setup-key", "Keys that machines join with");
        keys->require_subcommand(1);
        auto* create = keys->add_subcommand("create", "Make a setup key and print it once");
        add_which_node(create);
        create->add_option("--name", name_, "Shown in the list of keys");
        create->add_option("--type", type_, "reusable or one-off");
        create->add_option("--expires-in", seconds_, "Seconds; 0: never");
        create->add_option("--usage-limit", usage_limit_, "How many machines may use it; 0: any number");
        create->add_flag("--ephemeral", ephemeral_, "Machines that join with it disappear when they are gone");
        create->callback([this] {
            exit_code_ = ask_for("setup-key.create",
                                 {{"name", name_.empty() ? "cli" : name_},
                                  {"type", type_},
                                  {"expires_in", seconds_},
                                  {"usage_limit", usage_limit_},
                                  {"ephemeral", ephemeral_}},
                                 "key", "Setup key. Keep it: it is not shown again.");
        });
    }

    void add_check_config() {
        auto* command = app_.add_subcommand("check-config", "Check a configuration file; unknown keys are errors");
        command->add_option("-c,--config", serve_.config_file, "The file")->required();
        command->callback([this] {
            serve_.strict = true;
            const auto loaded = config::load_serve(serve_, config::process_environment());
            if (!loaded) {
                exit_code_ = print_failure(loaded.error().message);
                return;
            }
            for (const auto& warning : loaded->warnings) fmt::print("warning: {}\n", warning);
            fmt::print("{} is valid\n", *serve_.config_file);
            exit_code_ = 0;
        });
    }

    core::Result<std::shared_ptr<const Json>> ask(const std::string& command, const Json& arguments) {
        const auto socket = socket_ ? core::Result<std::string>(*socket_) : find_node(serve_);
        if (!socket) return tl::unexpected(socket.error());
        return adapters::control::ask(*socket, command, arguments);
    }

    // The bare value is the last line of stdout, for scripts; what it is goes to stderr.
    int ask_for(const std::string& command, const Json& arguments, const char* field, const char* explanation) {
        const auto answer = ask(command, arguments);
        if (!answer) return print_failure(answer.error().message);
        fmt::print(stderr, "{}\n", explanation);
        fmt::print("{}\n", (**answer).at(field).get<std::string>());
        return 0;
    }

    int show_log_levels() {
        const auto answer = ask("log-level", {{"set", levels_}});
        if (!answer) return print_failure(answer.error().message);
        for (const auto& [component, level] : (**answer).at("levels").items())
            fmt::print("{:<12} {}\n", component, level.get<std::string>());
        return 0;
    }

    int debug_command(const std::string& command, const Json& arguments) {
        const auto answer = ask(command, arguments);
        return answer ? 0 : print_failure(answer.error().message);
    }

    int list_faults() {
        const auto answer = ask("debug.faults", Json::object());
        if (!answer) return print_failure(answer.error().message);
        if (json_) {
            fmt::print("{}\n", (**answer).dump(2));
            return 0;
        }
        fmt::print("{:<20} {:>10} {:>6} {:>6} {:<8} {}\n", "point", "passed", "hit", "left", "armed", "actions");
        for (const auto& p : (**answer).at("points"))
            fmt::print("{:<20} {:>10} {:>6} {:>6} {:<8} {}\n", p.at("name").get<std::string>(),
                       p.at("passed").get<std::uint64_t>(), p.at("hit").get<std::uint64_t>(),
                       p.at("left").get<std::int64_t>(), p.at("armed").get<std::string>(),
                       fmt::join(p.at("actions").get<std::vector<std::string>>(), " "));
        return 0;
    }

    int drain() {
        const auto answer = ask("drain", Json::object());
        if (!answer) return print_failure(answer.error().message);
        const auto pid = (**answer).at("pid").get<pid_t>();
        const std::chrono::milliseconds within((**answer).at("within_ms").get<std::int64_t>());
        if (!wait_) {
            fmt::print("draining: process {} ends within {:g} s\n", pid, std::chrono::duration<double>(within).count());
            return 0;
        }
        if (!wait_for_end(pid, within + std::chrono::seconds(10)))
            return print_failure(fmt::format("process {} has not ended; its log says what it waits for", pid));
        fmt::print("drained: process {} has ended\n", pid);
        return 0;
    }

    // Exact also when the number is given to another process meanwhile. A process of another user cannot be told
    // from one that is gone, but then its socket would not have answered.
    static bool wait_for_end(pid_t pid, std::chrono::milliseconds limit) {
        const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
        if (process < 0) return errno == ESRCH;
        pollfd wait{process, POLLIN, 0};
        const bool ended = ::poll(&wait, 1, static_cast<int>(limit.count())) == 1;
        ::close(process);
        return ended;
    }

    int show_status() {
        const auto answer = ask("status", Json::object());
        if (!answer) return print_failure(answer.error().message);
        const auto& status = **answer;
        if (json_) {
            fmt::print("{}\n", status.dump(2));
            return 0;
        }
        fmt::print("{}", status_text(status, all_));
        return 0;
    }

    CLI::App app_;
    std::optional<int> exit_code_;
    config::ServeOptions serve_;
    std::optional<std::string> socket_;
    std::string levels_;
    std::string name_;
    std::string type_ = "reusable";
    std::int64_t days_ = 365;
    std::int64_t seconds_ = 0;
    std::int64_t usage_limit_ = 0;
    bool ephemeral_ = false;
    bool json_ = false;
    bool all_ = false;
    std::string actor_;
    std::string point_;
    std::string action_;
    std::uint32_t count_ = 1;
    std::uint32_t delay_ms_ = 100;
    bool wait_ = false;
};

}  // namespace

int run_command_line(const Arguments& arguments) {
    if (!arguments.empty() && (arguments.front() == "signal" || arguments.front() == "relay")) {
        const bool signal = arguments.front() == "signal";
        const Arguments rest(arguments.begin() + 1, arguments.end());
        if (asks_for_help(rest)) {
            fmt::print("{}", signal ? config::usage_signal() : config::usage_relay());
            return 0;
        }
        const auto environment = config::process_environment();
        return run(signal ? config::load_signal(rest, environment) : config::load_relay(rest, environment));
    }
    return CommandLine().parse(arguments);
}

}  // namespace rookery::runtime
