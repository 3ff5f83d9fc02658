#include "tests/bench/load/rest.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "tests/bench/load/arguments.hpp"

namespace rookery::bench {
namespace {

constexpr timeval patience{120, 0};

std::string exchange(const sockaddr_in& address, const std::string& request) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string answer;
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        std::size_t sent = 0;
        while (sent < request.size()) {
            const auto n = ::send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
            if (n <= 0) break;
            sent += static_cast<std::size_t>(n);
        }
        char buffer[64 * 1024];
        for (ssize_t n; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;)
            answer.append(buffer, static_cast<std::size_t>(n));
    }
    ::close(fd);
    return answer;
}

std::string without_chunks(const std::string& body) {
    std::string out;
    for (std::size_t at = 0; at < body.size();) {
        const auto size = std::strtoul(body.c_str() + at, nullptr, 16);
        const auto line = body.find("\r\n", at);
        if (size == 0 || line == std::string::npos) break;
        out.append(body, line + 2, size);
        at = line + 2 + size + 2;
    }
    return out;
}

}  // namespace

Rest::Answer Rest::call(const std::string& method, const std::string& path, const std::string& body) const {
    const auto answer = exchange(url_.address(), method + " " + path + " HTTP/1.1\r\nHost: " + url_.authority() +
                                                     "\r\nConnection: close\r\nAuthorization: Token " + token_ +
                                                     "\r\nContent-Type: application/json\r\nContent-Length: " +
                                                     std::to_string(body.size()) + "\r\n\r\n" + body);
    const auto end = answer.find("\r\n\r\n");
    if (end == std::string::npos) return {};
    auto head = answer.substr(0, end);
    std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
    auto content = answer.substr(end + 4);
    if (head.find("transfer-encoding: chunked") != std::string::npos) content = without_chunks(content);
    return {std::atoi(answer.c_str() + 9), std::move(content)};
}

Json Rest::must(const std::string& method, const std::string& path, const std::string& body) const {
    const auto answer = call(method, path, body);
    if (answer.status / 100 != 2)
        die(method + " " + path + ": " + std::to_string(answer.status) + " " + answer.body.substr(0, 200));
    return answer.body.empty() ? Json::object() : Json::parse(answer.body, nullptr, false);
}

}  // namespace rookery::bench
