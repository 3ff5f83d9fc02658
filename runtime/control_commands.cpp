#include "runtime/control_commands.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "actors/core/faults.hpp"
#include "actors/core/log.hpp"

namespace rookery::runtime {
namespace {

using adapters::control::Json;
using Answer = std::shared_ptr<const Json>;
using core::Reply;
using core::Result;

// The one way out for a secret: to the operator who asked for it, over his own socket.
Reply<config::Secret> as_json(const char* name, Reply<Answer> reply) {
    return Reply<config::Secret>([name, reply](Result<config::Secret> secret) {
        if (!secret) return reply(tl::unexpected(secret.error()));
        reply(std::make_shared<const Json>(Json{{name, secret->reveal()}}));
    });
}

// A request whose fields have other types than expected is refused, with the field's name.
Result<core::Done> read(const Json& arguments, const char* name, auto& out) {
    if (!arguments.contains(name)) return core::Done{};
    try {
        arguments.at(name).get_to(out);
        return core::Done{};
    } catch (const Json::exception&) {
        return core::fail(core::ErrorKind::bad_request, std::string("argument \"") + name + "\" has the wrong type");
    }
}

template <class... Pairs>
Result<core::Done> read_all(const Json& arguments, Pairs... pairs) {
    Result<core::Done> result = core::Done{};
    const auto one = [&](auto& pair) {
        if (result) result = read(arguments, pair.first, *pair.second);
    };
    (one(pairs), ...);
    return result;
}

// Shows the levels of the log, after setting what `set` asks for.
void log_level(const Json& arguments, const Reply<Answer>& reply) {
    std::string text;
    if (auto ok = read(arguments, "set", text); !ok) return reply(tl::unexpected(ok.error()));
    const auto wish = config::parse_log_levels(text);
    if (!wish) return reply(core::fail(core::ErrorKind::bad_request, wish.error()));
    auto levels = core::log::levels();
    if (!text.empty()) {
        levels.apply(*wish);
        core::log::set_levels(levels);
        core::log::info("log levels set by the operator: {}", text);
    }
    Json answer = Json::object();
    for (std::size_t i = 0; i < levels.of.size(); ++i)
        answer[std::string(config::log_component_names[i])] = std::string(config::to_string(levels.of[i]));
    reply(std::make_shared<const Json>(Json{{"levels", std::move(answer)}}));
}

using Commands = std::map<std::string, adapters::control::Command>;

#ifdef ROOKERY_FAULTS

Json faults_json() {
    Json points = Json::array();
    for (const auto& p : core::faults::points())
        points.push_back({{"name", p.name},
                          {"passed", p.passed},
                          {"hit", p.hit},
                          {"left", p.left},
                          {"armed", p.armed},
                          {"actions", p.actions}});
    return {{"points", std::move(points)}};
}

void add_debug(Commands& commands, const core::VitalsRegistry& actors) {
    commands["debug.faults"] = [](const Json&, Reply<Answer> reply) {
        reply(std::make_shared<const Json>(faults_json()));
    };
    commands["debug.fault"] = [](const Json& arguments, Reply<Answer> reply) {
        std::string point, action;
        std::uint32_t count = 1, delay_ms = 100;
        if (auto ok = read_all(arguments, std::pair{"point", &point}, std::pair{"action", &action},
                               std::pair{"count", &count}, std::pair{"delay_ms", &delay_ms});
            !ok)
            return reply(tl::unexpected(ok.error()));
        if (auto ok = core::faults::arm(point, action, count, std::chrono::milliseconds(delay_ms)); !ok)
            return reply(tl::unexpected(ok.error()));
        core::log::warn("fault switch: the next {} passes of {}: {}", count, point, action);
        reply(std::make_shared<const Json>(Json::object()));
    };
    commands["debug.crash"] = [&actors](const Json& arguments, Reply<Answer> reply) {
        std::string actor;
        if (auto ok = read_all(arguments, std::pair{"actor", &actor}); !ok) return reply(tl::unexpected(ok.error()));
        core::log::warn("fault switch: {} crashes", actor);
        if (!actors.crash(actor))
            return reply(core::fail(core::ErrorKind::not_found, "no actor " + actor + "; see rookery status --json"));
        reply(std::make_shared<const Json>(Json::object()));
    };
}

#else

void add_debug(Commands& commands, const core::VitalsRegistry&) {
    for (const auto* name : {"debug.faults", "debug.fault", "debug.crash"})
        commands[name] = [](const Json&, Reply<Answer> reply) {
            reply(core::fail(core::ErrorKind::precondition_failed,
                             "this build of rookery has no fault switch: use one of preset debug or asan"));
        };
}

#endif

}  // namespace

Commands control_commands(ControlHooks hooks, Operator by, const core::VitalsRegistry& actors) {
    Commands commands;
    add_debug(commands, actors);
    commands["status"] = [status = hooks.status](const Json&, Reply<Answer> reply) {
        reply(std::make_shared<const Json>(status()));
    };
    commands["drain"] = [drain = hooks.drain](const Json&, Reply<Answer> reply) {
        const auto times = drain();
        reply(std::make_shared<const Json>(
            Json{{"pid", ::getpid()}, {"within_ms", (times.delay + times.timeout + times.goodbye).count()}}));
    };
    commands["log-level"] = log_level;
    if (!by.api) {
        for (const auto* name : {"tokens.create", "setup-key.create"})
            commands[name] = [](const Json&, Reply<Answer> reply) {
                reply(core::fail(core::ErrorKind::precondition_failed,
                                 "this node does not carry Management: ask one that does, by --data-dir or --socket"));
            };
        return commands;
    }
    commands["tokens.create"] = [by](const Json& arguments, Reply<Answer> reply) {
        NewToken token;
        if (auto ok = read_all(arguments, std::pair{"name", &token.name}, std::pair{"days", &token.days}); !ok)
            return reply(tl::unexpected(ok.error()));
        create_token(by, std::move(token), as_json("token", std::move(reply)));
    };
    commands["setup-key.create"] = [by](const Json& arguments, Reply<Answer> reply) {
        NewSetupKey key;
        if (auto ok = read_all(arguments, std::pair{"name", &key.name}, std::pair{"type", &key.type},
                               std::pair{"expires_in", &key.expires_in}, std::pair{"usage_limit", &key.usage_limit},
                               std::pair{"ephemeral", &key.ephemeral});
            !ok)
            return reply(tl::unexpected(ok.error()));
        create_setup_key(by, std::move(key), as_json("key", std::move(reply)));
    };
    return commands;
}

}  // namespace rookery::runtime
