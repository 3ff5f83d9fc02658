#include "adapters/metrics/exposition.hpp"

#include "tests/catch.hpp"

using namespace rookery::adapters::metrics;

TEST_CASE("series of one name stand together, below one header") {
    Exposition out;
    out.counter("failures_total", "What failed", 2, {{"type", "timeout"}});
    out.gauge("peers", "Who is here", 7);
    out.counter("failures_total", "What failed", 3, {{"type", "error"}});
    CHECK(out.text() ==
          "# HELP failures_total What failed\n"
          "# TYPE failures_total counter\n"
          "failures_total{type=\"timeout\"} 2\n"
          "failures_total{type=\"error\"} 3\n"
          "# HELP peers Who is here\n"
          "# TYPE peers gauge\n"
          "peers 7\n");
}

TEST_CASE("buckets are cumulative and end with +Inf") {
    Exposition out;
    out.histogram("delay_milliseconds", "How long", {{{0.5, 1}, {10, 2}}, 4, 1234.5});
    CHECK(out.text() ==
          "# HELP delay_milliseconds How long\n"
          "# TYPE delay_milliseconds histogram\n"
          "delay_milliseconds_count 7\n"
          "delay_milliseconds_sum 1234.5\n"
          "delay_milliseconds_bucket{le=\"0.5\"} 1\n"
          "delay_milliseconds_bucket{le=\"10\"} 3\n"
          "delay_milliseconds_bucket{le=\"+Inf\"} 7\n");
}

TEST_CASE("what a label cannot hold is escaped, and large counts keep every digit") {
    Exposition out;
    out.counter("bytes_total", "All", 1'234'567'890'123, {{"path", "a\"b\\c\nd"}});
    CHECK(out.text().find("bytes_total{path=\"a\\\"b\\\\c\\nd\"} 1234567890123\n") != std::string::npos);
}
