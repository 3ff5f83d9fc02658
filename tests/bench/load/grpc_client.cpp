#include "tests/bench/load/grpc_client.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "tests/bench/load/arguments.hpp"

namespace rookery::bench {
namespace {

constexpr std::size_t frame_header = 5;  // compressed flag and size
constexpr std::size_t write_size = 64 * 1024;

std::size_t message_size(const char* frame) {
    const auto* b = reinterpret_cast<const std::uint8_t*>(frame);
    return std::size_t{b[1]} << 24 | std::size_t{b[2]} << 16 | std::size_t{b[3]} << 8 | b[4];
}

std::string framed(std::string_view message) {
    std::string frame;
    frame.reserve(frame_header + message.size());
    frame.push_back('\0');
    for (int shift = 24; shift >= 0; shift -= 8) frame.push_back(static_cast<char>(message.size() >> shift));
    frame.append(message);
    return frame;
}

std::string_view view(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

nghttp2_nv header(std::string_view name, std::string_view value) {
    const auto bytes = [](std::string_view v) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(v.data()));  // nghttp2 copies it
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

bool Call::has(std::string_view name) const {
    return std::find(metadata.begin(), metadata.end(), name) != metadata.end();
}

GrpcClient::~GrpcClient() {
    nghttp2_session_del(session_);
}

void GrpcClient::dial(const Url& url, const sockaddr_in& address) {
    authority_ = url.authority();
    scheme_ = url.tls ? "https" : "http";
    open(url, address, Alpn::h2);
}

Call* GrpcClient::find(std::int32_t stream) {
    const auto found = calls_.find(stream);
    return found == calls_.end() ? nullptr : found->second.get();
}

nghttp2_session_callbacks* GrpcClient::callbacks() {
    static nghttp2_session_callbacks* const made = [] {
        nghttp2_session_callbacks* c = nullptr;
        nghttp2_session_callbacks_new(&c);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            c, [](nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size,
                  void* self) {
                static_cast<GrpcClient*>(self)->on_body(stream, view(data, size));
                return 0;
            });
        nghttp2_session_callbacks_set_on_header_callback(
            c, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                  const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* self) {
                auto* call = static_cast<GrpcClient*>(self)->find(frame->hd.stream_id);
                if (!call) return 0;
                const auto key = view(name, name_size);
                if (key == "grpc-status")
                    call->status = std::atoi(std::string(view(value, value_size)).c_str());
                else if (key == "grpc-message")
                    call->message = view(value, value_size);
                else if (key.starts_with("x-"))
                    call->metadata.emplace_back(key);
                return 0;
            });
        nghttp2_session_callbacks_set_on_frame_recv_callback(
            c, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
                if (frame->hd.type != NGHTTP2_HEADERS) return 0;
                auto* call = static_cast<GrpcClient*>(self)->find(frame->hd.stream_id);
                if (call && !std::exchange(call->headers_, true) && call->on_headers) call->on_headers(*call);
                return 0;
            });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            c, [](nghttp2_session*, std::int32_t stream, std::uint32_t error, void* self) {
                auto& calls = static_cast<GrpcClient*>(self)->calls_;
                const auto found = calls.find(stream);
                if (found == calls.end()) return 0;
                const auto call = std::move(found->second);
                calls.erase(found);
                if (call->status < 0) call->message = "stream reset " + std::to_string(error);
                if (call->on_end) call->on_end(*call);
                return 0;
            });
        return c;
    }();
    return made;
}

void GrpcClient::on_up() {
    nghttp2_session_client_new(&session_, callbacks(), this);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                               {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window_}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(window_));
    if (on_ready) on_ready();
    pump();
}

void GrpcClient::on_data(std::string_view bytes) {
    if (nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) < 0)
        return fail("HTTP/2 protocol error");
    kick();
}

void GrpcClient::on_down(const std::string& why) {
    for (auto& [stream, call] : std::exchange(calls_, {})) {
        call->message = why;
        if (call->on_end) call->on_end(*call);
    }
    if (on_lost) on_lost(why);
}

// Moves frames from the session to the socket.
void GrpcClient::pump() {
    while (!dead() && up() && session_) {
        if (blocked()) {
            flush();
            if (dead() || blocked()) return;
        }
        const std::uint8_t* data = nullptr;
        ssize_t size = 0;
        while (out_.size() < write_size && (size = nghttp2_session_mem_send(session_, &data)) > 0)
            out_.append(view(data, static_cast<std::size_t>(size)));
        if (out_.empty()) return;
        flush();
    }
}

void GrpcClient::on_body(std::int32_t stream, std::string_view bytes) {
    auto* call = find(stream);
    if (!call) return;
    // A whole message in one piece is not copied.
    if (call->partial_.empty() && bytes.size() >= frame_header &&
        bytes.size() == frame_header + message_size(bytes.data())) {
        if (call->on_message) call->on_message(bytes.substr(frame_header));
        return;
    }
    auto& partial = call->partial_;
    partial.append(bytes);
    std::size_t used = 0;
    while (partial.size() - used >= frame_header) {
        const auto size = message_size(partial.data() + used);
        if (partial.size() - used - frame_header < size) {
            if (used == 0) partial.reserve(frame_header + size);
            break;
        }
        if (call->on_message) call->on_message(std::string_view(partial).substr(used + frame_header, size));
        used += frame_header + size;
    }
    if (used == partial.size())
        std::string().swap(partial);
    else
        partial.erase(0, used);
}

ssize_t GrpcClient::read_request(nghttp2_session*, std::int32_t, std::uint8_t* out, std::size_t size,
                                 std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& call = *static_cast<Call*>(source->ptr);
    const auto part = std::min(size, call.request_.size() - call.sent_);
    if (part == 0 && call.hold_) return NGHTTP2_ERR_DEFERRED;
    std::memcpy(out, call.request_.data() + call.sent_, part);
    call.sent_ += part;
    if (call.sent_ == call.request_.size() && !call.hold_) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(part);
}

Call& GrpcClient::start(const std::string& path, std::string_view request, Requests requests,
                        const std::vector<std::pair<std::string, std::string>>& metadata) {
    auto call = std::make_unique<Call>();
    call->hold_ = requests == Requests::open;
    if (!call->hold_ || !request.empty()) call->request_ = framed(request);
    std::vector<nghttp2_nv> headers{header(":method", "POST"),
                                    header(":scheme", scheme_),
                                    header(":path", path),
                                    header(":authority", authority_),
                                    header("content-type", "application/grpc"),
                                    header("user-agent", "rookery-bench/1"),
                                    header("te", "trailers")};
    for (const auto& [name, value] : metadata) headers.push_back(header(name, value));
    nghttp2_data_provider body{};
    body.source.ptr = call.get();
    body.read_callback = &GrpcClient::read_request;
    const auto stream = nghttp2_submit_request(session_, nullptr, headers.data(), headers.size(), &body, nullptr);
    if (stream < 0) die(std::string("nghttp2: ") + nghttp2_strerror(stream));
    return *(calls_[stream] = std::move(call));
}

}  // namespace rookery::bench
