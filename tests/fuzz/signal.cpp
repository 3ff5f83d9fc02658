// The Signal service without its actors: streams open and end, agents send, transports take writes or do not.
#include "actors/signal/service.hpp"

#include <deque>

#include "actors/signal/session.hpp"
#include "proto/signalexchange.pb.h"
#include "tests/fuzz/fuzz.hpp"

using namespace rookery;
namespace rpc = core::rpc;

namespace {

struct Stream final : rpc::Stream {
    bool writing = false;
    bool finished = false;
    std::deque<std::string> written;

    void send_initial_metadata(rpc::Metadata) override { fuzz::expect(written.empty(), "metadata come first"); }
    void write(rpc::Bytes message) override {
        fuzz::expect(!writing, "one write at a time");
        writing = true;
        written.push_back(*message);
    }
    void finish(rpc::Status) override { finished = true; }
    void cancel() override { finished = true; }
};

struct Events final : signal::SessionEvents {
    void on_session_closed(signal::Session&) override {}
    void on_session_writing(const std::shared_ptr<signal::Session>&) override {}
};

// A registered session and what it must have been sent.
struct Agent {
    std::shared_ptr<Stream> stream = std::make_shared<Stream>();
    std::shared_ptr<signal::Session> session;
    std::deque<std::string> sent;
    std::size_t seen = 0;

    // Order and content hold; what is missing was dropped.
    void check() {
        for (; seen < stream->written.size(); ++seen) {
            const auto it = std::find(sent.begin(), sent.end(), stream->written[seen]);
            fuzz::expect(it != sent.end(), "messages come as they were sent, in order");
            sent.erase(sent.begin(), it + 1);
        }
    }
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    signal::Wiring wiring;
    wiring.mailboxes = std::make_shared<core::Mailboxes>();
    wiring.bridge = std::make_shared<core::Alone>();
    wiring.counters = std::make_shared<signal::Counters>();
    const auto methods = signal::methods(wiring);
    auto& table = wiring.mailboxes->of(core::Realm::signal);
    const char* const keys[] = {"A", "B", "dummy", ""};
    Agent agents[std::size(keys)];
    core::SteadyTime now{};

    fuzz::Input input(data, size);
    while (!input.empty()) {
        const auto operation = input.byte();
        auto& agent = agents[operation / 16 % std::size(keys)];
        const auto* const key = keys[operation / 16 % std::size(keys)];
        switch (operation % 8) {
            case 0: {  // a new stream, which displaces the one before
                rpc::CallInfo call;
                if (operation & 8) call.metadata = {{"x-wiretrustee-peer-id", key}};
                auto refused = std::make_shared<Stream>();
                methods[1].stream(call, refused)->on_closed();
                fuzz::expect(refused->finished == call.metadata.empty(), "a stream needs an id, and no more");

                const auto before = agent.session;
                agent = {};
                agent.session =
                    std::make_shared<signal::Session>(key, agent.stream, std::make_shared<Events>(), *wiring.counters);
                table.put(key, agent.session);
                if (before) before->displaced();
                agent.session->registered({});
                break;
            }
            case 1: {  // Send, with any bytes
                const std::string message(input.chunk());
                signalexchange::EncryptedMessage parsed;
                const bool valid = parsed.ParseFromString(message);
                for (std::size_t i = 0; valid && i < std::size(keys); ++i)
                    if (parsed.remotekey() == keys[i]) agents[i].sent.push_back(message);
                int answers = 0;
                methods[0].unary({}, message, [&](const rpc::Status& status, const std::string&) {
                    ++answers;
                    fuzz::expect(status.ok() == valid, "what can be read is taken");
                    fuzz::expect(status.ok() || !status.message.empty(), "an error says something");
                });
                fuzz::expect(answers == 1, "one answer");
                break;
            }
            case 2:
                if (agent.session && std::exchange(agent.stream->writing, false))
                    agent.session->on_write_done(operation & 8);
                break;
            case 3:
                if (agent.session) agent.session->on_half_close();
                break;
            case 4:
                if (agent.session) {
                    agent.session->on_closed();
                    table.remove(key, agent.session.get());
                    agent.session.reset();
                }
                break;
            case 5:
                if (agent.session) agent.session->on_message(std::string(input.chunk()));
                break;
            case 6:
                now += std::chrono::seconds(input.byte());
                if (agent.session) agent.session->check_write(now, std::chrono::seconds(10));
                break;
            case 7:
                if (agent.session) agent.session->end({rpc::Code::unavailable, "bye"});
                break;
        }
        for (auto& each : agents) each.check();
    }
    return 0;
}
