#include "adapters/rest/api.hpp"

#include <chrono>

#include "actors/core/log.hpp"
#include "actors/management/secrets.hpp"
#include "adapters/http/router.hpp"
#include "adapters/rest/authorization.hpp"
#include "adapters/rest/endpoint.hpp"
#include "adapters/rest/health.hpp"

namespace rookery::adapters::rest {

namespace {

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
http::Handler authenticated(const ContextPtr& context, const CountersPtr& counters, const Endpoint& endpoint) {
    return [context, counters, &endpoint](std::shared_ptr<const http::Request> request, http::Respond respond) {
        const Answer answer(observed(counters, request, std::move(respond)));
        const auto token = access_token(request->header("authorization"));
        if (!token) return answer.error(token.error());
        context->api.authenticate(
            *token, answer.on<management::Identity>([context, &endpoint, request, answer](management::Identity caller) {
                const auto account = caller.account;
                context->api.snapshot(account, answer.on<management::Snapshot>([context, &endpoint, request, answer,
                                                                                caller](management::Snapshot state) {
                    endpoint.handle(Call{context, request, caller, std::move(state), answer, endpoint});
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
    for (const auto& endpoint : public_endpoints())
        router->add(endpoint.method, endpoint.path,
                    [context, &endpoint, counters = counters_of(endpoint.method, endpoint.path)](
                        RequestPtr request, http::Respond respond) {
                        endpoint.handle(context, request, Answer(observed(counters, request, std::move(respond))));
                    });
    for (const auto& endpoint : endpoints())
        router->add(endpoint.method, endpoint.path,
                    authenticated(context, counters_of(endpoint.method, endpoint.path), endpoint));
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
