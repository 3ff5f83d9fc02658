// Simulated agents on Signal. Every agent holds a ConnectStream and sends to its partner (i and i^1) with unary Send,
// one call at a time. Every message is checked: exactly once, in order per pair, key, remoteKey and body intact.
//
//   closed  the next message when the call was answered and the partner has the message
//   open    at a fixed rate; latency counts from the time a message was due
//   idle    streams only: memory
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/load/arguments.hpp"
#include "tests/bench/load/base64.hpp"
#include "tests/bench/load/clock.hpp"
#include "tests/bench/load/grpc_client.hpp"
#include "tests/bench/load/pacer.hpp"
#include "tests/bench/load/process.hpp"
#include "tests/bench/load/protobuf.hpp"
#include "tests/bench/load/random.hpp"
#include "tests/bench/load/report.hpp"
#include "tests/bench/load/sequence.hpp"

namespace rookery::bench {
namespace {

constexpr auto usage =
    "sigload --url http://host:port[,http://host2:port2] [--n 200] [--mode closed|open|idle] [--rate 1000] [--size "
    "300]\n"
    "        [--secs 5] [--warm 1] [--runs 3] [--settle 2] [--parallel 64] [--conns N] [--pid P[,P2]] [--seed N]\n"
    "        [--label text]\n"
    "--conns C: the agents share C connections, as behind a load balancer (default: one each)\n"
    "--seed N: the same agents as every other run with it\n"
    "two URLs: even agents on the first, odd ones on the second";

constexpr double patience = 120;  // seconds for all agents to connect
constexpr double last_words = 3;  // seconds for what is still on its way

enum EncryptedMessage { key_field = 2, remote_key_field = 3, body_field = 4 };

struct Agent {
    GrpcClient* client = nullptr;
    std::string key;
    Agent* partner = nullptr;
    bool ready = false;
    bool calling = false;     // a Send is not answered
    bool unreceived = false;  // a message is not at the partner yet
    std::uint64_t next = 0;   // number of the next message to send
    Sequence from_partner;
    std::uint64_t called_at = 0;
    std::vector<std::uint64_t> due;  // open loop: due times that wait for the call under way
    std::size_t due_next = 0;
};

// In front of every body.
struct Stamp {
    std::uint64_t run = 0;
    std::uint64_t number = 0;
    std::uint64_t sent_at = 0;
};

class Load {
public:
    explicit Load(const Arguments& arguments);
    [[noreturn]] void run();

private:
    void connect();
    void open_streams(GrpcClient& client, const std::vector<Agent*>& agents);
    Json run_once();
    void drain();
    void send(Agent& from, std::uint64_t at);
    void on_answer(Agent& from, const Call& call);
    void on_message(Agent& to, std::string_view message);
    bool failed() const;

    const Arguments& arguments_;
    std::vector<Url> urls_;
    const std::string mode_;
    const bool closed_loop_;
    const Pids pids_;
    const std::uint64_t run_id_;
    std::string filler_;

    Loop loop_;
    std::vector<Agent> agents_;
    std::vector<std::unique_ptr<GrpcClient>> clients_;
    std::size_t ready_ = 0;
    std::size_t refused_ = 0;

