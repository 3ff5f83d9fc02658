// One message in, one answer out.
#pragma once

#include <string>

#include "actors/core/rpc.hpp"
#include "adapters/grpc/line.hpp"
#include "adapters/grpc/waiting_calls.hpp"

namespace rookery::adapters::grpc {

class UnaryCall final : public Call {
public:
    // `handler` and `waiting` outlive it.
    UnaryCall(Line& line, core::rpc::CallInfo info, const core::rpc::UnaryHandler& handler, WaitingCalls& waiting);

    void begin();
    void closed() override {}

private:
    void on_request(bool ok);
    void answer(const core::rpc::Status& status, std::string message);
    void finish(const ::grpc::Status& status);

    Line& line_;
    const core::rpc::CallInfo info_;
    const core::rpc::UnaryHandler& handler_;
    WaitingCalls& waiting_;
    WaitingCalls::Place place_;
    ::grpc::ByteBuffer request_;
    Operation read_{line_, [this](bool ok) { on_request(ok); }};
    Operation finish_{line_, [](bool) {}};
};

}  // namespace rookery::adapters::grpc
