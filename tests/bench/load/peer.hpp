// One simulated peer on Management: its keys, its connection, and what it has been sent. Login and Sync as an agent
// does them; every map is decrypted, parsed and counted.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tests/bench/load/grpc_client.hpp"
#include "tests/bench/load/random.hpp"
#include "tests/bench/load/report.hpp"

namespace rookery::bench {

// What all peers share: where they connect, and the sums over all of them.
struct Fleet {
    Loop loop;
    Url url;
    sockaddr_in address{};
    std::uint32_t window = 1 << 20;
    std::vector<std::string> setup_keys;
    Random random{1};
    bool closing = false;  // ends of streams are wanted

    std::uint64_t maps = 0;
    std::uint64_t map_bytes = 0;
    std::uint64_t smallest_map = 0;
    std::uint64_t largest_map = 0;
    std::uint64_t without_map = 0;  // messages with configuration only
    std::uint64_t malformed = 0;    // or not to be decrypted
    std::uint64_t older_maps = 0;   // a serial below the one before
    std::uint64_t streams_lost = 0;
    std::uint64_t retries = 0;
    std::uint64_t finished = 0;  // peers that are where they should be
    Errors errors;
    Histogram login, server_key, first_map, change;

    // A change under way: until every peer that it concerns has a newer map.
    std::uint64_t change_began = 0;  // ns; 0: none
    std::uint64_t changed = 0;
};

class Peer {
public:
    using Key = std::array<std::uint8_t, 32>;

    // A peer with the secret key `secret` is registered already; without one it gets a new one.
    Peer(Fleet& fleet, std::size_t number, std::size_t setup_key, const Key* secret);

    // Connects and logs in; opens Sync too, if asked for. Retries by itself, see retry_if_due().
    void begin(bool sync);
    void retry_if_due(std::uint64_t now);
    void hang_up();
    // Its second stream, on the same connection.
    void open_job();
    // From now on a map with a newer serial counts as the change.
    void expect_change();

    bool registered() const { return registered_; }
    bool has_map() const { return has_map_; }
    bool busy() const { return busy_; }
    std::size_t setup_key() const { return setup_key_; }
    const Key& secret() const { return secret_; }
    int remote_peers() const { return remote_peers_; }  // of the newest map; -1: none yet
    std::uint64_t maps_since_change() const { return maps_since_change_; }

private:
    void with_server_key(std::function<void()> next);
    void login();
    void sync();
    void on_sync_message(std::string_view envelope);
    void retry(const std::string& why);
    void finish();
    std::string seal(std::string_view message) const;
    bool unseal(std::string_view envelope, std::string& message) const;
    std::string meta() const;

    Fleet& fleet_;
    const std::size_t number_;
    const std::size_t setup_key_;
    Key secret_{};
    Key public_{};
    Key shared_{};
    std::string public_text_;
    std::string server_key_;
    std::unique_ptr<GrpcClient> client_;
    bool registered_ = false;
    bool wants_sync_ = false;
    bool has_map_ = false;
    bool busy_ = false;
    std::uint64_t began_ = 0;
    std::uint64_t retry_at_ = 0;
    std::uint64_t serial_ = 0;
    std::uint64_t serial_before_change_ = 0;
    bool change_seen_ = false;
    std::uint64_t maps_since_change_ = 0;
    int remote_peers_ = -1;
};

}  // namespace rookery::bench
