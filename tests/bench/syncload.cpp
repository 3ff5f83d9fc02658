// Simulated peers on Management, in one account where everyone sees everyone. Every map is decrypted, parsed and
// counted.
//
//   register   GetServerKey and Login with a setup key on a new connection, --parallel at a time; no stream
//   connect    GetServerKey, Login, GetServerKey, Sync until the first map; then memory per peer
//   job        the agents' second stream on every connection; then memory per stream
//   reconnect  all connections end, all peers come back within --spread seconds
//   change     one peer is renamed, --repeat times: until every peer has a newer map, then --quiet seconds of silence
#include <sodium.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/load/arguments.hpp"
#include "tests/bench/load/clock.hpp"
#include "tests/bench/load/peer.hpp"
#include "tests/bench/load/process.hpp"
#include "tests/bench/load/report.hpp"
#include "tests/bench/load/rest.hpp"

namespace rookery::bench {
namespace {

constexpr auto usage =
    "syncload --url http://host:port --token PAT [--rest http://host:port] [--n 100]\n"
    "         [--phases register,connect,job,reconnect,change] [--state FILE] [--parallel 16] [--spread 1.6]\n"
    "         [--repeat 3] [--quiet 2] [--settle 5] [--timeout 120] [--window 1048576] [--pid P[,P2]] [--label text]\n"
    "--token: an access token of an administrator; --state: keeps the keys of registered peers for later calls\n"
    "a phase may be named twice: connect,reconnect,reconnect#2";

class Load {
public:
    explicit Load(const Arguments& arguments);
    [[noreturn]] void run();

private:
    Json phase(const std::string& name);
    void do_register(Json& result);
    void do_connect(Json& result);
    void do_job(Json& result);
    void do_reconnect(Json& result);
    void do_change(Json& result);
    void change_once(long number, const Json& peer);

    void begin_all(std::vector<Peer*> peers, bool sync, std::size_t parallel, double spread);
    std::vector<Peer*> everyone();
    void hang_up();
    void turn(int ms);
    void turn_for(double seconds);
    void add_cost(Json& result, const Meter& meter, std::uint64_t units, const std::string& unit) const;
    void load_state();
    void save_state() const;

    const Arguments& arguments_;
    const Rest rest_;
    const Pids pids_;
    const double timeout_;
    const double settle_;
    Fleet fleet_;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::vector<Peer::Key> known_;
    bool failed_ = false;

