#include "actors/signal/service.hpp"

#include "actors/core/log.hpp"
#include "actors/signal/session_actor.hpp"
#include "proto/signalexchange.pb.h"

namespace rookery::signal {
namespace {

namespace rpc = core::rpc;

constexpr std::string_view id_header = "x-wiretrustee-peer-id";

// A call that was refused: hears the rest of it and does nothing.
class Refused final : public rpc::StreamHandler {
public:
    void on_message(std::string) override {}
    void on_half_close() override {}
    void on_write_done(bool) override {}
    void on_closed() override {}
};

// Takes a session's events to its actor and to the write watch.
class Events final : public SessionEvents {
public:
    Events(core::Ref<SessionHandle> actor, core::Ref<WriteWatchHandle> watch)
        : actor_(std::move(actor)), watch_(std::move(watch)) {}
    void on_session_closed(Session&) override { actor_.send(SessionClosed{}); }
    void on_session_writing(const std::shared_ptr<Session>& session) override { watch_.send(WatchWrite{session}); }

private:
    const core::Ref<SessionHandle> actor_;
    const core::Ref<WriteWatchHandle> watch_;
};

std::shared_ptr<rpc::StreamHandler> refuse(const std::shared_ptr<rpc::Stream>& stream, rpc::Status status) {
    stream->finish(std::move(status));
    return std::make_shared<Refused>();
}

std::shared_ptr<rpc::StreamHandler> connect_stream(const Wiring& wiring, const rpc::CallInfo& call,
                                                   std::shared_ptr<rpc::Stream> stream) {
    const auto id = call.first(id_header);
    if (!id) {
        wiring.counters->missing_id.fetch_add(1, std::memory_order_relaxed);
        return refuse(stream, {rpc::Code::failed_precondition, "missing connection header: x-wiretrustee-peer-id"});
    }
    core::Ref<SessionHandle> actor;
    auto session = std::make_shared<Session>(std::string(*id), std::move(stream),
                                             std::make_shared<Events>(actor, wiring.write_watch), *wiring.counters);
    wiring.sessions.send(core::StartChild{std::string(*id), [=](core::ActorContext context) {
                                              auto handle = context.system->caf().spawn<SessionActor>(
                                                  context, session, wiring.directory, wiring.counters.get());
                                              actor.set(handle);
                                              // It may have closed before there was an actor to tell.
                                              if (session->closed()) caf::anon_send(handle, SessionClosed{});
                                              return caf::actor_cast<caf::actor>(handle);
                                          }});
    return session;
}

void send_elsewhere(const Wiring& wiring, const std::string& key, std::string message) {
    auto& counters = *wiring.counters;
    const auto count = [](auto& counter) { counter.fetch_add(1, std::memory_order_relaxed); };
    switch (wiring.bridge->post({core::Realm::signal, key}, std::make_shared<const std::string>(std::move(message)))) {
        case core::Posted::sent: return count(counters.sent_to_nodes);
        case core::Posted::asked: return count(counters.asked_all_nodes);
        case core::Posted::not_connected: return count(counters.not_connected);
        case core::Posted::dropped: return count(counters.overflow);
    }
}

// Answers OK whatever becomes of the message: delivery is best effort and agents repeat what matters (§1.4).
void send(const Wiring& wiring, std::string message, const rpc::UnaryReply& reply) {
    auto& counters = *wiring.counters;
    const auto begun = std::chrono::steady_clock::now();
    signalexchange::EncryptedMessage envelope;
    if (!envelope.ParseFromString(message)) {
        counters.malformed.fetch_add(1, std::memory_order_relaxed);
        return reply({rpc::Code::internal, "grpc: error unmarshalling request: not an EncryptedMessage"}, {});
    }
    if (wiring.bridge->drops_old()) return reply({rpc::Code::unavailable, "the server stood still; send it again"}, {});
    counters.size.record(static_cast<double>(message.size()));
    const auto target = wiring.mailboxes->of(core::Realm::signal).find(envelope.remotekey());
    (target ? counters.found : counters.not_found).record_ms(std::chrono::steady_clock::now() - begun);
    if (target) {
        target->post(std::make_shared<const std::string>(std::move(message)));  // forwarded as it came
        counters.forward.record_ms(std::chrono::steady_clock::now() - begun);
    } else if (envelope.remotekey() != "dummy") {  // the health probe of agents before 0.73
        send_elsewhere(wiring, envelope.remotekey(), std::move(message));
    }
    reply(rpc::Status::success(), {});
}

}  // namespace

rpc::Methods methods(Wiring wiring) {
    rpc::Methods methods(2);
    methods[0].path = "/signalexchange.SignalExchange/Send";
    methods[0].unary = [wiring](const rpc::CallInfo&, std::string message, const rpc::UnaryReply& reply) {
        send(wiring, std::move(message), reply);
    };
    methods[1].path = "/signalexchange.SignalExchange/ConnectStream";
    methods[1].stream = [wiring](const rpc::CallInfo& call, std::shared_ptr<rpc::Stream> stream) {
        return connect_stream(wiring, call, std::move(stream));
    };
    return methods;
}

}  // namespace rookery::signal
