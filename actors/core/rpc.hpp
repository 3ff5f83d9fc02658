// The port between services and whatever speaks gRPC on the wire. Services see bytes, status and one
// outstanding write per stream, and no type of any RPC library, so that the transport can be replaced
// (design §6). Implemented by adapters/grpc.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rookery::core::rpc {

// Numbers are gRPC's status codes.
enum class Code : int {
    ok = 0,
    cancelled = 1,
    unknown = 2,
    invalid_argument = 3,
    deadline_exceeded = 4,
    not_found = 5,
    already_exists = 6,
    permission_denied = 7,
    resource_exhausted = 8,
    failed_precondition = 9,
    unimplemented = 12,
    internal = 13,
    unavailable = 14,
    unauthenticated = 16,
};

struct Status {
    Code code = Code::ok;
    std::string message;

    static Status success() { return {}; }
    bool ok() const { return code == Code::ok; }
    friend bool operator==(const Status&, const Status&) = default;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

// What is known of a call before its first message. Lives as long as the call.
struct CallInfo {
    std::string method;  // "/package.Service/Method"
    std::string remote;  // whose call it is: "1.2.3.4:567", "[::1]:567"; without the port where a proxy told none
    Metadata metadata;   // request metadata, keys lower-case
    // The first value of `key`; an empty value is a value.
    std::optional<std::string_view> first(std::string_view key) const;
};

using Bytes = std::shared_ptr<const std::string>;  // one serialised message; shared, never copied per receiver

// Answers a unary call; exactly once, from any thread.
using UnaryReply = std::function<void(Status, std::string message)>;
// `message` is the serialised request. Must not block.
using UnaryHandler = std::function<void(const CallInfo& call, std::string message, UnaryReply reply)>;

// The transport's side of an open stream (server-streaming or bidirectional). Thread-safe. Every call after
// finish() or after on_closed() is ignored.
class Stream {
public:
    virtual ~Stream() = default;
    // Sent at once, before and without any message.
    virtual void send_initial_metadata(Metadata metadata) = 0;
    // At most one outstanding: the next write only after StreamHandler::on_write_done.
    virtual void write(Bytes message) = 0;
    // Ends the stream; waits for the outstanding write by itself.
    virtual void finish(Status status) = 0;
    // Drops the stream without waiting for a write that flow control holds back.
    virtual void cancel() = 0;
};

// The service's side of an open stream. Callbacks come from transport threads, never two at a time for one
// stream, and must not block. No callback comes after on_closed().
class StreamHandler {
public:
    virtual ~StreamHandler() = default;
    // A message of the client. The transport asks for the next one when this returns.
    virtual void on_message(std::string message) = 0;
    // The client will send nothing more; the stream stays open.
    virtual void on_half_close() = 0;
    // The outstanding write was accepted by flow control (ok), or never will be.
    virtual void on_write_done(bool ok) = 0;
    // The stream is over, whoever ended it.
    virtual void on_closed() = 0;
};

// Called once per stream; what it returns lives until on_closed(). Never returns nullptr: a call that is
// refused gets stream->finish(status) and a handler that ignores what follows.
using StreamOpener =
    std::function<std::shared_ptr<StreamHandler>(const CallInfo& call, std::shared_ptr<Stream> stream)>;

// What a service offers, by full method path.
struct Method {
    std::string path;
    UnaryHandler unary;  // exactly one of the two is set
    StreamOpener stream;
    // Of a stream: its client begins with a request. Without one in time the transport cancels it, as it does with
    // every unary call.
    bool client_speaks_first = false;
};

using Methods = std::vector<Method>;

}  // namespace rookery::core::rpc
