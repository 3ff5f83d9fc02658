#include "adapters/grpc/server.hpp"

#include <absl/synchronization/mutex.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <unordered_map>

#include "actors/core/encoding.hpp"
#include "actors/core/faults.hpp"
#include "adapters/grpc/waiting_calls.hpp"

namespace rookery::adapters::grpc {
namespace {

namespace rpc = core::rpc;

::grpc::Status to_grpc(const rpc::Status& status) {
    return ::grpc::Status(static_cast<::grpc::StatusCode>(status.code), status.message);
}

std::string to_string(const ::grpc::ByteBuffer& buffer) {
    std::vector<::grpc::Slice> slices;
    if (!buffer.Dump(&slices).ok()) return {};
    std::string out;
    out.reserve(buffer.Length());
    for (const auto& s : slices) out.append(reinterpret_cast<const char*>(s.begin()), s.size());
    return out;
}

// Refers to the message instead of copying it; the buffer keeps it alive.
::grpc::ByteBuffer to_buffer(rpc::Bytes message) {
    auto* kept = new rpc::Bytes(std::move(message));
    const ::grpc::Slice slice(
        const_cast<char*>((*kept)->data()), (*kept)->size(), [](void* p) { delete static_cast<rpc::Bytes*>(p); }, kept);
    return ::grpc::ByteBuffer(&slice, 1);
}

// "%5B::1%5D" -> "[::1]".
std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = text[i] == '%' ? core::hex_decode(text.substr(i + 1, 2)) : std::nullopt;
        if (byte && byte->size() == 1) {
            out += *byte;
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

// A connection inside the process tells the client's address by the name of the socket at its other end, since gRPC
// asks that for its peer. Two kinds of names: "1.2.3.4:5/…" of a TLS connection (adapters/front/tunnel.hpp), and
// "client/1.2.3.4:5/…" of Server::connect, whose address is settled.
constexpr std::string_view settled = "client/";

std::string inside_name(const std::string& remote) {
    static std::atomic<std::uint64_t> number{0};
    return fmt::format("{}{}/{}.{}", settled, remote, ::getpid(), ++number);
}

// `peer` as gRPC writes it: "ipv4:1.2.3.4:5", "ipv6:%5B::1%5D:5", "unix-abstract:NAME".
std::string remote_of(const std::string& peer, const rpc::Metadata& metadata, const io::ProxyTrust& trust) {
    const auto colon = peer.find(':');
    const auto decoded = percent_decoded(colon == std::string::npos ? peer : peer.substr(colon + 1));
    std::string_view name = decoded;
    const bool is_settled = peer.starts_with("unix-abstract:") && name.starts_with(settled);
    if (is_settled) name.remove_prefix(settled.size());
    name = name.substr(0, name.find('/'));
    return is_settled ? std::string(name) : io::client_address(name, metadata, trust);
}

rpc::CallInfo describe(const ::grpc::GenericCallbackServerContext& context, const io::ProxyTrust& trust) {
    rpc::CallInfo info;
    info.method = context.method();
    for (const auto& [key, value] : context.client_metadata())
        info.metadata.emplace_back(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
    info.remote = remote_of(context.peer(), info.metadata, trust);
    return info;
}

const core::faults::Point unary_fault{"grpc.unary", core::faults::can_fail};
const core::faults::Point stream_fault{"grpc.stream", core::faults::can_fail};
const core::faults::Point write_fault{"grpc.write", 0};

// One message in, one answer out.
class UnaryCall final : public ::grpc::ServerGenericBidiReactor {
public:
    UnaryCall(::grpc::GenericCallbackServerContext* context, rpc::CallInfo info, const rpc::UnaryHandler& handler,
              WaitingCalls& waiting)
        : info_(std::move(info)), handler_(handler), waiting_(waiting) {
        place_ = waiting_.add(std::chrono::steady_clock::now(), [context] { context->TryCancel(); });
    }

    void begin() { StartRead(&request_); }

    void OnReadDone(bool ok) override {
        waiting_.remove(place_);
        if (!ok) return Finish(::grpc::Status(::grpc::StatusCode::INTERNAL, "the call ended before its request"));
        if (unary_fault.pass() != core::faults::Verdict::go_on)
            return Finish(::grpc::Status(::grpc::StatusCode::UNAVAILABLE, "fault switch"));
        handler_(info_, to_string(request_),
                 [this](rpc::Status status, std::string message) { answer(status, std::move(message)); });
    }

    void OnDone() override { delete this; }

private:
    // OnDone is short: on the spot, not by a wake-up of another thread for each call (gRPC's default reactor does so
    // too).
    bool InternalInlineable() override { return true; }

    void answer(const rpc::Status& status, std::string message) {
        if (!status.ok()) return Finish(to_grpc(status));
        response_ = to_buffer(std::make_shared<const std::string>(std::move(message)));
        StartWriteAndFinish(&response_, ::grpc::WriteOptions(), ::grpc::Status::OK);
    }

    const rpc::CallInfo info_;
    const rpc::UnaryHandler& handler_;
    WaitingCalls& waiting_;
    WaitingCalls::Place place_;
    ::grpc::ByteBuffer request_;
    ::grpc::ByteBuffer response_;
};

// A stream: the transport's side of rpc::Stream. Held by itself until gRPC is done with it, and by the service
// as long as that wants to write.
class StreamCall final : public ::grpc::ServerGenericBidiReactor, public rpc::Stream {
public:
    StreamCall(::grpc::GenericCallbackServerContext* context, WaitingCalls& waiting)
        : waiting_(waiting), context_(context) {}

    static StreamCall* open(::grpc::GenericCallbackServerContext* context, rpc::CallInfo info,
                            const rpc::Method& method, WaitingCalls& waiting) {
        auto call = std::make_shared<StreamCall>(context, waiting);
        call->self_ = call;
        auto* raw = call.get();
        if (method.client_speaks_first)
            call->place_ = waiting.add(std::chrono::steady_clock::now(), [context] { context->TryCancel(); });
        auto handler = method.stream(info, call);
        if (stream_fault.pass() != core::faults::Verdict::go_on) call->finish({rpc::Code::unavailable, "fault switch"});
        {
            std::lock_guard lock(call->callbacks_);
            call->handler_ = std::move(handler);
        }
        raw->read_next();
        return raw;
    }

    void send_initial_metadata(rpc::Metadata metadata) override {
        std::lock_guard lock(mutex_);
        if (finished_) return;
        for (auto& [key, value] : metadata) context_->AddInitialMetadata(key, value);
        StartSendInitialMetadata();
    }

    void write(rpc::Bytes message) override {
        (void)write_fault.pass();
        std::lock_guard lock(mutex_);
        if (ending_) return;
        writing_ = true;
        outgoing_ = to_buffer(std::move(message));
        StartWrite(&outgoing_);
    }

    void finish(rpc::Status status) override {
        std::lock_guard lock(mutex_);
        if (ending_) return;
        ending_ = true;
        status_ = std::move(status);
        finish_when_idle();
    }

    void cancel() override {
        std::lock_guard lock(mutex_);
        if (!finished_ && context_) context_->TryCancel();
    }

    void OnReadDone(bool ok) override {
        stop_waiting();
        if (!ok) return call_handler([](auto& h) { h.on_half_close(); });
        call_handler([this](auto& h) { h.on_message(to_string(incoming_)); });
        read_next();
    }

    void OnWriteDone(bool ok) override {
        {
            std::lock_guard lock(mutex_);
            writing_ = false;
            if (ending_) finish_when_idle();
        }
        call_handler([ok](auto& h) { h.on_write_done(ok); });
    }

    // The client is gone: gRPC says OnDone only after Finish.
    void OnCancel() override { finish({rpc::Code::cancelled, "the client went away"}); }

    void OnDone() override {
        stop_waiting();
        {
            std::lock_guard lock(mutex_);
            ending_ = finished_ = true;
            context_ = nullptr;
        }
        call_handler([](auto& h) { h.on_closed(); });
        {
            std::lock_guard lock(callbacks_);
            handler_.reset();
        }
        const auto self = std::move(self_);
    }

private:
    // Reads end one after the other and before the call does: no two at a time come here.
    void stop_waiting() {
        if (const auto place = std::exchange(place_, std::nullopt)) waiting_.remove(*place);
    }

    void finish_when_idle() {
        if (writing_ || finished_) return;
        finished_ = true;
        Finish(to_grpc(status_));
    }

    void read_next() {
        std::lock_guard lock(mutex_);
        if (!finished_) StartRead(&incoming_);
    }

    template <class F>
    void call_handler(F f) {
        std::lock_guard lock(callbacks_);
        if (handler_) f(*handler_);
    }

    WaitingCalls& waiting_;
    std::optional<WaitingCalls::Place> place_;  // until the first message

    std::mutex callbacks_;  // one handler callback at a time; taken before mutex_, never after it
    std::shared_ptr<rpc::StreamHandler> handler_;

    std::mutex mutex_;  // guards what follows
    ::grpc::GenericCallbackServerContext* context_;
    bool writing_ = false;
    bool ending_ = false;    // no further writes; status_ is set
    bool finished_ = false;  // Finish was called
    rpc::Status status_;
    ::grpc::ByteBuffer outgoing_;

    ::grpc::ByteBuffer incoming_;
    std::shared_ptr<StreamCall> self_;
};

class Dispatcher final : public ::grpc::CallbackGenericService {
public:
    Dispatcher(rpc::Methods methods, io::ProxyTrust trust, std::chrono::milliseconds request_deadline)
        : waiting(request_deadline), trust_(std::move(trust)) {
        for (auto& m : methods) {
            auto path = m.path;
            methods_.emplace(std::move(path), std::move(m));
        }
    }

    ::grpc::ServerGenericBidiReactor* CreateReactor(::grpc::GenericCallbackServerContext* context) override {
        calls.fetch_add(1, std::memory_order_relaxed);
        const auto it = methods_.find(context->method());
        if (it == methods_.end()) return refuse_unknown(context->method());
        auto info = describe(*context, trust_);
        if (it->second.stream) return StreamCall::open(context, std::move(info), it->second, waiting);
        auto* call = new UnaryCall(context, std::move(info), it->second.unary, waiting);
        call->begin();
        return call;
    }

    WaitingCalls waiting;
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> unknown{0};

private:
    ::grpc::ServerGenericBidiReactor* refuse_unknown(const std::string& path) {
        unknown.fetch_add(1, std::memory_order_relaxed);
        struct Refusal final : ::grpc::ServerGenericBidiReactor {
            explicit Refusal(const std::string& text) { Finish({::grpc::StatusCode::UNIMPLEMENTED, text}); }
            void OnDone() override { delete this; }
        };
        const auto slash = path.rfind('/');
        const auto service = path.substr(1, slash == 0 ? 0 : slash - 1);
        for (const auto& [known, method] : methods_)
            if (known.starts_with("/" + service + "/"))
                return new Refusal("unknown method " + path.substr(slash + 1) + " for service " + service);
        return new Refusal("unknown service " + service);
    }

    const io::ProxyTrust trust_;
    std::unordered_map<std::string, rpc::Method> methods_;
};

}  // namespace

struct Server::Parts {
    Parts(rpc::Methods methods, io::ProxyTrust trust, std::chrono::milliseconds request_deadline)
        : dispatcher(std::move(methods), std::move(trust), request_deadline) {}

    // On a thread of its own: what gRPC calls back from a cancellation must not run under the lock that this holds.
    void watch(const std::stop_token& stop, std::chrono::milliseconds period) {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any wake;
        while (!wake.wait_for(lock, stop, period, [&] { return stop.stop_requested(); }))
            overdue.fetch_add(dispatcher.waiting.cancel_overdue(std::chrono::steady_clock::now()),
                              std::memory_order_relaxed);
    }

    Dispatcher dispatcher;
    std::unique_ptr<::grpc::experimental::ExternalConnectionAcceptor> acceptor;
    std::unique_ptr<::grpc::Server> server;
    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> overdue{0};
    std::jthread watcher;
    std::atomic<bool> ending{false};
    std::atomic<bool> over{false};
    std::thread end;  // waits for the calls
};

Server::Server(rpc::Methods methods, Settings settings)
    : parts_(std::make_unique<Parts>(std::move(methods), settings.trust, settings.request_deadline)) {
    // Debian builds absl with lock-order checking on; it costs memory and time per lock.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);

    ::grpc::ServerBuilder builder;
    const auto ms = [](std::chrono::milliseconds d) { return static_cast<int>(d.count()); };
    builder.SetMaxReceiveMessageSize(settings.max_message_bytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, settings.max_streams);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, ms(settings.ping_after));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ms(settings.ping_timeout));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, ms(settings.min_ping_interval));
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, ms(settings.handshake_timeout));
    builder.RegisterCallbackGenericService(&parts_->dispatcher);
    parts_->acceptor = builder.experimental().AddExternalConnectionAcceptor(
        ::grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, ::grpc::InsecureServerCredentials());
    parts_->server = builder.BuildAndStart();
    parts_->watcher = std::jthread([parts = parts_.get(), period = settings.request_deadline / 10](
                                       const std::stop_token& stop) { parts->watch(stop, period); });
}

