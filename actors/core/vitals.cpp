#include "actors/core/vitals.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>

namespace rookery::core {
namespace {

// Sorts children below their parent whatever is in the names, which may have slashes and signs before '/' in ASCII.
std::string tree_key(const Vitals& vitals) {
    return (vitals.parent() ? tree_key(*vitals.parent()) : std::string()) + vitals.name() + '\0';
}

std::string demangle(const char* name) {
    int status = 0;
    char* text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
    std::string out = status == 0 ? text : name;
    std::free(text);
    return out;
}

// Each incarnation has vitals of its own: those of the second and later ones are one restart each.
void add_counts(ActorTotals& sum, const Vitals& vitals) {
    sum.handled += vitals.handled.load(std::memory_order_relaxed);
    sum.busy += std::chrono::nanoseconds(vitals.busy_ns.load(std::memory_order_relaxed));
    sum.restarts += vitals.restarts.load(std::memory_order_relaxed) > 0 ? 1 : 0;
}

}  // namespace

std::string Vitals::path() const {
    return parent_ ? parent_->path() + "/" + name_ : name_;
}

void Vitals::set_last_error(std::string text) {
    std::lock_guard lock(mutex_);
    last_error_ = std::move(text);
}

std::string Vitals::last_error() const {
    std::lock_guard lock(mutex_);
    return last_error_;
}

void Vitals::set_supervision(std::shared_ptr<const SupervisionVitals> supervision) {
    std::lock_guard lock(mutex_);
    supervision_ = std::move(supervision);
}

std::shared_ptr<const SupervisionVitals> Vitals::supervision() const {
    std::lock_guard lock(mutex_);
    return supervision_;
}

ActorStatus status_of(const Vitals& vitals) {
    ActorStatus s;
    s.path = vitals.path();
    s.name = vitals.name();
    for (auto above = vitals.parent(); above; above = above->parent()) ++s.level;
    s.may_block = vitals.may_block();
    s.supervision = vitals.supervision();
    s.depth = vitals.depth.load(std::memory_order_relaxed);
    s.handled = vitals.handled.load(std::memory_order_relaxed);
    s.busy = std::chrono::nanoseconds(vitals.busy_ns.load(std::memory_order_relaxed));
    s.restarts = vitals.restarts.load(std::memory_order_relaxed);
    s.last_error = vitals.last_error();
    if (const auto since = vitals.handling_since_ns.load(std::memory_order_relaxed); since != 0) {
        s.handling_for = std::chrono::steady_clock::now().time_since_epoch() - std::chrono::nanoseconds(since);
        if (const char* name = vitals.handling.load(std::memory_order_relaxed)) s.handling = demangle(name);
    }
    return s;
}

VitalsRegistry::Shard& VitalsRegistry::shard_of(const Vitals* vitals) {
    // The low bits are the same for all objects of one size class.
    return shards_[(reinterpret_cast<std::uintptr_t>(vitals) >> 8) % shards_.size()];
}

void VitalsRegistry::add(std::shared_ptr<const Vitals> vitals) {
    auto& shard = shard_of(vitals.get());
    std::lock_guard lock(shard.mutex);
    shard.living.insert(std::move(vitals));
}

void VitalsRegistry::remove(const Vitals* vitals) {
    auto& shard = shard_of(vitals);
    std::lock_guard lock(shard.mutex);
    // Heterogeneous look-up by pointer is not offered by unordered_set in C++20: alias a non-owning pointer.
    if (shard.living.erase(std::shared_ptr<const Vitals>(std::shared_ptr<const Vitals>{}, vitals)) == 0) return;
    add_counts(shard.ended, *vitals);
}

void VitalsRegistry::for_each(const std::function<void(const std::shared_ptr<const Vitals>&)>& visit) const {
    for (const auto& shard : shards_) {
        std::lock_guard lock(shard.mutex);
        for (const auto& vitals : shard.living) visit(vitals);
    }
}

std::vector<ActorStatus> VitalsRegistry::snapshot() const {
    std::vector<std::pair<std::string, std::shared_ptr<const Vitals>>> living;
    for_each([&](const auto& vitals) { living.emplace_back(std::string(), vitals); });
    for (auto& [key, vitals] : living) key = tree_key(*vitals);
    std::sort(living.begin(), living.end());
    std::vector<ActorStatus> out;
    out.reserve(living.size());
    for (const auto& [key, vitals] : living) out.push_back(status_of(*vitals));
    return out;
}

ActorTotals VitalsRegistry::totals() const {
    ActorTotals sum;
    const auto longest = (std::chrono::steady_clock::now().time_since_epoch() - stuck_after).count();
    for (const auto& shard : shards_) {
        std::lock_guard lock(shard.mutex);
        sum.handled += shard.ended.handled;
        sum.busy += shard.ended.busy;
        sum.restarts += shard.ended.restarts;
        for (const auto& v : shard.living) {
            ++sum.living;
            sum.depth += v->depth.load(std::memory_order_relaxed);
            const auto since = v->handling_since_ns.load(std::memory_order_relaxed);
            if (since != 0 && since < longest) ++sum.stuck;
            add_counts(sum, *v);
        }
    }
    return sum;
}

std::size_t VitalsRegistry::size() const {
    std::size_t sum = 0;
    for (const auto& shard : shards_) {
        std::lock_guard lock(shard.mutex);
        sum += shard.living.size();
    }
    return sum;
}

#ifdef ROOKERY_FAULTS
bool VitalsRegistry::crash(const std::string& path) const {
    std::shared_ptr<const Vitals> found;
    for_each([&](const auto& vitals) {
        if (vitals->path() == path) found = vitals;
    });
    if (found) found->crash();
    return found != nullptr;
}
#endif

}  // namespace rookery::core
