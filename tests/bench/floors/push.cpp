// Floor for maps: every ConnectStream gets COUNT messages of BYTES bytes, each copied from a shared buffer, boxed with
// the stream's own key and written by gRPC C++. What a map costs beyond this is its calculation. Prints the CPU per
// message once STREAMS are served; to be loaded by: sigload --mode idle --n STREAMS.
//
//   floor-push ADDRESS STREAMS COUNT BYTES [plain]     plain: without the box
#include <grpcpp/grpcpp.h>
#include <sodium.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "proto/signalexchange.grpc.pb.h"
#include "tests/bench/load/process.hpp"

namespace {

using grpc::ByteBuffer;

constexpr std::size_t nonce_size = crypto_box_NONCEBYTES;
constexpr std::size_t box_overhead = nonce_size + crypto_box_MACBYTES;

struct Push {
    long streams = 0;
    long count = 0;
    bool boxed = true;
    std::string content;
    std::atomic<long> done{0};
    double cpu_before = 0;
};
Push push;

void report() {
    const auto cpu = rookery::bench::own_cpu_seconds() - push.cpu_before;
    std::printf("{\"bytes\":%zu,\"box\":%s,\"messages\":%ld,\"cpu_us_per_message\":%.1f}\n", push.content.size(),
                push.boxed ? "true" : "false", push.done.load(), cpu / static_cast<double>(push.done) * 1e6);
    std::fflush(stdout);
}

class Stream final : public grpc::ServerBidiReactor<ByteBuffer, ByteBuffer> {
public:
    explicit Stream(grpc::CallbackServerContext& context) {
        randombytes_buf(key_.data(), key_.size());
        context.AddInitialMetadata("x-wiretrustee-peer-registered", "1");
        StartSendInitialMetadata();
        StartRead(&incoming_);
        write_next();
    }

    void OnWriteDone(bool ok) override {
        outgoing_.Clear();
        if (!ok) return;
        if (++push.done == push.streams * push.count) report();
        if (--left_ > 0) write_next();
    }
    void OnReadDone(bool ok) override {
        if (!ok) Finish(grpc::Status::OK);
    }
    void OnDone() override { delete this; }

private:
    void write_next() {
        const grpc::Slice slice(push.content.size() + box_overhead);
        auto* bytes = const_cast<std::uint8_t*>(slice.begin());
        const auto* content = reinterpret_cast<const std::uint8_t*>(push.content.data());
        randombytes_buf(bytes, nonce_size);
        if (push.boxed)
            crypto_box_easy_afternm(bytes + nonce_size, content, push.content.size(), bytes, key_.data());
        else
            std::memcpy(bytes + box_overhead, content, push.content.size());
        outgoing_ = ByteBuffer(&slice, 1);
        StartWrite(&outgoing_);
    }

    std::array<unsigned char, crypto_box_BEFORENMBYTES> key_;
    ByteBuffer incoming_;
    ByteBuffer outgoing_;
    long left_ = push.count;
};

using Service =
    signalexchange::SignalExchange::WithRawCallbackMethod_ConnectStream<signalexchange::SignalExchange::Service>;

class PushService final : public Service {
    grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>* ConnectStream(grpc::CallbackServerContext* context) override {
        return new Stream(*context);
    }
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5 || sodium_init() < 0) {
        std::fprintf(stderr, "floor-push ADDRESS STREAMS COUNT BYTES [plain]\n");
        return 2;
    }
    push.streams = std::atol(argv[2]);
    push.count = std::atol(argv[3]);
    push.content.assign(static_cast<std::size_t>(std::atol(argv[4])), 'm');
    push.boxed = argc == 5;
    push.cpu_before = rookery::bench::own_cpu_seconds();
    PushService service;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
    builder.SetMaxSendMessageSize(-1);
    builder.RegisterService(&service);
    const auto server = builder.BuildAndStart();
    if (!server) return 1;
    server->Wait();
}
