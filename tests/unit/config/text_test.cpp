#include "config/text.hpp"

#include <sstream>

#include <fmt/format.h>

#include "config/nearest.hpp"
#include "config/secret.hpp"
#include "tests/catch.hpp"

using namespace rookery::config;

TEST_CASE("a secret prints as ***") {
    const Secret secret("hunter2");
    std::ostringstream out;
    out << secret;
    CHECK(out.str() == "***");
    CHECK(fmt::format("{}", secret) == "***");
    CHECK(fmt::format("{:>5}", secret) == "  ***");
    CHECK(fmt::format("{}", Secret()).empty());
    CHECK(secret.reveal() == "hunter2");
}

TEST_CASE("lists and words") {
    CHECK(split_list(" a, b,,c ,") == std::vector<std::string>{"a", "b", "c"});
    CHECK(split_list("").empty());
    CHECK(split_list(" , ").empty());
    CHECK(trim(" \t a b\r\n") == "a b");
    CHECK(lower("AbZ-9") == "abz-9");
    CHECK(parse_integer("-12") == -12);
    CHECK(parse_integer("+12") == 12);
    for (const char* text : {"", "+", "+-1", "1x", " 1", "0x10", "99999999999999999999"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_integer(text));
    }
    CHECK(parse_bool("True") == true);
    CHECK(parse_bool("0") == false);
    CHECK_FALSE(parse_bool("yes"));
}

TEST_CASE("edit distance counts a swap of neighbours as one") {
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("abcd", "abdc") == 1);
    CHECK(edit_distance("Port", "port") == 0);
    CHECK(edit_distance("", "abc") == 3);
}

TEST_CASE("the nearest word, if it is near at all") {
    const std::vector<std::string> words{"listenAddress", "exposedAddress", "dataDir"};
    CHECK(nearest("exposedAdress", words) == "exposedAddress");
    CHECK(nearest("datadir", words) == "dataDir");
    CHECK_FALSE(nearest("license", words));
    CHECK_FALSE(nearest("x", {"y"}));
}
