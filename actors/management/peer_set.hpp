// Sets of peers as bits over their slots (see CompiledAccount): membership in a few instructions, unions in a few
// hundred for thousands of peers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rookery::management {

using Slot = std::size_t;

class PeerSet {
public:
    static constexpr Slot bits = 64;

    bool contains(Slot slot) const {
        return slot / bits < words_.size() && (words_[slot / bits] >> slot % bits & 1) != 0;
    }
    void insert(Slot slot) {
        if (slot / bits >= words_.size()) words_.resize(slot / bits + 1);
        words_[slot / bits] |= std::uint64_t{1} << slot % bits;
    }
    void erase(Slot slot) {
        if (slot / bits < words_.size()) words_[slot / bits] &= ~(std::uint64_t{1} << slot % bits);
    }

    bool empty() const {
        for (const auto word : words_)
            if (word) return false;
        return true;
    }
    std::size_t size() const {
        std::size_t n = 0;
        for (const auto word : words_) n += static_cast<std::size_t>(std::popcount(word));
        return n;
    }
    bool intersects(const PeerSet& other) const {
        for (std::size_t i = 0; i < words_.size() && i < other.words_.size(); ++i)
            if (words_[i] & other.words_[i]) return true;
        return false;
    }

    PeerSet& operator|=(const PeerSet& other) {
        if (other.words_.size() > words_.size()) words_.resize(other.words_.size());
        for (std::size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
        return *this;
    }
    PeerSet& operator&=(const PeerSet& other) {
        if (words_.size() > other.words_.size()) words_.resize(other.words_.size());
        for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
        return *this;
    }
    PeerSet& operator-=(const PeerSet& other) {
        for (std::size_t i = 0; i < words_.size() && i < other.words_.size(); ++i) words_[i] &= ~other.words_[i];
        return *this;
    }
    friend PeerSet operator|(PeerSet a, const PeerSet& b) { return a |= b; }
    friend PeerSet operator&(PeerSet a, const PeerSet& b) { return a &= b; }
    friend PeerSet operator-(PeerSet a, const PeerSet& b) { return a -= b; }
    // In one of them only.
    friend PeerSet operator^(const PeerSet& a, const PeerSet& b) { return (a - b) | (b - a); }

    friend bool operator==(const PeerSet& a, const PeerSet& b) {
        const auto& shorter = a.words_.size() < b.words_.size() ? a.words_ : b.words_;
        const auto& longer = a.words_.size() < b.words_.size() ? b.words_ : a.words_;
        for (std::size_t i = 0; i < longer.size(); ++i)
            if (longer[i] != (i < shorter.size() ? shorter[i] : 0)) return false;
        return true;
    }

    // Ascending.
    template <class Use>
    void for_each(Use use) const {
        for (std::size_t i = 0; i < words_.size(); ++i)
            for (auto word = words_[i]; word != 0; word &= word - 1)
                use(i * bits + static_cast<std::size_t>(std::countr_zero(word)));
    }

private:
    std::vector<std::uint64_t> words_;
};

}  // namespace rookery::management
