#include "actors/management/sync_call.hpp"

#include <atomic>
#include <mutex>

#include "actors/core/log.hpp"
#include "actors/management/agent_envelope.hpp"
#include "actors/management/meta.hpp"
#include "actors/management/sync_actor.hpp"

namespace rookery::management {
namespace {

namespace rpc = core::rpc;
using rpc::Code;
using rpc::Status;

const Status not_registered{Code::permission_denied, "peer is not registered"};

// Counts the Sync calls of this node that are in their request phase.
class Admission {
public:
    explicit Admission(int limit) : limit_(limit) {}
    bool enter() {
        if (limit_ >= 0 && in_request_phase_.fetch_add(1) >= limit_) {
            in_request_phase_.fetch_sub(1);
            return false;
        }
        return true;
    }
    void leave() {
        if (limit_ >= 0) in_request_phase_.fetch_sub(1);
    }

private:
    const int limit_;
    std::atomic<int> in_request_phase_{0};
};

class SyncCall final : public rpc::StreamHandler, public std::enable_shared_from_this<SyncCall> {
public:
    SyncCall(std::shared_ptr<const AgentWiring> wiring, std::shared_ptr<Admission> admission, std::string remote,
             std::shared_ptr<rpc::Stream> stream)
        : wiring_(std::move(wiring)),
          admission_(std::move(admission)),
          remote_(std::move(remote)),
          stream_(std::move(stream)) {}
    ~SyncCall() override { leave_request_phase(); }

    void on_message(std::string message) override {
        if (std::exchange(begun_, true)) return;  // agents send nothing after their request
        auto& counters = *wiring_->shared->counters;
        counters.sync_requests.fetch_add(1, std::memory_order_relaxed);
        if (!admission_->enter()) {
            counters.sync_blocked.fetch_add(1, std::memory_order_relaxed);
            return stream_->finish(
                {Code::resource_exhausted, "too many concurrent sync requests, please try again later"});
        }
        admitted_ = true;
        auto request = open_request(message, *wiring_->envelope);
        if (!request) return refuse(request.error());
        ::management::SyncRequest body;
        if (!body.ParseFromString(request->plain)) return refuse({Code::invalid_argument, "invalid request message"});
        if (body.has_meta()) meta_ = to_model(body.meta());
        request_ = std::move(*request);
        find_peer();
    }

    void on_half_close() override {}

    void on_write_done(bool ok) override {
        if (const auto sync = opened()) sync->write_done(ok);
    }

    void on_closed() override {
        std::shared_ptr<SyncStream> sync;
        {
            std::lock_guard lock(mutex_);
            closed_ = true;
            sync = sync_;
        }
        if (sync) sync->transport_closed();
    }

private:
    class Events final : public SyncEvents {
    public:
        Events(core::Ref<SyncHandle> actor, core::Ref<AccountsHandle> accounts, AccountId account, std::string remote)
            : actor_(std::move(actor)),
              accounts_(std::move(accounts)),
              account_(std::move(account)),
              remote_(std::move(remote)) {}

        void on_sync_registered(const std::shared_ptr<SyncStream>& stream) override {
            ForAccount message;
            message.account = account_;
            message.attach = Attach{stream->peer(), stream, stream->number(), remote_};
            accounts_.send(std::move(message));
        }
        void on_sync_pending() override { actor_.send(WriteNext{}); }
        void on_sync_closed() override { actor_.send(StreamClosed{}); }

    private:
        const core::Ref<SyncHandle> actor_;
        const core::Ref<AccountsHandle> accounts_;
        const AccountId account_;
        const std::string remote_;
    };

    void find_peer() {
        wiring_->api->find_peer(
            request_.key,
            Reply<std::optional<PeerLocation>>([self = shared_from_this()](Result<std::optional<PeerLocation>> found) {
                if (!found) return self->refuse(to_status(found.error()));
                if (!*found) return self->refuse(not_registered);
                if (!self->meta_) return self->open(**found);
                self->keep_meta(**found);
            }));
    }

    void keep_meta(const PeerLocation& peer) {
        wiring_->api->execute(peer.account, Request{UpdatePeerMeta{peer.peer, *meta_, false}, {}},
                              Reply<Committed>([self = shared_from_this(), peer](Result<Committed> result) {
                                  if (result) return self->open(peer);
                                  // Deleted since it was found: a verdict. Anything else is transient.
                                  self->refuse(result.error().kind == core::ErrorKind::not_found
                                                   ? not_registered
                                                   : to_status(result.error()));
                              }));
    }

    void open(const PeerLocation& peer) {
        leave_request_phase();
        core::Ref<SyncHandle> actor;
        auto events = std::make_shared<Events>(actor, wiring_->accounts, peer.account, remote_);
        auto sync = std::make_shared<SyncStream>(peer.peer, request_.key, request_.box, stream_, std::move(events),
                                                 wiring_->shared, begun_at_);
        {
            std::lock_guard lock(mutex_);
            if (closed_) return;
            sync_ = sync;
        }
        wiring_->sync_sessions.send(core::StartChild{
            peer.peer, [sync, actor, wiring = wiring_, account = peer.account](core::ActorContext context) {
                auto handle = context.system->caf().spawn<SyncActor>(context, sync, account, wiring->directory,
                                                                     wiring->accounts, wiring->renewal);
                actor.set(handle);
                // It may have closed before there was an actor to tell.
                if (sync->closed()) caf::anon_send(handle, StreamClosed{});
                return caf::actor_cast<caf::actor>(handle);
            }});
    }

    std::shared_ptr<SyncStream> opened() {
        std::lock_guard lock(mutex_);
        return sync_;
    }

    void refuse(const Status& status) {
        leave_request_phase();
        stream_->finish(status);
    }

    void leave_request_phase() {
        if (admitted_.exchange(false)) admission_->leave();
    }

    const std::shared_ptr<const AgentWiring> wiring_;
    const std::shared_ptr<Admission> admission_;
    const std::string remote_;
    const std::shared_ptr<rpc::Stream> stream_;
    const core::SteadyTime begun_at_ = core::SteadyTime::clock::now();
    bool begun_ = false;
    std::atomic<bool> admitted_{false};
    OpenedRequest request_;
    std::optional<PeerMeta> meta_;

    std::mutex mutex_;
    bool closed_ = false;
    std::shared_ptr<SyncStream> sync_;
};

}  // namespace

core::rpc::StreamOpener sync_opener(std::shared_ptr<const AgentWiring> wiring) {
    auto admission = std::make_shared<Admission>(wiring->max_concurrent_syncs);
    return [wiring, admission](const rpc::CallInfo& call, std::shared_ptr<rpc::Stream> stream) {
        return std::make_shared<SyncCall>(wiring, admission, call.remote, std::move(stream));
    };
}

core::rpc::Status to_status(const core::Error& error) {
    using core::ErrorKind;
    switch (error.kind) {
        case ErrorKind::permission_denied:
        case ErrorKind::unauthorized: return {Code::permission_denied, error.message};
        case ErrorKind::precondition_failed: return {Code::failed_precondition, error.message};
        case ErrorKind::not_found: return {Code::not_found, error.message};
        // Agents take PERMISSION_DENIED as a verdict: a fault that passes must never look like one.
        case ErrorKind::unavailable: return {Code::unavailable, error.message};
        default:
            core::log::error("an agent's call failed: {}: {}", core::to_string(error.kind), error.message);
            return {Code::internal, "failed handling request"};
    }
}

}  // namespace rookery::management
