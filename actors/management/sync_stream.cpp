#include "actors/management/sync_stream.hpp"

namespace rookery::management {
namespace {

// A SyncResponse with nothing else: fields of a map may follow it.
std::string encoded(::management::NetbirdConfig config) {
    ::management::SyncResponse message;
    *message.mutable_netbirdconfig() = std::move(config);
    return message.SerializeAsString();
}

}  // namespace
SyncStream::SyncStream(PeerId peer, PublicKey key, std::shared_ptr<const Box> box,
                       std::shared_ptr<core::rpc::Stream> stream, std::shared_ptr<SyncEvents> events,
                       std::shared_ptr<const SyncShared> shared, core::SteadyTime begun)
    : peer_(std::move(peer)),
      key_(std::move(key)),
      box_(std::move(box)),
      stream_(std::move(stream)),
      events_(std::move(events)),
      shared_(std::move(shared)),
      begun_(begun) {}

core::RegistrationNumber SyncStream::number() const {
    std::lock_guard lock(mutex_);
    return number_;
}

bool SyncStream::over() const {
    std::lock_guard lock(mutex_);
    return over_;
}

bool SyncStream::closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
}

void SyncStream::registered(const core::RegistrationNumber& number) {
    {
        std::lock_guard lock(mutex_);
        number_ = number;
        if (over_) return;
    }
    events_->on_sync_registered(shared_from_this());
}

void SyncStream::changed(const View& state) {
    std::unique_lock lock(mutex_);
    if (over_ || farewell_) return;
    newest_ = state;
    wake(lock);
}

void SyncStream::removed(const View& state) {
    std::unique_lock lock(mutex_);
    if (over_ || farewell_) return;
    newest_ = state;
    farewell_ = true;
    wake(lock);
}

void SyncStream::refresh_credentials() {
    std::unique_lock lock(mutex_);
    if (over_ || farewell_ || first_) return;
    refresh_ = true;
    wake(lock);
}

void SyncStream::end(core::rpc::Status status) {
    {
        std::lock_guard lock(mutex_);
        if (std::exchange(over_, true)) return;
    }
    stream_->finish(std::move(status));
}

void SyncStream::write_done(bool ok) {
    std::unique_lock lock(mutex_);
    writing_ = false;
    if (ok && (newest_ || refresh_)) wake(lock);
}

void SyncStream::wake(std::unique_lock<std::mutex>& lock) {
    if (over_ || writing_ || std::exchange(woken_, true)) return;
    lock.unlock();
    events_->on_sync_pending();
}

void SyncStream::transport_closed() {
    {
        std::lock_guard lock(mutex_);
        over_ = closed_ = true;
    }
    events_->on_sync_closed();
}

// Computes and sends under the lock, so that two states can never overtake each other.
void SyncStream::write_next() {
    std::unique_lock lock(mutex_);
    woken_ = false;
    if (writing_ || over_) return;
    const auto now = core::wall_now();
    std::string message;
    if (newest_) {
        const auto account = std::exchange(newest_, nullptr);
        const auto* peer = account->find(peer_);
        if (farewell_ || !peer) {
            over_ = true;
            stream_->write(seal(farewell(*account).bytes));
            lock.unlock();
            return stream_->finish(core::rpc::Status::success());
        }
        // A replica that fell behind must not take a peer back.
        const auto& state = *account->state;
        if (state.serial < sent_serial_) return;
        sent_serial_ = state.serial;
        auto& counters = *shared_->counters;
        if (std::exchange(first_, false)) {
            counters.sync.record_ms(core::SteadyTime::clock::now() - begun_);
            message = encoded(shared_->infrastructure->all(now, state.settings.metrics_push_enabled));
        }
        const auto computing = core::SteadyTime::clock::now();
        const auto map = sync_response(*account, *peer, now);
        counters.map.record_ms(core::SteadyTime::clock::now() - computing);
        counters.map_objects.record(static_cast<double>(map.objects));
        message += map.bytes;
    } else if (std::exchange(refresh_, false)) {
        message = encoded(shared_->infrastructure->relay_refresh(now));
    } else {
        return;
    }
    writing_ = true;
    stream_->write(seal(message));
}

core::rpc::Bytes SyncStream::seal(const std::string& message) const {
    ::management::EncryptedMessage envelope;
    envelope.set_wgpubkey(shared_->server_key);
    envelope.set_body(box_->seal(message));
    return std::make_shared<const std::string>(envelope.SerializeAsString());
}

}  // namespace rookery::management
