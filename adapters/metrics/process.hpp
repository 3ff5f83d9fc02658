// What Prometheus' own clients tell of their process, under the same names, from /proc.
#pragma once

#include "adapters/metrics/exposition.hpp"

namespace rookery::adapters::metrics {

// process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds, process_max_fds,
// process_start_time_seconds. What cannot be read is left out.
void add_process(Exposition& out);

}  // namespace rookery::adapters::metrics
