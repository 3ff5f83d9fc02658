#include "tests/bench/load/process.hpp"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "tests/bench/load/arguments.hpp"
#include "tests/bench/load/clock.hpp"

namespace rookery::bench {
namespace {

double seconds_of(clockid_t clock) {
    timespec t{};
    if (clock_gettime(clock, &t) != 0) return 0;
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

}  // namespace

Pids pids_of(const std::string& comma_separated) {
    Pids pids;
    for (const auto& part : split(comma_separated, ',')) pids.push_back(std::atoi(part.c_str()));
    return pids;
}

double cpu_seconds(const Pids& pids) {
    double sum = 0;
    for (const int pid : pids) {
        clockid_t clock;
        if (clock_getcpuclockid(pid, &clock) == 0) sum += seconds_of(clock);
    }
    return sum;
}

double own_cpu_seconds() {
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

long resident_kb(const Pids& pids) {
    const long page_kb = sysconf(_SC_PAGESIZE) / 1024;
    long sum = 0;
    for (const int pid : pids) {
        std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
        long total = 0;
        long resident = 0;
        statm >> total >> resident;
        sum += resident * page_kb;
    }
    return sum;
}

Meter::Meter(Pids pids)
    : pids_(std::move(pids)), begin_(now_ns()), cpu_(cpu_seconds(pids_)), own_cpu_(own_cpu_seconds()) {}

Meter::Cost Meter::read() const {
    return {seconds_since(begin_), cpu_seconds(pids_) - cpu_, own_cpu_seconds() - own_cpu_};
}

void prepare_process() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace rookery::bench
