// Maps computed from recorded accounts equal those that a NetBird 0.77.1 server sent.
#include <filesystem>
#include <fstream>

#include "account_fixture.hpp"
#include "actors/management/network_map.hpp"
#include "recorded_map.hpp"
#include "tests/catch.hpp"

using namespace rookery::management;
using namespace rookery::management::testing;

namespace {

class Replay {
public:
    explicit Replay(Json recording) : recording_(std::move(recording)), account_(recording_.at("account")) {}

    void run() {
        for (const auto& [peer, message] : recording_.at("initial").items()) expect(peer, message);
        for (const auto& step : recording_.at("steps")) {
            INFO("after " << step.at("do").dump());
            if (step.contains("changed")) account_.update(step.at("changed"));
            if (!step.contains("pushed")) continue;
            for (const auto& [peer, message] : step.at("pushed").items()) expect(peer, message);
        }
        for (const auto& [peer, message] : recording_.at("final").items())
            if (!message.contains("end")) expect(peer, message);
    }
    int compared() const { return compared_; }

private:
    void expect(const std::string& id, const Json& recorded) {
        const auto account = account_of(account_, start);
        const auto* peer = account.peers.find(id);
        INFO("peer " << id);
        if (recorded.value("same", false)) {
            // Equal to the peer's previous map, except for the serial.
            REQUIRE(last_.contains(id));
        } else {
            last_[id] = normalised(recorded);
        }
        const Rules rules{account_.at("dns_domain")};
        const auto ours = peer ? sync_response(account, *peer, start, rules) : farewell(account);
        CHECK(normalised(ours).dump(1) == last_[id].dump(1));
        ++compared_;
    }

    const Json recording_;
    Json account_;
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
    CHECK(files >= 20);
    CHECK(compared >= 150);
}
