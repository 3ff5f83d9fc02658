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

// One debug line per answer. The path is logged without its query, which may hold anything.
http::Respond logged(const std::shared_ptr<const http::Request>& request, http::Respond respond) {
    if (!core::log::enabled(core::log::Component::http, core::log::Level::debug)) return respond;
    return [request, respond = std::move(respond), start = std::chrono::steady_clock::now()](http::Response response) {
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
        const core::log::Fields fields{{"requestID", std::string(request->header("x-request-id").value_or(""))}};
        core::log::write(core::log::Level::debug, &fields, "request {} {} took {} ms and finished with status {}",
                         request->method, request->path, took.count(), response.status);
        respond(std::move(response));
    };
}

// Authentication, then the account as it is after every change committed before this moment, then the route.
http::Handler authenticated(const ContextPtr& context, RouteHandler handle) {
    return [context, handle](std::shared_ptr<const http::Request> request, http::Respond respond) {
        const Answer answer(logged(request, std::move(respond)));
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

std::shared_ptr<const http::Router> make_router(const ContextPtr& context) {
    auto router =
        std::make_shared<http::Router>([context] { return management::new_xid(context->clock(), context->crypto); });

    const auto health = [context](std::shared_ptr<const http::Request>, http::Respond respond) {
        respond(health_answer(context->options.health()));
    };
    router->add_plain("GET", "/api/health", health);
    router->add_plain("HEAD", "/api/health", health);

    router->add("GET", "/api/instance", [context](std::shared_ptr<const http::Request> request, http::Respond respond) {
        get_instance(context, Answer(logged(request, std::move(respond))));
    });
    router->add("POST", "/api/setup", [context](std::shared_ptr<const http::Request> request, http::Respond respond) {
        set_up_instance(context, request, Answer(logged(request, std::move(respond))));
    });

    const auto add = [&](const char* method, const char* pattern, RouteHandler handle) {
        router->add(method, pattern, authenticated(context, handle));
    };
    add("GET", "/api/users/current", get_current_user);
    add("GET", "/api/groups", list_groups);
    add("GET", "/api/setup-keys", list_setup_keys);
    add("POST", "/api/setup-keys", create_setup_key);
    add("GET", "/api/setup-keys/{}", get_setup_key);
    add("PUT", "/api/setup-keys/{}", update_setup_key);
    add("DELETE", "/api/setup-keys/{}", delete_setup_key);
    add("GET", "/api/peers", list_peers);
    add("GET", "/api/peers/{}", get_peer);
    add("PUT", "/api/peers/{}", update_peer);
    add("DELETE", "/api/peers/{}", delete_peer);
    return router;
}

}  // namespace

RestApi::RestApi(management::Api& api, const core::Crypto& crypto, RestOptions options,
                 std::function<core::WallTime()> clock) {
    if (!options.health) options.health = [] { return Health{}; };
    const auto context = std::make_shared<const Context>(Context{api, crypto, std::move(options), std::move(clock)});
    handler_ = [router = make_router(context)](std::shared_ptr<const http::Request> request, http::Respond respond) {
        router->handle(std::move(request), std::move(respond));
    };
}

http::Handler RestApi::handler() const {
    return handler_;
}

}  // namespace rookery::adapters::rest
