#include "actors/pool/link.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/pool/bytes.hpp"

namespace rookery::pool {
namespace {

tl::unexpected<core::Error> refuse(std::string why) {
    return core::fail(core::ErrorKind::permission_denied, std::move(why));
}

std::string_view text(const Key& key) {
    return {reinterpret_cast<const char*>(key.data()), key.size()};
}

}  // namespace

Link Link::dial(const LinkSelf& self, const LinkCrypto& crypto, NodeId peer) {
    return {self, crypto, true, peer};
}

Link Link::accept(const LinkSelf& self, const LinkCrypto& crypto) {
    return {self, crypto, false, 0};
}

std::string Link::greet() {
    Greeting greeting;
    greeting.from = self_->node;
    greeting.to = peer_;
    greeting.key = self_->keys.public_key;
    crypto_->random(greeting.nonce.data(), greeting.nonce.size());
    greeted_ = encode(greeting);
    return framed(greeted_);
}

core::Result<Link::Received> Link::receive(std::string_view bytes, const KeyOf& key_of) {
    Received out;
    partial_.append(bytes);
    std::string_view left = partial_;
    while (left.size() >= frame_header) {
        const auto size = Reader(left).integer<std::uint32_t>();
        const auto limit = proved() ? max_content_bytes + LinkCrypto::seal_bytes : max_greeting_bytes;
        if (size > limit) return refuse(fmt::format("a frame of {} bytes, more than {}", size, limit));
        if (left.size() - frame_header < size) break;
        const auto content = left.substr(frame_header, size);
        const auto done = keyed() ? on_sealed(content, out) : on_greeting(content, key_of, out);
        if (!done) return tl::unexpected(done.error());
        left.remove_prefix(frame_header + size);
    }
    partial_.erase(0, partial_.size() - left.size());
    return out;
}

core::Result<core::Done> Link::on_greeting(std::string_view bytes, const KeyOf& key_of, Received& out) {
    const auto greeting = decode_greeting(bytes);
    if (!greeting) return tl::unexpected(greeting.error());
    if (greeting->to != self_->node)
        return refuse(fmt::format("it looks for node {:016x}, this is {:016x}", greeting->to, self_->node));
    if (dialer_ && greeting->from != peer_)
        return refuse(fmt::format("node {:016x} answers in place of {:016x}", greeting->from, peer_));
    if (greeting->from == self_->node) return refuse("it calls itself by this node's id");
    const auto announced = key_of(greeting->from);
    if (!announced) return refuse(fmt::format("node {:016x} is not known in this pool", greeting->from));
    if (!crypto_->equal(text(*announced), text(greeting->key)))
        return refuse(fmt::format("node {:016x} has another key than it announced", greeting->from));
    const auto common = crypto_->agree(self_->keys, greeting->key, dialer_);
    if (!common) return refuse(fmt::format("node {:016x} announced a key that is none", greeting->from));
    peer_ = greeting->from;
    if (!dialer_) out.answer = greet();
    derive(*common, bytes);
    return core::Done{};
}

// Bound to every byte of both greetings: whoever changed one of them has other keys.
void Link::derive(const LinkKeys& common, std::string_view peers_greeting) {
    const auto session = std::string("rookery link 1") + framed(dialer_ ? greeted_ : peers_greeting) +
                         framed(dialer_ ? peers_greeting : greeted_);
    keys_ =
        LinkKeys{crypto_->hmac_sha256(text(common.send), session), crypto_->hmac_sha256(text(common.receive), session)};
}

core::Result<core::Done> Link::on_sealed(std::string_view bytes, Received& out) {
    const auto content = crypto_->open(keys_->receive, received_, bytes);
    if (!content) return refuse(fmt::format("frame {} of node {:016x} is not sealed by it", received_, peer_));
    ++received_;
    auto message = decode_link_message(*content);
    if (!message) return tl::unexpected(message.error());
    out.messages.push_back(std::move(*message));
    return core::Done{};
}

std::string Link::seal(const LinkMessage& message) {
    return framed(crypto_->seal(keys_->send, sent_++, encode(message)));
}

}  // namespace rookery::pool
