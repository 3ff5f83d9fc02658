// grpc.health.v1 without a network: streams made by the test.
#include "actors/core/health_service.hpp"

#include <optional>

#include "proto/health.pb.h"
#include "tests/catch.hpp"

using namespace rookery;
namespace rpc = core::rpc;
using Answer = grpc::health::v1::HealthCheckResponse;
using Statuses = std::vector<Answer::ServingStatus>;

namespace {

std::string request(const std::string& service) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    return request.SerializeAsString();
}

Answer::ServingStatus status(const std::string& message) {
    Answer answer;
    REQUIRE(answer.ParseFromString(message));
    return answer.status();
}

struct FakeStream final : rpc::Stream {
    Statuses written;
    std::optional<rpc::Status> end;
    void send_initial_metadata(rpc::Metadata) override {}
    void write(rpc::Bytes message) override { written.push_back(status(*message)); }
    void finish(rpc::Status s) override { end = std::move(s); }
    void cancel() override {}
};

struct Fixture {
    core::HealthService health{{"a.Service"}};
    rpc::Methods methods = health.methods();

    std::pair<rpc::Status, std::string> check(std::string message) {
        std::pair<rpc::Status, std::string> answer;
        methods.at(0).unary({}, std::move(message), [&](rpc::Status s, std::string m) {
            answer = {std::move(s), std::move(m)};
        });
        return answer;
    }
    struct Watch {
        std::shared_ptr<FakeStream> stream = std::make_shared<FakeStream>();
        std::shared_ptr<rpc::StreamHandler> handler;
        ~Watch() {
            if (handler) handler->on_closed();
        }
    };
    std::unique_ptr<Watch> watch(const std::string& service) {
        auto watch = std::make_unique<Watch>();
        watch->handler = methods.at(1).stream({}, watch->stream);
        watch->handler->on_message(request(service));
        return watch;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "Check answers for the server and for each service") {
    CHECK(methods.at(0).path == "/grpc.health.v1.Health/Check");
    CHECK(methods.at(1).path == "/grpc.health.v1.Health/Watch");
    for (const auto* service : {"", "a.Service"}) {
        CHECK(status(check(request(service)).second) == Answer::NOT_SERVING);
        health.set_serving(true);
        CHECK(status(check(request(service)).second) == Answer::SERVING);
        health.set_serving(false);
    }
}

TEST_CASE_METHOD(Fixture, "Check of a service that is not there, and of garbage") {
    CHECK(check(request("b.Service")).first.code == rpc::Code::not_found);
    CHECK(check("\xff\xff").first.code == rpc::Code::internal);
}

TEST_CASE_METHOD(Fixture, "Watch sends the status at once and each change, one write at a time") {
    const auto watch = this->watch("a.Service");
    CHECK(watch->stream->written == Statuses{Answer::NOT_SERVING});
    health.set_serving(true);
    health.set_serving(false);
    health.set_serving(true);
    CHECK(watch->stream->written.size() == 1);  // the first write is still under way
    watch->handler->on_write_done(true);
    CHECK(watch->stream->written == Statuses{Answer::NOT_SERVING, Answer::SERVING});
    watch->handler->on_write_done(true);
    health.set_serving(true);
    CHECK(watch->stream->written.size() == 2);
    health.set_serving(false);
    CHECK(watch->stream->written.back() == Answer::NOT_SERVING);
}

TEST_CASE_METHOD(Fixture, "Watch of a service that is not there stays open") {
    const auto watch = this->watch("b.Service");
    CHECK(watch->stream->written == Statuses{Answer::SERVICE_UNKNOWN});
    watch->handler->on_write_done(true);
    health.set_serving(true);
    CHECK(watch->stream->written.size() == 1);
    CHECK_FALSE(watch->stream->end);
}

TEST_CASE_METHOD(Fixture, "a second request and garbage on a Watch") {
    const auto watch = this->watch("");
    watch->handler->on_message(request("b.Service"));
    watch->handler->on_write_done(true);
    CHECK(watch->stream->written.size() == 1);
    const auto bad = std::make_unique<Watch>();
    bad->handler = methods.at(1).stream({}, bad->stream);
    bad->handler->on_message("\xff\xff");
    CHECK(bad->stream->end->code == rpc::Code::internal);
}

TEST_CASE_METHOD(Fixture, "watches end with UNAVAILABLE, later ones at once") {
    const auto watch = this->watch("");
    health.end_watches();
    CHECK(watch->stream->end->code == rpc::Code::unavailable);
    CHECK(this->watch("")->stream->end->code == rpc::Code::unavailable);
}

TEST_CASE_METHOD(Fixture, "open watches are bounded; a closed one makes room") {
    std::vector<std::unique_ptr<Watch>> open;
    for (std::size_t i = 0; i < core::HealthService::max_watches; ++i) open.push_back(watch(""));
    CHECK(watch("")->stream->end->code == rpc::Code::resource_exhausted);
    open.pop_back();
    CHECK_FALSE(watch("")->stream->end);
}
