// A stream: the transport's side of rpc::Stream. Held by its line until gRPC is done with it, and by the service
// as long as that wants to write.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "actors/core/rpc.hpp"
#include "adapters/grpc/line.hpp"
#include "adapters/grpc/waiting_calls.hpp"

namespace rookery::adapters::grpc {

class StreamCall final : public Call, public core::rpc::Stream, public std::enable_shared_from_this<StreamCall> {
public:
    StreamCall(Line& line, WaitingCalls& waiting);

    void begin(const core::rpc::CallInfo& info, const core::rpc::Method& method);
    void closed() override;

    void send_initial_metadata(core::rpc::Metadata metadata) override;
    void write(core::rpc::Bytes message) override;
    void finish(core::rpc::Status status) override;
    void cancel() override;

private:
    void on_read(bool ok);
    void on_written(bool ok);
    void stop_waiting();
    void finish_when_idle();
    void read_next();
    // For an operation that follows. With mutex_ held, so that the line lives.
    bool hold_line() { return line_ && line_->try_hold(); }
    template <class F>
    void call_handler(F f);

    WaitingCalls& waiting_;
    std::optional<WaitingCalls::Place> place_;  // until the first message

    std::mutex callbacks_;  // one handler callback at a time; taken before mutex_, never after it
    std::shared_ptr<core::rpc::StreamHandler> handler_;

    std::mutex mutex_;  // guards what follows
    Line* line_;        // until it is closed
    bool writing_ = false;
    bool ending_ = false;    // no further writes; status_ is set
    bool finished_ = false;  // gRPC was told
    core::rpc::Status status_;

    ::grpc::ByteBuffer incoming_;
    Operation metadata_sent_;
    Operation read_;
    Operation written_;
    Operation finish_;
};

}  // namespace rookery::adapters::grpc
