// Decoding of agents' requests, with the exact refusals of management-grpc §B.4.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "actors/core/rpc.hpp"
#include "actors/management/envelope.hpp"

namespace rookery::management {

struct OpenedRequest {
    PublicKey key;  // canonical
    std::shared_ptr<const Box> box;
    std::string plain;  // the inner message, serialised
};

tl::expected<OpenedRequest, core::rpc::Status> open_request(const std::string& message, Envelope& envelope);

// The answer: `inner` sealed towards the peer, in an EncryptedMessage.
std::string seal_answer(const Box& box, const std::string& server_key, const std::string& inner);

}  // namespace rookery::management
