#include "actors/signal/session.hpp"

namespace rookery::signal {

using core::rpc::Code;

namespace {
core::SteadyTime now() {
    return std::chrono::steady_clock::now();
}
const core::rpc::Status registered_again{Code::unknown, "peer registered again"};
const core::rpc::Status leaving{Code::unavailable, "the server goes away; connect again"};
}  // namespace

Session::Session(std::string key, std::shared_ptr<core::rpc::Stream> stream, std::shared_ptr<SessionEvents> events,
                 Counters& counters)
    : key_(std::move(key)),
      stream_(std::move(stream)),
      events_(std::move(events)),
      counters_(counters),
      begun_(now()) {}

core::RegistrationNumber Session::number() const {
    std::lock_guard lock(mutex_);
    return number_;
}

bool Session::over() const {
    std::lock_guard lock(mutex_);
    return over_;
}

bool Session::closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
}

std::optional<std::chrono::duration<double>> Session::connected_for() const {
    std::lock_guard lock(mutex_);
    if (!registered_) return std::nullopt;
    return now() - begun_;
}

void Session::registered(const core::RegistrationNumber& number) {
    std::unique_lock lock(mutex_);
    number_ = number;
    if (over_) return;
    registered_ = true;
    counters_.registrations.fetch_add(1, std::memory_order_relaxed);
    counters_.registration.record_ms(now() - begun_);
    // At once and explicitly: the agent waits for it without a limit of its own.
    stream_->send_initial_metadata({{"x-wiretrustee-peer-registered", "1"}});
    if (auto bytes = outbox_.open(now())) start_write(std::move(*bytes), lock);
}

void Session::displaced() {
    end(registered_again);
}

void Session::leave() {
    end(leaving);
}

void Session::end(core::rpc::Status status) {
    {
        std::lock_guard lock(mutex_);
        if (over_) return;
        over_ = true;
    }
    stream_->finish(std::move(status));
}

void Session::post(const core::rpc::Bytes& bytes) {
    std::unique_lock lock(mutex_);
    if (over_) {
        counters_.disconnected.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    auto pushed = outbox_.push(bytes, now());
    if (pushed.dropped) counters_.overflow.fetch_add(pushed.dropped, std::memory_order_relaxed);
    counters_.messages_forwarded.fetch_add(1, std::memory_order_relaxed);
    if (pushed.write) start_write(std::move(*pushed.write), lock);
}

void Session::start_write(core::rpc::Bytes bytes, std::unique_lock<std::mutex>& lock) {
    const bool tell = !std::exchange(watched_, true);
    // The stream takes its own lock and calls nobody back from write(), so ours may stay held: order is kept.
    stream_->write(std::move(bytes));
    lock.unlock();
    if (tell) events_->on_session_writing(shared_from_this());
}

void Session::on_write_done(bool ok) {
    std::unique_lock lock(mutex_);
    if (!ok || over_) return;
    if (auto bytes = outbox_.written(now())) start_write(std::move(*bytes), lock);
}

bool Session::check_write(core::SteadyTime at, std::chrono::milliseconds limit) {
    {
        std::lock_guard lock(mutex_);
        if (over_ || !outbox_.writing()) {
            watched_ = false;
            return false;
        }
        if (!outbox_.stuck(at, limit)) return true;
    }
    counters_.timeouts.fetch_add(1, std::memory_order_relaxed);
    end(registered_again);
    // Flow control holds the write back, so finishing alone would wait for ever.
    stream_->cancel();
    return false;
}

void Session::on_closed() {
    {
        std::lock_guard lock(mutex_);
        over_ = closed_ = true;
    }
    events_->on_session_closed(*this);
}

}  // namespace rookery::signal
