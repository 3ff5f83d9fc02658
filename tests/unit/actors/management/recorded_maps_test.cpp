// Maps computed from recorded accounts equal those that a NetBird 0.77.1 server sent.
//
// All of the recordings pass, with these differences, which are wanted (network-map §8):
//  - rules of routes for NetBird's SSH are sent as TCP: agents reject the protocol's own number there (Q7).
#include <filesystem>
#include <fstream>

#include "account_fixture.hpp"
#include "actors/management/network_map.hpp"
#include "naive_map.hpp"
#include "recorded_map.hpp"
#include "tests/catch.hpp"

using namespace rookery::management;
using namespace rookery::management::testing;

namespace {

Json with_wanted_differences(Json recorded) {
    auto& map = recorded.at("NetworkMap");
    if (map.contains("routesFirewallRules"))
        for (auto& rule : map["routesFirewallRules"])
            if (rule.value("protocol", "") == "NETBIRD_SSH") rule["protocol"] = "TCP";
    return recorded;
}

class Replay {
public:
    explicit Replay(Json recording) : recording_(std::move(recording)), account_(recording_.at("account")) {}

    void run() {
        prepare();
        for (const auto& [peer, message] : recording_.at("initial").items()) expect(peer, message);
        for (const auto& step : recording_.at("steps")) {
            INFO("after " << step.at("do").dump());
            const auto before = view_;
            if (step.contains("changed")) account_.update(step.at("changed"));
            prepare();
            check_affected(*before);
            if (!step.contains("pushed")) continue;
            for (const auto& [peer, message] : step.at("pushed").items()) expect(peer, message);
        }
        for (const auto& [peer, message] : recording_.at("final").items())
            if (!message.contains("end")) expect(peer, message);
    }
    int compared() const { return compared_; }

private:
    // Each state from the one before.
    void prepare() {
        view_ = compile(std::make_shared<const AccountState>(account_of(account_, start)),
                        Rules{account_.at("dns_domain")}, view_);
    }

    // Whoever's map the step changes is told, also those whom the recorded server forgot.
    void check_affected(const CompiledAccount& before) const {
        const auto affected = affected_peers(before, *view_);
        for (const auto& [id, peer] : view_->peers_by_id) {
            const auto* old = before.find(id);
            if (!old || normalised(sync_response(before, *old, start).bytes) !=
                            normalised(sync_response(*view_, *peer, start).bytes)) {
                INFO("peer " << id);
                CHECK(affected.contains(id));
            }
        }
    }

    void expect(const std::string& id, const Json& recorded) {
        const auto* peer = view_->find(id);
        INFO("peer " << id);
        if (recorded.value("same", false)) {
            // Equal to the peer's previous map, except for the serial.
            REQUIRE(last_.contains(id));
        } else {
            last_[id] = normalised(with_wanted_differences(recorded));
        }
        const auto ours = peer ? sync_response(*view_, *peer, start) : farewell(*view_);
        CHECK(differences(normalised(ours.bytes), last_[id]) == "[]");
        // The rules that random accounts are compared with pass too.
        if (peer) CHECK(differences(naive_response(*view_->state, view_->rules, id, start), last_[id]) == "[]");
        ++compared_;
    }

    const Json recording_;
    Json account_;
    View view_;
    std::map<std::string, Json> last_;
    int compared_ = 0;
};

}  // namespace

TEST_CASE("recorded maps") {
    int files = 0, compared = 0;
    for (const auto& entry : std::filesystem::directory_iterator(TEST_DATA "/netmap")) {
        if (entry.path().extension() != ".json") continue;
        INFO(entry.path().filename().string());
        std::ifstream in(entry.path());
        Replay replay(Json::parse(in));
        replay.run();
        compared += replay.compared();
        ++files;
    }
    CHECK(files == 71);
    CHECK(compared >= 150);
}
