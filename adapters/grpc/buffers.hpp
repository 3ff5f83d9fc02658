// Messages and statuses between the RPC port and gRPC.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <string>

#include "actors/core/rpc.hpp"

namespace rookery::adapters::grpc {

::grpc::Status to_grpc(const core::rpc::Status& status);
std::string to_string(const ::grpc::ByteBuffer& buffer);
// Refers to the message instead of copying it; the buffer keeps it alive.
::grpc::ByteBuffer to_buffer(core::rpc::Bytes message);

}  // namespace rookery::adapters::grpc
