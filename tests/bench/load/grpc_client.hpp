// A small gRPC client on nghttp2: many calls on one connection, cleartext or TLS. Checks nothing by itself; what a call
// brought is handed to its owner.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/bench/load/connection.hpp"

namespace rookery::bench {

struct Call {
    int status = -1;  // grpc-status; -1: the call ended without one
    std::string message;
    std::vector<std::string> metadata;  // names of the response's initial metadata that began with "x-"

    std::function<void(Call&)> on_headers;
    std::function<void(std::string_view)> on_message;
    std::function<void(Call&)> on_end;  // the call is destroyed after it

    bool has(std::string_view name) const;

private:
    friend class GrpcClient;

    std::string request_;  // framed
    std::size_t sent_ = 0;
    bool hold_ = false;  // the request side stays open
    bool headers_ = false;
    std::string partial_;  // of a message
};

class GrpcClient : public Connection {
public:
    explicit GrpcClient(Loop& loop, std::uint32_t window = 1 << 20) : Connection(loop), window_(window) {}
    ~GrpcClient() override;

    std::function<void()> on_ready;                       // calls may be started
    std::function<void(const std::string& why)> on_lost;  // after the ends of all calls

    void dial(const Url& url, const sockaddr_in& address);
    bool was_up() const { return session_ != nullptr; }

    enum class Requests { one, open };
    // `request`: without frame; with Requests::open none is sent and the request side stays open. kick() afterwards.
    Call& start(const std::string& path, std::string_view request, Requests requests,
                const std::vector<std::pair<std::string, std::string>>& metadata = {});

private:
    void on_up() override;
    void on_data(std::string_view bytes) override;
    void on_down(const std::string& why) override;
    void pump() override;
    void on_body(std::int32_t stream, std::string_view bytes);
    Call* find(std::int32_t stream);

    static nghttp2_session_callbacks* callbacks();
    static ssize_t read_request(nghttp2_session*, std::int32_t, std::uint8_t* out, std::size_t size,
                                std::uint32_t* flags, nghttp2_data_source* source, void*);

    nghttp2_session* session_ = nullptr;
    std::string authority_;
    std::string scheme_;
    std::map<std::int32_t, std::unique_ptr<Call>> calls_;
    const std::uint32_t window_;
};

}  // namespace rookery::bench
