#include "actors/pool/outboxes.hpp"

#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::pool;
using namespace std::chrono_literals;

namespace {

const core::SteadyTime now{1h};

Mail mail(const std::string& text) {
    return {{core::Realm::signal, "k"}, std::make_shared<const std::string>(text), false};
}

std::vector<std::string> texts(const std::optional<Outboxes::Batch>& batch) {
    std::vector<std::string> out;
    if (batch)
        for (const auto& m : batch->mails.mails) out.push_back(*m.bytes);
    return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("What gathered goes as one batch, in order") {
    Outboxes outboxes;
    CHECK(outboxes.add(1, mail("a"), now) == Outboxes::Added::first);
    CHECK(outboxes.add(1, mail("b"), now) == Outboxes::Added::more);
    const auto batch = outboxes.take(max_envelope_bytes, now);
    CHECK(batch->to == 1);
    CHECK(batch->mails.sequence == 1);
    CHECK(texts(batch) == Texts{"a", "b"});
    CHECK_FALSE(outboxes.take(max_envelope_bytes, now));
    CHECK(outboxes.add(1, mail("c"), now) == Outboxes::Added::first);
    CHECK(outboxes.take(max_envelope_bytes, now)->mails.sequence == 2);
}

TEST_CASE("Nodes take turns, those asked all together among them") {
    Outboxes outboxes;
    for (const auto& text : {"a", "b"}) {
        outboxes.add(1, mail(std::string(text) + "1"), now);
        outboxes.add(2, mail(std::string(text) + "2"), now);
        outboxes.add(std::nullopt, mail(std::string(text) + "*"), now);
    }
    const std::size_t one_mail = 22 + mail_overhead + 1 + 2;
    Texts order;
    while (const auto batch = outboxes.take(one_mail, now)) order.push_back(texts(batch).at(0));
    CHECK(order == Texts{"a1", "a2", "a*", "b1", "b2", "b*"});
}

TEST_CASE("A batch never exceeds what it may") {
    Outboxes outboxes;
    for (int i = 0; i < 100; ++i) outboxes.add(1, mail(std::string(300, 'x')), now);
    std::size_t taken = 0;
    while (const auto batch = outboxes.take(1'000, now)) {
        CHECK(encode(7, batch->mails).size() <= 1'000);
        taken += batch->mails.mails.size();
    }
    CHECK(taken == 100);
}

TEST_CASE("Overflow drops the oldest and is counted") {
    Outboxes outboxes({.max_mails = 3, .max_bytes = 1'000, .max_age = 3s});
    for (const auto& text : {"a", "b", "c", "d", "e"}) outboxes.add(1, mail(text), now);
    CHECK(outboxes.counters().overflow == 2);
    CHECK(texts(outboxes.take(max_envelope_bytes, now)) == Texts{"c", "d", "e"});
    outboxes.add(1, mail(std::string(600, 'x')), now);
    outboxes.add(1, mail(std::string(600, 'y')), now);
    CHECK(outboxes.counters().overflow == 3);
    CHECK(outboxes.waiting() == 1);
}

TEST_CASE("What does not fit into an envelope, or no key, is refused") {
    Outboxes outboxes;
    CHECK(outboxes.add(1, mail(std::string(max_envelope_bytes, 'x')), now) == Outboxes::Added::too_large);
    Mail long_key{
        {core::Realm::signal, std::string(max_key_bytes + 1, 'k')}, std::make_shared<const std::string>(), false};
    CHECK(outboxes.add(1, long_key, now) == Outboxes::Added::too_large);
    CHECK(outboxes.counters().too_large == 2);
    // A server of NATS may take less than others.
    outboxes.add(1, mail(std::string(500, 'x')), now);
    outboxes.add(1, mail("b"), now);
    CHECK(texts(outboxes.take(200, now)) == Texts{"b"});
    CHECK(outboxes.counters().too_large == 3);
}

TEST_CASE("Nothing old is sent") {
    Outboxes outboxes;
    outboxes.add(1, mail("old"), now);
    outboxes.add(1, mail("fresh"), now + 3s);
    CHECK(texts(outboxes.take(max_envelope_bytes, now + 3'001ms)) == Texts{"fresh"});
    outboxes.add(1, mail("old"), now);
    CHECK_FALSE(outboxes.take(max_envelope_bytes, now + 4s));
    CHECK(outboxes.counters().too_old == 2);
}

TEST_CASE("A node that is gone takes its mail along") {
    Outboxes outboxes;
    outboxes.add(1, mail("a"), now);
    outboxes.add(2, mail("b"), now);
    outboxes.forget(1);
    CHECK(outboxes.counters().abandoned == 1);
    CHECK(texts(outboxes.take(max_envelope_bytes, now)) == Texts{"b"});
    CHECK_FALSE(outboxes.take(max_envelope_bytes, now));
}
