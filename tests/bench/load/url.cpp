#include "tests/bench/load/url.hpp"

#include <netdb.h>

#include <cstring>

#include "tests/bench/load/arguments.hpp"

namespace rookery::bench {

Url Url::parse(std::string text) {
    Url url;
    if (const auto at = text.find("://"); at != std::string::npos) {
        const auto scheme = text.substr(0, at);
        url.tls = scheme == "https" || scheme == "rels" || scheme == "wss";
        url.port = url.tls ? 443 : 80;
        text.erase(0, at + 3);
    }
    text = text.substr(0, text.find('/'));
    if (const auto colon = text.rfind(':'); colon != std::string::npos) {
        url.port = std::stoi(text.substr(colon + 1));
        text.erase(colon);
    }
    url.host = text;
    return url;
}

sockaddr_in Url::address() const {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) die("cannot resolve " + host);
    sockaddr_in address{};
    std::memcpy(&address, found->ai_addr, sizeof address);
    freeaddrinfo(found);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

}  // namespace rookery::bench
