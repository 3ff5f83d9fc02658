#include "adapters/tls/certificate.hpp"

#include <algorithm>

#include "tests/catch.hpp"
#include "tests/unit/adapters/tls/certificates.hpp"

using namespace rookery;
using namespace rookery::adapters::tls;
using namespace std::chrono_literals;
using adapters::tls::test::Folder;

namespace {

std::string refused(const config::Tls& files) {
    const auto loaded = Certificate::load(files);
    return loaded ? "loaded" : loaded.error().message;
}
bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a certificate with its key says for whom and until when it is") {
    const Folder folder;
    const auto loaded = Certificate::load(folder.make("a"));
    REQUIRE(loaded);
    const auto& certificate = **loaded;
    CHECK(certificate.names() == std::vector<std::string>{"a.example.com", "127.0.0.1"});
    CHECK(certificate.covers("a.example.com"));
    CHECK(certificate.covers("127.0.0.1"));
    CHECK_FALSE(certificate.covers("b.example.com"));
    CHECK_FALSE(certificate.covers("127.0.0.2"));
    CHECK(certificate.validity_at(core::wall_now()) == Validity::valid);
    CHECK(certificate.not_after() - certificate.not_before() == 30 * 24h);
    CHECK(contains(certificate.to_string(), "a.example.com, 127.0.0.1 (until 20"));
}

TEST_CASE("files that cannot be used are named, with the reason") {
    const Folder folder;
    const auto a = folder.make("a");
    const auto b = folder.make("b");
    CHECK(refused({folder.file("none"), a.key_file}) ==
          "cannot read TLS certificate " + folder.file("none") + ": No such file or directory");
    CHECK(refused({a.cert_file, folder.file("none")}) ==
          "cannot read TLS key " + folder.file("none") + ": No such file or directory");
    CHECK(contains(refused({folder.file(""), a.key_file}), "Is a directory"));
    CHECK(contains(refused({a.cert_file, b.key_file}),
                   "TLS key " + b.key_file + " does not belong to the first certificate of " + a.cert_file));
    CHECK(
        contains(refused({a.key_file, a.cert_file}), "TLS certificate " + a.key_file + ": no certificate in PEM form"));
    CHECK(contains(refused({a.cert_file, a.cert_file}), "TLS key " + a.cert_file + ": no private key in PEM form"));
    folder.write("garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    CHECK(contains(refused({folder.file("garbage"), a.key_file}), "no certificate in PEM form"));
    folder.write("empty", "");
    CHECK(contains(refused({folder.file("empty"), a.key_file}), "no certificate in PEM form"));
    folder.write("large", std::string(1024 * 1024 + 1, 'x'));
    CHECK(contains(refused({folder.file("large"), a.key_file}), "larger than 1 MiB"));
    const auto locked = folder.make("locked", "a.example.com", "-passout pass:secret -days 30");
    CHECK(contains(refused(locked), "TLS key " + locked.key_file + ": it is locked by a passphrase"));
}

TEST_CASE("a broken certificate after the first is refused too") {
    const Folder folder;
    const auto a = folder.make("a");
    std::ofstream(a.cert_file, std::ios::app) << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    CHECK(contains(refused(a), "certificate 2 is broken"));
}

TEST_CASE("a certificate without an end lasts as long as our time does") {
    const Folder folder;
    const auto a = folder.make("a", "a.example.com", "-nodes -days 2000000");
    const auto loaded = Certificate::load(a);
    REQUIRE(loaded);
    CHECK((*loaded)->validity_at(core::wall_now()) == Validity::valid);
}

TEST_CASE("soon is the last fifth, at most 14 days") {
    const core::WallTime begin = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
    const auto day = 24h;
    CHECK(validity(begin, begin + 90 * day, begin - 1s) == Validity::not_begun);
    CHECK(validity(begin, begin + 90 * day, begin) == Validity::valid);
    CHECK(validity(begin, begin + 90 * day, begin + 76 * day) == Validity::valid);
    CHECK(validity(begin, begin + 90 * day, begin + 76 * day + 1s) == Validity::ends_soon);
    CHECK(validity(begin, begin + 90 * day, begin + 90 * day) == Validity::ends_soon);
    CHECK(validity(begin, begin + 90 * day, begin + 90 * day + 1s) == Validity::ended);
    CHECK(validity(begin, begin + 10h, begin + 8h) == Validity::valid);
    CHECK(validity(begin, begin + 10h, begin + 8h + 1s) == Validity::ends_soon);
}
