// Decoding of agents' requests, with the exact refusals of management-grpc §B.4.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "actors/core/rpc.hpp"
#include "actors/management/envelope.hpp"

namespace rookery::management {

// Of an agent's sealed message. A Login of a machine with a thousand network addresses has half of it; what is above
// would be opened, decoded and stored for anyone with a setup key.
inline constexpr std::size_t max_request_bytes = 256 * 1024;

struct OpenedRequest {
    PublicKey key;  // canonical
    std::shared_ptr<const Box> box;
    std::string plain;  // the inner message, serialised
};

tl::expected<OpenedRequest, core::rpc::Status> open_request(const std::string& message, Envelope& envelope);

// The answer: `inner` sealed towards the peer, in an EncryptedMessage.
std::string seal_answer(const Box& box, const std::string& server_key, const std::string& inner);

}  // namespace rookery::management
