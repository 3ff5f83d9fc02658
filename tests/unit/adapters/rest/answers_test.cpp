#include "adapters/rest/answers.hpp"

#include "adapters/rest/authorization.hpp"
#include "adapters/rest/instance.hpp"
#include "tests/catch.hpp"

using namespace rookery::adapters::rest;
using rookery::core::Error;
using rookery::core::ErrorKind;

TEST_CASE("timestamps") {
    using namespace std::chrono;
    const rookery::core::WallTime second{seconds(1'735'787'045)};
    CHECK(timestamp(rookery::core::never) == "0001-01-01T00:00:00Z");
    CHECK(timestamp(second) == "2025-01-02T03:04:05Z");
    CHECK(timestamp(second + nanoseconds(123'456'789)) == "2025-01-02T03:04:05.123456789Z");
    CHECK(timestamp(second + milliseconds(120)) == "2025-01-02T03:04:05.12Z");
    CHECK(timestamp(second + nanoseconds(1)) == "2025-01-02T03:04:05.000000001Z");
}

TEST_CASE("errors") {
    const auto answer = error_answer(Error{ErrorKind::not_found, "Peer not found: ABC"});
    CHECK(answer.status == 404);
    CHECK(answer.body == "{\"message\":\"peer not found: abc\",\"code\":404}\n");
    CHECK(error_answer(400, "couldn't parse JSON request").body ==
          "{\"message\":\"couldn't parse JSON request\",\"code\":400}\n");
    const std::map<ErrorKind, int> statuses{{ErrorKind::invalid_argument, 422},    {ErrorKind::bad_request, 400},
                                            {ErrorKind::unauthorized, 401},        {ErrorKind::permission_denied, 403},
                                            {ErrorKind::not_found, 404},           {ErrorKind::already_exists, 409},
                                            {ErrorKind::precondition_failed, 412}, {ErrorKind::too_many_requests, 429},
                                            {ErrorKind::unavailable, 503},         {ErrorKind::internal, 500}};
    for (const auto& [kind, status] : statuses) CHECK(http_status(kind) == status);
}

TEST_CASE("the Authorization header") {
    const auto refusal = [](std::optional<std::string_view> header) {
        const auto token = access_token(header);
        return token ? "accepted " + *token : token.error().message;
    };
    const auto none = "no valid authentication provided";
    const auto bad = "token invalid";
    CHECK(refusal(std::nullopt) == none);
    CHECK(refusal("") == none);
    CHECK(refusal("nbp_0123456789abcdefghijABCDEFGHIJ3mpbCX") == none);
    CHECK(refusal("Basic YWRtaW46YWRtaW4=") == none);
    CHECK(refusal("Bearer") == bad);
    CHECK(refusal("Token") == bad);
    CHECK(refusal("Token  nbp_x") == bad);
    CHECK(refusal("Token nbp_x y") == bad);
    CHECK(refusal("Bearer eyJ.e30.AA") == bad);
    CHECK(refusal("Token nbp_x") == "accepted nbp_x");
    CHECK(refusal("tOKEN other") == "accepted other");
    CHECK(refusal("BEARER nbp_x") == "accepted nbp_x");
}

TEST_CASE("what passes as an e-mail address") {
    for (const auto* good : {"a@b", "Name <a@b.c>", "first.last+tag@sub.example.com", "ü@exämple.de", "<a@b>"})
        CHECK(looks_like_email(good));
    for (const auto* bad : {"", "nope", "@b", "a@", "a b@c", "a@b@c", ".a@b", "a..b@c", "a@b.", "Name a@b>", "a@b,c@d"})
        CHECK(!looks_like_email(bad));
}
