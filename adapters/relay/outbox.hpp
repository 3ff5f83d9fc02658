// Sorts the Transport frames of one read by their target, so that each target gets one write per read. Per I/O
// thread. Order per (source, destination) is kept: a target has one list, and lists are delivered before a
// target could get a second one.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "actors/relay/ports.hpp"

namespace rookery::adapters::relay {

class Outbox {
public:
    // Adds a frame for `destination`; its bytes stay where they are until flush().
    void add(const rookery::relay::Routes& routes, const rookery::relay::PeerId& destination,
             const rookery::relay::Frame& frame) {
        auto* target = find(destination);
        if (!target) {
            if (used_ == max_targets) flush();
            if (used_ == targets_.size()) targets_.emplace_back();
            target = &targets_[used_++];
            target->id = destination;
            target->link = routes.find(destination.view());
        }
        if (target->link)
            target->frames.push_back(frame);
        else
            ++unroutable_;
    }

    void flush() {
        for (std::size_t i = 0; i < used_; ++i) {
            auto& target = targets_[i];
            if (!target.frames.empty()) target.link->deliver(target.frames);
            target.frames.clear();
            target.link.reset();
        }
        used_ = 0;
    }

    // Frames without a target since the last call.
    std::uint64_t take_unroutable() { return std::exchange(unroutable_, 0); }

private:
    // Above this many targets in one read, looking them up again is cheaper than searching the list.
    static constexpr std::size_t max_targets = 16;

    struct Target {
        rookery::relay::PeerId id;
        std::shared_ptr<rookery::relay::FrameTarget> link;
        std::vector<rookery::relay::Frame> frames;
    };

    // Traffic comes in runs: the newest target first.
    Target* find(const rookery::relay::PeerId& id) {
        for (std::size_t i = used_; i-- > 0;)
            if (targets_[i].id == id) return &targets_[i];
        return nullptr;
    }

    std::vector<Target> targets_;
    std::size_t used_ = 0;
    std::uint64_t unroutable_ = 0;
};

}  // namespace rookery::adapters::relay
