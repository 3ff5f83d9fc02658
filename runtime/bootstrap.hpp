// The first account, and what the local operator makes in it over the control socket: access tokens and setup
// keys. (Users that log in come with the identity provider.)
#pragma once

#include <memory>
#include <string>

#include "actors/core/crypto.hpp"
#include "actors/management/api.hpp"
#include "config/secret.hpp"

namespace rookery::runtime {

struct Operator {
    std::shared_ptr<management::Api> api;
    std::shared_ptr<const core::Crypto> crypto;
};

// The account of this installation, made with its administrator if there is none.
void ensure_account(const Operator& by, core::Reply<management::Snapshot> reply);

struct NewToken {
    std::string name;
    std::int64_t days = 365;
};
// The plain token, shown once, for the account's owner.
void create_token(const Operator& by, NewToken token, core::Reply<config::Secret> reply);

struct NewSetupKey {
    std::string name;
    std::string type = "reusable";
    std::int64_t expires_in = 0;  // seconds, 0: never
    std::int64_t usage_limit = 0;
    bool ephemeral = false;
};
void create_setup_key(const Operator& by, NewSetupKey key, core::Reply<config::Secret> reply);

}  // namespace rookery::runtime
