#include "adapters/grpc/line.hpp"

#include <utility>

namespace rookery::adapters::grpc {

void Operation::happened(bool ok) {
    auto& line = line_;
    then_(ok);
    line.release();
}

Line::Line(std::atomic<std::size_t>& open, std::function<void(Line&, bool ok)> arrived)
    : open_{open},
      arrival_(*this,
               [this, arrived = std::move(arrived)](bool ok) {
                   arrived(*this, ok);
                   if (!ok) release();  // without a call gRPC tells of no end
               }),
      end_(*this, [](bool) {}) {
    ++open;
    context.AsyncNotifyWhenDone(&end_);
}

Line::~Line() {
    if (call_) call_->closed();
}

void Line::offer(::grpc::AsyncGenericService& service, ::grpc::ServerCompletionQueue& queue) {
    service.RequestCall(&context, &io, &queue, &queue, &arrival_);
}

bool Line::try_hold() {
    auto holds = holds_.load(std::memory_order_relaxed);
    while (holds > 0)
        if (holds_.compare_exchange_weak(holds, holds + 1, std::memory_order_relaxed)) return true;
    return false;
}

void Line::release() {
    if (holds_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace rookery::adapters::grpc
