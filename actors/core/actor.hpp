// The base of every actor of ours: counts its mailbox and its time, answers GetStatus, turns an escaping
// exception into an error with its text, and unregisters itself. Include this in actor shells only.
#pragma once

#include <caf/all.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "actors/core/faults.hpp"
#include "actors/core/reply.hpp"
#include "actors/core/system.hpp"
#include "actors/core/vitals.hpp"

namespace rookery::core {

// Every actor answers it.
struct GetStatus {
    Reply<ActorStatus> reply;
};
// With the fault switch: every actor throws on it.
struct CrashNow {};

}  // namespace rookery::core

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::core::GetStatus)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::core::CrashNow)

namespace rookery::core {

// A typed interface of ours: what the area lists, and GetStatus.
template <class... Signatures>
using Interface = caf::typed_actor<caf::reacts_to<GetStatus>, Signatures...>;

// What an actor is told about its place: who it is and what restarted it.
struct ActorContext {
    System* system = nullptr;
    std::shared_ptr<Vitals> vitals;
};

// Why an actor ended, as one line.
std::string describe(caf::actor_system& system, const caf::error& reason);

// Handle: an Interface<…>.
template <class Handle>
class Actor : public Handle::base {
public:
    using Base = typename Handle::base;

    Actor(caf::actor_config& config, ActorContext context) : Base(config), context_(std::move(context)) {
#ifdef ROOKERY_FAULTS
        context_.vitals->crash = [weak = caf::actor_cast<caf::weak_actor_ptr>(this->ctrl())] {
            if (const auto self = weak.lock()) caf::anon_send(caf::actor_cast<caf::actor>(self), CrashNow{});
        };
#endif
        context_.system->vitals().add(context_.vitals);
        this->set_exception_handler([](std::exception_ptr& e) -> caf::error {
            try {
                std::rethrow_exception(e);
            } catch (const std::exception& x) {
                return caf::make_error(caf::sec::runtime_error, std::string(x.what()));
            } catch (...) {
                return caf::make_error(caf::sec::runtime_error, std::string("an exception of unknown type"));
            }
        });
        this->set_default_handler(caf::print_and_drop);
    }

    // An actor that never ran still leaves the registry.
    ~Actor() override {
        context_.system->vitals().remove(context_.vitals.get());
    }

    const char* name() const override {
        return context_.vitals->name().c_str();
    }

    using Base::enqueue;
    void enqueue(caf::mailbox_element_ptr element, caf::execution_unit* unit) override {
        context_.vitals->depth.fetch_add(1, std::memory_order_relaxed);
        Base::enqueue(std::move(element), unit);
    }

    caf::invoke_message_result consume(caf::mailbox_element& element) override {
        Handling handling(*context_.vitals, element);
        if constexpr (faults::compiled)
            if (element.content().match_elements<CrashNow>()) throw std::runtime_error("crashed by the fault switch");
        const auto result = Base::consume(element);
        handling.skipped = result == caf::invoke_message_result::skipped;
        return result;
    }

    void on_exit() override {
        context_.system->vitals().remove(context_.vitals.get());
        Base::on_exit();
    }

protected:
    const ActorContext& context() const {
        return context_;
    }

    // What this kind of actor adds to its status.
    virtual std::vector<std::pair<std::string, std::string>> details() const {
        return {};
    }

    // The handler that every make_behavior() lists first.
    auto status_handler() {
        return [this](const GetStatus& request) {
            auto status = status_of(*context_.vitals);
            status.handling.clear();  // it is this very request
            status.details = details();
            request.reply(std::move(status));
        };
    }

private:
    // One message in work; a handler that throws has handled it, too.
    struct Handling {
        Handling(Vitals& vitals, const caf::mailbox_element& element) : v(vitals), begin(steady_ns()) {
            const auto* type = element.content().size() > 0 ? element.content().type(0).second : nullptr;
            v.handling.store(type ? type->name() : nullptr, std::memory_order_relaxed);  // none: CAF's own message
            v.handling_since_ns.store(begin, std::memory_order_relaxed);
        }
        ~Handling() {
            v.handling_since_ns.store(0, std::memory_order_relaxed);
            v.busy_ns.fetch_add(steady_ns() - begin, std::memory_order_relaxed);
            if (skipped) return;
            v.depth.fetch_sub(1, std::memory_order_relaxed);
            v.handled.fetch_add(1, std::memory_order_relaxed);
        }
        Vitals& v;
        const std::int64_t begin;
        bool skipped = false;
    };

    static std::int64_t steady_ns() {
        return std::chrono::steady_clock::now().time_since_epoch().count();
    }

    ActorContext context_;
};

// The place where the current incarnation of a supervised actor is found. Restarting fills it anew; while there
// is none, messages are dropped and their replies say "unavailable". Does not keep the actor alive: only its
// supervisor does, so what an actor holds may hold a Ref to it without a cycle.
template <class Handle>
class Ref {
public:
    Ref() : slot_(std::make_shared<Slot>()) {}

    void set(const Handle& handle) const {
        std::lock_guard lock(slot_->mutex);
        slot_->actor = caf::weak_actor_ptr(caf::actor_cast<caf::strong_actor_ptr>(handle).get());
    }
    Handle get() const {
        std::lock_guard lock(slot_->mutex);
        const auto actor = slot_->actor.lock();
        return actor ? caf::actor_cast<Handle>(actor) : Handle();
    }

    template <class Message>
    void send(Message message) const {
        if (auto handle = get()) caf::anon_send(handle, std::move(message));
    }

private:
    struct Slot {
        std::mutex mutex;
        caf::weak_actor_ptr actor;
    };
    std::shared_ptr<Slot> slot_;
};

}  // namespace rookery::core
