// Simulated relay clients over WebSocket: token handshake, subscription to the partner (i and i^1), then Transport
// frames both ways. Every frame is checked: exactly once, in order, source id, length and content intact, one frame per
// message.
//
//   closed  --window frames in flight per direction, --batch of them per write
//   open    at a fixed rate, --batch frames per write; latency counts from the time a frame was due
//   idle    clients only: memory
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/load/arguments.hpp"
#include "tests/bench/load/base64.hpp"
#include "tests/bench/load/clock.hpp"
#include "tests/bench/load/connection.hpp"
#include "tests/bench/load/pacer.hpp"
#include "tests/bench/load/process.hpp"
#include "tests/bench/load/random.hpp"
#include "tests/bench/load/report.hpp"
#include "tests/bench/load/sequence.hpp"
#include "tests/bench/load/websocket.hpp"

namespace rookery::bench {
namespace {

constexpr auto usage =
    "relayload --url rel://host:port[,rel://host2:port2] --secret S [--n 20] [--mode closed|open|idle] [--rate "
    "frames/s]\n"
    "          [--size 1200] [--window 64] [--batch 1] [--secs 5] [--warm 1] [--runs 3] [--settle 2] [--parallel 64]\n"
    "          [--pid P[,P2]] [--loss-ok 0] [--label text]\n"
    "rels:// = TLS, certificate not verified; two URLs: even clients on the first, odd ones on the second\n"
    "--loss-ok 1: lost frames are counted but no failure";

constexpr double patience = 120;           // seconds for all clients to connect
constexpr double subscribe_patience = 30;  // seconds until every partner is online
constexpr double last_words = 2;           // seconds for what is still on its way
constexpr std::size_t max_queued = 1 << 20;

// Of the protocol: byte 0 is the version, byte 1 the type.
constexpr char version = 1;
enum Type : char {
    transport = 3,
    close_link = 4,
    health_check = 5,
    auth = 6,
    auth_response = 7,
    subscribe = 8,
    peers_online = 10,
    peers_went_offline = 11,
};
constexpr std::size_t id_size = 36;
constexpr std::size_t transport_header = 2 + id_size;

std::string head(Type type) {
    return {version, type};
}

std::string id_of(std::string_view key) {
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
    SHA256(reinterpret_cast<const std::uint8_t*>(key.data()), key.size(), digest.data());
    return "sha-" + std::string(digest.begin(), digest.end());
}

// Algorithm (1: HMAC-SHA256), signature, expiry.
std::string token_of(std::string_view secret) {
    const auto payload = std::to_string(time(nullptr) + 3600);
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> key;
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> signature;
    unsigned size = signature.size();
    SHA256(reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size(), key.data());
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const std::uint8_t*>(payload.data()),
         payload.size(), signature.data(), &size);
    return "\x01" + std::string(signature.begin(), signature.end()) + payload;
}

// In front of every payload.
struct Stamp {
    std::uint64_t run = 0;
    std::uint64_t number = 0;
    std::uint64_t sent_at = 0;
};

// What all clients share.
struct Run {
    std::uint64_t id = 0;
    std::string token;
    std::string filler;  // a payload without its stamp
    std::size_t window = 64;
    std::size_t batch = 1;
    bool closed_loop = true;

    bool running = false;
    bool recording = false;
    std::size_t ready = 0;
    std::size_t online = 0;
    std::size_t refused = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t malformed = 0;
    std::uint64_t closed_by_server = 0;
    SequenceErrors order;
    Errors errors;
    Histogram delivery;
};

class Client final : public Connection {
public:
    Client(Loop& loop, Run& run, std::uint64_t seed) : Connection(loop), run_(run), random_(seed) {
        std::array<std::uint8_t, 32> key;
        random_.fill(key);
        id_ = id_of(base64(key));
    }

    void pair_with(Client& mate) {
        mate_ = &mate;
        mate.mate_ = this;
    }
    void dial(const Url& url, const sockaddr_in& address) {
        host_ = url.authority();
        open(url, address, Alpn::none);
    }
    void subscribe_to_mate() {
        put({head(subscribe), mate_->id_});
        kick();
    }

    // Keeps the window full, in units of one batch per write.
    void fill() {
        if (dead() || blocked()) return;
        const auto at = now_ns();
        while (in_flight() + run_.batch <= run_.window) {
            put_batch(at);
            if (run_.batch == 1) break;  // one frame per write
        }
        flush();
    }
    void put_batch(std::uint64_t at) {
        for (std::size_t i = 0; i < run_.batch; ++i) put_transport(at);
    }

