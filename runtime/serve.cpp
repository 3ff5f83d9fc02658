#include "runtime/serve.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <sstream>

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

// What the tree says when it gives up; wakes the main thread.
class Failure {
public:
    Failure() : event_(::eventfd(0, EFD_CLOEXEC)) {}
    ~Failure() { ::close(event_); }
    void report(std::string reasons) {
        {
            std::lock_guard lock(mutex_);
            reasons_ = std::move(reasons);
        }
        const std::uint64_t one = 1;
        if (::write(event_, &one, sizeof one) != sizeof one) std::abort();
    }
    int descriptor() const { return event_; }
    std::string reasons() {
        std::lock_guard lock(mutex_);
        return reasons_;
    }

private:
    const int event_;
    std::mutex mutex_;
    std::string reasons_;
};

// Takes the signal that came, so that it is not pending any more; a second one ends the process at once.
void end_on_next_signal(int signals) {
    signalfd_siginfo taken;
    if (::read(signals, &taken, sizeof taken) != sizeof taken) std::abort();
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
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
        Failure failure;
        auto node = Node::start(std::move(configuration),
                                [&failure](std::string reasons) { failure.report(std::move(reasons)); });
        if (!node) return fail(node.error().message);
        pollfd waits[2] = {{signals, POLLIN, 0}, {failure.descriptor(), POLLIN, 0}};
        while (::poll(waits, 2, -1) < 0 && errno == EINTR) {
        }
        if (waits[0].revents != 0) {
            log::info("stopping");
            end_on_next_signal(signals);
        }
        (*node)->stop();
        if (waits[0].revents == 0) exit_code = give_up(failure.reasons());
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
