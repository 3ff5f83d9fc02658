// Floor: the smallest Signal server on gRPC C++'s callback API. Send looks the receiver up and queues one write on its
// stream. What the product costs beyond this is its own doing. No displacement, no limits, no time-outs, no counters.
//
//   floor-signal ADDRESS [CERT KEY]
//
// FAULT=drop|dup|corrupt in the environment damages every 500th message, to show that the generator notices.
#include <absl/synchronization/mutex.h>
#include <grpcpp/grpcpp.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "proto/signalexchange.grpc.pb.h"

namespace {

using signalexchange::EncryptedMessage;

class Stream;

// Sharded: one lock would be a floor of its own.
class Table {
public:
    void put(const std::string& key, std::shared_ptr<Stream> stream) {
        auto& shard = shard_of(key);
        std::unique_lock lock(shard.mutex);
        shard.streams[key] = std::move(stream);
    }
    void remove(const std::string& key, const Stream* stream) {
        auto& shard = shard_of(key);
        std::unique_lock lock(shard.mutex);
        const auto found = shard.streams.find(key);
        if (found != shard.streams.end() && found->second.get() == stream) shard.streams.erase(found);
    }
    std::shared_ptr<Stream> find(const std::string& key) {
        auto& shard = shard_of(key);
        std::shared_lock lock(shard.mutex);
        const auto found = shard.streams.find(key);
        return found == shard.streams.end() ? nullptr : found->second;
    }

private:
    struct Shard {
        std::shared_mutex mutex;
        std::unordered_map<std::string, std::shared_ptr<Stream>> streams;
    };
    Shard& shard_of(const std::string& key) { return shards_[std::hash<std::string>{}(key) % shards_.size()]; }

    std::array<Shard, 32> shards_;
};

Table table;

class Stream final : public grpc::ServerBidiReactor<EncryptedMessage, EncryptedMessage> {
public:
    explicit Stream(grpc::CallbackServerContext& context) {
        const auto id = context.client_metadata().find("x-wiretrustee-peer-id");
        if (id != context.client_metadata().end()) key_.assign(id->second.data(), id->second.size());
        context.AddInitialMetadata("x-wiretrustee-peer-registered", "1");
    }

    void begin(std::shared_ptr<Stream> self) {
        self_ = std::move(self);
        table.put(key_, self_);
        StartSendInitialMetadata();
        StartRead(&incoming_);
    }

    void push(const EncryptedMessage& message) {
        std::lock_guard lock(mutex_);
        if (closing_) return;
        queue_.push_back(message);
        if (!std::exchange(writing_, true)) StartWrite(&queue_.front());
    }

    void OnReadDone(bool ok) override {
        if (ok) return StartRead(&incoming_);
        table.remove(key_, this);
        {
            std::lock_guard lock(mutex_);
            closing_ = true;
            if (writing_) return;
        }
        Finish(grpc::Status::OK);
    }

    void OnWriteDone(bool) override {
        {
            std::lock_guard lock(mutex_);
            queue_.pop_front();
            if (!closing_ && !queue_.empty()) return StartWrite(&queue_.front());
            writing_ = false;
            if (queue_.empty()) std::deque<EncryptedMessage>().swap(queue_);
            if (!closing_) return;
        }
        Finish(grpc::Status::OK);
    }

    void OnDone() override { const auto self = std::move(self_); }

private:
    std::string key_;
    EncryptedMessage incoming_;
    std::mutex mutex_;
    std::deque<EncryptedMessage> queue_;
    bool writing_ = false;
    bool closing_ = false;
    std::shared_ptr<Stream> self_;
};

const std::string_view fault = std::getenv("FAULT") ? std::getenv("FAULT") : "";

void push_damaged(Stream& stream, EncryptedMessage message) {
    static std::atomic<std::uint64_t> count{0};
    const bool hit = ++count % 500 == 0;
    if (hit && fault == "drop") return;
    if (hit && fault == "corrupt") message.mutable_body()->back() ^= 1;
    stream.push(message);
    if (hit && fault == "dup") stream.push(message);
}

class Signal final : public signalexchange::SignalExchange::CallbackService {
    grpc::ServerBidiReactor<EncryptedMessage, EncryptedMessage>* ConnectStream(
        grpc::CallbackServerContext* context) override {
        auto stream = std::make_shared<Stream>(*context);
        auto* reactor = stream.get();
        reactor->begin(std::move(stream));
        return reactor;
    }

    grpc::ServerUnaryReactor* Send(grpc::CallbackServerContext* context, const EncryptedMessage* message,
                                   EncryptedMessage*) override {
        if (const auto stream = table.find(message->remotekey())) {
            if (fault.empty())
                stream->push(*message);
            else
                push_damaged(*stream, *message);
        }
        auto* reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }
};

std::string content_of(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 && argc != 4) {
        std::fprintf(stderr, "floor-signal ADDRESS [CERT KEY]\n");
        return 2;
    }
    // As the product does.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    auto credentials = grpc::InsecureServerCredentials();
    if (argc == 4) {
        grpc::SslServerCredentialsOptions options;
        options.pem_key_cert_pairs.push_back({content_of(argv[3]), content_of(argv[2])});
        credentials = grpc::SslServerCredentials(options);
    }
    Signal signal;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(argv[1], credentials);
    builder.RegisterService(&signal);
    const auto server = builder.BuildAndStart();
    if (!server) return 1;
    server->Wait();
}
