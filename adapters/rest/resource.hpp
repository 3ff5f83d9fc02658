// What all resources have in common: list, read, create, replace, delete. A resource R says what is its own:
//   using Entity                                    what it is in the account
//   static core::Error missing(id)                  the answer of reading an unknown one
//   static Json encode(account, entity)
//   static C create(body, call, id), U update(body, call, id), D remove(call, id)    its commands
// and what Defaults say otherwise.
#pragma once

#include <optional>

#include "adapters/rest/call.hpp"

namespace rookery::adapters::rest {

struct Defaults {
    // Whether a replacement of an unknown one is answered 404 before its body is read and its permission is checked.
    static constexpr bool found_before_read = false;
    // Whether it is one of those that the path names.
    template <class Entity>
    static bool belongs(const Call&, const Entity&) {
        return true;
    }
    // Why this server cannot carry out the command, if it cannot.
    template <class Command>
    static std::optional<core::Error> refusal(const Command&) {
        return std::nullopt;
    }
};

template <class R>
struct Resource {
    using Entity = typename R::Entity;

    static const management::Collection<Entity>& all(const management::AccountState& account) {
        return account.*management::collection_of<Entity>;
    }

    static void list(const Call& call) {
        if (!call.permitted()) return;
        Json list = Json::array();
        for (const auto& [id, entity] : all(*call.account))
            if (R::belongs(call, *entity)) list.push_back(R::encode(*call.account, *entity));
        call.answer.json(list);
    }

    static void get(const Call& call) {
        if (!call.permitted()) return;
        const auto* entity = all(*call.account).find(call.last_path_value());
        if (!entity || !R::belongs(call, *entity)) return call.answer.error(R::missing(call.last_path_value()));
        call.answer.json(R::encode(*call.account, *entity));
    }

    static void create(const Call& call) {
        Body body(call.request->body);
        auto id = call.new_id();
        auto command = R::create(body, call, id);
        if (!body.ok()) return call.answer(unreadable_body());
        if (!call.permitted()) return;
        if (const auto refusal = R::refusal(command)) return call.answer.error(*refusal);
        execute(call, std::move(command), std::move(id));
    }

    static void update(const Call& call) {
        auto id = call.last_path_value();
        if constexpr (R::found_before_read) {
            if (!call.permitted(Operation::read)) return;
            if (!all(*call.account).find(id)) return call.answer.error(R::missing(id));
        }
        Body body(call.request->body);
        auto command = R::update(body, call, id);
        if (!body.ok()) return call.answer(unreadable_body());
        if (!call.permitted()) return;
        if (const auto refusal = R::refusal(command)) return call.answer.error(*refusal);
        execute(call, std::move(command), std::move(id));
    }

    static void remove(const Call& call) {
        if (!call.permitted()) return;
        call.execute(R::remove(call, call.last_path_value()),
                     [call](const management::Committed&) { call.answer.json(Json::object()); });
    }

private:
    static void execute(const Call& call, management::Command command, management::Id id) {
        call.execute(std::move(command), [call, id = std::move(id)](const management::Committed& committed) {
            const auto entity = changed(committed, id, all(*committed.state));
            if (!entity) return call.answer.error(R::missing(id));
            call.answer.json(R::encode(*committed.state, *entity));
        });
    }
};

// "<kind>: <id> not found".
inline core::Error not_found(std::string_view kind, const std::string& id) {
    return {core::ErrorKind::not_found, std::string(kind) + ": " + id + " not found"};
}

// A list of the API that has elements or is not there.
template <class T>
void put_unless_empty(Json& json, const char* name, const T& list) {
    if (!list.empty()) json[name] = list;
}

}  // namespace rookery::adapters::rest
