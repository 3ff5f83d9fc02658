// What processes cost: CPU from their CPU clocks, memory from /proc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rookery::bench {

using Pids = std::vector<int>;

Pids pids_of(const std::string& comma_separated);
double cpu_seconds(const Pids& pids);
double own_cpu_seconds();
long resident_kb(const Pids& pids);

// What a span of time cost: the servers and the generator itself.
class Meter {
public:
    explicit Meter(Pids pids);

    struct Cost {
        double seconds = 0;
        double cpu = 0;      // of the servers, in seconds
        double own_cpu = 0;  // of this process, in seconds
    };
    Cost read() const;

private:
    Pids pids_;
    std::uint64_t begin_;
    double cpu_;
    double own_cpu_;
};

// As many descriptors as this process may have; a broken pipe is an error of the write.
void prepare_process();

}  // namespace rookery::bench