Server::~Server() {
    shutdown(std::chrono::milliseconds(0));
}

void Server::adopt(int listener_fd, int fd, const std::string& read_ahead) {
    if (parts_->ending) {  // gRPC would keep the descriptor and never answer
        ::close(fd);
        return;
    }
    parts_->connections.fetch_add(1, std::memory_order_relaxed);
    ::grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters p;
    p.listener_fd = listener_fd;
    p.fd = fd;
    if (!read_ahead.empty()) {
        const ::grpc::Slice slice(read_ahead);
        p.read_buffer = ::grpc::ByteBuffer(&slice, 1);
    }
    parts_->acceptor->HandleNewConnection(&p);
}

core::Result<int> Server::connect(const std::string& remote) {
    const auto name = inside_name(remote);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() >= sizeof address.sun_path)
        return core::fail(core::ErrorKind::invalid_argument, fmt::format("client address too long: {}", remote));
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        return core::fail(core::ErrorKind::unavailable, fmt::format("no socket pair: {}", std::strerror(errno)));
    if (::bind(ends[0], reinterpret_cast<const sockaddr*>(&address), size) != 0) {
        const int error = errno;
        ::close(ends[0]);
        ::close(ends[1]);
        return core::fail(core::ErrorKind::unavailable,
                          fmt::format("cannot name a socket pair: {}", std::strerror(error)));
    }
    adopt(-1, ends[1], {});
    return ends[0];
}

void Server::begin_shutdown(std::chrono::milliseconds grace) {
    if (parts_->ending.exchange(true)) return;
    parts_->end = std::thread([parts = parts_.get(), deadline = std::chrono::system_clock::now() + grace] {
        parts->server->Shutdown(deadline);
        parts->server->Wait();
        parts->over = true;
    });
}

bool Server::over() const {
    return parts_->over;
}

void Server::shutdown(std::chrono::milliseconds grace) {
    begin_shutdown(grace);
    if (!parts_->end.joinable()) return;
    parts_->end.join();
    parts_->server.reset();
}

Counters Server::counters() const {
    return {parts_->connections.load(), parts_->dispatcher.calls.load(), parts_->dispatcher.unknown.load(),
            parts_->overdue.load()};
}

}  // namespace rookery::adapters::grpc
