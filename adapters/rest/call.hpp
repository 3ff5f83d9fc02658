// One REST request on its way from its route to its answer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "actors/management/api.hpp"
#include "adapters/http/server.hpp"
#include "adapters/rest/answers.hpp"
#include "adapters/rest/api.hpp"
#include "adapters/rest/body.hpp"
#include "adapters/rest/permissions.hpp"

namespace rookery::adapters::rest {

// The release of NetBird whose API this is.
inline constexpr auto api_version = "0.77.1";

// What every request needs; lives as long as the last of them.
struct Context {
    management::Api& api;
    const core::Crypto& crypto;
    const RestOptions options;
    const std::function<core::WallTime()> clock;
};
using ContextPtr = std::shared_ptr<const Context>;
using RequestPtr = std::shared_ptr<const http::Request>;

struct Endpoint;

// The single answer of a request. An exception in `guarded` becomes a 500 and does not reach the thread that
// brought the reply.
class Answer {
public:
    explicit Answer(http::Respond respond) : respond_(std::move(respond)) {}

    void operator()(http::Response response) const { respond_(std::move(response)); }
    void json(const Json& body) const { respond_(json_answer(body)); }
    void error(const core::Error& error) const;

    template <class F>
    void guarded(F f) const {
        try {
            f();
        } catch (const std::exception& e) {
            failed(e.what());
        }
    }
    // A receiver for management::Api: `then` gets the value, an error is answered.
    template <class T, class F>
    core::Reply<T> on(F then) const {
        return core::Reply<T>([answer = *this, then = std::move(then)](core::Result<T> result) {
            answer.guarded([&] {
                if (!result) return answer.error(result.error());
                then(std::move(*result));
            });
        });
    }

private:
    void failed(const char* what) const;

    http::Respond respond_;
};

// An authenticated request with the caller's account as it is now.
struct Call {
    ContextPtr context;
    std::shared_ptr<const http::Request> request;
    management::Identity caller;
    management::Snapshot account;
    Answer answer;
    const Endpoint& endpoint;

    // The first of the path's ids, and the last: that of the entity itself.
    const std::string& path_value() const { return request->path_values.front(); }
    const std::string& last_path_value() const { return request->path_values.back(); }
    std::string new_id() const;

    // Whether the caller may do what the endpoint's row says; if not, that is answered.
    bool permitted() const;
    // The same for another operation of the endpoint's module, or of another module.
    bool permitted(Operation operation) const;
    bool permitted(std::string_view module, Operation operation) const;
    // Executes on behalf of the caller.
    void execute(management::Command command, std::function<void(const management::Committed&)> then) const;
};

// 400 with the reference's words.
http::Response unreadable_body();

// What the command left of entity `id`: as the state has it, since the members of groups are changes of their own; from
// the change itself where a later change has removed it again.
template <class T>
std::shared_ptr<const T> changed(const management::Committed& committed, const management::Id& id,
                                 const management::Collection<T>& after) {
    if (const auto* entry = after.find_entry(id)) return entry->second;
    if (!committed.changes) return nullptr;
    for (const auto& change : committed.changes->changes)
        if (const auto* put = std::get_if<management::Put<T>>(&change); put && put->value->id == id) return put->value;
    return nullptr;
}

}  // namespace rookery::adapters::rest
