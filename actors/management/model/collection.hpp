// Sorted containers whose copies share their parts: a change copies one chunk of at most `max_chunk` entries and the
// list of chunks, whatever the size. Immutable; a change is a new value. Two versions are compared chunk by chunk, so
// finding what differs costs what differs (for_each_difference).
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rookery::management {

// Entry: std::string, or a pair of a std::string and a value; its key is the string.
template <class Entry>
class SortedChunks {
public:
    using value_type = Entry;
    using Chunk = std::vector<Entry>;
    using Chunks = std::vector<std::shared_ptr<const Chunk>>;
    static constexpr std::size_t max_chunk = 64;

    class const_iterator {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = Entry;
        using difference_type = std::ptrdiff_t;
        using pointer = const Entry*;
        using reference = const Entry&;

        const_iterator() = default;
        const_iterator(const Chunks* chunks, std::size_t chunk, std::size_t at)
            : chunks_(chunks), chunk_(chunk), at_(at) {}
        reference operator*() const { return (*(*chunks_)[chunk_])[at_]; }
        pointer operator->() const { return &**this; }
        const_iterator& operator++() {
            if (++at_ == (*chunks_)[chunk_]->size()) next_chunk();
            return *this;
        }
        const_iterator operator++(int) {
            auto old = *this;
            ++*this;
            return old;
        }
        friend bool operator==(const const_iterator& a, const const_iterator& b) {
            return a.chunk_ == b.chunk_ && a.at_ == b.at_;
        }

        // The chunk that begins here; nullptr in the middle of one.
        const Chunk* whole_chunk() const { return at_ == 0 ? (*chunks_)[chunk_].get() : nullptr; }
        void next_chunk() {
            ++chunk_;
            at_ = 0;
        }

    private:
        const Chunks* chunks_ = nullptr;
        std::size_t chunk_ = 0, at_ = 0;
    };
    using iterator = const_iterator;

    SortedChunks() : chunks_(nothing()) {}
    // `sorted`: in the order of the keys, each once.
    explicit SortedChunks(std::vector<Entry> sorted) : size_(sorted.size()) {
        Chunks chunks;
        for (std::size_t from = 0; from < sorted.size(); from += filled_chunk) {
            const auto begin = std::make_move_iterator(sorted.begin() + static_cast<std::ptrdiff_t>(from));
            const auto count = std::min(filled_chunk, sorted.size() - from);
            chunks.push_back(std::make_shared<const Chunk>(begin, begin + static_cast<std::ptrdiff_t>(count)));
        }
        chunks_ = std::make_shared<const Chunks>(std::move(chunks));
    }

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const_iterator begin() const { return {chunks_.get(), 0, 0}; }
    const_iterator end() const { return {chunks_.get(), chunks_->size(), 0}; }

    const Entry* find_entry(std::string_view key) const {
        const auto [chunk, at] = place(key);
        if (chunk == chunks_->size()) return nullptr;
        const auto& entries = *(*chunks_)[chunk];
        return at < entries.size() && key_of(entries[at]) == key ? &entries[at] : nullptr;
    }
    bool contains(std::string_view key) const { return find_entry(key) != nullptr; }

    // The very same parts, not only equal ones: nothing that is derived from them can differ.
    bool shares_with(const SortedChunks& other) const { return chunks_ == other.chunks_; }

    static std::string_view key_of(const std::string& entry) { return entry; }
    template <class Value>
    static std::string_view key_of(const std::pair<std::string, Value>& entry) {
        return entry.first;
    }

protected:
    void put_entry(Entry entry) {
        auto [chunk, at] = place(key_of(entry));
        auto chunks = *chunks_;
        if (chunk == chunks.size()) {
            if (chunks.empty()) chunks.push_back(std::make_shared<const Chunk>());
            chunk = chunks.size() - 1;  // beyond the last entry: at the end of the last chunk
            at = chunks[chunk]->size();
        }
        auto entries = *chunks[chunk];
        const auto where = entries.begin() + static_cast<std::ptrdiff_t>(at);
        if (where != entries.end() && key_of(*where) == key_of(entry)) {
            *where = std::move(entry);
        } else {
            entries.insert(where, std::move(entry));
            ++size_;
        }
        replace(chunks, chunk, std::move(entries));
    }

    void remove_entry(std::string_view key) {
        const auto [chunk, at] = place(key);
        if (chunk == chunks_->size() || key_of((*(*chunks_)[chunk])[at]) != key) return;
        auto chunks = *chunks_;
        auto entries = *chunks[chunk];
        entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(at));
        --size_;
        // Together with a neighbour that has room, so that chunks do not become many and small.
        if (chunk + 1 < chunks.size() && entries.size() + chunks[chunk + 1]->size() <= max_chunk / 2) {
            entries.insert(entries.end(), chunks[chunk + 1]->begin(), chunks[chunk + 1]->end());
            chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(chunk) + 1);
        }
        replace(chunks, chunk, std::move(entries));
    }