    bool running_ = false;
    bool recording_ = false;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t malformed_ = 0;
    std::uint64_t send_errors_ = 0;
    std::uint64_t streams_lost_ = 0;
    SequenceErrors order_;
    Errors errors_;
    Histogram delivery_;
    Histogram calls_;
    Json report_;
    std::vector<double> per_second_, cpu_per_message_, own_cpu_per_message_, p50_, p99_, p999_;
};

Load::Load(const Arguments& arguments)
    : arguments_(arguments),
      mode_(arguments.text("mode", "closed")),
      closed_loop_(mode_ == "closed"),
      pids_(pids_of(arguments.text("pid"))),
      run_id_(static_cast<std::uint64_t>(arguments.whole("seed", getpid()))) {
    for (const auto& url : split(arguments.text("url"), ',')) urls_.push_back(Url::parse(url));
    if (urls_.empty()) die(usage);
    const auto size = std::max<long>(sizeof(Stamp), arguments.whole("size", 300));
    for (long i = 0; i < size; ++i) filler_.push_back(static_cast<char>(i * 31 + static_cast<long>(run_id_)));
    const auto n = arguments.whole("n", 200) & ~1L;
    if (n < 2) die("--n: at least 2 agents");
    agents_.resize(static_cast<std::size_t>(n));
    Random random(run_id_);
    for (std::size_t i = 0; i < agents_.size(); ++i) {
        std::array<std::uint8_t, 32> key;
        random.fill(key);
        agents_[i].key = base64(key);
        agents_[i].partner = &agents_[i ^ 1];
    }
}

void Load::connect() {
    const auto n = agents_.size();
    const auto servers = urls_.size();
    const auto connections = std::min(n, static_cast<std::size_t>(arguments_.whole("conns", static_cast<long>(n))));
    const auto parallel = static_cast<std::size_t>(arguments_.whole("parallel", 64));
    if (connections < servers) die("--conns: at least one connection per server");
    std::vector<sockaddr_in> addresses;
    for (const auto& url : urls_) addresses.push_back(url.address());
    // Agent i uses server i mod servers, so its connection is one with the same remainder.
    std::vector<std::vector<Agent*>> agents_of(connections);
    const auto usable = connections / servers * servers;
    for (std::size_t i = 0; i < n; ++i)
        agents_of[connections == n ? i : i / servers * servers % usable + i % servers].push_back(&agents_[i]);

    const auto rss_before = resident_kb(pids_);
    const auto cpu_before = cpu_seconds(pids_);
    const auto begin = now_ns();
    std::size_t started = 0;
    for (std::size_t k = 0; k < connections; ++k) {
        auto& client = *clients_.emplace_back(std::make_unique<GrpcClient>(loop_));
        const auto& mine = agents_of[k];
        for (auto* agent : mine) agent->client = &client;
        client.on_ready = [this, &client, &mine] { open_streams(client, mine); };
        client.on_lost = [this, &client, &mine](const std::string& why) {
            if (client.was_up()) return;
            refused_ += mine.size();
            errors_.add("connection: " + why);
        };
        client.dial(urls_[k % servers], addresses[k % servers]);
        started += mine.size();
        while (started - ready_ - refused_ >= parallel && seconds_since(begin) < patience) loop_.poll(100);
    }
    while (ready_ + refused_ < n && seconds_since(begin) < patience) loop_.poll(100);
    const auto seconds = seconds_since(begin);
    const auto cpu = cpu_seconds(pids_) - cpu_before;
    loop_.poll_for(arguments_.number("settle", 2));
    const auto rss_after = resident_kb(pids_);

    const auto count = static_cast<double>(std::max<std::size_t>(1, ready_));
    auto& connect = report_["connect"];
    connect = {{"ready", ready_}, {"failed", refused_}, {"secs", seconds}, {"per_sec", count / seconds}};
    if (pids_.empty()) return;
    connect["server_cpu_us_per_connect"] = cpu / count * 1e6;
    connect["server_rss_kb_before"] = rss_before;
    connect["server_rss_kb_after"] = rss_after;
    connect["server_rss_kb_per_stream"] = static_cast<double>(rss_after - rss_before) / count;
}

void Load::open_streams(GrpcClient& client, const std::vector<Agent*>& agents) {
    for (auto* agent : agents) {
        auto& call = client.start("/signalexchange.SignalExchange/ConnectStream", {}, GrpcClient::Requests::open,
                                  {{"x-wiretrustee-peer-id", agent->key}});
        call.on_headers = [this, agent](Call& c) {
            if (!c.has("x-wiretrustee-peer-registered") || std::exchange(agent->ready, true)) return;
            ++ready_;
        };
        call.on_message = [this, agent](std::string_view message) { on_message(*agent, message); };
        call.on_end = [this, agent](Call& c) {
            ++(agent->ready ? streams_lost_ : refused_);
            errors_.add("ConnectStream: " + std::to_string(c.status) + " " + c.message);
        };
    }
}

void Load::send(Agent& from, std::uint64_t at) {
    const Stamp stamp{run_id_, from.next++, at};
    std::string body = filler_;
    std::memcpy(body.data(), &stamp, sizeof stamp);
    std::string message;
    message.reserve(body.size() + 2 * from.key.size() + 16);
    protobuf::append_bytes(message, key_field, from.key);
    protobuf::append_bytes(message, remote_key_field, from.partner->key);
    protobuf::append_bytes(message, body_field, body);
    ++sent_;
    from.calling = from.unreceived = true;
    from.called_at = now_ns();
    from.client->start("/signalexchange.SignalExchange/Send", message, GrpcClient::Requests::one).on_end =
        [this, &from](Call& call) { on_answer(from, call); };
    from.client->kick();
}

void Load::on_answer(Agent& from, const Call& call) {
    from.calling = false;
    if (call.status != 0) {
        ++send_errors_;
        errors_.add("Send: " + std::to_string(call.status) + " " + call.message);
    } else if (recording_) {
        calls_.add(now_ns() - from.called_at);
    }
    if (!running_ || from.client->dead()) return;
    if (closed_loop_) {
        if (!from.unreceived) send(from, now_ns());
    } else if (from.due_next < from.due.size()) {
        const auto at = from.due[from.due_next++];
        if (from.due_next == from.due.size()) {
            from.due.clear();
            from.due_next = 0;
        }
        send(from, at);
    }
}

void Load::on_message(Agent& to, std::string_view message) {
    auto& from = *to.partner;
    std::string_view key;
    std::string_view remote_key;
    std::string_view body;
    const bool legal = protobuf::walk(message, [&](int field, std::uint64_t, std::string_view bytes) {
        if (field == key_field) key = bytes;
        if (field == remote_key_field) remote_key = bytes;
        if (field == body_field) body = bytes;
    });
    if (!legal || key != from.key || remote_key != to.key || body.size() != filler_.size()) {
        ++malformed_;
        return;
    }
    Stamp stamp;
    std::memcpy(&stamp, body.data(), sizeof stamp);
    if (stamp.run != run_id_ || body.substr(sizeof stamp) != std::string_view(filler_).substr(sizeof stamp)) {
        ++malformed_;
        return;
    }
    to.from_partner.received(stamp.number, order_);
    ++received_;
    if (recording_) {
        const auto now = now_ns();
        delivery_.add(now > stamp.sent_at ? now - stamp.sent_at : 0);
    }
    from.unreceived = false;
    if (closed_loop_ && running_ && !from.calling && !from.client->dead()) send(from, now_ns());
}

Json Load::run_once() {
    const double warm = arguments_.number("warm", 1);
    const double measured = arguments_.number("secs", 5);
    for (auto& agent : agents_) {
        agent.due.clear();
        agent.due_next = 0;
    }
    running_ = true;
    Meter meter(pids_);
    std::uint64_t received_before = 0;
    Pacer pacer(arguments_.number("rate", 1000));
    std::size_t next = 0;
    if (closed_loop_)
        for (auto& agent : agents_) send(agent, now_ns());
    loop_.flush();
    for (const auto begin = now_ns();;) {
        const auto elapsed = seconds_since(begin);
        if (!recording_ && elapsed >= warm) {
            recording_ = true;
            delivery_.clear();
            calls_.clear();
            received_before = received_;
            meter = Meter(pids_);
        }
        if (elapsed >= warm + measured) break;
        if (closed_loop_) {
            loop_.poll(20);
            continue;
        }
        while (const auto due = pacer.next()) {
            auto& agent = agents_[next];
            next = (next + 1) % agents_.size();
            if (agent.calling)
                agent.due.push_back(*due);
            else
                send(agent, *due);
        }
        loop_.flush();
        pacer.wait([this](int ms) { loop_.poll(ms); });
    }
    const auto cost = meter.read();
    const auto messages = received_ - received_before;
    running_ = recording_ = false;
    drain();

    const auto count = static_cast<double>(std::max<std::uint64_t>(1, messages));
    Json run{{"msgs", messages},
             {"secs", cost.seconds},
             {"msgs_per_sec", count / cost.seconds},
             {"latency_us", to_json(delivery_)},
             {"send_call_us", to_json(calls_)},
             {"generator_cpu_us_per_msg", cost.own_cpu / count * 1e6},
             {"generator_cpu_pct", cost.own_cpu / cost.seconds * 100}};
    if (!pids_.empty()) {
        run["server_cpu_us_per_msg"] = cost.cpu / count * 1e6;
        run["server_cpu_pct"] = cost.cpu / cost.seconds * 100;
        run["server_rss_kb"] = resident_kb(pids_);
    }
    per_second_.push_back(count / cost.seconds);
    cpu_per_message_.push_back(cost.cpu / count * 1e6);
    own_cpu_per_message_.push_back(cost.own_cpu / count * 1e6);
    p50_.push_back(delivery_.quantile_us(.5));
    p99_.push_back(delivery_.quantile_us(.99));
    p999_.push_back(delivery_.quantile_us(.999));
    return run;
}

// Lets the rest arrive; what does not is lost.
void Load::drain() {
    const auto pending = [](const Agent& a) { return a.calling || a.partner->from_partner.expected() < a.next; };
    for (const auto begin = now_ns();
         seconds_since(begin) < last_words && std::any_of(agents_.begin(), agents_.end(), pending);)
        loop_.poll(20);
    for (auto& agent : agents_) {
        agent.partner->from_partner.close(agent.next, order_);
        agent.calling = agent.unreceived = false;
    }
}

bool Load::failed() const {
    return ready_ < agents_.size() || order_.any() || malformed_ || send_errors_ || streams_lost_;
}

void Load::run() {
    report_ = {{"tool", "sigload"},
               {"label", arguments_.text("label")},
               {"mode", mode_},
               {"n", agents_.size()},
               {"size", filler_.size()},
               {"servers", urls_.size()},
               {"rate", arguments_.number("rate", 1000)}};
    connect();
    if (mode_ != "idle" && !failed()) {
        auto runs = Json::array();
        for (long i = 0; i < arguments_.whole("runs", 3); ++i) runs.push_back(run_once());
        report_["summary"] = {{"msgs_per_sec", min_median_max(per_second_)},
                              {"latency_us_p50", min_median_max(p50_)},
                              {"latency_us_p99", min_median_max(p99_)},
                              {"latency_us_p999", min_median_max(p999_)},
                              {"server_cpu_us_per_msg", min_median_max(cpu_per_message_)},
                              {"generator_cpu_us_per_msg", min_median_max(own_cpu_per_message_)}};
        report_["runs"] = runs;
    }
    report_["checks"] = {{"sent", sent_},
                         {"received", received_},
                         {"lost", order_.lost},
                         {"reordered", order_.reordered},
                         {"duplicates", order_.duplicates},
                         {"malformed_or_misrouted", malformed_},
                         {"send_errors", send_errors_},
                         {"streams_lost", streams_lost_}};
    report_["errors"] = errors_.to_json();
    end_with(report_, !failed());
}

}  // namespace
}  // namespace rookery::bench

int main(int argc, char** argv) {
    const rookery::bench::Arguments arguments(argc, argv, rookery::bench::usage);
    rookery::bench::prepare_process();
    rookery::bench::Load(arguments).run();
}
