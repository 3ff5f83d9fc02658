// Takes calls from gRPC and gives each to its method. Node scope.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "actors/core/rpc.hpp"
#include "adapters/grpc/line.hpp"
#include "adapters/grpc/waiting_calls.hpp"
#include "adapters/io/client_address.hpp"

namespace rookery::adapters::grpc {

class Dispatcher {
public:
    Dispatcher(core::rpc::Methods methods, io::ProxyTrust trust, std::chrono::milliseconds request_deadline);

    // Offers to take so many calls at a time; those that come meanwhile wait inside gRPC, where the open calls of a
    // connection are limited. `queue` stays until wait_until_closed() has returned.
    void offer(std::size_t lines, ::grpc::ServerCompletionQueue& queue);
    // After the server was shut down: it offers nothing more.
    void wait_until_closed();

    ::grpc::AsyncGenericService service;
    WaitingCalls waiting;
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> unknown{0};

private:
    void offer(::grpc::ServerCompletionQueue& queue);
    void begin(Line& line);
    void refuse_unknown(Line& line);

    const io::ProxyTrust trust_;
    std::unordered_map<std::string, core::rpc::Method> methods_;
    std::atomic<std::size_t> lines_{0};
};

}  // namespace rookery::adapters::grpc
