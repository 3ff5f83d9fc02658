#include "adapters/grpc/server.hpp"

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <deque>
#include <fstream>
#include <future>
#include <iterator>
#include <mutex>
#include <regex>

#include "adapters/front/front.hpp"
#include "tests/catch.hpp"
#include "tests/eventually.hpp"
#include "tests/unit/adapters/tls/certificates.hpp"

using namespace rookery;
using namespace std::chrono_literals;
namespace rpc = core::rpc;

namespace {

// Echoes every message, says "closed" when it is over.
class Echo final : public rpc::StreamHandler {
public:
    Echo(std::shared_ptr<rpc::Stream> stream, std::function<void()> closed)
        : stream_(std::move(stream)), closed_(std::move(closed)) {}
    void on_message(std::string message) override {
        if (message == "end") return stream_->finish({rpc::Code::unknown, "as asked"});
        waiting_.push_back(std::make_shared<const std::string>("echo " + message));
        if (waiting_.size() == 1) stream_->write(waiting_.front());
    }
    void on_half_close() override {}
    void on_write_done(bool) override {
        waiting_.pop_front();
        if (!waiting_.empty()) stream_->write(waiting_.front());
    }
    void on_closed() override { closed_(); }

private:
    std::shared_ptr<rpc::Stream> stream_;
    std::function<void()> closed_;
    std::deque<rpc::Bytes> waiting_;  // the first is under way
};

grpc::ByteBuffer buffer(const std::string& text) {
    const grpc::Slice slice(text);
    return grpc::ByteBuffer(&slice, 1);
}

std::string text(const grpc::ByteBuffer& b) {
    std::vector<grpc::Slice> slices;
    REQUIRE(b.Dump(&slices).ok());
    std::string out;
    for (const auto& s : slices) out.append(reinterpret_cast<const char*>(s.begin()), s.size());
    return out;
}

struct Fixture {
    adapters::io::Pool pool{1};
    std::promise<void> closed;  // the first stream
    std::once_flag first;
    std::string remote;
    std::promise<rpc::UnaryReply> later;  // of the only call of "Later"
    std::unique_ptr<adapters::grpc::Server> server;
    std::unique_ptr<adapters::front::Front> front;
    std::shared_ptr<grpc::Channel> channel;

    explicit Fixture(adapters::front::Tls tls = {}, const std::string& roots = {},
                     adapters::grpc::Settings settings = {}) {
        rpc::Methods methods(5);
        methods[0].path = "/test.Service/Upper";
        methods[0].unary = [this](const rpc::CallInfo& call, std::string message, const rpc::UnaryReply& reply) {
            remote = call.remote;
            for (auto& c : message) c = static_cast<char>(std::toupper(c));
            reply(rpc::Status::success(), message);
        };
        methods[1].path = "/test.Service/Refuse";
        methods[1].unary = [](const rpc::CallInfo&, const std::string&, const rpc::UnaryReply& reply) {
            reply({rpc::Code::permission_denied, "no"}, {});
        };
        methods[2].path = "/test.Service/Chat";
        methods[2].stream = [this](const rpc::CallInfo& call, std::shared_ptr<rpc::Stream> stream) {
            stream->send_initial_metadata({{"x-seen", std::string(call.first("x-mine").value_or("none"))}});
            return std::make_shared<Echo>(std::move(stream),
                                          [this] { std::call_once(first, [this] { closed.set_value(); }); });
        };
        methods[3] = methods[2];
        methods[3].path = "/test.Service/Ask";
        methods[3].client_speaks_first = true;
        methods[4].path = "/test.Service/Later";
        methods[4].unary = [this](const rpc::CallInfo&, const std::string&, rpc::UnaryReply reply) {
            later.set_value(std::move(reply));
        };
        server = std::make_unique<adapters::grpc::Server>(std::move(methods), std::move(settings));
        adapters::front::Receivers receivers;
        receivers.http2 = [this](int listener, int fd, const std::string& read_ahead) {
            server->adopt(listener, fd, read_ahead);
        };
        front = std::make_unique<adapters::front::Front>(pool, std::move(receivers), adapters::front::Limits{}, tls);
        REQUIRE(front->listen({"127.0.0.1", 0}));
        channel = grpc::CreateChannel(
            "127.0.0.1:" + std::to_string(front->port()),
            roots.empty() ? grpc::InsecureChannelCredentials() : grpc::SslCredentials({.pem_root_certs = roots}));
    }
    ~Fixture() {
        channel.reset();
        front.reset();
        server.reset();
    }