    bool pending() const { return mate_->from_mate_.expected() < next_; }
    void begin_run() { base_ = next_; }
    // Lost frames must not stop a pair: the window is given back when nothing comes. Not too soon: 200 full windows of
    // large frames are 100 MB, which take a second on a busy machine, and a second window on top would overflow.
    void unblock(std::uint64_t now) {
        if (now - mate_->last_received_ > 5'000'000'000 && in_flight() > 0) base_ = next_;
    }
    void close_run() { mate_->from_mate_.close(next_, run_.order); }

private:
    void on_up() override { out_ += websocket::upgrade_request(host_, "/relay"); }

    void on_down(const std::string& why) override {
        run_.errors.add("connection: " + why);
        ++(authenticated_ ? run_.closed_by_server : run_.refused);
    }

    void on_data(std::string_view bytes) override {
        if (!partial_.empty()) {
            partial_.append(bytes);
            const auto all = std::exchange(partial_, {});
            return take(all);
        }
        take(bytes);
    }

    void take(std::string_view bytes) {
        if (!upgraded_) {
            const auto end = bytes.find("\r\n\r\n");
            if (end == std::string::npos) {
                partial_ = bytes;
                return;
            }
            if (!bytes.starts_with("HTTP/1.1 101")) return fail("upgrade refused: " + std::string(bytes.substr(0, 30)));
            upgraded_ = true;
            bytes.remove_prefix(end + 4);
            put({head(auth), "\x21\x12\xa4\x42", id_, run_.token});
            kick();
        }
        while (!dead()) {
            const auto frame = websocket::parse(bytes);
            if (frame.status == websocket::Frame::incomplete) break;
            if (frame.status == websocket::Frame::illegal) {
                ++run_.malformed;
                return fail("the server sent a fragmented, masked or oversized frame");
            }
            bytes.remove_prefix(frame.consumed);
            on_frame(frame);
        }
        if (!dead()) partial_ = bytes;
    }

    void on_frame(const websocket::Frame& frame) {
        switch (frame.opcode) {
            case websocket::binary: return on_message(frame.payload);
            case websocket::close: return fail("close frame");
            case websocket::ping:
            case websocket::pong: return;
        }
        ++run_.malformed;
        fail("unexpected opcode");
    }

    void on_message(std::string_view message) {
        if (message.size() < 2 || message[0] != version) {
            ++run_.malformed;
            return;
        }
        switch (message[1]) {
            case transport: return on_transport(message);
            case close_link: return fail("the relay said Close");
            case health_check: put({head(health_check)}); return kick();
            case auth_response:
                if (!std::exchange(authenticated_, true)) ++run_.ready;
                return;
            case peers_online:
                for (message.remove_prefix(2); message.size() >= id_size; message.remove_prefix(id_size))
                    if (message.starts_with(mate_->id_) && !std::exchange(mate_online_, true)) ++run_.online;
                return;
            case peers_went_offline: return run_.errors.add("the partner was reported offline");
            default: ++run_.malformed;
        }
    }

    void on_transport(std::string_view message) {
        Stamp stamp;
        const auto size = run_.filler.size();
        if (message.size() != transport_header + size || message.substr(2, id_size) != mate_->id_) {
            ++run_.malformed;
            return;
        }
        message.remove_prefix(transport_header);
        std::memcpy(&stamp, message.data(), sizeof stamp);
        if (stamp.run != run_.id ||
            message.substr(sizeof stamp) != std::string_view(run_.filler).substr(sizeof stamp)) {
            ++run_.malformed;
            return;
        }
        from_mate_.received(stamp.number, run_.order);
        ++run_.received;
        last_received_ = now_ns();
        if (run_.recording) run_.delivery.add(last_received_ > stamp.sent_at ? last_received_ - stamp.sent_at : 0);
        if (run_.closed_loop && run_.running) mate_->fill();
    }

    std::uint64_t in_flight() const { return next_ - std::max(base_, mate_->from_mate_.expected()); }

    void put_transport(std::uint64_t at) {
        const Stamp stamp{run_.id, next_++, at};
        std::memcpy(run_.filler.data(), &stamp, sizeof stamp);
        put({head(transport), mate_->id_, run_.filler});
        ++run_.sent;
    }

    void put(std::initializer_list<std::string_view> parts) {
        websocket::append_masked(out_, static_cast<std::uint32_t>(random_()), parts);
    }

    Run& run_;
    Random random_;
    std::string host_;
    std::string id_;
    Client* mate_ = nullptr;
    std::string partial_;
    bool upgraded_ = false;
    bool authenticated_ = false;
    bool mate_online_ = false;
    std::uint64_t next_ = 0;  // number of the next frame to send
    std::uint64_t base_ = 0;  // frames before it do not count as in flight
    Sequence from_mate_;
    std::uint64_t last_received_ = 0;
};

class Load {
public:
    explicit Load(const Arguments& arguments);
    [[noreturn]] void run();

private:
    void connect();
    Json run_once();
    void drain();
    bool failed() const;

