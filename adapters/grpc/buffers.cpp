#include "adapters/grpc/buffers.hpp"

#include <utility>
#include <vector>

namespace rookery::adapters::grpc {

::grpc::Status to_grpc(const core::rpc::Status& status) {
    return ::grpc::Status(static_cast<::grpc::StatusCode>(status.code), status.message);
}

std::string to_string(const ::grpc::ByteBuffer& buffer) {
    std::vector<::grpc::Slice> slices;
    if (!buffer.Dump(&slices).ok()) return {};
    std::string out;
    out.reserve(buffer.Length());
    for (const auto& s : slices) out.append(reinterpret_cast<const char*>(s.begin()), s.size());
    return out;
}

::grpc::ByteBuffer to_buffer(core::rpc::Bytes message) {
    auto* kept = new core::rpc::Bytes(std::move(message));
    const ::grpc::Slice slice(
        const_cast<char*>((*kept)->data()), (*kept)->size(), [](void* p) { delete static_cast<core::rpc::Bytes*>(p); },
        kept);
    return ::grpc::ByteBuffer(&slice, 1);
}

}  // namespace rookery::adapters::grpc
