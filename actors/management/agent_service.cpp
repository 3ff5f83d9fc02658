#include "actors/management/agent_service.hpp"

#include "actors/management/agent_envelope.hpp"
#include "actors/management/meta.hpp"
#include "actors/management/secrets.hpp"
#include "actors/management/sync_call.hpp"

namespace rookery::management {
namespace {

namespace rpc = core::rpc;
using rpc::Code;
using rpc::Status;
using rpc::UnaryReply;

const Status invalid_request{Code::invalid_argument, "invalid request message"};

std::string ip_of(const rpc::CallInfo& call) {
    return std::string(core::host_of(call.remote));
}

// One Login from its decoded request to its answer; lives in the callbacks that it waits for.
class Login : public std::enable_shared_from_this<Login> {
public:
    Login(const AgentWiring& wiring, OpenedRequest request, ::management::LoginRequest body, UnaryReply reply)
        : wiring_(wiring),
          request_(std::move(request)),
          body_(std::move(body)),
          meta_(to_model(body_.meta())),
          reply_(std::move(reply)) {}

    void begin() {
        wiring_.api->find_peer(
            request_.key,
            Reply<std::optional<PeerLocation>>([self = shared_from_this()](Result<std::optional<PeerLocation>> found) {
                if (!found) return self->refuse(found.error());
                if (*found) return self->log_in((*found)->account, (*found)->peer);
                self->look_for_setup_key();
            }));
    }

private:
    void look_for_setup_key() {
        if (body_.setupkey().empty())
            return reply_({Code::permission_denied,
                           "no peer auth method provided, please use a setup key or interactive SSO login"},
                          {});
        setup_key_hash_ = hash_setup_key(body_.setupkey(), *wiring_.crypto);
        wiring_.api->find_setup_key(
            setup_key_hash_,
            Reply<std::optional<AccountId>>([self = shared_from_this()](Result<std::optional<AccountId>> account) {
                if (!account) return self->refuse(account.error());
                if (!*account) return self->reply_({Code::not_found, "couldn't add peer: setup key is invalid"}, {});
                self->enrol(**account);
            }));
    }

    void enrol(const AccountId& account) {
        RegisterPeer command;
        command.id = new_xid(core::wall_now(), *wiring_.crypto);
        command.key = request_.key;
        command.setup_key_hash = setup_key_hash_;
        command.ssh_key = body_.peerkeys().sshpubkey();
        command.extra_dns_labels.assign(body_.dnslabels().begin(), body_.dnslabels().end());
        command.meta = meta_;
        const auto id = command.id;
        execute(account, id, std::move(command));
    }

    void log_in(const AccountId& account, const PeerId& peer) {
        LoginPeer command;
        command.id = peer;
        command.ssh_key = body_.peerkeys().sshpubkey();
        command.extra_dns_labels.assign(body_.dnslabels().begin(), body_.dnslabels().end());
        execute(account, peer, std::move(command));
    }

    void execute(const AccountId& account, const PeerId& peer, Command command) {
        wiring_.api->execute(account, Request{std::move(command), {}},
                             Reply<Committed>([self = shared_from_this(), peer](Result<Committed> result) {
                                 if (!result) return self->refuse(result.error());
                                 self->answer(*result->state, peer);
                             }));
    }

    void answer(const AccountState& state, const PeerId& id) {
        const auto* peer = state.peers.find(id);
        if (!peer) return reply_({Code::not_found, "peer not found: " + request_.key}, {});
        ::management::LoginResponse response;
        *response.mutable_netbirdconfig() =
            wiring_.shared->infrastructure->all(core::wall_now(), state.settings.metrics_push_enabled);
        // With the request's meta: it decides about the IPv6 address, which must be the same in the Sync to come.
        *response.mutable_peerconfig() = login_peer_config(state, *peer, meta_, wiring_.shared->rules);
        for (auto& files : login_checks(state, *peer)) *response.add_checks() = std::move(files);
        response.mutable_sessionexpiresat();
        reply_(Status::success(), seal_answer(*request_.box, wiring_.shared->server_key, response.SerializeAsString()));
    }

    void refuse(const core::Error& error) { reply_(to_status(error), {}); }

