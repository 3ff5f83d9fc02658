// Collections whose versions share their parts.
#include <random>

#include "actors/management/model.hpp"
#include "tests/catch.hpp"

using namespace rookery::management;

TEST_CASE("a set of ids does what std::set does") {
    std::mt19937 engine(7);
    IdSet ids;
    std::set<std::string> expected;
    for (int i = 0; i < 3000; ++i) {
        const auto id = std::to_string(engine() % 500);
        const auto before = ids;
        if (engine() % (i < 2000 ? 3 : 2) == 0) {
            ids.erase(id);
            expected.erase(id);
        } else {
            ids.insert(id);
            expected.insert(id);
        }
        CHECK(ids.contains(id) == expected.contains(id));
        // What differs from the version before is this id, if anything.
        std::vector<std::string> differences;
        for_each_difference(before, ids, [&](const auto* a, const auto* b) { differences.push_back(a ? *a : *b); });
        CHECK(differences == (before == ids ? std::vector<std::string>() : std::vector<std::string>{id}));
    }
    CHECK(ids.size() == expected.size());
    CHECK(std::equal(ids.begin(), ids.end(), expected.begin(), expected.end()));
    CHECK(ids == IdSet(expected));
    CHECK_FALSE(ids.shares_with(IdSet(expected)));
}

TEST_CASE("a collection finds, replaces and forgets entities by id") {
    Collection<Network> networks;
    CHECK(networks.find("a") == nullptr);
    for (const auto* id : {"b", "a", "c"})
        networks = networks.with(id, std::make_shared<const Network>(Network{id, "x", ""}));
    const auto before = networks;
    networks =
        networks.with("b", std::make_shared<const Network>(Network{"b", "y", ""})).without("c").without("unknown");
    CHECK(networks.size() == 2);
    CHECK(networks.find("b")->name == "y");
    CHECK(before.find("b")->name == "x");
    CHECK(before.size() == 3);
    std::string differences;
    for_each_difference(before, networks, [&](const auto* a, const auto* b) { differences += (a ? a : b)->first; });
    CHECK(differences == "bc");
    CHECK_FALSE(before == networks);
    CHECK(before == before.with("b", std::make_shared<const Network>(Network{"b", "x", ""})));
}
