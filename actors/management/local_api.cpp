#include "actors/management/local_api.hpp"

#include "actors/management/secrets.hpp"

namespace rookery::management {
LocalApi::LocalApi(core::Ref<AccountsHandle> accounts, core::Ref<StorageHandle> storage, const core::Crypto& crypto)
    : accounts_(std::move(accounts)), storage_(std::move(storage)), crypto_(crypto) {}

void LocalApi::execute(const AccountId& account, Request request, Reply<Committed> reply) {
    ForAccount message;
    message.account = account;
    message.execute = Execute{std::move(request), std::move(reply)};
    accounts_.send(std::move(message));
}

void LocalApi::snapshot(const AccountId& account, Reply<Snapshot> reply) {
    ForAccount message;
    message.account = account;
    message.snapshot = GetSnapshot{std::move(reply)};
    accounts_.send(std::move(message));
}

void LocalApi::authenticate(std::string token, Reply<Identity> reply) {
    const auto refused = core::Error{core::ErrorKind::unauthorized, "token invalid"};
    if (!well_formed_access_token(token)) return reply(tl::unexpected(refused));
    storage_.send(FindToken{hash_access_token(token, crypto_),
                            Reply<std::optional<TokenOwner>>(
                                [this, reply, refused, storage = storage_](Result<std::optional<TokenOwner>> found) {
                                    if (!found) return reply(tl::unexpected(found.error()));
                                    if (!*found) return reply(tl::unexpected(refused));
                                    const auto owner = **found;
                                    snapshot(
                                        owner.account, Reply<Snapshot>([=](Result<Snapshot> state) {
                                            if (!state) return reply(tl::unexpected(state.error()));
                                            const auto now = core::wall_now();
                                            const auto* entry = (*state)->tokens.find(owner.token);
                                            if (!entry || entry->expires_at <= now || !(*state)->users.find(owner.user))
                                                return reply(tl::unexpected(refused));
                                            storage.send(TouchToken{owner.account, owner.token, now});
                                            reply(Identity{owner.account, owner.user, owner.token});
                                        }));
                                })});
}

void LocalApi::find_peer(const PublicKey& key, Reply<std::optional<PeerLocation>> reply) {
    storage_.send(FindPeer{key, std::move(reply)});
}

void LocalApi::find_setup_key(const std::string& hash, Reply<std::optional<AccountId>> reply) {
    storage_.send(FindSetupKey{hash, std::move(reply)});
}

void LocalApi::accounts(Reply<std::vector<AccountId>> reply) {
    storage_.send(ListAccounts{std::move(reply)});
}

void LocalApi::create_account(NewAccount account, Reply<Snapshot> reply) {
    storage_.send(
        CreateAccount{std::make_shared<const AccountState>(make_account(account, core::wall_now())), std::move(reply)});
}

}  // namespace rookery::management
