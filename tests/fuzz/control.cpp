// Bytes of a connection to the control socket.
#include "adapters/control/control_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "tests/fuzz/fuzz.hpp"

using namespace rookery;
using adapters::control::Json;
using namespace std::chrono_literals;

namespace {

struct Host {
    std::string path =
        (std::filesystem::temp_directory_path() / ("rookery-fuzz-" + std::to_string(::getpid()))).string();
    adapters::io::Pool pool{1};
    adapters::control::Server server{pool,
                                     {{"echo",
                                       [](const Json& arguments, core::Reply<std::shared_ptr<const Json>> reply) {
                                           reply(std::make_shared<const Json>(arguments));
                                       }},
                                      {"drop", [](const Json&, const core::Reply<std::shared_ptr<const Json>>&) {}}},
                                     {.request_bytes = 4'096, .deadline = 60s}};  // a fuzzer may be starved

    Host() { fuzz::expect(server.listen(path).has_value(), "the control socket listens"); }
    ~Host() { ::unlink(path.c_str()); }
};

std::string talk(const std::string& path, std::string_view bytes) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    fuzz::expect(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "it can be reached");
    while (!bytes.empty()) {
        const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) break;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    ::shutdown(fd, SHUT_WR);
    std::string answer;
    char chunk[4'096];
    for (;;) {
        const auto n = ::recv(fd, chunk, sizeof chunk, 0);
        if (n < 0 && errno == EINTR) continue;  // the fuzzer's own timer
        if (n <= 0) break;
        answer.append(chunk, static_cast<std::size_t>(n));
    }
    ::close(fd);
    return answer;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Host host;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto answer = talk(host.path, bytes);
    if (answer.empty()) {
        fuzz::expect(bytes.size() >= 4'096 || bytes.find('\n') == std::string_view::npos,
                     "a whole request is answered");
        return 0;
    }
    fuzz::expect(answer.find('\n') == answer.size() - 1, "an answer is one line");
    const auto line = Json::parse(answer, nullptr, false);
    fuzz::expect(line.is_object() && line["ok"].is_boolean(), "an answer says whether it worked");
    fuzz::expect(line["ok"] || (line["error"].is_string() && line["error"] != ""), "an error says something");
    return 0;
}