    const Arguments& arguments_;
    std::vector<Url> urls_;
    const std::string mode_;
    const Pids pids_;
    Loop loop_;
    Run run_;
    std::vector<std::unique_ptr<Client>> clients_;
    Json report_;
    std::vector<double> per_second_, cpu_per_frame_, own_cpu_per_frame_, p50_, p99_, p999_;
};

Load::Load(const Arguments& arguments)
    : arguments_(arguments), mode_(arguments.text("mode", "closed")), pids_(pids_of(arguments.text("pid"))) {
    for (const auto& url : split(arguments.text("url"), ',')) urls_.push_back(Url::parse(url));
    if (urls_.empty()) die(usage);
    run_.id = static_cast<std::uint64_t>(getpid());
    run_.token = token_of(arguments.text("secret"));
    run_.batch = static_cast<std::size_t>(std::max(1L, arguments.whole("batch", 1)));
    run_.window = std::max(run_.batch, static_cast<std::size_t>(arguments.whole("window", 64)));
    run_.closed_loop = mode_ == "closed";
    const auto size = std::max<long>(sizeof(Stamp), arguments.whole("size", 1200));
    for (long i = 0; i < size; ++i) run_.filler.push_back(static_cast<char>(i * 31 + static_cast<long>(run_.id)));
    const auto n = arguments.whole("n", 20) & ~1L;
    if (n < 2) die("--n: at least 2 clients");
    Random random(run_.id);
    for (long i = 0; i < n; ++i) {
        clients_.push_back(std::make_unique<Client>(loop_, run_, random()));
        if (i % 2 == 1) clients_[static_cast<std::size_t>(i)]->pair_with(*clients_[static_cast<std::size_t>(i) - 1]);
    }
}

void Load::connect() {
    const auto parallel = static_cast<std::size_t>(arguments_.whole("parallel", 64));
    std::vector<sockaddr_in> addresses;
    for (const auto& url : urls_) addresses.push_back(url.address());
    const auto rss_before = resident_kb(pids_);
    const auto cpu_before = cpu_seconds(pids_);
    const auto begin = now_ns();
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        const auto server = i % urls_.size();
        clients_[i]->dial(urls_[server], addresses[server]);
        while (i + 1 - run_.ready - run_.refused >= parallel && seconds_since(begin) < patience) loop_.poll(100);
    }
    while (run_.ready + run_.refused < clients_.size() && seconds_since(begin) < patience) loop_.poll(100);
    const auto seconds = seconds_since(begin);
    const auto cpu_connect = cpu_seconds(pids_) - cpu_before;
    for (auto& client : clients_) client->subscribe_to_mate();
    loop_.flush();
    for (const auto asked = now_ns();
         run_.online < clients_.size() && run_.refused == 0 && seconds_since(asked) < subscribe_patience;)
        loop_.poll(50);
    const auto cpu_subscribed = cpu_seconds(pids_) - cpu_before;
    loop_.poll_for(arguments_.number("settle", 2));
    const auto rss_after = resident_kb(pids_);

