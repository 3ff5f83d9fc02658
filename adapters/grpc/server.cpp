#include "adapters/grpc/server.hpp"

#include <absl/synchronization/mutex.h>
#include <grpcpp/grpcpp.h>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "adapters/grpc/dispatcher.hpp"
#include "adapters/grpc/inside_name.hpp"

namespace rookery::adapters::grpc {
namespace {

// Calls that gRPC can hand over before anybody has to ask for the next one.
constexpr std::size_t offered_calls = 64;

// As many as gRPC itself uses for its callbacks. They never block.
unsigned threads_of_queue() {
    return std::clamp(std::thread::hardware_concurrency() / 2, 2u, 16u);
}

}  // namespace

struct Server::Parts {
    Parts(core::rpc::Methods methods, io::ProxyTrust trust, std::chrono::milliseconds request_deadline)
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

    void run_queue() {
        void* tag = nullptr;
        bool ok = false;
        while (queue->Next(&tag, &ok)) static_cast<Operation*>(tag)->happened(ok);
    }

    void end_within(std::chrono::system_clock::time_point deadline) {
        server->Shutdown(deadline);
        server->Wait();
        dispatcher.wait_until_closed();
        queue->Shutdown();
        for (auto& thread : threads) thread.join();
        over = true;
    }

    Dispatcher dispatcher;
    std::unique_ptr<::grpc::ServerCompletionQueue> queue;
    std::unique_ptr<::grpc::experimental::ExternalConnectionAcceptor> acceptor;
    std::unique_ptr<::grpc::Server> server;
    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> overdue{0};
    std::vector<std::thread> threads;  // of the queue
    std::jthread watcher;
    std::atomic<bool> ending{false};
    std::atomic<bool> over{false};
    std::thread end;  // waits for the calls
};

Server::Server(core::rpc::Methods methods, Settings settings)
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
    builder.RegisterAsyncGenericService(&parts_->dispatcher.service);
    parts_->queue = builder.AddCompletionQueue();
    parts_->acceptor = builder.experimental().AddExternalConnectionAcceptor(
        ::grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, ::grpc::InsecureServerCredentials());
    parts_->server = builder.BuildAndStart();
    parts_->dispatcher.offer(offered_calls, *parts_->queue);
    for (unsigned i = 0; i < threads_of_queue(); ++i)
        parts_->threads.emplace_back([parts = parts_.get()] { parts->run_queue(); });
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
    parts_->end = std::thread(
        [parts = parts_.get(), deadline = std::chrono::system_clock::now() + grace] { parts->end_within(deadline); });
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
