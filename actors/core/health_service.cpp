#include "actors/core/health_service.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>

#include "proto/health.pb.h"

namespace rookery::core {
namespace {

using Answer = grpc::health::v1::HealthCheckResponse;
using Code = rpc::Code;

const rpc::Status unreadable{Code::internal, "grpc: error unmarshalling request: not a HealthCheckRequest"};
const rpc::Status leaving{Code::unavailable, "the server goes away; connect again"};

std::optional<std::string> service_of(const std::string& message) {
    grpc::health::v1::HealthCheckRequest request;
    if (!request.ParseFromString(message)) return std::nullopt;
    return request.service();
}

std::string serialised(Answer::ServingStatus status) {
    Answer answer;
    answer.set_status(status);
    return answer.SerializeAsString();
}

}  // namespace

struct HealthService::Shared {
    std::vector<std::string> services;

    std::mutex mutex;  // never held while a stream is called
    bool serving = false;
    bool ended = false;
    std::unordered_set<std::shared_ptr<Watch>> watches;

    bool knows(const std::string& service) const {
        return service.empty() || std::find(services.begin(), services.end(), service) != services.end();
    }
    Answer::ServingStatus status() {
        std::lock_guard lock(mutex);
        return serving ? Answer::SERVING : Answer::NOT_SERVING;
    }
    std::vector<std::shared_ptr<Watch>> all() {
        std::lock_guard lock(mutex);
        return {watches.begin(), watches.end()};
    }
};

// One Watch call. Sends the status when it is asked for and whenever it has changed since what was sent last; at
// most one write is under way.
class HealthService::Watch final : public rpc::StreamHandler, public std::enable_shared_from_this<Watch> {
public:
    Watch(std::shared_ptr<Shared> shared, std::shared_ptr<rpc::Stream> stream)
        : shared_(std::move(shared)), stream_(std::move(stream)) {}

    // Keeps it until the stream is over.
    void begin() {
        std::unique_lock lock(shared_->mutex);
        const bool full = shared_->watches.size() >= max_watches;
        const bool ended = shared_->ended;
        if (!full && !ended) shared_->watches.insert(shared_from_this());
        lock.unlock();
        if (ended) return stream_->finish(leaving);
        if (full) stream_->finish({Code::resource_exhausted, "too many watches of this server's health"});
    }
    void end() { stream_->finish(leaving); }

    void tell() {
        std::lock_guard lock(mutex_);
        if (!service_ || writing_) return;
        const auto status = shared_->knows(*service_) ? shared_->status() : Answer::SERVICE_UNKNOWN;
        if (sent_ == status) return;
        sent_ = status;
        writing_ = true;
        stream_->write(std::make_shared<const std::string>(serialised(status)));
    }

    void on_message(std::string message) override {
        auto service = service_of(message);
        if (!service) return stream_->finish(unreadable);
        {
            std::lock_guard lock(mutex_);
            if (service_) return;  // one request per call; more are ignored
            service_ = std::move(service);
        }
        tell();
    }
    void on_half_close() override {}
    void on_write_done(bool ok) override {
        {
            std::lock_guard lock(mutex_);
            writing_ = false;
        }
        if (ok) tell();
    }
    void on_closed() override {
        std::lock_guard lock(shared_->mutex);
        shared_->watches.erase(shared_from_this());
    }

private:
    const std::shared_ptr<Shared> shared_;
    const std::shared_ptr<rpc::Stream> stream_;

    std::mutex mutex_;  // guards what follows; taken before the shared one
    std::optional<std::string> service_;
    std::optional<Answer::ServingStatus> sent_;
    bool writing_ = false;
};

HealthService::HealthService(std::vector<std::string> services) : shared_(std::make_shared<Shared>()) {
    shared_->services = std::move(services);
}

rpc::Methods HealthService::methods() const {
    rpc::Methods methods(2);
    methods[0].path = "/grpc.health.v1.Health/Check";
    methods[0].unary = [shared = shared_](const rpc::CallInfo&, const std::string& message,
                                          const rpc::UnaryReply& reply) {
        const auto service = service_of(message);
        if (!service) return reply(unreadable, {});
        if (!shared->knows(*service)) return reply({Code::not_found, "unknown service " + *service}, {});
        reply(rpc::Status::success(), serialised(shared->status()));
    };
    methods[1].path = "/grpc.health.v1.Health/Watch";
    methods[1].stream = [shared = shared_](const rpc::CallInfo&, std::shared_ptr<rpc::Stream> stream) {
        auto watch = std::make_shared<Watch>(shared, std::move(stream));
        watch->begin();
        return watch;
    };
    return methods;
}

void HealthService::set_serving(bool serving) {
    {
        std::lock_guard lock(shared_->mutex);
        shared_->serving = serving;
    }
    for (const auto& watch : shared_->all()) watch->tell();
}

void HealthService::end_watches() {
    {
        std::lock_guard lock(shared_->mutex);
        shared_->ended = true;
    }
    for (const auto& watch : shared_->all()) watch->end();
}

}  // namespace rookery::core
