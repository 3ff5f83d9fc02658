#include "adapters/rest/call.hpp"

#include "actors/core/log.hpp"
#include "actors/management/secrets.hpp"
#include "adapters/rest/endpoint.hpp"

namespace rookery::adapters::rest {

void Answer::error(const core::Error& error) const {
    respond_(error_answer(error));
}

void Answer::failed(const char* what) const {
    core::log::error("rest: a handler failed: {}", what);
    respond_(error_answer(500, "internal server error"));
}

std::string Call::new_id() const {
    return management::new_xid(context->clock(), context->crypto);
}

bool Call::permitted() const {
    return permitted(endpoint.operation);
}

bool Call::permitted(Operation operation) const {
    return permitted(endpoint.module, operation);
}

bool Call::permitted(std::string_view module, Operation operation) const {
    const auto check = endpoint.access == Access::plain_errors ? require_unprefixed : require;
    const auto ok = check(*account, caller.user, module, operation);
    if (!ok) answer.error(ok.error());
    return ok.has_value();
}

void Call::execute(management::Command command, std::function<void(const management::Committed&)> then) const {
    context->api.execute(caller.account, {std::move(command), {caller.user}},
                         answer.on<management::Committed>(std::move(then)));
}

http::Response unreadable_body() {
    return error_answer(400, "couldn't parse JSON request");
}

}  // namespace rookery::adapters::rest
