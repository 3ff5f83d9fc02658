#include "adapters/rest/setup_keys.hpp"

#include "actors/management/secrets.hpp"

namespace rookery::adapters::rest {

namespace {

using management::SetupKey;

// What the reference sends for a single key that is not new.
constexpr auto plain_json = "application/json";

const char* state_of(const SetupKey& key, core::WallTime now) {
    if (key.expires_at != core::never && key.expires_at < now) return "expired";
    if (key.revoked) return "revoked";
    if (key.usage_limit > 0 && key.used_times >= key.usage_limit) return "overused";
    return "valid";
}

core::Error no_such_key(const std::string& id) {
    return {core::ErrorKind::not_found, "setup key: " + id + " not found"};
}

}  // namespace

Json setup_key_json(const SetupKey& key, const std::string& shown, core::WallTime now) {
    const std::string state = state_of(key, now);
    return {{"id", key.id},
            {"key", shown},
            {"name", key.name},
            {"expires", timestamp(key.expires_at)},
            {"type", key.type == management::SetupKeyType::one_off ? "one-off" : "reusable"},
            {"valid", state == "valid"},
            {"revoked", key.revoked},
            {"used_times", key.used_times},
            {"last_used", timestamp(key.last_used)},
            {"state", state},
            {"auto_groups", key.auto_groups},
            {"updated_at", timestamp(key.updated_at)},
            {"usage_limit", key.usage_limit},
            {"ephemeral", key.ephemeral},
            {"allow_extra_dns_labels", key.allow_extra_dns_labels}};
}

void list_setup_keys(const Call& call) {
    if (!call.permitted()) return;
    Json list = Json::array();
    for (const auto& [id, key] : call.account->setup_keys)
        list.push_back(setup_key_json(*key, key->masked, call.context->clock()));
    call.answer.json(list);
}

void create_setup_key(const Call& call) {
    Body body(call.request->body);
    management::CreateSetupKey command;
    command.name = body.text("name");
    command.type = body.text("type");
    command.expires_in = body.integer("expires_in");
    command.auto_groups = body.optional_texts("auto_groups").value_or(std::vector<std::string>{});
    command.usage_limit = body.integer("usage_limit");
    command.ephemeral = body.flag("ephemeral");
    command.allow_extra_dns_labels = body.flag("allow_extra_dns_labels");
    if (!body.ok()) return call.answer(unreadable_body());
    if (!call.permitted()) return;

    const auto& crypto = call.context->crypto;
    const auto plain = management::new_setup_key(crypto);
    command.id = call.new_id();
    command.hash = management::hash_setup_key(plain.reveal(), crypto);
    command.masked = management::mask_setup_key(plain.reveal());
    const auto id = command.id;
    call.execute(std::move(command), [call, id, plain](const management::Committed& committed) {
        const auto key = changed(committed, id, committed.state->setup_keys);
        if (!key) return call.answer.error(no_such_key(id));
        call.answer.json(setup_key_json(*key, plain.reveal(), call.context->clock()));
    });
}

void get_setup_key(const Call& call) {
    if (!call.permitted()) return;
    const auto* key = call.account->setup_keys.find(call.path_value());
    if (!key) return call.answer.error(no_such_key(call.path_value()));
    call.answer(json_answer(setup_key_json(*key, key->masked, call.context->clock()), 200, plain_json));
}

void update_setup_key(const Call& call) {
    Body body(call.request->body);
    management::UpdateSetupKey command;
    command.id = call.path_value();
    command.revoked = body.flag("revoked");
    command.auto_groups = body.optional_texts("auto_groups");
    if (!body.ok()) return call.answer(unreadable_body());
    if (!call.permitted()) return;

    const auto id = command.id;
    call.execute(std::move(command), [call, id](const management::Committed& committed) {
        const auto key = changed(committed, id, committed.state->setup_keys);
        if (!key) return call.answer.error(no_such_key(id));
        call.answer(json_answer(setup_key_json(*key, key->masked, call.context->clock()), 200, plain_json));
    });
}

void delete_setup_key(const Call& call) {
    if (!call.permitted()) return;
    call.execute(management::DeleteSetupKey{call.path_value()},
                 [call](const management::Committed&) { call.answer.json(Json::object()); });
}

}  // namespace rookery::adapters::rest
