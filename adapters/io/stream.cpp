#include "adapters/io/stream.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "adapters/io/address.hpp"

namespace rookery::adapters::io {

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

Moved receive(int fd, std::span<std::uint8_t> into) {
    const auto got = ::recv(fd, into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) return {Progress::moved, static_cast<std::size_t>(got)};
    if (got == 0) return {Progress::ended};
    return {would_block(errno) ? Progress::later : Progress::broken};
}

Moved send(int fd, std::span<const iovec> from) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(from.data());
    message.msg_iovlen = from.size();
    const auto sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) return {Progress::moved, static_cast<std::size_t>(sent)};
    return {sent == 0 || would_block(errno) ? Progress::later : Progress::broken};
}

Stream::Stream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
    boost::system::error_code ignored;  // fails on sockets that are not TCP, and then does not matter
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.native_non_blocking(true, ignored);
}

std::string Stream::remote() const {
    return remote_text(socket_);
}

Moved Stream::read_some(std::span<std::uint8_t> into) {
    return encryption_ ? encryption_->read_some(into) : receive(socket_.native_handle(), into);
}

Moved Stream::write_some(std::span<const iovec> from) {
    return encryption_ ? encryption_->write_some(from) : send(socket_.native_handle(), from);
}

Moved Stream::write_some(std::string_view bytes) {
    const iovec one{const_cast<char*>(bytes.data()), bytes.size()};
    return write_some({&one, 1});
}

void Stream::shutdown_send() {
    if (encryption_) encryption_->say_end();
    ::shutdown(socket_.native_handle(), SHUT_WR);
}

void Stream::shutdown() {
    ::shutdown(socket_.native_handle(), SHUT_RDWR);
}

void Stream::close() {
    encryption_.reset();
    boost::system::error_code ignored;
    socket_.close(ignored);
}

int Stream::release() {
    boost::system::error_code ec;
    const int fd = socket_.release(ec);
    return ec ? -1 : fd;
}

}  // namespace rookery::adapters::io
