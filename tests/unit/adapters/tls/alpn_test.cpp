#include "adapters/tls/alpn.hpp"

#include "tests/catch.hpp"
#include "tests/unit/adapters/tls/client.hpp"

using namespace rookery::adapters::tls;
using rookery::adapters::tls::test::alpn_list;

TEST_CASE("what a client offers decides what it gets") {
    struct Row {
        std::vector<std::string> offers;
        Alpn shared, grpc_only;
    };
    const Row rows[] = {
        {{"h2"}, Alpn::h2, Alpn::h2},                             // grpc-go
        {{"grpc-exp", "h2"}, Alpn::h2, Alpn::h2},                 // gRPC C++
        {{"h2", "http/1.1"}, Alpn::http1, Alpn::h2},              // curl, browsers
        {{"http/1.1", "h2"}, Alpn::http1, Alpn::h2},              //
        {{"h2", "http/1.1", "http/1.0"}, Alpn::http1, Alpn::h2},  //
        {{"http/1.1"}, Alpn::http1, Alpn::refused},               // WebSocket libraries
        {{"spdy/3", "h3"}, Alpn::refused, Alpn::refused},         //
        {{"acme-tls/1"}, Alpn::refused, Alpn::refused},           //
        {{"H2"}, Alpn::refused, Alpn::refused},                   // names are bytes
        {{"http/1.1x", "xh2"}, Alpn::refused, Alpn::refused},     //
        {{std::string(255, 'x'), "h2"}, Alpn::h2, Alpn::h2},
    };
    for (const auto& row : rows) {
        CAPTURE(alpn_list(row.offers));
        CHECK(choose_protocol(alpn_list(row.offers), false) == row.shared);
        CHECK(choose_protocol(alpn_list(row.offers), true) == row.grpc_only);
    }
}

TEST_CASE("a malformed list is refused") {
    CHECK(choose_protocol("", false) == Alpn::refused);
    CHECK(choose_protocol(std::string("\0", 1), false) == Alpn::refused);
    CHECK(choose_protocol(std::string("\x02h2\0", 4), false) == Alpn::refused);
    CHECK(choose_protocol("\x02h2\x05h2", false) == Alpn::refused);
    CHECK(choose_protocol("\x02", false) == Alpn::refused);
}
