// Where a server is: http, https, rel (ws) or rels (wss).
#pragma once

#include <netinet/in.h>

#include <string>

namespace rookery::bench {

struct Url {
    std::string host = "127.0.0.1";
    int port = 80;
    bool tls = false;

    static Url parse(std::string text);
    sockaddr_in address() const;  // ends the program if it cannot be resolved
    std::string authority() const { return host + ":" + std::to_string(port); }
};

}  // namespace rookery::bench
