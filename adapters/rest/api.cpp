#include "adapters/rest/api.hpp"

#include <chrono>

#include "actors/core/log.hpp"
#include "actors/management/secrets.hpp"
#include "adapters/http/router.hpp"
#include "adapters/rest/authorization.hpp"
#include "adapters/rest/call.hpp"
#include "adapters/rest/groups.hpp"
#include "adapters/rest/health.hpp"
#include "adapters/rest/instance.hpp"
#include "adapters/rest/peers.hpp"
#include "adapters/rest/setup_keys.hpp"
#include "adapters/rest/users.hpp"

namespace rookery::adapters::rest {

namespace {

using RouteHandler = void (*)(const Call&);

using CountersPtr = std::shared_ptr<http::RouteCounters>;

// Counts the request and its answer; lines of debug and trace as the reference has them (config-ops §10), but no error
// of what strangers ask. The path is logged without its query, which may hold anything.
http::Respond observed(const CountersPtr& counters, const std::shared_ptr<const http::Request>& request,
                       http::Respond respond) {
    counters->requests.fetch_add(1, std::memory_order_relaxed);
    const auto id = std::string(request->header("x-request-id").value_or(""));
    core::log::trace("HTTP request {}: {} {}", id, request->method, request->path);
    return [counters, request, id, respond = std::move(respond),
            start = std::chrono::steady_clock::now()](http::Response response) {
        const auto took = std::chrono::steady_clock::now() - start;
        counters->answered(response.status, took);
        const core::log::Fields fields{{"requestID", id}};
        core::log::write(core::log::Level::debug, &fields, "request {} {} took {} ms and finished with status {}",
                         request->method, request->path,
                         std::chrono::duration_cast<std::chrono::milliseconds>(took).count(), response.status);
        core::log::trace("HTTP response {}: {} {} status {}", id, request->method, request->path, response.status);
        respond(std::move(response));
    };
}

// Authentication, then the account as it is after every change committed before this moment, then the route.
http::Handler authenticated(const ContextPtr& context, const CountersPtr& counters, RouteHandler handle) {
    return [context, counters, handle](std::shared_ptr<const http::Request> request, http::Respond respond) {
        const Answer answer(observed(counters, request, std::move(respond)));
        const auto token = access_token(request->header("authorization"));
        if (!token) return answer.error(token.error());
        context->api.authenticate(
            *token, answer.on<management::Identity>([context, handle, request, answer](management::Identity caller) {
                const auto account = caller.account;
                context->api.snapshot(account, answer.on<management::Snapshot>([context, handle, request, answer,
                                                                                caller](management::Snapshot state) {
                    handle(Call{context, request, caller, std::move(state), answer});
                }));
            }));
    };
}

std::string without_braces(std::string_view pattern) {
    std::string out;
    for (const char c : pattern)
        if (c != '{' && c != '}') out += c;
    return out;
}

std::shared_ptr<const http::Router> make_router(const ContextPtr& context,
                                                std::vector<std::shared_ptr<const http::RouteCounters>>& counted) {
    auto router =
        std::make_shared<http::Router>([context] { return management::new_xid(context->clock(), context->crypto); });

    const auto health = [context](std::shared_ptr<const http::Request>, http::Respond respond) {
        respond(health_answer(context->options.health()));
    };
    router->add_plain("GET", "/api/health", health);
    router->add_plain("HEAD", "/api/health", health);

    const auto sums = std::make_shared<http::RequestDurations>();
    const auto counters_of = [&](const char* method, const char* pattern) {
        auto counters = std::make_shared<http::RouteCounters>(method, without_braces(pattern), sums);
        counted.push_back(counters);
        return counters;
    };
    router->add("GET", "/api/instance",
                [context, counters = counters_of("GET", "/api/instance")](std::shared_ptr<const http::Request> request,
                                                                          http::Respond respond) {
                    get_instance(context, Answer(observed(counters, request, std::move(respond))));
                });
    router->add("POST", "/api/setup",
                [context, counters = counters_of("POST", "/api/setup")](std::shared_ptr<const http::Request> request,
                                                                        http::Respond respond) {
                    set_up_instance(context, request, Answer(observed(counters, request, std::move(respond))));
                });

    const auto add = [&](const char* method, const char* pattern, RouteHandler handle) {
        router->add(method, pattern, authenticated(context, counters_of(method, pattern), handle));
    };
    add("GET", "/api/users/current", get_current_user);
    add("GET", "/api/groups", list_groups);
    add("GET", "/api/setup-keys", list_setup_keys);
    add("POST", "/api/setup-keys", create_setup_key);
    add("GET", "/api/setup-keys/{keyId}", get_setup_key);
    add("PUT", "/api/setup-keys/{keyId}", update_setup_key);
    add("DELETE", "/api/setup-keys/{keyId}", delete_setup_key);
    add("GET", "/api/peers", list_peers);
    add("GET", "/api/peers/{peerId}", get_peer);
    add("PUT", "/api/peers/{peerId}", update_peer);
    add("DELETE", "/api/peers/{peerId}", delete_peer);
    return router;
}

}  // namespace

RestApi::RestApi(management::Api& api, const core::Crypto& crypto, RestOptions options,
                 std::function<core::WallTime()> clock) {
    if (!options.health) options.health = [] { return Health{}; };
    const auto context = std::make_shared<const Context>(Context{api, crypto, std::move(options), std::move(clock)});
    handler_ = [router = make_router(context, counters_)](std::shared_ptr<const http::Request> request,
                                                          http::Respond respond) {
        router->handle(std::move(request), std::move(respond));
    };
}

http::Handler RestApi::handler() const {
    return handler_;
}

}  // namespace rookery::adapters::rest
