#include "adapters/control/control_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::adapters;
using namespace std::chrono_literals;
using control::Json;
using Answer = std::shared_ptr<const Json>;

namespace {

struct Fixture {
    std::string path =
        (std::filesystem::temp_directory_path() / ("rookery-test-" + std::to_string(::getpid()))).string();
    io::Pool pool{1};
    std::optional<core::Reply<Answer>> kept;

    control::Server make(control::Limits limits = {}) {
        std::map<std::string, control::Command> commands;
        commands["echo"] = [](const Json& arguments, core::Reply<Answer> reply) {
            reply(std::make_shared<const Json>(arguments));
        };
        commands["keep"] = [this](const Json&, core::Reply<Answer> reply) { kept = std::move(reply); };
        commands["fail"] = [](const Json&, core::Reply<Answer> reply) {
            reply(core::fail(core::ErrorKind::not_found, "no such thing: x"));
        };
        return control::Server(pool, std::move(commands), limits);
    }

    // A raw client: sends, and reads until the server closes.
    std::string raw(const std::string& bytes, bool keep_open = false) {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path.c_str());
        REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (!keep_open) ::shutdown(fd, SHUT_WR);
        std::string out;
        char chunk[4096];
        for (ssize_t n; (n = ::recv(fd, chunk, sizeof chunk, 0)) > 0;) out.append(chunk, static_cast<std::size_t>(n));
        ::close(fd);
        return out;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a command is answered, an error is an error, only the owner may connect") {
    auto server = make();
    REQUIRE(server.listen(path));
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);

    const auto answer = control::ask(path, "echo", {{"a", 1}});
    REQUIRE(answer);
    CHECK(**answer == Json{{"a", 1}});
    CHECK(control::ask(path, "fail", Json::object()).error().message == "no such thing: x");
    CHECK(control::ask(path, "nope", Json::object()).error().message == "unknown command nope");
}

TEST_CASE_METHOD(Fixture, "a server that is not there is named, with what to do") {
    const auto refused = control::ask("/nonexistent/control.sock", "status", Json::object());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("/nonexistent/control.sock") != std::string::npos);
    CHECK(refused.error().message.find("is the server running") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "garbage, half a request, too much and too slow: closed, and the next one is served") {
    auto server = make({.request_bytes = 1024, .deadline = 100ms});
    REQUIRE(server.listen(path));
    CHECK(raw("garbage\n").find("\"ok\":false") != std::string::npos);
    CHECK(raw("{\"command\":42}\n").find("\"ok\":false") != std::string::npos);
    CHECK(raw("{\"command\":\"echo\",\"arguments\":[]}\n").find("\"ok\":false") != std::string::npos);
    CHECK(raw("{\"command\":").empty());
    CHECK(raw(std::string(5000, 'x')).empty());
    CHECK(raw("{\"comm", true).empty());  // cut off at the deadline
    CHECK(server.rejected() >= 3);
    CHECK(control::ask(path, "echo", Json::object()));
}

TEST_CASE_METHOD(Fixture, "a command that does not answer in time is given up") {
    auto server = make({.answer_deadline = 50ms});
    REQUIRE(server.listen(path));
    CHECK(raw("{\"command\":\"keep\"}\n").empty());
    CHECK(server.rejected() == 1);
    CHECK(control::ask(path, "echo", Json::object()));
}

TEST_CASE_METHOD(Fixture, "a socket that a process answers at is not taken from it") {
    auto first = make();
    REQUIRE(first.listen(path));
    CHECK(control::answers(path));
    auto second = make();
    const auto refused = second.listen(path);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("another process answers there") != std::string::npos);
    second.close();
    CHECK(control::ask(path, "echo", Json::object()));
    first.close();
    CHECK_FALSE(control::answers(path));
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE_METHOD(Fixture, "a socket file that a killed process left is replaced") {
    {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path.c_str());
        REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        ::close(fd);  // the file stays
    }
    auto second = make();
    REQUIRE(second.listen(path));
    CHECK(control::ask(path, "echo", Json::object()));
}
