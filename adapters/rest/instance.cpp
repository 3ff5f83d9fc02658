#include "adapters/rest/instance.hpp"

#include <algorithm>

#include "actors/management/secrets.hpp"

namespace rookery::adapters::rest {

namespace {

using core::ErrorKind;

core::Error refused(std::string message) {
    return {ErrorKind::invalid_argument, std::move(message)};
}

bool dot_atom(std::string_view text) {
    if (text.empty() || text.starts_with('.') || text.ends_with('.') || text.find("..") != std::string_view::npos)
        return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte != 0x7f && std::string_view("()<>[]:;@\\,\"").find(c) == std::string_view::npos;
    });
}

struct Setup {
    std::string email, name;
    bool create_token = false;
    std::int64_t token_days = 1;
};

// The checks in the reference's order.
core::Result<Setup> read_setup(Body& body, bool tokens_enabled) {
    Setup setup;
    setup.email = body.text("email");
    setup.name = body.text("name");
    const auto password = body.text("password");
    const auto days = body.optional_integer("pat_expire_in");
    setup.create_token = body.flag("create_pat") && tokens_enabled;
    setup.token_days = days.value_or(1);
    if (!body.ok()) return core::fail(ErrorKind::bad_request, "invalid request body");

    const auto fail = [](std::string message) { return tl::unexpected(refused(std::move(message))); };
    if (setup.create_token && (setup.token_days < 1 || setup.token_days > 365))
        return fail("pat_expire_in must be between 1 and 365");
    if (setup.email.empty()) return fail("email is required");
    if (!looks_like_email(setup.email)) return fail("invalid email format");
    if (setup.name.empty()) return fail("name is required");
    if (password.empty()) return fail("password is required");
    if (password.size() < 8) return fail("password must be at least 8 characters");
    if (password.size() > 72) return fail("password must be at most 72 characters");
    return setup;
}

core::Error already_set_up() {
    return {ErrorKind::precondition_failed, "setup already completed"};
}

void create_token(const ContextPtr& context, const Answer& answer, const Setup& setup,
                  const management::Snapshot& account, const management::UserId& owner) {
    const auto token = management::new_access_token(context->crypto);
    management::CreateAccessToken command;
    command.id = management::new_xid(context->clock(), context->crypto);
    command.user = owner;
    command.name = "setup-token";
    command.hash = management::hash_access_token(token.reveal(), context->crypto);
    command.expires_in_days = setup.token_days;
    context->api.execute(
        account->id, {std::move(command), {owner}},
        core::Reply<management::Committed>([answer, setup, owner, token](core::Result<management::Committed> done) {
            answer.guarded([&] {
                // The account stays: Api has no way to take it back, and the operator needs none.
                if (!done)
                    return answer(error_answer(http_status(done.error().kind),
                                               "the account was created, but not its token: " + done.error().message +
                                                   "; create one on the server with `rookery tokens create`"));
                auto response = json_answer(
                    Json{{"user_id", owner}, {"email", setup.email}, {"personal_access_token", token.reveal()}});
                response.headers.emplace_back("Cache-Control", "no-store");
                answer(std::move(response));
            });
        }));
}

void create_account(const ContextPtr& context, const Answer& answer, const Setup& setup) {
    auto account = management::new_account(setup.name, setup.email, context->clock(), context->crypto);
    const auto owner = account.owner;
    context->api.create_account(
        std::move(account),
        core::Reply<management::Snapshot>([context, answer, setup, owner](core::Result<management::Snapshot> created) {
            answer.guarded([&] {
                // Somebody was faster, perhaps on another replica.
                if (!created && created.error().kind == ErrorKind::already_exists)
                    return answer.error(already_set_up());
                if (!created) return answer.error(created.error());
                create_token(context, answer, setup, *created, owner);
            });
        }));
}

}  // namespace

bool looks_like_email(std::string_view text) {
    if (text.ends_with('>')) {
        const auto open = text.rfind('<');
        if (open == std::string_view::npos) return false;
        text = text.substr(open + 1, text.size() - open - 2);
    }
    const auto at = text.rfind('@');
    return at != std::string_view::npos && dot_atom(text.substr(0, at)) && dot_atom(text.substr(at + 1));
}

void get_instance(const ContextPtr& context, const RequestPtr&, const Answer& answer) {
    context->api.accounts(core::Reply<std::vector<management::AccountId>>(
        [answer](core::Result<std::vector<management::AccountId>> accounts) {
            answer.guarded([&] {
                if (accounts) return answer.json(Json{{"setup_required", accounts->empty()}});
                if (accounts.error().kind == ErrorKind::unavailable) return answer.error(accounts.error());
                answer(error_answer(500, "failed to check instance status"));
            });
        }));
}

void set_up_instance(const ContextPtr& context, const RequestPtr& request, const Answer& answer) {
    Body body(request->body);
    const auto setup = read_setup(body, context->options.setup_pat_enabled);
    if (!setup) return answer.error(setup.error());
    context->api.accounts(answer.on<std::vector<management::AccountId>>(
        [context, answer, setup = *setup](const std::vector<management::AccountId>& accounts) {
            if (!accounts.empty()) return answer.error(already_set_up());
            if (!setup.create_token)
                return answer(error_answer(
                    412,
                    "this server has no login with passwords yet, so an account without an access token could not be "
                    "used: run `rookery tokens create` on the server, or set NB_SETUP_PAT_ENABLED=true and send "
                    "\"create_pat\": true"));
            create_account(context, answer, setup);
        }));
}

void get_version(const Call& call) {
    call.answer.json({{"management_current_version", api_version}, {"management_update_available", false}});
}

}  // namespace rookery::adapters::rest
