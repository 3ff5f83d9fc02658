#include "adapters/grpc/dispatcher.hpp"

#include <memory>
#include <utility>

#include "adapters/grpc/inside_name.hpp"
#include "adapters/grpc/stream_call.hpp"
#include "adapters/grpc/unary_call.hpp"

namespace rookery::adapters::grpc {
namespace {

namespace rpc = core::rpc;

rpc::CallInfo describe(const ::grpc::GenericServerContext& context, const io::ProxyTrust& trust) {
    rpc::CallInfo info;
    info.method = context.method();
    for (const auto& [key, value] : context.client_metadata())
        info.metadata.emplace_back(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
    info.remote = remote_of(context.peer(), info.metadata, trust);
    return info;
}

// A call without a method.
struct Refusal final : Call {
    explicit Refusal(Line& line) : finish(line, [](bool) {}) {}
    void closed() override {}
    Operation finish;
};

}  // namespace

Dispatcher::Dispatcher(rpc::Methods methods, io::ProxyTrust trust, std::chrono::milliseconds request_deadline)
    : waiting(request_deadline), trust_(std::move(trust)) {
    for (auto& m : methods) {
        auto path = m.path;
        methods_.emplace(std::move(path), std::move(m));
    }
}

void Dispatcher::offer(std::size_t lines, ::grpc::ServerCompletionQueue& queue) {
    for (std::size_t i = 0; i < lines; ++i) offer(queue);
}

void Dispatcher::offer(::grpc::ServerCompletionQueue& queue) {
    auto* line = new Line(lines_, [this, &queue](Line& arrived, bool ok) {
        if (!ok) return;  // the server ends
        offer(queue);
        begin(arrived);
    });
    line->offer(service, queue);
}

void Dispatcher::wait_until_closed() {
    for (auto lines = lines_.load(); lines != 0; lines = lines_.load()) lines_.wait(lines);
}

void Dispatcher::begin(Line& line) {
    calls.fetch_add(1, std::memory_order_relaxed);
    const auto it = methods_.find(line.context.method());
    if (it == methods_.end()) return refuse_unknown(line);
    auto info = describe(line.context, trust_);
    if (it->second.stream) {
        auto call = std::make_shared<StreamCall>(line, waiting);
        line.connect(call);
        call->begin(info, it->second);
    } else {
        auto call = std::make_shared<UnaryCall>(line, std::move(info), it->second.unary, waiting);
        line.connect(call);
        call->begin();
    }
}

void Dispatcher::refuse_unknown(Line& line) {
    unknown.fetch_add(1, std::memory_order_relaxed);
    const auto path = line.context.method();
    const auto slash = path.rfind('/');
    const auto service_name = path.substr(1, slash == 0 ? 0 : slash - 1);
    auto text = "unknown service " + service_name;
    for (const auto& [known, method] : methods_)
        if (known.starts_with("/" + service_name + "/"))
            text = "unknown method " + path.substr(slash + 1) + " for service " + service_name;
    auto refusal = std::make_shared<Refusal>(line);
    line.connect(refusal);
    line.hold();
    line.io.Finish({::grpc::StatusCode::UNIMPLEMENTED, text}, &refusal->finish);
}

}  // namespace rookery::adapters::grpc
