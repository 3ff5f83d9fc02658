// Bytes of a connection to the HTTP side of the public port: parser, router, REST. "Authorization: Token owner" stands
// for the owner's token, as a corpus cannot know one.
#include "adapters/http/server.hpp"

#include "adapters/rest/api.hpp"
#include "tests/fuzz/account.hpp"
#include "tests/fuzz/connection.hpp"

using namespace rookery;
namespace http = adapters::http;

namespace {

struct Host {
    fuzz::Account account{"key-of-a-peer"};
    adapters::rest::RestApi rest{account.api, account.crypto, {}};
    boost::asio::io_context context{1};
    http::Server server{
        limits(),
        [this, handler = rest.handler()](std::shared_ptr<const http::Request> request, http::Respond respond) {
            auto with_token = std::make_shared<http::Request>(*request);
            for (auto& [name, value] : with_token->headers)
                if (name == "authorization" && value == "Token owner") value = "Token " + account.token;
            handler(std::move(with_token), std::move(respond));
        },
        {}};

    // Small enough to be reached by small inputs.
    static http::Limits limits() {
        http::Limits limits;
        limits.header_bytes = 2'048;
        limits.body_bytes = 4'096;
        return limits;
    }
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static auto& host = *new Host;
    host.account.reset();
    fuzz::Input input(data, size);
    const auto read_ahead = input.byte() % 32u;  // what the front has read already
    fuzz::Connection connection(host.context);
    host.server.serve(connection.server(), std::string(input.take(read_ahead)));
    connection.send(input.rest());
    connection.end([] { return host.server.counters().open == 0; });

    const auto& answer = connection.received();
    fuzz::expect(answer.empty() || answer.starts_with("HTTP/1.1 "), "what is said is HTTP");
    fuzz::expect(answer.find("HTTP/1.1 500") == std::string::npos, "no request is a fault of ours");
    host.account.check_maps();
    return 0;
}
