// Random choices for property tests; everything follows from the seed.
#pragma once

#include <cstdlib>
#include <random>

#include "actors/management/commands.hpp"

namespace rookery::management::testing {

// ROOKERY_SEED repeats a failed run.
inline std::uint64_t seed_of_run() {
    if (const char* text = std::getenv("ROOKERY_SEED")) return std::strtoull(text, nullptr, 10);
    return std::random_device{}();
}

class RandomSource {
public:
    // Ids are numbered from `first_id` on.
    explicit RandomSource(std::uint64_t seed, std::uint64_t first_id = 1) : engine_(seed), next_id_(first_id) {}

    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
    bool once_in(std::uint64_t n) { return below(n) == 0; }

    Id new_id(const std::string& prefix) { return prefix + std::to_string(next_id_++); }

    template <class T, std::size_t n>
    T one_of(const T (&choices)[n]) {
        return choices[below(n)];
    }
    template <class T>
    Id any(const Collection<T>& collection) {
        if (collection.empty()) return "nobody";
        auto it = collection.begin();
        std::advance(it, below(collection.size()));
        return it->first;
    }

    std::vector<PeerId> some_peers(const AccountState& account) {
        std::vector<PeerId> out;
        for (const auto& [id, peer] : account.peers)
            if (once_in(3)) out.push_back(id);
        return out;
    }
    // Without All.
    std::vector<Id> some_groups(const AccountState& account) {
        std::vector<Id> out;
        for (const auto& [id, group] : account.groups)
            if (group->name != "All" && once_in(3)) out.push_back(id);
        return out;
    }
    // At least one; All at times, even together with others.
    std::vector<Id> groups(const AccountState& account) {
        auto out = some_groups(account);
        if (once_in(4) || out.empty()) out.push_back(once_in(3) ? "g-all" : any(account.groups));
        return out;
    }

private:
    std::mt19937_64 engine_;
    std::uint64_t next_id_;
};

}  // namespace rookery::management::testing
