#include "runtime/bootstrap.hpp"

#include "actors/management/secrets.hpp"

namespace rookery::runtime {
namespace {

using core::Reply;
using core::Result;
using management::AccountId;
using management::Committed;
using management::Snapshot;

const management::User* owner_of(const management::AccountState& account) {
    for (const auto& [id, user] : account.users)
        if (user->role == management::Role::owner) return user.get();
    return nullptr;
}

}  // namespace

void ensure_account(const Operator& by, Reply<Snapshot> reply) {
    by.api->accounts(Reply<std::vector<AccountId>>([by, reply](Result<std::vector<AccountId>> accounts) {
        if (!accounts) return reply(tl::unexpected(accounts.error()));
        if (!accounts->empty()) return by.api->snapshot(accounts->front(), reply);
        by.api->create_account(management::new_account("admin", "", core::wall_now(), *by.crypto),
                               Reply<Snapshot>([by, reply](Result<Snapshot> made) {
                                   // Somebody was faster: that account is the one.
                                   if (!made && made.error().kind == core::ErrorKind::already_exists)
                                       return ensure_account(by, reply);
                                   reply(std::move(made));
                               }));
    }));
}

void create_token(const Operator& by, NewToken request, Reply<config::Secret> reply) {
    ensure_account(by, Reply<Snapshot>([by, request, reply](Result<Snapshot> account) {
                       if (!account) return reply(tl::unexpected(account.error()));
                       const auto* owner = owner_of(**account);
                       if (!owner) return reply(core::fail(core::ErrorKind::internal, "the account has no owner"));
                       const auto token = management::new_access_token(*by.crypto);
                       management::CreateAccessToken command;
                       command.id = management::new_xid(core::wall_now(), *by.crypto);
                       command.user = owner->id;
                       command.name = request.name;
                       command.hash = management::hash_access_token(token.reveal(), *by.crypto);
                       command.expires_in_days = request.days;
                       by.api->execute((*account)->id, {std::move(command), {}},
                                       Reply<Committed>([reply, token](Result<Committed> done) {
                                           if (!done) return reply(tl::unexpected(done.error()));
                                           reply(token);
                                       }));
                   }));
}

void create_setup_key(const Operator& by, NewSetupKey request, Reply<config::Secret> reply) {
    ensure_account(by, Reply<Snapshot>([by, request, reply](Result<Snapshot> account) {
                       if (!account) return reply(tl::unexpected(account.error()));
                       const auto key = management::new_setup_key(*by.crypto);
                       management::CreateSetupKey command;
                       command.id = management::new_xid(core::wall_now(), *by.crypto);
                       command.hash = management::hash_setup_key(key.reveal(), *by.crypto);
                       command.masked = management::mask_setup_key(key.reveal());
                       command.name = request.name;
                       command.type = request.type;
                       command.expires_in = request.expires_in;
                       command.usage_limit = request.usage_limit;
                       command.ephemeral = request.ephemeral;
                       by.api->execute((*account)->id, {std::move(command), {}},
                                       Reply<Committed>([reply, key](Result<Committed> done) {
                                           if (!done) return reply(tl::unexpected(done.error()));
                                           reply(key);
                                       }));
                   }));
}

}  // namespace rookery::runtime
