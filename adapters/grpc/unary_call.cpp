#include "adapters/grpc/unary_call.hpp"

#include <chrono>
#include <memory>
#include <utility>

#include "actors/core/faults.hpp"
#include "adapters/grpc/buffers.hpp"

namespace rookery::adapters::grpc {
namespace {
namespace rpc = core::rpc;
const core::faults::Point unary_fault{"grpc.unary", core::faults::can_fail};
}  // namespace

UnaryCall::UnaryCall(Line& line, rpc::CallInfo info, const rpc::UnaryHandler& handler, WaitingCalls& waiting)
    : line_(line), info_(std::move(info)), handler_(handler), waiting_(waiting) {}

void UnaryCall::begin() {
    place_ = waiting_.add(std::chrono::steady_clock::now(), [&context = line_.context] { context.TryCancel(); });
    line_.hold();
    line_.io.Read(&request_, &read_);
}

void UnaryCall::on_request(bool ok) {
    waiting_.remove(place_);
    line_.hold();  // until it is finished: the answer may come later and from any thread
    if (!ok) return finish({::grpc::StatusCode::INTERNAL, "the call ended before its request"});
    if (unary_fault.pass() != core::faults::Verdict::go_on)
        return finish({::grpc::StatusCode::UNAVAILABLE, "fault switch"});
    handler_(info_, to_string(request_),
             [this](const rpc::Status& status, std::string message) { answer(status, std::move(message)); });
}

void UnaryCall::answer(const rpc::Status& status, std::string message) {
    if (!status.ok()) return finish(to_grpc(status));
    const auto response = to_buffer(std::make_shared<const std::string>(std::move(message)));
    line_.io.WriteAndFinish(response, ::grpc::WriteOptions(), ::grpc::Status::OK, &finish_);
}

void UnaryCall::finish(const ::grpc::Status& status) {
    line_.io.Finish(status, &finish_);
}

}  // namespace rookery::adapters::grpc
