#include "adapters/rest/call.hpp"

#include "actors/core/log.hpp"

namespace rookery::adapters::rest {

void Answer::error(const core::Error& error) const {
    respond_(error_answer(error));
}

void Answer::failed(const char* what) const {
    core::log::error("rest: a handler failed: {}", what);
    respond_(error_answer(500, "internal server error"));
}

void Call::execute(management::Command command, std::function<void(const management::Committed&)> then) const {
    context->api.execute(caller.account, {std::move(command), {caller.user}},
                         answer.on<management::Committed>(std::move(then)));
}

http::Response unreadable_body() {
    return error_answer(400, "couldn't parse JSON request");
}

}  // namespace rookery::adapters::rest
