#include "tests/bench/load/peer.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstdio>

#include "tests/bench/load/base64.hpp"
#include "tests/bench/load/clock.hpp"
#include "tests/bench/load/protobuf.hpp"

namespace rookery::bench {
namespace {

constexpr std::uint64_t jitter_ns = 1'600'000'000;  // of agents that come back
const std::string service = "/management.ManagementService/";

constexpr std::size_t nonce_size = crypto_box_NONCEBYTES;
constexpr std::size_t box_overhead = nonce_size + crypto_box_MACBYTES;

std::string failure(const std::string& method, const Call& call) {
    return method + ": " + std::to_string(call.status) + " " + call.message;
}

}  // namespace

Peer::Peer(Fleet& fleet, std::size_t number, std::size_t setup_key, const Key* secret)
    : fleet_(fleet), number_(number), setup_key_(setup_key), registered_(secret != nullptr) {
    if (secret) {
        secret_ = *secret;
        crypto_scalarmult_base(public_.data(), secret_.data());
    } else {
        crypto_box_keypair(public_.data(), secret_.data());
    }
    public_text_ = base64(public_);
}

void Peer::begin(bool sync) {
    wants_sync_ = sync;
    busy_ = true;
    has_map_ = false;
    if (retry_at_ == 0) began_ = now_ns();
    retry_at_ = 0;
    client_ = std::make_unique<GrpcClient>(fleet_.loop, fleet_.window);
    client_->on_ready = [this] { with_server_key([this] { login(); }); };
    client_->on_lost = [this](const std::string& why) {
        if (busy_ && retry_at_ == 0) retry("connection: " + why);
    };
    client_->dial(fleet_.url, fleet_.address);
}

void Peer::retry(const std::string& why) {
    ++fleet_.retries;
    fleet_.errors.add(why);
    retry_at_ = now_ns() + fleet_.random() % jitter_ns;
}

void Peer::retry_if_due(std::uint64_t now) {
    if (busy_ && retry_at_ != 0 && now >= retry_at_) begin(wants_sync_);
}

void Peer::hang_up() {
    client_.reset();
    has_map_ = busy_ = false;
    retry_at_ = 0;
}

void Peer::finish() {
    if (!std::exchange(busy_, false)) return;
    ++fleet_.finished;
}

void Peer::with_server_key(std::function<void()> next) {
    const auto asked = now_ns();
    auto key = std::make_shared<std::string>();
    auto& call = client_->start(service + "GetServerKey", {}, GrpcClient::Requests::one);
    call.on_message = [key](std::string_view message) {
        protobuf::walk(message, [&](int field, std::uint64_t, std::string_view bytes) {
            if (field == 1) *key = bytes;
        });
    };
    call.on_end = [this, key, asked, next = std::move(next)](Call& c) {
        if (c.status != 0) return retry(failure("GetServerKey", c));
        fleet_.server_key.add(now_ns() - asked);
        if (*key != server_key_) {
            Key binary;
            std::size_t size = 0;
            if (sodium_base642bin(binary.data(), binary.size(), key->data(), key->size(), nullptr, &size, nullptr,
                                  sodium_base64_VARIANT_ORIGINAL) != 0 ||
                size != binary.size() || crypto_box_beforenm(shared_.data(), binary.data(), secret_.data()) != 0)
                return retry("the server's key is none");
            server_key_ = *key;
        }
        next();
    };
    client_->kick();
}

void Peer::login() {
    std::string keys;
    protobuf::append_bytes(keys, 1, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + public_text_.substr(0, 43));
    protobuf::append_bytes(keys, 2, public_text_);
    std::string request;
    if (!registered_) protobuf::append_bytes(request, 1, fleet_.setup_keys.at(setup_key_));
    protobuf::append_bytes(request, 2, meta());
    protobuf::append_bytes(request, 4, keys);
    const auto asked = now_ns();
    auto good = std::make_shared<bool>(false);
    auto& call = client_->start(service + "Login", seal(request), GrpcClient::Requests::one);
    call.on_message = [this, good](std::string_view envelope) {
        std::string answer;
        *good = unseal(envelope, answer);
    };
    call.on_end = [this, good, asked](Call& c) {
        if (c.status != 0 || !*good) return retry(failure("Login", c));
        fleet_.login.add(now_ns() - asked);
        registered_ = true;
        if (wants_sync_)
            with_server_key([this] { sync(); });
        else
            finish();
    };
    client_->kick();
}

void Peer::sync() {
    std::string request;
    protobuf::append_bytes(request, 1, meta());
    auto& call = client_->start(service + "Sync", seal(request), GrpcClient::Requests::one);
    call.on_message = [this](std::string_view envelope) { on_sync_message(envelope); };
    call.on_end = [this](Call& c) {
        if (fleet_.closing) return;
        if (!has_map_) return retry(failure("Sync", c));
        ++fleet_.streams_lost;
        fleet_.errors.add(failure("Sync ended", c));
    };
    client_->kick();
}

void Peer::open_job() {
    std::string hello;
    protobuf::append_bytes(hello, 1, "hello-" + public_text_.substr(0, 16));
    client_->start(service + "Job", seal(hello), GrpcClient::Requests::open).on_end = [this](Call& c) {
        if (fleet_.closing) return;
        ++fleet_.streams_lost;
        fleet_.errors.add(failure("Job ended", c));
    };
    client_->kick();
}

void Peer::on_sync_message(std::string_view envelope) {
    static std::string message;
    if (!unseal(envelope, message)) {
        ++fleet_.malformed;
        return;
    }
    std::string_view map;
    bool has_map = false;
    protobuf::walk(message, [&](int field, std::uint64_t, std::string_view bytes) {
        if (field != 5) return;
        map = bytes;
        has_map = true;
    });
    if (!has_map) {
        ++fleet_.without_map;
        return;
    }
    std::uint64_t serial = 0;
    int remote_peers = 0;
    const bool legal = protobuf::walk(map, [&](int field, std::uint64_t value, std::string_view) {
        if (field == 1) serial = value;
        if (field == 3) ++remote_peers;
    });
    if (!legal) {
        ++fleet_.malformed;
        return;
    }
    if (serial < serial_) ++fleet_.older_maps;
    serial_ = serial;
    remote_peers_ = remote_peers;
    ++fleet_.maps;
    fleet_.map_bytes += envelope.size();
    fleet_.smallest_map =
        fleet_.smallest_map ? std::min<std::uint64_t>(fleet_.smallest_map, envelope.size()) : envelope.size();
    fleet_.largest_map = std::max<std::uint64_t>(fleet_.largest_map, envelope.size());
    if (!std::exchange(has_map_, true)) {
        fleet_.first_map.add(now_ns() - began_);
        finish();
    }
    if (fleet_.change_began == 0) return;
    ++maps_since_change_;
    if (serial > serial_before_change_ && !std::exchange(change_seen_, true)) {
        ++fleet_.changed;
        fleet_.change.add(now_ns() - fleet_.change_began);
    }
}

void Peer::expect_change() {
    serial_before_change_ = serial_;
    change_seen_ = false;
    maps_since_change_ = 0;
}

std::string Peer::seal(std::string_view message) const {
    std::string box(box_overhead + message.size(), '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(box.data());
    randombytes_buf(bytes, nonce_size);
    crypto_box_easy_afternm(bytes + nonce_size, reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                            bytes, shared_.data());
    std::string envelope;
    protobuf::append_bytes(envelope, 1, public_text_);
    protobuf::append_bytes(envelope, 2, box);
    return envelope;
}

bool Peer::unseal(std::string_view envelope, std::string& message) const {
    std::string_view box;
    const bool legal = protobuf::walk(envelope, [&](int field, std::uint64_t, std::string_view bytes) {
        if (field == 2) box = bytes;
    });
    if (!legal || box.size() < box_overhead) return false;
    message.resize(box.size() - box_overhead);
    const auto* bytes = reinterpret_cast<const unsigned char*>(box.data());
    return crypto_box_open_easy_afternm(reinterpret_cast<unsigned char*>(message.data()), bytes + nonce_size,
                                        box.size() - nonce_size, bytes, shared_.data()) == 0;
}

std::string Peer::meta() const {
    char host[32];
    std::snprintf(host, sizeof host, "peer-%06zu", number_);
    char mac[32];
    std::snprintf(mac, sizeof mac, "02:00:00:%02x:%02x:%02x", static_cast<unsigned>(number_ >> 16 & 255),
                  static_cast<unsigned>(number_ >> 8 & 255), static_cast<unsigned>(number_ & 255));
    std::string address;
    protobuf::append_bytes(address, 1,
                           "10." + std::to_string(number_ >> 14 & 255) + "." + std::to_string(number_ >> 6 & 255) +
                               "." + std::to_string((number_ & 63) + 1) + "/16");
    protobuf::append_bytes(address, 2, mac);
    std::string meta;
    const std::pair<int, std::string_view> texts[] = {
        {1, host},     {2, "linux"}, {3, "Linux"}, {4, "12"},     {5, "x86_64"}, {6, "Debian GNU/Linux"},
        {7, "0.77.1"}, {9, "6.1"},   {10, "12"},   {11, address}, {13, "VM"},    {14, "bench"},
        {15, ""},      {17, ""}};
    for (const auto& [field, text] : texts) protobuf::append_bytes(meta, field, text);
    protobuf::append_bytes(meta, 12, std::string("SER") + host);
    protobuf::append_bytes(meta, 18, "\x01\x02");
    protobuf::append_integer(meta, 19, 1);
    return meta;
}

}  // namespace rookery::bench