    const auto count = static_cast<double>(std::max<std::size_t>(1, run_.ready));
    auto& connect = report_["connect"];
    connect = {{"ready", run_.ready},
               {"failed", run_.refused},
               {"partners_online", run_.online},
               {"secs", seconds},
               {"per_sec", count / seconds}};
    if (pids_.empty()) return;
    connect["server_cpu_us_per_connect"] = cpu_connect / count * 1e6;
    connect["server_cpu_us_per_connect_and_subscribe"] = cpu_subscribed / count * 1e6;
    connect["server_rss_kb_before"] = rss_before;
    connect["server_rss_kb_after"] = rss_after;
    connect["server_rss_kb_per_client"] = static_cast<double>(rss_after - rss_before) / count;
}

Json Load::run_once() {
    const double warm = arguments_.number("warm", 1);
    const double measured = arguments_.number("secs", 5);
    for (auto& client : clients_) client->begin_run();
    run_.running = true;
    Meter meter(pids_);
    std::uint64_t received_before = 0;
    std::uint64_t skipped = 0;
    Pacer pacer(arguments_.number("rate", 1000), run_.batch);
    std::size_t next = 0;
    if (run_.closed_loop)
        for (auto& client : clients_)
            for (std::size_t k = 0; k < run_.window / run_.batch; ++k) client->fill();
    const auto begin = now_ns();
    for (auto looked = begin;;) {
        const auto elapsed = seconds_since(begin);
        if (!run_.recording && elapsed >= warm) {
            run_.recording = true;
            run_.delivery.clear();
            received_before = run_.received;
            meter = Meter(pids_);
        }
        if (elapsed >= warm + measured) break;
        if (run_.closed_loop) {
            loop_.poll(20);
            if (seconds_since(looked) > 0.25) {
                looked = now_ns();
                for (auto& client : clients_) {
                    client->unblock(looked);
                    client->fill();
                }
            }
            continue;
        }
        while (const auto due = pacer.next()) {
            auto& client = *clients_[next];
            next = (next + 1) % clients_.size();
            if (client.dead() || client.queued() > max_queued) {
                skipped += run_.batch;
                continue;
            }
            client.put_batch(*due);
            client.kick();
        }
        loop_.flush();
        pacer.wait([this](int ms) { loop_.poll(ms); });
    }
    const auto cost = meter.read();
    const auto frames = run_.received - received_before;
    run_.running = run_.recording = false;
    drain();

    const auto count = static_cast<double>(std::max<std::uint64_t>(1, frames));
    Json run{{"frames", frames},
             {"skipped", skipped},
             {"secs", cost.seconds},
             {"frames_per_sec", count / cost.seconds},
             {"payload_mb_per_sec", count * static_cast<double>(run_.filler.size()) / cost.seconds / 1e6},
             {"latency_us", to_json(run_.delivery)},
             {"generator_cpu_us_per_frame", cost.own_cpu / count * 1e6},
             {"generator_cpu_pct", cost.own_cpu / cost.seconds * 100}};
    if (!pids_.empty()) {
        run["server_cpu_us_per_frame"] = cost.cpu / count * 1e6;
        run["server_cpu_pct"] = cost.cpu / cost.seconds * 100;
        run["server_rss_kb"] = resident_kb(pids_);
    }
    per_second_.push_back(count / cost.seconds);
    cpu_per_frame_.push_back(cost.cpu / count * 1e6);
    own_cpu_per_frame_.push_back(cost.own_cpu / count * 1e6);
    p50_.push_back(run_.delivery.quantile_us(.5));
    p99_.push_back(run_.delivery.quantile_us(.99));
    p999_.push_back(run_.delivery.quantile_us(.999));
    return run;
}

// Lets the rest arrive; what does not is lost.
void Load::drain() {
    const auto pending = [](const auto& client) { return client->pending(); };
    for (const auto begin = now_ns();
         seconds_since(begin) < last_words && std::any_of(clients_.begin(), clients_.end(), pending);)
        loop_.poll(20);
    for (auto& client : clients_) client->close_run();
}

bool Load::failed() const {
    const auto& o = run_.order;
    const bool loss = o.lost > 0 && arguments_.whole("loss-ok", 0) == 0;
    return run_.ready < clients_.size() || run_.online < clients_.size() || loss || o.duplicates || o.reordered ||
           run_.malformed || run_.closed_by_server;
}

void Load::run() {
    report_ = {{"tool", "relayload"},     {"label", arguments_.text("label")},
               {"mode", mode_},           {"scheme", urls_[0].tls ? "wss" : "ws"},
               {"n", clients_.size()},    {"size", run_.filler.size()},
               {"window", run_.window},   {"batch", run_.batch},
               {"servers", urls_.size()}, {"rate", arguments_.number("rate", 1000)}};
    connect();
    if (mode_ != "idle" && !failed()) {
        auto runs = Json::array();
        for (long i = 0; i < arguments_.whole("runs", 3); ++i) runs.push_back(run_once());
        report_["summary"] = {{"frames_per_sec", min_median_max(per_second_)},
                              {"latency_us_p50", min_median_max(p50_)},
                              {"latency_us_p99", min_median_max(p99_)},
                              {"latency_us_p999", min_median_max(p999_)},
                              {"server_cpu_us_per_frame", min_median_max(cpu_per_frame_)},
                              {"generator_cpu_us_per_frame", min_median_max(own_cpu_per_frame_)}};
        report_["runs"] = runs;
    }
    report_["checks"] = {{"sent", run_.sent},
                         {"received", run_.received},
                         {"lost", run_.order.lost},
                         {"reordered", run_.order.reordered},
                         {"duplicates", run_.order.duplicates},
                         {"malformed_or_misrouted", run_.malformed},
                         {"closed_by_server", run_.closed_by_server}};
    report_["errors"] = run_.errors.to_json();
    end_with(report_, !failed());
}

}  // namespace
}  // namespace rookery::bench

int main(int argc, char** argv) {
    const rookery::bench::Arguments arguments(argc, argv, rookery::bench::usage);
    rookery::bench::prepare_process();
    rookery::bench::Load(arguments).run();
}
