// management::Api on this node's actors.
#pragma once

#include "actors/core/crypto.hpp"
#include "actors/management/protocol.hpp"

namespace rookery::management {

class LocalApi final : public Api {
public:
    LocalApi(core::Ref<AccountsHandle> accounts, core::Ref<StorageHandle> storage, const core::Crypto& crypto);

    void execute(const AccountId& account, Request request, Reply<Committed> reply) override;
    void snapshot(const AccountId& account, Reply<Snapshot> reply) override;
    void authenticate(std::string token, Reply<Identity> reply) override;
    void find_peer(const PublicKey& key, Reply<std::optional<PeerLocation>> reply) override;
    void find_setup_key(const std::string& hash, Reply<std::optional<AccountId>> reply) override;
    void accounts(Reply<std::vector<AccountId>> reply) override;
    void create_account(NewAccount account, Reply<Snapshot> reply) override;

private:
    const core::Ref<AccountsHandle> accounts_;
    const core::Ref<StorageHandle> storage_;
    const core::Crypto& crypto_;
};

}  // namespace rookery::management
