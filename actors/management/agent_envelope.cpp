#include "actors/management/agent_envelope.hpp"

#include "actors/management/secrets.hpp"
#include "proto/management.pb.h"

namespace rookery::management {

using core::rpc::Code;
using core::rpc::Status;

tl::expected<OpenedRequest, Status> open_request(const std::string& message, Envelope& envelope) {
    ::management::EncryptedMessage outer;
    if (!outer.ParseFromString(message))
        return tl::unexpected(
            Status{Code::internal, "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data"});
    const auto key = canonical_public_key(outer.wgpubkey());
    if (!key)
        return tl::unexpected(Status{Code::invalid_argument, "provided wgPubKey " + outer.wgpubkey() + " is invalid"});
    if (outer.body().size() > max_request_bytes)
        return tl::unexpected(
            Status{Code::invalid_argument, "invalid request message: " + std::to_string(outer.body().size()) +
                                               " bytes, at most " + std::to_string(max_request_bytes)});
    const auto invalid = Status{Code::invalid_argument, "invalid request message"};
    auto box = envelope.box_for(*key);
    if (!box) return tl::unexpected(invalid);
    auto plain = box->open(outer.body());
    if (!plain) return tl::unexpected(invalid);
    return OpenedRequest{*key, std::move(box), std::move(*plain)};
}

std::string seal_answer(const Box& box, const std::string& server_key, const std::string& inner) {
    ::management::EncryptedMessage outer;
    outer.set_wgpubkey(server_key);
    outer.set_body(box.seal(inner));
    return outer.SerializeAsString();
}

}  // namespace rookery::management
