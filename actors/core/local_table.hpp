// The reader's view of a realm on this node: key -> where to hand bytes over. Sharded; a look-up takes one
// shared lock of its shard and never waits for a mailbox. One writer per key at a time (the realm's registrar
// actor); readers are the byte paths of any thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace rookery::core {

template <class Mailbox>
class LocalTable {
public:
    // Replaces what was there and returns it (or nullptr).
    std::shared_ptr<Mailbox> put(const std::string& key, std::shared_ptr<Mailbox> mailbox) {
        auto& s = shard(key);
        std::unique_lock lock(s.mutex);
        return std::exchange(s.entries[key], std::move(mailbox));
    }

    // Compare and delete: a late removal never removes a newer registration.
    bool remove(std::string_view key, const Mailbox* mailbox) {
        auto& s = shard(key);
        std::unique_lock lock(s.mutex);
        const auto it = s.entries.find(key);
        if (it == s.entries.end() || it->second.get() != mailbox) return false;
        s.entries.erase(it);
        return true;
    }

    std::shared_ptr<Mailbox> find(std::string_view key) const {
        auto& s = shard(key);
        std::shared_lock lock(s.mutex);
        const auto it = s.entries.find(key);
        return it == s.entries.end() ? nullptr : it->second;
    }

    std::size_t size() const {
        std::size_t n = 0;
        for (auto& s : shards_) {
            std::shared_lock lock(s.mutex);
            n += s.entries.size();
        }
        return n;
    }

    void for_each(const std::function<void(const std::string&, const std::shared_ptr<Mailbox>&)>& visit) const {
        for (auto& s : shards_) {
            std::shared_lock lock(s.mutex);
            for (const auto& [key, mailbox] : s.entries) visit(key, mailbox);
        }
    }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
    };
    struct Shard {
        mutable std::shared_mutex mutex;
        std::unordered_map<std::string, std::shared_ptr<Mailbox>, Hash, std::equal_to<>> entries;
    };
    static constexpr std::size_t shard_count = 32;

    Shard& shard(std::string_view key) const { return shards_[Hash{}(key) % shard_count]; }

    mutable std::array<Shard, shard_count> shards_;
};

}  // namespace rookery::core
