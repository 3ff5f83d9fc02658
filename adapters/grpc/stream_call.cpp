#include "adapters/grpc/stream_call.hpp"

#include <chrono>
#include <utility>

#include "actors/core/faults.hpp"
#include "adapters/grpc/buffers.hpp"

namespace rookery::adapters::grpc {
namespace {
namespace rpc = core::rpc;
const core::faults::Point stream_fault{"grpc.stream", core::faults::can_fail};
const core::faults::Point write_fault{"grpc.write", 0};
}  // namespace

StreamCall::StreamCall(Line& line, WaitingCalls& waiting)
    : waiting_(waiting),
      line_(&line),
      metadata_sent_(line, [](bool) {}),
      read_(line, [this](bool ok) { on_read(ok); }),
      written_(line, [this](bool ok) { on_written(ok); }),
      finish_(line, [](bool) {}) {}

void StreamCall::begin(const rpc::CallInfo& info, const rpc::Method& method) {
    if (method.client_speaks_first)
        place_ = waiting_.add(std::chrono::steady_clock::now(), [&context = line_->context] { context.TryCancel(); });
    const auto verdict = stream_fault.pass();
    {
        // The service may write before it has said who hears of it.
        std::lock_guard lock(callbacks_);
        handler_ = method.stream(info, shared_from_this());
    }
    if (verdict != core::faults::Verdict::go_on) finish({rpc::Code::unavailable, "fault switch"});
    read_next();
}

void StreamCall::send_initial_metadata(rpc::Metadata metadata) {
    std::lock_guard lock(mutex_);
    if (finished_ || !hold_line()) return;
    for (auto& [key, value] : metadata) line_->context.AddInitialMetadata(key, value);
    line_->io.SendInitialMetadata(&metadata_sent_);
}

void StreamCall::write(rpc::Bytes message) {
    (void)write_fault.pass();
    std::lock_guard lock(mutex_);
    if (ending_ || !hold_line()) return;
    writing_ = true;
    line_->io.Write(to_buffer(std::move(message)), &written_);
}

void StreamCall::finish(rpc::Status status) {
    std::lock_guard lock(mutex_);
    if (ending_) return;
    ending_ = true;
    status_ = std::move(status);
    finish_when_idle();
}

void StreamCall::cancel() {
    std::lock_guard lock(mutex_);
    if (line_) line_->context.TryCancel();
}

void StreamCall::on_read(bool ok) {
    stop_waiting();
    if (!ok) return call_handler([](auto& h) { h.on_half_close(); });
    call_handler([this](auto& h) { h.on_message(to_string(incoming_)); });
    read_next();
}

void StreamCall::on_written(bool ok) {
    {
        std::lock_guard lock(mutex_);
        writing_ = false;
        if (ending_) finish_when_idle();
    }
    call_handler([ok](auto& h) { h.on_write_done(ok); });
}

void StreamCall::closed() {
    stop_waiting();
    {
        std::lock_guard lock(mutex_);
        ending_ = finished_ = true;
        line_ = nullptr;
    }
    call_handler([](auto& h) { h.on_closed(); });
    std::lock_guard lock(callbacks_);
    handler_.reset();
}

// Reads end one after the other and before the call does: no two at a time come here.
void StreamCall::stop_waiting() {
    if (const auto place = std::exchange(place_, std::nullopt)) waiting_.remove(*place);
}

void StreamCall::finish_when_idle() {
    if (writing_ || finished_ || !hold_line()) return;
    finished_ = true;
    line_->io.Finish(to_grpc(status_), &finish_);
}

void StreamCall::read_next() {
    std::lock_guard lock(mutex_);
    if (!finished_ && hold_line()) line_->io.Read(&incoming_, &read_);
}

template <class F>
void StreamCall::call_handler(F f) {
    std::lock_guard lock(callbacks_);
    if (handler_) f(*handler_);
}

}  // namespace rookery::adapters::grpc