    std::vector<double> change_seconds_, change_cpu_, cpu_per_map_, change_p50_, change_p99_, maps_per_change_;
};

Load::Load(const Arguments& arguments)
    : arguments_(arguments),
      rest_(Url::parse(arguments.text("rest", arguments.text("url"))), arguments.text("token")),
      pids_(pids_of(arguments.text("pid"))),
      timeout_(arguments.number("timeout", 120)),
      settle_(arguments.number("settle", 5)) {
    if (arguments.text("url").empty() || arguments.text("token").empty()) die(usage);
    fleet_.url = Url::parse(arguments.text("url"));
    fleet_.address = fleet_.url.address();
    fleet_.window = static_cast<std::uint32_t>(arguments.whole("window", 1 << 20));
    fleet_.random = Random(static_cast<std::uint64_t>(getpid()));
    load_state();
    if (fleet_.setup_keys.empty()) {
        const Json key{{"name", "bench"},
                       {"type", "reusable"},
                       {"expires_in", 86400},
                       {"usage_limit", 0},
                       {"auto_groups", Json::array()}};
        fleet_.setup_keys.push_back(rest_.post("/api/setup-keys", key).at("key"));
    }
    const auto n = static_cast<std::size_t>(std::max(2L, arguments.whole("n", 100)));
    for (std::size_t i = 0; i < n; ++i)
        peers_.push_back(std::make_unique<Peer>(fleet_, i, 0, i < known_.size() ? &known_[i] : nullptr));
}

// {"secrets": ["hex", …], "setup_keys": ["…"]}
void Load::load_state() {
    std::ifstream file(arguments_.text("state"));
    const auto state = file ? Json::parse(file, nullptr, false) : Json();
    if (!state.is_object()) return;
    for (const std::string text : state.at("secrets")) {
        std::size_t size = 0;
        auto& secret = known_.emplace_back();
        sodium_hex2bin(secret.data(), secret.size(), text.data(), text.size(), nullptr, &size, nullptr);
    }
    for (const std::string key : state.at("setup_keys")) fleet_.setup_keys.push_back(key);
}

void Load::save_state() const {
    const auto path = arguments_.text("state");
    if (path.empty()) return;
    auto secrets = Json::array();
    for (const auto& peer : peers_) {
        std::array<char, 2 * std::tuple_size_v<Peer::Key> + 1> hex;
        if (peer->registered())
            secrets.push_back(sodium_bin2hex(hex.data(), hex.size(), peer->secret().data(), peer->secret().size()));
    }
    std::ofstream(path) << Json{{"secrets", secrets}, {"setup_keys", fleet_.setup_keys}}.dump();
}

void Load::turn(int ms) {
    static std::uint64_t looked = 0;
    fleet_.loop.poll(ms);
    const auto now = now_ns();
    if (now - looked < 20'000'000) return;
    looked = now;
    for (auto& peer : peers_) peer->retry_if_due(now);
}

void Load::turn_for(double seconds) {
    for (const auto begin = now_ns(); seconds_since(begin) < seconds;) turn(20);
}

std::vector<Peer*> Load::everyone() {
    std::vector<Peer*> all;
    for (auto& peer : peers_) all.push_back(peer.get());
    return all;
}

// At most `parallel` at a time, or, with 0, evenly over `spread` seconds.
void Load::begin_all(std::vector<Peer*> peers, bool sync, std::size_t parallel, double spread) {
    fleet_.finished = 0;
    std::size_t begun = 0;
    const auto begin = now_ns();
    while (fleet_.finished < peers.size() && seconds_since(begin) < timeout_) {
        const auto due = [&] {
            if (parallel > 0) return begun - fleet_.finished < parallel;
            return seconds_since(begin) / spread * static_cast<double>(peers.size()) >= static_cast<double>(begun);
        };
        while (begun < peers.size() && due()) peers[begun++]->begin(sync);
        fleet_.loop.flush();
        turn(5);
    }
    failed_ = failed_ || fleet_.finished < peers.size();
}

void Load::hang_up() {
    fleet_.closing = true;
    fleet_.loop.forget();
    for (auto& peer : peers_) peer->hang_up();
    fleet_.closing = false;
}

void Load::add_cost(Json& result, const Meter& meter, std::uint64_t units, const std::string& unit) const {
    const auto cost = meter.read();
    result["secs"] = cost.seconds;
    result["generator_cpu_secs"] = cost.own_cpu;
    if (pids_.empty()) return;
    result["server_cpu_secs"] = cost.cpu;
    result["server_cpu_ms_per_" + unit] = cost.cpu / static_cast<double>(std::max<std::uint64_t>(1, units)) * 1e3;
    result["server_rss_kb"] = resident_kb(pids_);
}

void Load::do_register(Json& result) {
    std::vector<Peer*> fresh;
    for (auto& peer : peers_)
        if (!peer->registered()) fresh.push_back(peer.get());
    const Meter meter(pids_);
    begin_all(fresh, false, static_cast<std::size_t>(arguments_.whole("parallel", 16)), 0);
    result["registered"] = fleet_.finished;
    add_cost(result, meter, fresh.size(), "peer");
    result["login_us"] = to_json(fleet_.login);
    hang_up();
    turn_for(settle_);
    save_state();
}

void Load::do_connect(Json& result) {
    const auto before = resident_kb(pids_);
    const Meter meter(pids_);
    begin_all(everyone(), true, static_cast<std::size_t>(arguments_.whole("parallel", 16)), 0);
    result["with_first_map"] = fleet_.finished;
    add_cost(result, meter, peers_.size(), "peer");
    turn_for(settle_);
    if (!pids_.empty())
        result["server_rss_kb_per_peer"] =
            static_cast<double>(resident_kb(pids_) - before) / static_cast<double>(peers_.size());
}

void Load::do_job(Json& result) {
    const auto before = resident_kb(pids_);
    const Meter meter(pids_);
    for (auto& peer : peers_)
        if (peer->has_map()) peer->open_job();
    fleet_.loop.flush();
    turn_for(settle_);
    add_cost(result, meter, peers_.size(), "stream");
    if (!pids_.empty())
        result["server_rss_kb_per_stream"] =
            static_cast<double>(resident_kb(pids_) - before) / static_cast<double>(peers_.size());
}

void Load::do_reconnect(Json& result) {
    hang_up();
    turn_for(2);
    const Meter meter(pids_);
    begin_all(everyone(), true, 0, arguments_.number("spread", 1.6));
    result["with_first_map"] = fleet_.finished;
    add_cost(result, meter, peers_.size(), "peer");
    turn_for(settle_);
}

// The REST call waits on a thread of its own while peers are served.
void Load::change_once(long number, const Json& peer) {
    for (auto& p : peers_) p->expect_change();
    fleet_.change.clear();
    fleet_.changed = 0;
    const auto maps_before = fleet_.maps;
    const Meter meter(pids_);
    fleet_.change_began = now_ns();
    std::atomic<int> status{-1};
    std::thread caller([&] {
        const Json body{{"name", "renamed-" + std::to_string(number)},
                        {"ssh_enabled", false},
                        {"login_expiration_enabled", false},
                        {"inactivity_expiration_enabled", false}};
        status = rest_.call("PUT", "/api/peers/" + peer.at("id").get<std::string>(), body.dump()).status;
    });
    while ((fleet_.changed < peers_.size() || status < 0) && seconds_since(fleet_.change_began) < timeout_) turn(5);
    const auto seconds = seconds_since(fleet_.change_began);
    caller.join();
    if (status != 200) die("PUT /api/peers: " + std::to_string(status));
    auto seen = fleet_.maps;
    for (auto quiet = now_ns(); seconds_since(quiet) < arguments_.number("quiet", 2);) {
        turn(20);
        if (std::exchange(seen, fleet_.maps) != fleet_.maps) quiet = now_ns();
    }
    fleet_.change_began = 0;
    failed_ = failed_ || fleet_.changed < peers_.size();
    const auto maps = static_cast<double>(std::max<std::uint64_t>(1, fleet_.maps - maps_before));
    const auto cost = meter.read();
    change_seconds_.push_back(seconds);
    change_cpu_.push_back(cost.cpu);
    cpu_per_map_.push_back(cost.cpu / maps * 1e3);
    maps_per_change_.push_back(maps);
    change_p50_.push_back(fleet_.change.quantile_us(.5));
    change_p99_.push_back(fleet_.change.quantile_us(.99));
}

void Load::do_change(Json& result) {
    const auto peers = rest_.get("/api/peers");
    if (!peers.is_array() || peers.empty()) die("GET /api/peers: no peers");
    for (auto* figures : {&change_seconds_, &change_cpu_, &cpu_per_map_, &maps_per_change_, &change_p50_, &change_p99_})
        figures->clear();
    for (long i = 0; i < arguments_.whole("repeat", 3); ++i) change_once(i, peers[0]);
    result["secs_until_all_have_it"] = min_median_max(change_seconds_);
    result["maps_per_change"] = min_median_max(maps_per_change_);
    result["server_cpu_secs_per_change"] = min_median_max(change_cpu_);
    result["server_cpu_ms_per_map"] = min_median_max(cpu_per_map_);
    result["change_to_map_us_p50"] = min_median_max(change_p50_);
    result["change_to_map_us_p99"] = min_median_max(change_p99_);
}

Json Load::phase(const std::string& name) {
    const std::pair<std::string, void (Load::*)(Json&)> known[] = {{"register", &Load::do_register},
                                                                   {"connect", &Load::do_connect},
                                                                   {"job", &Load::do_job},
                                                                   {"reconnect", &Load::do_reconnect},
                                                                   {"change", &Load::do_change}};
    for (auto* histogram : {&fleet_.login, &fleet_.server_key, &fleet_.first_map}) histogram->clear();
    const auto maps = fleet_.maps;
    const auto bytes = fleet_.map_bytes;
    const auto retries = fleet_.retries;
    fleet_.smallest_map = fleet_.largest_map = 0;
    const auto kind = name.substr(0, name.find('#'));
    const auto* const found =
        std::find_if(std::begin(known), std::end(known), [&](const auto& k) { return k.first == kind; });
    if (found == std::end(known)) die("--phases: no phase \"" + kind + "\"");
    Json result;
    (this->*found->second)(result);
    const auto count = fleet_.maps - maps;
    result["maps"] = count;
    result["map_bytes_mean"] = count ? (fleet_.map_bytes - bytes) / count : 0;
    result["map_bytes_min"] = fleet_.smallest_map;
    result["map_bytes_max"] = fleet_.largest_map;
    result["retries"] = fleet_.retries - retries;
    if (fleet_.first_map.count() > 0) result["dial_to_first_map_us"] = to_json(fleet_.first_map);
    return result;
}

void Load::run() {
    Json report{{"tool", "syncload"}, {"label", arguments_.text("label")}, {"n", peers_.size()}};
    if (!pids_.empty()) report["server_rss_kb_start"] = resident_kb(pids_);
    for (const auto& name : split(arguments_.text("phases", "register,connect,reconnect,change"), ',')) {
        report[name] = phase(name);
        // A long run that is cut off still leaves its phases.
        std::fprintf(stderr, "%s %s\n", name.c_str(), report[name].dump().c_str());
    }
    // Who has a map sees everyone else.
    std::uint64_t wrong_size = 0;
    for (const auto& peer : peers_)
        if (peer->remote_peers() >= 0 && peer->remote_peers() + 1 != static_cast<int>(peers_.size())) ++wrong_size;
    report["checks"] = {{"maps", fleet_.maps},
                        {"undecryptable_or_malformed", fleet_.malformed},
                        {"older_than_the_one_before", fleet_.older_maps},
                        {"peers_who_see_too_few_or_many", wrong_size},
                        {"streams_lost", fleet_.streams_lost}};
    report["errors"] = fleet_.errors.to_json();
    end_with(report, !failed_ && !fleet_.malformed && !fleet_.older_maps && !wrong_size && !fleet_.streams_lost);
}

}  // namespace
}  // namespace rookery::bench

int main(int argc, char** argv) {
    const rookery::bench::Arguments arguments(argc, argv, rookery::bench::usage);
    rookery::bench::prepare_process();
    if (sodium_init() < 0) rookery::bench::die("libsodium does not start");
    rookery::bench::Load(arguments).run();
}