private:
    static constexpr std::size_t filled_chunk = max_chunk / 4 * 3;  // room for what comes

    static std::shared_ptr<const Chunks> nothing() {
        static const auto chunks = std::make_shared<const Chunks>();
        return chunks;
    }

    // Where `key` is or would be: the first chunk whose last key is not less.
    std::pair<std::size_t, std::size_t> place(std::string_view key) const {
        const auto chunk = std::lower_bound(chunks_->begin(), chunks_->end(), key,
                                            [](const auto& c, std::string_view k) { return key_of(c->back()) < k; });
        if (chunk == chunks_->end()) return {chunks_->size(), 0};
        const auto& entries = **chunk;
        const auto entry = std::lower_bound(entries.begin(), entries.end(), key,
                                            [](const Entry& e, std::string_view k) { return key_of(e) < k; });
        return {static_cast<std::size_t>(chunk - chunks_->begin()), static_cast<std::size_t>(entry - entries.begin())};
    }

    void replace(Chunks& chunks, std::size_t chunk, Chunk entries) {
        const auto where = chunks.begin() + static_cast<std::ptrdiff_t>(chunk);
        if (entries.empty()) {
            chunks.erase(where);
        } else if (entries.size() > max_chunk) {
            const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(entries.size() / 2);
            *where = std::make_shared<const Chunk>(middle, entries.end());
            chunks.insert(where, std::make_shared<const Chunk>(entries.begin(), middle));
        } else {
            *where = std::make_shared<const Chunk>(std::move(entries));
        }
        chunks_ = std::make_shared<const Chunks>(std::move(chunks));
    }

    std::shared_ptr<const Chunks> chunks_;  // none of them empty
    std::size_t size_ = 0;
};

// Calls report(old, now) for every key whose entry is in one of the two only (the other is nullptr) or not equal.
template <class Entry, class Report>
void for_each_difference(const SortedChunks<Entry>& before, const SortedChunks<Entry>& after, Report report) {
    if (before.shares_with(after)) return;
    auto a = before.begin();
    auto b = after.begin();
    const auto a_end = before.end();
    const auto b_end = after.end();
    while (a != a_end || b != b_end) {
        if (a != a_end && b != b_end && a.whole_chunk() && a.whole_chunk() == b.whole_chunk()) {
            a.next_chunk();
            b.next_chunk();
            continue;
        }
        const int order = a == a_end   ? 1
                          : b == b_end ? -1
                                       : SortedChunks<Entry>::key_of(*a).compare(SortedChunks<Entry>::key_of(*b));
        if (order < 0) {
            report(&*a++, static_cast<const Entry*>(nullptr));
        } else if (order > 0) {
            report(static_cast<const Entry*>(nullptr), &*b++);
        } else {
            if (!(*a == *b)) report(&*a, &*b);
            ++a;
            ++b;
        }
    }
}

// Ids, each once.
class IdSet : public SortedChunks<std::string> {
public:
    IdSet() = default;
    IdSet(std::set<std::string> ids) : SortedChunks(std::vector<std::string>(ids.begin(), ids.end())) {}
    IdSet(std::initializer_list<std::string> ids) : IdSet(std::set<std::string>(ids)) {}

    void insert(std::string id) {
        if (!contains(id)) put_entry(std::move(id));
    }
    void erase(std::string_view id) { remove_entry(id); }

    friend bool operator==(const IdSet& a, const IdSet& b) {
        return a.shares_with(b) || (a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin()));
    }
};

// Entities by id, shared between snapshots: changing one entity copies none of the others.
template <class T>
class Collection : public SortedChunks<std::pair<std::string, std::shared_ptr<const T>>> {
    using Base = SortedChunks<std::pair<std::string, std::shared_ptr<const T>>>;

public:
    using Map = std::map<std::string, std::shared_ptr<const T>, std::less<>>;

    Collection() = default;
    explicit Collection(const Map& entities) : Base({entities.begin(), entities.end()}) {}

    const T* find(std::string_view id) const {
        const auto* entry = this->find_entry(id);
        return entry ? entry->second.get() : nullptr;
    }
    [[nodiscard]] Collection with(std::string id, std::shared_ptr<const T> value) const {
        auto next = *this;
        next.put_entry({std::move(id), std::move(value)});
        return next;
    }
    [[nodiscard]] Collection without(std::string_view id) const {
        auto next = *this;
        next.remove_entry(id);
        return next;
    }

    friend bool operator==(const Collection& a, const Collection& b) {
        if (a.shares_with(b)) return true;
        return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
                   return x.first == y.first && (x.second == y.second || *x.second == *y.second);
               });
    }
};

}  // namespace rookery::management
