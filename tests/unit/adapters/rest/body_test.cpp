#include "adapters/rest/body.hpp"

#include "tests/catch.hpp"

using rookery::adapters::rest::Body;

TEST_CASE("properties are read by name, in any case") {
    Body body(R"( {"NAME":"n","flag":true,"number":-7,"list":["a",null,"b"],"unknown":{"a":[1]}} )");
    CHECK(body.text("name") == "n");
    CHECK(body.flag("Flag"));
    CHECK(body.integer("number") == -7);
    CHECK(body.optional_texts("list") == std::vector<std::string>{"a", "", "b"});
    CHECK(!body.optional_text("none"));
    CHECK(!body.flag("none"));
    CHECK(body.ok());
    Body exact(R"({"NAME":"any","name":"exact"})");
    CHECK(exact.text("name") == "exact");
}

TEST_CASE("only the first value counts, of duplicates the last") {
    for (const auto* text :
         {R"({"name":"x"} garbage)", R"({"name":"x"}}})", R"({"name":"y","name":"x"})", R"({"a":"}\"]","name":"x"})"}) {
        CAPTURE(text);
        Body body(text);
        CHECK(body.text("name") == "x");
        CHECK(body.ok());
    }
}

TEST_CASE("null is nothing") {
    Body body("null");
    CHECK(body.text("name").empty());
    CHECK(body.ok());
    Body property(R"({"name":null,"list":null})");
    CHECK(!property.optional_text("name"));
    CHECK(!property.optional_texts("list"));
    CHECK(property.ok());
}

TEST_CASE("what is no object cannot be read") {
    const std::string text = GENERATE(values<std::string>(
        {"", " ", "{", "[]", "\"x\"", "name=x", "nullx", "7", R"({"x":)", R"({"x":1]})", "{]", "\xff",
         R"({"a":"\xff"})", "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"}));
    CAPTURE(text.substr(0, 20));
    Body body(text);
    CHECK(!body.ok());
    CHECK(body.text("name").empty());
}

TEST_CASE("a property of another type spoils the body") {
    const std::string text = R"({"text":"t","number":1,"float":1.5,"huge":9223372036854775808,"list":[1],"object":{}})";
    const auto spoils = [&](auto read) {
        Body body(text);
        read(body);
        return !body.ok();
    };
    CHECK(spoils([](Body& b) { b.text("number"); }));
    CHECK(spoils([](Body& b) { b.flag("text"); }));
    CHECK(spoils([](Body& b) { b.integer("text"); }));
    CHECK(spoils([](Body& b) { b.integer("float"); }));
    CHECK(spoils([](Body& b) { b.integer("huge"); }));
    CHECK(spoils([](Body& b) { b.optional_texts("list"); }));
    CHECK(spoils([](Body& b) { b.optional_texts("object"); }));
    CHECK(!spoils([](Body& b) { b.integer("number"); }));
}

TEST_CASE("objects inside the body: what is wrong in one spoils the whole") {
    const std::string text =
        R"({"one":{"name":"x"},"many":[{"id":"a"},null,{"id":"b"}],"mixed":[{"id":"a"},"b"],"map":{"k":["v",null]}})";
    Body body(text);
    CHECK(body.object("one")->text("name") == "x");
    CHECK(!body.object("none"));
    auto many = body.objects("many").value();
    REQUIRE(many.size() == 3);
    CHECK(many[1].text("id").empty());
    CHECK(many[2].text("id") == "b");
    CHECK(body.objects("mixed", "id").value()[1].text("id") == "b");
    CHECK(body.lists_of_texts("map") == std::map<std::string, std::vector<std::string>>{{"k", {"v", ""}}});
    CHECK(body.ok());
    many[0].flag("id");
    CHECK(!body.ok());
    Body refused(text);
    CHECK(!refused.objects("mixed"));
    CHECK(!refused.ok());
}

TEST_CASE("a number that no small field can have is as wrong as a negative one") {
    Body body(R"({"port":70000000000,"metric":100})");
    CHECK(body.small_integer("port") == -1);
    CHECK(body.small_integer("metric") == 100);
    CHECK(body.ok());
}