    const AgentWiring& wiring_;
    const OpenedRequest request_;
    const ::management::LoginRequest body_;
    const PeerMeta meta_;
    const UnaryReply reply_;
    std::string setup_key_hash_;
};

void login(const AgentWiring& wiring, const rpc::CallInfo& call, const std::string& message, const UnaryReply& reply) {
    auto request = open_request(message, *wiring.envelope);
    if (!request) return reply(request.error(), {});
    ::management::LoginRequest body;
    if (!body.ParseFromString(request->plain)) return reply(invalid_request, {});
    if (!body.has_meta())
        return reply({Code::failed_precondition, "peer system meta has to be provided to log in. Peer " + request->key +
                                                     ", remote addr " + ip_of(call)},
                     {});
    if (!body.jwttoken().empty())
        return reply({Code::invalid_argument,
                      "invalid jwt token, err: this server has no identity provider; "
                      "join with a setup key"},
                     {});
    std::make_shared<Login>(wiring, std::move(*request), std::move(body), reply)->begin();
}

void sync_meta(const AgentWiring& wiring, const rpc::CallInfo& call, const std::string& message,
               const UnaryReply& reply) {
    auto request = open_request(message, *wiring.envelope);
    if (!request) return reply(request.error(), {});
    ::management::SyncMetaRequest body;
    if (!body.ParseFromString(request->plain)) return reply(invalid_request, {});
    if (!body.has_meta())
        return reply({Code::failed_precondition, "peer system meta has to be provided on sync. Peer " + request->key +
                                                     ", remote addr " + ip_of(call)},
                     {});
    wiring.shared->counters->meta_updates.fetch_add(1, std::memory_order_relaxed);
    wiring.api->find_peer(
        request->key, Reply<std::optional<PeerLocation>>([&wiring, reply, meta = to_model(body.meta())](
                                                             Result<std::optional<PeerLocation>> found) {
            if (!found) return reply(to_status(found.error()), {});
            if (!*found) return reply({Code::not_found, "account not found: index lookup failed"}, {});
            wiring.api->execute((*found)->account, Request{UpdatePeerMeta{(*found)->peer, meta, true}, {}},
                                Reply<Committed>([reply](Result<Committed> result) {
                                    reply(result ? Status::success() : to_status(result.error()), {});
                                }));
        }));
}

void logout(const AgentWiring& wiring, const rpc::CallInfo&, const std::string& message, const UnaryReply& reply) {
    auto request = open_request(message, *wiring.envelope);
    if (!request) return reply(request.error(), {});
    ::management::Empty body;
    if (!body.ParseFromString(request->plain)) return reply(invalid_request, {});
    wiring.api->find_peer(
        request->key, Reply<std::optional<PeerLocation>>(
                          [&wiring, reply, key = request->key](Result<std::optional<PeerLocation>> found) {
                              if (!found) return reply(to_status(found.error()), {});
                              if (!*found) return reply({Code::not_found, "peer not found: " + key}, {});
                              wiring.api->execute((*found)->account, Request{DeletePeer{(*found)->peer}, {}},
                                                  Reply<Committed>([reply](Result<Committed> result) {
                                                      reply(result ? Status::success() : to_status(result.error()), {});
                                                  }));
                          }));
}

// Without an identity provider there is no interactive login; agents then ask for a setup key.
rpc::UnaryHandler no_login_flow(std::shared_ptr<const AgentWiring> wiring) {
    return [wiring](const rpc::CallInfo& call, const std::string& message, const UnaryReply& reply) {
        ::management::EncryptedMessage outer;
        if (!outer.ParseFromString(message) || !canonical_public_key(outer.wgpubkey()))
            return reply(
                {Code::invalid_argument, "error while parsing peer's Wireguard public key " + outer.wgpubkey() +
                                             " on " + call.method.substr(call.method.rfind('/') + 1) + " request."},
                {});
        if (const auto request = open_request(message, *wiring->envelope); !request)
            return reply({Code::invalid_argument,
                          "error while decrypting peer's message with Wireguard public key " + outer.wgpubkey() + "."},
                         {});
        const bool device = call.method.ends_with("GetDeviceAuthorizationFlow");
        reply({Code::not_found, device ? "no device authorization flow information available"
                                       : "no pkce authorization flow information available"},
              {});
    };
}

using Unary = void (*)(const AgentWiring&, const rpc::CallInfo&, const std::string&, const UnaryReply&);

rpc::Method unary(const char* name, std::shared_ptr<const AgentWiring> wiring, Unary handler) {
    rpc::Method method;
    method.path = std::string("/management.ManagementService/") + name;
    method.unary = [wiring, handler](const rpc::CallInfo& call, const std::string& message, const UnaryReply& reply) {
        handler(*wiring, call, message, reply);
    };
    return method;
}

// Counts the call and how long its answer takes.
void timed_login(const AgentWiring& wiring, const rpc::CallInfo& call, const std::string& message,
                 const UnaryReply& reply) {
    const auto counters = wiring.shared->counters;
    counters->logins.fetch_add(1, std::memory_order_relaxed);
    const auto begun = core::SteadyTime::clock::now();
    login(wiring, call, message, [counters, begun, reply](Status status, std::string answer) {
        counters->login.record_ms(core::SteadyTime::clock::now() - begun);
        reply(std::move(status), std::move(answer));
    });
}

}  // namespace

rpc::Methods agent_methods(AgentWiring wiring_values) {
    const auto wiring = std::make_shared<const AgentWiring>(std::move(wiring_values));
    rpc::Methods methods;
    methods.push_back(
        unary("GetServerKey", wiring,
              [](const AgentWiring& w, const rpc::CallInfo&, const std::string&, const UnaryReply& reply) {
                  w.shared->counters->key_requests.fetch_add(1, std::memory_order_relaxed);
                  ::management::ServerKeyResponse response;
                  response.set_key(w.shared->server_key);
                  reply(Status::success(), response.SerializeAsString());
              }));
    methods.push_back(unary("isHealthy", wiring,
                            [](const AgentWiring&, const rpc::CallInfo&, const std::string&, const UnaryReply& reply) {
                                reply(Status::success(), {});
                            }));
    methods.push_back(unary("Login", wiring, timed_login));
    methods.push_back(unary("SyncMeta", wiring, sync_meta));
    methods.push_back(unary("Logout", wiring, logout));
    for (const auto* name : {"GetDeviceAuthorizationFlow", "GetPKCEAuthorizationFlow"}) {
        rpc::Method method;
        method.path = std::string("/management.ManagementService/") + name;
        method.unary = no_login_flow(wiring);
        methods.push_back(std::move(method));
    }
    rpc::Method sync;
    sync.path = "/management.ManagementService/Sync";
    sync.stream = sync_opener(wiring);
    sync.client_speaks_first = true;
    methods.push_back(std::move(sync));
    return methods;
}

}  // namespace rookery::management
