// The local operator's door: a Unix socket, mode 0600. One request per connection: a line
// of JSON {"command": "...", "arguments": {...}} and a line of JSON back: {"ok": true, "result": ...} or
// {"ok": false, "error": "..."}. Node scope.
// Bounds: `max_connections` at once (more are closed and counted), 64 KiB per request, 5 s to send it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "actors/core/error.hpp"
#include "actors/core/reply.hpp"
#include "adapters/io/pool.hpp"

namespace rookery::adapters::control {

using Json = nlohmann::json;
// Must not block; answers from any thread.
using Command = std::function<void(const Json& arguments, core::Reply<std::shared_ptr<const Json>> reply)>;

struct Limits {
    std::size_t request_bytes = 64 * 1024;
    std::chrono::milliseconds deadline{5'000};  // to send the request
    std::chrono::milliseconds answer_deadline{30'000};
    std::size_t max_connections = 32;
};

class Server {
public:
    Server(io::Pool& pool, std::map<std::string, Command> commands, Limits limits = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Replaces a socket file that a killed process left; one that still answers is the error.
    core::Result<core::Done> listen(const std::string& path);
    void close();  // and removes the file

    std::uint64_t rejected() const;  // oversized, slow, malformed, too many

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

// True: somebody listens there, whether or not we may ask.
bool answers(const std::string& path);

// The client's side; blocks. Errors say which socket, why, and what to do.
core::Result<std::shared_ptr<const Json>> ask(const std::string& path, const std::string& command,
                                              const Json& arguments);

}  // namespace rookery::adapters::control
