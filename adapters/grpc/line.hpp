// gRPC's side of one call, and what gRPC is asked to do on it. Used by this folder only; owned by itself.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

namespace rookery::adapters::grpc {

class Line;

// Something that gRPC does on a line and tells when it has: a tag of the completion queue. One at a time of each.
// The line must be held (Line::hold) for it before gRPC is asked; happened() gives that up.
class Operation {
public:
    Operation(Line& line, std::function<void(bool ok)> then) : line_(line), then_(std::move(then)) {}
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    // On a thread of the completion queue, which nothing may block. The operation may be gone afterwards.
    void happened(bool ok);

private:
    Line& line_;
    const std::function<void(bool ok)> then_;
};

// What a line is used for.
class Call {
public:
    virtual ~Call() = default;
    // gRPC has nothing more to tell and must not be asked for anything.
    virtual void closed() = 0;
};

// Lives from the offer to gRPC until nobody holds it. Holds are given up on the completion queue's threads only, so
// that is where a call is closed, and never inside a service that writes.
class Line {
public:
    // `open` counts lines. `arrived`: a call came (ok), or never will.
    Line(std::atomic<std::size_t>& open, std::function<void(Line&, bool ok)> arrived);
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    // Offers to take a call.
    void offer(::grpc::AsyncGenericService& service, ::grpc::ServerCompletionQueue& queue);
    void connect(std::shared_ptr<Call> call) { call_ = std::move(call); }

    // By who holds it already.
    void hold() { holds_.fetch_add(1, std::memory_order_relaxed); }
    // By others who know that it exists: false if it is about to be closed.
    bool try_hold();
    void release();

private:
    // Counts this line until gRPC's parts of it, which come after, are gone.
    struct Open {
        std::atomic<std::size_t>& count;
        ~Open() {
            if (--count == 0) count.notify_all();
        }
    } open_;
    std::atomic<int> holds_{2};  // arrival, end
    Operation arrival_;
    Operation end_;  // gRPC is done with the call, whoever ended it
    std::shared_ptr<Call> call_;

public:
    ::grpc::GenericServerContext context;
    ::grpc::GenericServerAsyncReaderWriter io{&context};
};

}  // namespace rookery::adapters::grpc
