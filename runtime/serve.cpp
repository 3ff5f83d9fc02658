#include "runtime/serve.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

#include "actors/core/log.hpp"
#include "adapters/logging/log_sink.hpp"
#include "adapters/logging/protobuf_log.hpp"
#include "runtime/announce.hpp"
#include "runtime/node.hpp"

namespace rookery::runtime {
namespace {

namespace log = core::log;

// Blocked before any thread starts, so that every thread inherits it and only this descriptor sees them.
int block_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return ::signalfd(-1, &set, SFD_CLOEXEC);
}

// What the node asks of its process; wakes the main thread.
class Requests {
public:
    Requests() : event_(::eventfd(0, EFD_CLOEXEC)) {}
    ~Requests() { ::close(event_); }
    Requests(const Requests&) = delete;
    Requests& operator=(const Requests&) = delete;

    NodeEvents events() {
        return {[this](std::string reasons) {
                    {
                        std::lock_guard lock(mutex_);
                        failure_ = std::move(reasons);
                    }
                    wake();
                },
                [this] { wake(); }};
    }
    int descriptor() const { return event_; }
    // Why the supervision tree gave up, if it did.
    std::optional<std::string> failure() {
        std::lock_guard lock(mutex_);
        return failure_;
    }

private:
    void wake() {
        const std::uint64_t one = 1;
        if (::write(event_, &one, sizeof one) != sizeof one) std::abort();
    }

    const int event_;
    std::mutex mutex_;
    std::optional<std::string> failure_;
};

// Takes the signal that came: its number.
int take_signal(int signals) {
    signalfd_siginfo taken;
    if (::read(signals, &taken, sizeof taken) != sizeof taken) std::abort();
    return static_cast<int>(taken.ssi_signo);
}

bool readable(int descriptor, std::chrono::nanoseconds limit) {
    pollfd wait{descriptor, POLLIN, 0};
    const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
    const timespec time{seconds.count(), (limit - seconds).count()};
    return ::ppoll(&wait, 1, &time, nullptr) == 1;
}

void end_on_next_signal() {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

// Waits for a reason to end, then leaves in order, unless the tree is gone. Somebody who asked by the control socket
// may also send the first signal without cutting the drain short; the next one ends the process at once.
void run_until_asked(Node& node, Requests& requests, int signals) {
    pollfd waits[2] = {{signals, POLLIN, 0}, {requests.descriptor(), POLLIN, 0}};
    while (::poll(waits, 2, -1) < 0 && errno == EINTR) {
    }
    if (requests.failure()) return;
    int signal = 0;
    const auto take = [&] {
        signal = take_signal(signals);
        end_on_next_signal();
    };
    if (waits[0].revents != 0) take();
    log::info("stopping{}", signal != 0 ? "; a second signal ends the process at once" : ", as the operator asked");
    node.drain(signal == SIGINT, [&](std::chrono::nanoseconds time) {
        if (signal != 0)
            std::this_thread::sleep_for(time);
        else if (readable(signals, time))
            take();
    });
}

int fail(const std::string& why) {
    log::write(log::Level::fatal, nullptr, "failed to execute command: {}", why);
    return 1;
}

// The reasons are the last lines of the log, one per level of the tree, the innermost last.
int give_up(const std::string& reasons) {
    const int code = fail("the supervision tree gave up:");
    std::istringstream lines(reasons);
    for (std::string line; std::getline(lines, line);) log::write(log::Level::fatal, nullptr, "{}", line);
    return code;
}

}  // namespace

int serve(config::Config configuration) {
    const int signals = block_signals();
    auto sink = adapters::logging::open_sink(configuration.logging);
    if (!sink) {
        fmt::print(stderr, "failed to execute command: {}\n", sink.error().message);
        return 1;
    }
    adapters::logging::take_protobuf_log();
    log::install(sink->get(), configuration.logging.levels);
    announce_begin(configuration);
    const auto command = configuration.command;

    // What tools send that have renewed a certificate; its files are looked at all the time.
    if (configuration.tls.enabled()) std::signal(SIGHUP, SIG_IGN);

    int exit_code = 0;
    {
        Requests requests;
        auto node = Node::start(std::move(configuration), requests.events());
        if (!node) return fail(node.error().message);
        run_until_asked(**node, requests, signals);
        (*node)->stop();
        if (const auto reasons = requests.failure()) exit_code = give_up(*reasons);
        if ((*node)->hangs()) {
            log::error("an actor hangs: ending without it");
            log::install(nullptr, {});
            sink->reset();
            std::_Exit(1);
        }
    }
    if (exit_code == 0) announce_end(command);
    log::install(nullptr, {});
    return exit_code;
}

}  // namespace rookery::runtime