    grpc::Status call(const std::string& method, const std::string& request, std::string* answer = nullptr,
                      const rpc::Metadata& metadata = {}) {
        grpc::GenericStub stub(channel);
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + 10s);
        for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
        grpc::CompletionQueue queue;
        const auto request_buffer = buffer(request);
        auto pending = stub.PrepareUnaryCall(&context, method, request_buffer, &queue);
        pending->StartCall();
        grpc::ByteBuffer response;
        grpc::Status status;
        pending->Finish(&response, &status, this);
        void* tag;
        bool ok;
        REQUIRE(queue.Next(&tag, &ok));
        if (answer && status.ok()) *answer = text(response);
        return status;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a unary call through the front, with read-ahead") {
    std::string answer;
    const auto status = call("/test.Service/Upper", "hello", &answer);
    CHECK(status.ok());
    CHECK(answer == "HELLO");
    CHECK(remote.find("127.0.0.1:") == 0);
}

TEST_CASE_METHOD(Fixture, "metadata names another client only for a peer that is trusted") {
    CHECK(call("/test.Service/Upper", "x", nullptr, {{"x-forwarded-for", "203.0.113.9"}}).ok());
    CHECK(remote.find("127.0.0.1:") == 0);

    adapters::grpc::Settings settings;
    settings.trust.peers = adapters::io::Networks::parse({"127.0.0.1"}).value();
    Fixture trusting({}, {}, settings);
    CHECK(trusting.call("/test.Service/Upper", "x", nullptr, {{"x-forwarded-for", "198.51.100.1, 203.0.113.9"}}).ok());
    CHECK(trusting.remote == "203.0.113.9");
    CHECK(trusting.call("/test.Service/Upper", "x", nullptr, {{"x-real-ip", "2001:db8::9"}}).ok());
    CHECK(trusting.remote == "[2001:db8::9]");
}

TEST_CASE("a connection inside the process has the address that it is given") {
    adapters::grpc::Settings settings;
    settings.trust.peers = adapters::io::Networks::parse({"0.0.0.0/0", "::/0"}).value();
    Fixture node({}, {}, settings);
    for (const std::string client : {"203.0.113.9:5555", "[2001:db8::9]:5555", "[fe80::1%eth0]:7", "203.0.113.9"}) {
        const auto fd = node.server->connect(client);
        REQUIRE(fd);
        node.channel = grpc::CreateInsecureChannelFromFd("inside", *fd);
        std::string answer;
        CHECK(node.call("/test.Service/Upper", "hello", &answer, {{"x-forwarded-for", "198.51.100.1"}}).ok());
        CHECK(answer == "HELLO");
        CHECK(node.remote == client);
    }
    CHECK_FALSE(node.server->connect(std::string(200, 'x')));
}

TEST_CASE_METHOD(Fixture, "status and text reach the client") {
    const auto refused = call("/test.Service/Refuse", "x");
    CHECK(refused.error_code() == grpc::StatusCode::PERMISSION_DENIED);
    CHECK(refused.error_message() == "no");

    const auto method = call("/test.Service/Nope", "x");
    CHECK(method.error_code() == grpc::StatusCode::UNIMPLEMENTED);
    CHECK(method.error_message() == "unknown method Nope for service test.Service");
    CHECK(call("/other.Service/Nope", "x").error_message() == "unknown service other.Service");
    CHECK_EVENTUALLY(server->counters().unknown_methods == 2);
}

TEST_CASE_METHOD(Fixture, "a request above the limit is refused, the connection lives") {
    const auto status = call("/test.Service/Upper", std::string(5 * 1024 * 1024, 'x'));
    CHECK(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    CHECK(call("/test.Service/Upper", "still here").ok());
}

namespace {

// A bidirectional call, driven step by step.
struct Chat {
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call;

    explicit Chat(const std::shared_ptr<grpc::Channel>& channel, const char* method = "/test.Service/Chat") {
        context.AddMetadata("x-mine", "42");
        context.set_deadline(std::chrono::system_clock::now() + 10s);
        grpc::GenericStub stub(channel);
        call = stub.PrepareCall(&context, method, &queue);
        call->StartCall(this);
        CHECK(next());
    }
    bool next() {
        void* tag;
        bool ok = false;
        return queue.Next(&tag, &ok) && ok;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "initial metadata comes before any message") {
    Chat chat(channel);
    chat.call->ReadInitialMetadata(&chat);
    REQUIRE(chat.next());
    const auto& metadata = chat.context.GetServerInitialMetadata();
    const auto it = metadata.find("x-seen");
    REQUIRE(it != metadata.end());
    CHECK(std::string(it->second.data(), it->second.size()) == "42");
    chat.context.TryCancel();
    CHECK(closed.get_future().wait_for(10s) == std::future_status::ready);
}

TEST_CASE_METHOD(Fixture, "messages go both ways and the service ends the stream") {
    Chat chat(channel);
    for (const std::string word : {"one", "two"}) {
        chat.call->Write(buffer(word), &chat);
        REQUIRE(chat.next());
        grpc::ByteBuffer response;
        chat.call->Read(&response, &chat);
        REQUIRE(chat.next());
        CHECK(text(response) == "echo " + word);
    }
    chat.call->Write(buffer("end"), &chat);
    REQUIRE(chat.next());
    grpc::Status status;
    chat.call->Finish(&status, &chat);
    REQUIRE(chat.next());
    CHECK(status.error_code() == grpc::StatusCode::UNKNOWN);
    CHECK(status.error_message() == "as asked");
    CHECK(closed.get_future().wait_for(10s) == std::future_status::ready);
}

namespace {

const adapters::tls::test::Folder& folder() {
    static const adapters::tls::test::Folder folder;
    return folder;
}
const config::Tls& certificate() {
    static const config::Tls files = folder().make("a");
    return files;
}
std::string contents(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct TlsFixture : Fixture {
    TlsFixture() : Fixture({*adapters::tls::Credentials::open(certificate())}, contents(certificate().cert_file)) {}
};

}  // namespace

TEST_CASE_METHOD(TlsFixture, "the same over TLS, with the client's own address") {
    std::string answer;
    const auto status = call("/test.Service/Upper", "hello", &answer);
    CHECK(status.ok());
    CHECK(answer == "HELLO");
    CHECK(std::regex_match(remote, std::regex("127\\.0\\.0\\.1:[0-9]+")));
    CHECK(call("/test.Service/Upper", std::string(3 * 1024 * 1024, 'x'), &answer).ok());
    CHECK(answer == std::string(3 * 1024 * 1024, 'X'));

    Chat chat(channel);
    chat.call->Write(buffer("one"), &chat);
    REQUIRE(chat.next());
    grpc::ByteBuffer response;
    chat.call->Read(&response, &chat);
    REQUIRE(chat.next());
    CHECK(text(response) == "echo one");
    chat.context.TryCancel();
    CHECK(closed.get_future().wait_for(10s) == std::future_status::ready);
    CHECK_EVENTUALLY(front->counters().tls_handshakes == 1);
}

namespace {

struct Impatient : Fixture {
    Impatient() : Fixture({}, {}, settings()) {}
    static adapters::grpc::Settings settings() {
        adapters::grpc::Settings settings;
        settings.request_deadline = 500ms;
        return settings;
    }
};

struct ThreeStreams : Fixture {
    ThreeStreams() : Fixture({}, {}, settings()) {}
    static adapters::grpc::Settings settings() {
        adapters::grpc::Settings settings;
        settings.max_streams = 3;
        return settings;
    }
};

}  // namespace

TEST_CASE_METHOD(Impatient, "a call whose request does not come is cancelled, a stream that needs none is not") {
    Chat open(channel);  // stays
    for (const auto* method : {"/test.Service/Upper", "/test.Service/Ask"}) {
        const auto before = server->counters().overdue;
        Chat silent(channel, method);
        grpc::Status status;
        silent.call->Finish(&status, &silent);
        REQUIRE(silent.next());
        CHECK(status.error_code() == grpc::StatusCode::CANCELLED);
        CHECK_EVENTUALLY(server->counters().overdue == before + 1);
    }
    open.call->Write(buffer("still here"), &open);
    REQUIRE(open.next());
    grpc::ByteBuffer response;
    open.call->Read(&response, &open);
    REQUIRE(open.next());
    CHECK(text(response) == "echo still here");
    open.context.TryCancel();
}

TEST_CASE_METHOD(Fixture, "an answer may come when its client has gone") {
    Chat chat(channel, "/test.Service/Later");
    chat.call->Write(buffer("x"), &chat);
    REQUIRE(chat.next());
    const auto reply = later.get_future().get();
    chat.context.TryCancel();
    grpc::Status status;
    chat.call->Finish(&status, &chat);
    REQUIRE(chat.next());
    CHECK(status.error_code() == grpc::StatusCode::CANCELLED);
    server->begin_shutdown(0s);
    CHECK_FALSE(server->over());
    reply(rpc::Status::success(), "too late");
    CHECK_EVENTUALLY(server->over());
}

TEST_CASE("a service may write while clients go away") {
    std::mutex mutex;
    std::vector<std::shared_ptr<rpc::Stream>> streams;
    std::atomic<int> closed{0};
    struct Listener final : rpc::StreamHandler {
        explicit Listener(std::atomic<int>& closed) : closed(closed) {}
        void on_message(std::string) override {}
        void on_half_close() override {}
        void on_write_done(bool) override { free = true; }
        void on_closed() override { ++closed; }
        std::atomic<int>& closed;
        std::atomic<bool> free{true};
    };
    std::vector<std::shared_ptr<Listener>> listeners;
    rpc::Methods methods(1);
    methods[0].path = "/test.Service/Listen";
    methods[0].stream = [&](const rpc::CallInfo&, std::shared_ptr<rpc::Stream> stream) {
        std::lock_guard lock(mutex);
        streams.push_back(std::move(stream));
        listeners.push_back(std::make_shared<Listener>(closed));
        return listeners.back();
    };
    adapters::grpc::Server server(std::move(methods));
    const auto fd = server.connect("203.0.113.9:5");
    REQUIRE(fd);
    const auto channel = grpc::CreateInsecureChannelFromFd("inside", *fd);

    std::atomic<bool> stop{false};
    std::thread writer([&] {
        const auto message = std::make_shared<const std::string>(1'000, 'x');
        while (!stop) {
            std::unique_lock lock(mutex);
            const auto to = streams;
            const auto heard = listeners;
            lock.unlock();
            for (std::size_t i = 0; i < to.size(); ++i)
                if (heard[i]->free.exchange(false)) to[i]->write(message);
        }
    });
    constexpr int clients = 200;
    for (int i = 0; i < clients; ++i) {
        Chat chat(channel, "/test.Service/Listen");
        grpc::ByteBuffer message;
        chat.call->Read(&message, &chat);
        REQUIRE(chat.next());
        chat.context.TryCancel();
    }
    CHECK_EVENTUALLY(closed == clients);
    stop = true;
    writer.join();
}

TEST_CASE_METHOD(ThreeStreams, "a connection has so many calls open and no more") {
    // Streams that stay open, and a call that the client's library keeps back until one of them ends.
    std::deque<Chat> chats;
    for (int i = 0; i < 3; ++i) {
        chats.emplace_back(channel);
        chats.back().call->ReadInitialMetadata(&chats);
        REQUIRE(chats.back().next());
    }
    CHECK(server->counters().calls == 3);
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const auto request = buffer("x");
    auto pending = stub.PrepareUnaryCall(&context, "/test.Service/Upper", request, &queue);
    pending->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    pending->Finish(&response, &status, this);
    void* tag;
    bool ok;
    CHECK(queue.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + 300ms) == grpc::CompletionQueue::TIMEOUT);
    CHECK(server->counters().calls == 3);
    chats.front().context.TryCancel();
    REQUIRE(queue.Next(&tag, &ok));
    CHECK(text(response) == "X");
    for (auto& chat : chats) chat.context.TryCancel();
}

TEST_CASE_METHOD(Fixture,
                 "a server that leaves lets open streams go on, takes no new ones, and is over with the last") {
    Chat chat(channel);
    chat.call->Write(buffer("one"), &chat);
    REQUIRE(chat.next());
    grpc::ByteBuffer response;
    chat.call->Read(&response, &chat);
    REQUIRE(chat.next());  // so the server has it: what has only been sent may be a new one to it
    CHECK(text(response) == "echo one");
    server->begin_shutdown(10s);
    server->begin_shutdown(0s);  // the first call counts
    chat.call->Write(buffer("two"), &chat);
    REQUIRE(chat.next());
    chat.call->Read(&response, &chat);
    REQUIRE(chat.next());
    CHECK(text(response) == "echo two");
    CHECK_EVENTUALLY(call("/test.Service/Upper", "late").error_code() == grpc::StatusCode::UNAVAILABLE);
    CHECK_FALSE(server->over());

    chat.call->Write(buffer("end"), &chat);
    REQUIRE(chat.next());
    grpc::Status status;
    chat.call->Finish(&status, &chat);
    REQUIRE(chat.next());
    CHECK(status.error_message() == "as asked");
    CHECK_EVENTUALLY(server->over());
}

TEST_CASE_METHOD(Fixture, "a stream that does not end is cancelled when its time is over") {
    Chat chat(channel);
    CHECK_EVENTUALLY(server->counters().calls == 1);  // so that it is not a new one
    server->shutdown(20ms);
    grpc::Status status;
    chat.call->Finish(&status, &chat);
    REQUIRE(chat.next());
    CHECK_FALSE(status.ok());
    CHECK(closed.get_future().wait_for(10s) == std::future_status::ready);
}
