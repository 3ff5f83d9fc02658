// One agent's open ConnectStream: the mailbox that Send delivers to. Its byte path needs no actor: a sender's
// thread hands the message to the stream, or to the bounded outbox if a write is under way.
// Lifecycle: created for the call, registered by the directory, ended by whichever comes first: the transport
// (closed), a newer registration (displaced), a stuck write (time out), its actor's end.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "actors/core/mailboxes.hpp"
#include "actors/signal/counters.hpp"
#include "actors/signal/outbox.hpp"

namespace rookery::signal {

class Session;

// Told by a session what its owner must do. Called from any thread.
class SessionEvents {
public:
    virtual ~SessionEvents() = default;
    virtual void on_session_closed(Session& session) = 0;
    // It started a write; ask write_is_stuck() in a while. At most once until then.
    virtual void on_session_writing(const std::shared_ptr<Session>& session) = 0;
};

class Session final : public core::rpc::StreamHandler,
                      public core::Mailbox,
                      public std::enable_shared_from_this<Session> {
public:
    Session(std::string key, std::shared_ptr<core::rpc::Stream> stream, std::shared_ptr<SessionEvents> events,
            Counters& counters);

    const std::string& key() const { return key_; }
    bool closed() const;  // the transport is done with it
    // Since the call; nothing if it was never registered.
    std::optional<std::chrono::duration<double>> connected_for() const;

    // Ends the stream with a status of our own.
    void end(core::rpc::Status status);
    // Looks once: true if the write under way is still waiting (so look again), ends a stuck one.
    bool check_write(core::SteadyTime now, std::chrono::milliseconds limit);

    void post(const core::rpc::Bytes& bytes) override;
    void registered(const core::RegistrationNumber& number) override;
    void displaced() override;
    core::RegistrationNumber number() const override;
    bool over() const override;
    void leave() override;

    void on_message(std::string) override {}  // agents write nothing; what they write is ignored
    void on_half_close() override {}          // does not end the stream
    void on_write_done(bool ok) override;
    void on_closed() override;

private:
    void start_write(core::rpc::Bytes bytes, std::unique_lock<std::mutex>& lock);

    const std::string key_;
    const std::shared_ptr<core::rpc::Stream> stream_;
    const std::shared_ptr<SessionEvents> events_;
    Counters& counters_;
    const core::SteadyTime begun_;

    mutable std::mutex mutex_;
    Outbox outbox_;
    core::RegistrationNumber number_;
    bool registered_ = false;
    bool over_ = false;  // nothing more is written
    bool closed_ = false;
    bool watched_ = false;
};

}  // namespace rookery::signal
