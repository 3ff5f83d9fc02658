// Peers (rest-api §6.5).
#pragma once

#include <string>

#include "adapters/rest/call.hpp"

namespace rookery::adapters::rest {

// `Peer` of the API. `dns_domain`: of accounts that set none.
Json peer_json(const management::AccountState& account, const management::Peer& peer, const std::string& dns_domain);

void list_peers(const Call& call);   // GET /peers?name=&ip=
void get_peer(const Call& call);     // GET /peers/{}
void update_peer(const Call& call);  // PUT /peers/{}
void delete_peer(const Call& call);  // DELETE /peers/{}

void list_accessible_peers(const Call& call);  // GET /peers/{}/accessible-peers
void list_jobs(const Call& call);              // GET /peers/{}/jobs
void get_job(const Call& call);                // GET /peers/{}/jobs/{}

}  // namespace rookery::adapters::rest
