#include "adapters/websocket/handshake.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/core.h>

#include "actors/core/encoding.hpp"

namespace rookery::adapters::websocket {

namespace {

constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

http::Response answer(int status, std::string text, http::Headers extra = {}) {
    http::Response r;
    r.status = status;
    r.headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"X-Content-Type-Options", "nosniff"}};
    for (auto& h : extra) r.headers.push_back(std::move(h));
    r.body = std::move(text) + "\n";
    return r;
}

bool same(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trim(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Comma-separated lists, also spread over several lines of the header.
bool has_token(const http::Headers& headers, std::string_view name, std::string_view token) {
    for (const auto& [key, value] : headers) {
        if (key != name) continue;
        for (std::string_view rest = value;;) {
            const auto comma = rest.find(',');
            if (same(trim(rest.substr(0, comma)), token)) return true;
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    }
    return false;
}

// The text of a header in an answer: quoted, and nothing that could break the line.
std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text.substr(0, 100)) out += c >= 0x20 && c < 0x7f && c != '"' && c != '\\' ? c : '?';
    return out + '"';
}

std::string accept_key(std::string_view key) {
    const auto text = std::string(key) + std::string(guid);
    std::string digest(20, '\0');
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha1(), nullptr);
    return core::base64_encode(digest);
}

const char* reason_phrase(int status) {
    switch (status) {
        case 400: return "Bad Request";
        case 405: return "Method Not Allowed";
        case 426: return "Upgrade Required";
        default: return "Service Unavailable";
    }
}

}  // namespace

tl::expected<std::string, http::Response> check_upgrade(const http::Request& request) {
    const auto refuse = [](http::Response r) { return tl::unexpected<http::Response>(std::move(r)); };
    if (request.version < 11)
        return refuse(
            answer(426, "WebSocket protocol violation: handshake request must be at least HTTP/1.1: \"HTTP/1.0\""));
    const http::Headers upgrade{{"Connection", "Upgrade"}, {"Upgrade", "websocket"}};
    if (!has_token(request.headers, "connection", "upgrade"))
        return refuse(answer(426,
                             fmt::format("WebSocket protocol violation: Connection header {} does not contain Upgrade",
                                         in_quotes(request.header("connection").value_or(""))),
                             upgrade));
    if (!has_token(request.headers, "upgrade", "websocket"))
        return refuse(answer(426,
                             fmt::format("WebSocket protocol violation: Upgrade header {} does not contain websocket",
                                         in_quotes(request.header("upgrade").value_or(""))),
                             upgrade));
    if (request.method != "GET")
        return refuse(
            answer(405, fmt::format("WebSocket protocol violation: handshake request method is not GET but {}",
                                    in_quotes(request.method))));
    const auto version = request.header("sec-websocket-version").value_or("");
    if (version != "13")
        return refuse(answer(
            400, fmt::format("unsupported WebSocket protocol version (only 13 is supported): {}", in_quotes(version)),
            {{"Sec-WebSocket-Version", "13"}}));

    const auto keys = std::count_if(request.headers.begin(), request.headers.end(),
                                    [](const auto& h) { return h.first == "sec-websocket-key"; });
    if (keys == 0) return refuse(answer(400, "WebSocket protocol violation: missing Sec-WebSocket-Key"));
    if (keys > 1) return refuse(answer(400, "WebSocket protocol violation: multiple Sec-WebSocket-Key headers"));
    const auto key = trim(*request.header("sec-websocket-key"));
    const auto decoded = core::base64_decode(key);
    if (!decoded || decoded->size() != 16)
        return refuse(answer(400, fmt::format("WebSocket protocol violation: invalid Sec-WebSocket-Key {}, must be a "
                                              "16 byte base64 encoded string",
                                              in_quotes(key))));
    return accept_key(key);
}

std::string switching_protocols(const std::string& accept) {
    return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " +
           accept + "\r\n\r\n";
}

std::string refusal_bytes(const http::Request& request, const http::Response& response) {
    auto out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    bool connection = false;
    for (const auto& [name, value] : response.headers) {
        connection |= name == "Connection";
        out += fmt::format("{}: {}\r\n", name, value);
    }
    if (!connection) out += "Connection: close\r\n";
    out += fmt::format("Content-Length: {}\r\n\r\n", response.body.size());
    return request.method == "HEAD" ? out : out + response.body;
}

}  // namespace rookery::adapters::websocket
