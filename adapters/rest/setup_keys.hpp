// Setup keys (rest-api §6.7).
#pragma once

#include <string>

#include "adapters/rest/call.hpp"

namespace rookery::adapters::rest {

// `shown`: what `key` says, the masked form or, once, the key itself.
Json setup_key_json(const management::SetupKey& key, const std::string& shown, core::WallTime now);

void list_setup_keys(const Call& call);   // GET /setup-keys
void create_setup_key(const Call& call);  // POST /setup-keys
void get_setup_key(const Call& call);     // GET /setup-keys/{}
void update_setup_key(const Call& call);  // PUT /setup-keys/{}
void delete_setup_key(const Call& call);  // DELETE /setup-keys/{}

}  // namespace rookery::adapters::rest
