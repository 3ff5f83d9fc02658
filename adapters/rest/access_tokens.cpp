#include "adapters/rest/access_tokens.hpp"

#include "actors/management/secrets.hpp"
#include "adapters/rest/resource.hpp"

namespace rookery::adapters::rest {

namespace {

using management::AccessToken;
using management::Role;

// The permission, that the user exists, and that his tokens are the caller's business: in this order.
bool allowed(const Call& call) {
    if (!call.permitted()) return false;
    const auto& users = call.account->users;
    const auto* owner = users.find(call.path_value());
    if (!owner) {
        call.answer.error(not_found("user", call.path_value()));
        return false;
    }
    const auto* caller = users.find(call.caller.user);
    const bool administrator = caller && (caller->role == Role::owner || caller->role == Role::admin);
    if (owner->id == call.caller.user || (owner->service_user && administrator)) return true;
    call.answer.error({core::ErrorKind::permission_denied, "admin role required to perform this action"});
    return false;
}

Json token_json(const AccessToken& token) {
    Json json{{"id", token.id},
              {"name", token.name},
              {"created_at", timestamp(token.created_at)},
              {"created_by", token.created_by},
              {"expiration_date", timestamp(token.expires_at)}};
    if (token.last_used != core::WallTime{} && token.last_used != core::never)
        json["last_used"] = timestamp(token.last_used);
    return json;
}

core::Error missing(const std::string& id) {
    return not_found("pat", id);
}

}  // namespace

void list_tokens(const Call& call) {
    if (!allowed(call)) return;
    Json list = Json::array();
    for (const auto& [id, token] : call.account->tokens)
        if (token->user == call.path_value()) list.push_back(token_json(*token));
    call.answer.json(list);
}

void create_token(const Call& call) {
    Body body(call.request->body);
    management::CreateAccessToken command;
    command.user = call.path_value();
    command.name = body.text("name");
    command.expires_in_days = body.integer("expires_in");
    if (!body.ok()) return call.answer(unreadable_body());
    if (!allowed(call)) return;

    const auto& crypto = call.context->crypto;
    const auto plain = management::new_access_token(crypto);
    command.id = call.new_id();
    command.hash = management::hash_access_token(plain.reveal(), crypto);
    const auto id = command.id;
    call.execute(std::move(command), [call, id, plain](const management::Committed& committed) {
        const auto token = changed(committed, id, committed.state->tokens);
        if (!token) return call.answer.error(missing(id));
        call.answer.json({{"plain_token", plain.reveal()}, {"personal_access_token", token_json(*token)}});
    });
}

void get_token(const Call& call) {
    if (!allowed(call)) return;
    const auto* token = call.account->tokens.find(call.last_path_value());
    if (!token || token->user != call.path_value()) return call.answer.error(missing(call.last_path_value()));
    call.answer.json(token_json(*token));
}

void delete_token(const Call& call) {
    if (!allowed(call)) return;
    call.execute(management::DeleteAccessToken{call.last_path_value(), call.path_value()},
                 [call](const management::Committed&) { call.answer.json(Json::object()); });
}

}  // namespace rookery::adapters::rest
