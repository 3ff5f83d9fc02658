#include "adapters/tls/credentials.hpp"

#include <mutex>

#include "actors/core/log.hpp"
#include "tests/catch.hpp"
#include "tests/eventually.hpp"
#include "tests/unit/adapters/tls/certificates.hpp"

using namespace rookery;
using namespace rookery::adapters::tls;
using namespace std::chrono_literals;
using adapters::tls::test::Folder;

namespace {

// The lines of warnings and errors while it lives.
class Complaints final : public core::log::Sink {
public:
    Complaints() {
        core::log::Levels levels;
        levels.of.fill(core::log::Level::warn);
        core::log::install(this, levels);
    }
    ~Complaints() override { core::log::install(nullptr, {}); }
    void write(const core::log::Line& line) override { lines.emplace_back(line.text); }
    std::vector<std::string> lines;
};

struct Fixture {
    Folder folder;
    config::Tls files = folder.make("a");
    std::shared_ptr<Credentials> credentials = *Credentials::open(files);
    Complaints complaints;
    core::WallTime now = core::wall_now();

    void replace_by(const config::Tls& other) const {
        std::filesystem::rename(other.cert_file, files.cert_file);
        std::filesystem::rename(other.key_file, files.key_file);
    }
    std::string name() const { return credentials->current()->names().at(0); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "new files are taken; who holds the old certificate keeps it") {
    const auto old = credentials->current();
    credentials->check(now);
    CHECK(credentials->current() == old);
    replace_by(folder.make("b", "b.example.com"));
    credentials->check(now);
    CHECK(name() == "b.example.com");
    CHECK(old->names().at(0) == "a.example.com");
    CHECK(credentials->counters().reloads == 1);
    credentials->check(now);
    CHECK(credentials->counters().reloads == 1);
    CHECK(complaints.lines.empty());
}

TEST_CASE_METHOD(Fixture, "a pair that is exchanged file by file is taken when it is whole, without a complaint") {
    const auto b = folder.make("b", "b.example.com");
    std::filesystem::rename(b.cert_file, files.cert_file);
    credentials->check(now);
    CHECK(name() == "a.example.com");
    std::filesystem::rename(b.key_file, files.key_file);
    credentials->check(now);
    CHECK(name() == "b.example.com");
    CHECK(complaints.lines.empty());
    CHECK(credentials->counters().failed_reloads == 0);
}

TEST_CASE_METHOD(Fixture, "broken files are worth one line, and the old certificate stays") {
    folder.write("a.crt", "nonsense");
    for (int i = 0; i < 5; ++i) credentials->check(now);
    CHECK(name() == "a.example.com");
    REQUIRE(complaints.lines.size() == 1);
    CHECK(complaints.lines[0].find("TLS certificate not reloaded, the old one stays: TLS certificate " +
                                   files.cert_file) == 0);
    std::filesystem::remove(files.cert_file);
    for (int i = 0; i < 5; ++i) credentials->check(now);
    CHECK(complaints.lines.size() == 2);
    CHECK(credentials->counters().failed_reloads == 2);
    replace_by(folder.make("b", "b.example.com"));
    credentials->check(now);
    CHECK(name() == "b.example.com");
    CHECK(complaints.lines.size() == 2);
}

TEST_CASE_METHOD(Fixture, "the end of a certificate is told once when it is near and once when it is there") {
    const auto end = credentials->current()->not_after();
    for (int i = 0; i < 3; ++i) credentials->check(end - 1h);
    REQUIRE(complaints.lines.size() == 1);
    CHECK(complaints.lines[0].find("TLS certificate ends soon: a.example.com") == 0);
    for (int i = 0; i < 3; ++i) credentials->check(end + 1s);
    REQUIRE(complaints.lines.size() == 2);
    CHECK(complaints.lines[1].find("TLS certificate has ended: a.example.com") == 0);
}

TEST_CASE_METHOD(Fixture, "the watch looks again and again") {
    const Watch watch(credentials, 1ms);
    for (const std::string host : {"b.example.com", "c.example.com"}) {
        replace_by(folder.make("next", host));
        CHECK_EVENTUALLY(name() == host);
    }
}
