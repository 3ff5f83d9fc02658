#include "adapters/metrics/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

namespace rookery::adapters::metrics {
namespace {

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto of = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return of(used.ru_utime) + of(used.ru_stime);
}

// Taken when the process is loaded: close enough to its start, and free of clock-tick arithmetic.
const double start_time = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();

}  // namespace

void add_process(Exposition& out) {
    out.counter("process_cpu_seconds_total", "Processor time spent", cpu_seconds());
    out.gauge("process_start_time_seconds", "Start, in Unix time", start_time);
    std::ifstream pages("/proc/self/statm");
    double size = 0, resident = 0;
    if (pages >> size >> resident)
        out.gauge("process_resident_memory_bytes", "Memory in use",
                  resident * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    std::error_code failed;
    const std::filesystem::directory_iterator descriptors("/proc/self/fd", failed);
    if (!failed)
        out.gauge("process_open_fds", "Open descriptors", static_cast<double>(std::distance(begin(descriptors), {})));
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
        out.gauge("process_max_fds", "How many descriptors may be open", static_cast<double>(limit.rlim_cur));
}

}  // namespace rookery::adapters::metrics
