// Floor: a bare relay on epoll, one thread, plain or TLS: upgrade, any Auth accepted, Subscribe answered, Transport
// frames forwarded with one write per destination and read. No checks, limits, health checks or HTTP: a lower bound
// only.
//
//   floor-relay PORT [CERT KEY]
//
// FAULT=drop|dup|swap|corrupt in the environment damages every 1000th frame, to show that the generator notices.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/bench/load/process.hpp"

namespace {

constexpr std::size_t max_queued = 1 << 20;
constexpr std::size_t id_size = 36;
constexpr std::size_t transport_header = 2 + id_size;

enum Type : char { transport = 3, auth = 6, auth_response = 7, subscribe = 8, peers_online = 10 };

struct Client {
    int fd = -1;
    SSL* ssl = nullptr;
    std::string id;
    std::string in;   // an incomplete frame
    std::string out;  // not written yet
    bool up = false;  // TLS is through
    bool upgraded = false;
    bool dirty = false;
};

std::unordered_map<std::string, Client*> online;
std::vector<Client*> dirty;
char buffer[128 * 1024];

void mark(Client& client) {
    if (!std::exchange(client.dirty, true)) dirty.push_back(&client);
}

void flush(Client& client) {
    std::size_t written = 0;
    while (written < client.out.size()) {
        const auto* data = client.out.data() + written;
        const auto size = client.out.size() - written;
        const ssize_t n = client.ssl ? SSL_write(client.ssl, data, static_cast<int>(size))
                                     : send(client.fd, data, size, MSG_NOSIGNAL);
        if (n <= 0) break;
        written += static_cast<std::size_t>(n);
    }
    if (written < client.out.size())
        client.out.erase(0, written);
    else if (client.out.capacity() > 256 * 1024)
        std::string().swap(client.out);
    else
        client.out.clear();
}

void append_header(std::string& out, std::size_t size) {
    out.push_back(static_cast<char>(0x82));
    if (size < 126) {
        out.push_back(static_cast<char>(size));
    } else {
        out.push_back(126);
        out.push_back(static_cast<char>(size >> 8));
        out.push_back(static_cast<char>(size));
    }
}

void append_frame(std::string& out, std::string_view a, std::string_view b, std::string_view c) {
    append_header(out, a.size() + b.size() + c.size());
    out.append(a).append(b).append(c);
}

const std::string_view fault = std::getenv("FAULT") ? std::getenv("FAULT") : "";

// Damages every 1000th of the frames that are appended to `to`; `begin`: where the newest one starts.
void damage(Client& to, std::size_t begin) {
    static std::uint64_t count = 0;
    static std::string held;
    const bool hit = ++count % 1000 == 0;
    const auto frame = to.out.substr(begin);
    if (hit && fault == "drop") to.out.resize(begin);
    if (hit && fault == "dup") to.out += frame;
    if (hit && fault == "corrupt") to.out.back() = static_cast<char>(to.out.back() ^ 1);
    if (hit && fault == "swap") {
        held = frame;
        to.out.resize(begin);
    } else if (!held.empty() && std::string_view(held).substr(4, id_size) == frame.substr(4, id_size)) {
        // The withheld frame follows the next one of the same sender.
        to.out += std::exchange(held, {});
    }
}

void on_message(Client& from, std::string_view message) {
    if (message.size() < 2) return;
    switch (message[1]) {
        case transport: {
            if (message.size() < transport_header) return;
            const auto found = online.find(std::string(message.substr(2, id_size)));
            if (found == online.end()) return;
            auto& to = *found->second;
            if (to.out.size() > max_queued) return;
            const auto begin = to.out.size();
            append_frame(to.out, message.substr(0, 2), from.id, message.substr(transport_header));
            if (!fault.empty()) damage(to, begin);
            return mark(to);
        }
        case auth:
            if (message.size() < 6 + id_size || !from.id.empty()) return;
            from.id = message.substr(6, id_size);
            append_frame(from.out, {"\x01\x07", 2}, "rel://floor", {});
            online[from.id] = &from;
            return mark(from);
        case subscribe: {
            std::string known;
            for (message.remove_prefix(2); message.size() >= id_size; message.remove_prefix(id_size))
                if (online.contains(std::string(message.substr(0, id_size)))) known += message.substr(0, id_size);
            append_frame(from.out, {"\x01\x0a", 2}, known, {});
            return mark(from);
        }
    }
}

void unmask(char* data, std::size_t size, std::uint32_t mask) {
    const auto wide = std::uint64_t{mask} << 32 | mask;
    std::size_t i = 0;
    for (; i + sizeof wide <= size; i += sizeof wide) {
        std::uint64_t word;
        std::memcpy(&word, data + i, sizeof word);
        word ^= wide;
        std::memcpy(data + i, &word, sizeof word);
    }
    for (; i < size; ++i) data[i] = static_cast<char>(data[i] ^ static_cast<char>(mask >> 8 * (i % 4)));
}

// Returns the bytes used.
std::size_t take_frames(Client& client, char* data, std::size_t size) {
    std::size_t used = 0;
    while (size - used >= 6) {
        const auto* b = reinterpret_cast<const std::uint8_t*>(data + used);
        std::size_t header = 6;
        std::size_t payload = b[1] & 127;
        if (payload == 126) {
            if (size - used < 8) break;
            payload = std::size_t{b[2]} << 8 | b[3];
            header = 8;
        }
        if (size - used < header + payload) break;
        std::uint32_t mask;
        std::memcpy(&mask, b + header - 4, 4);
        unmask(data + used + header, payload, mask);
        if ((b[0] & 15) == 2) on_message(client, {data + used + header, payload});
        used += header + payload;
    }
    return used;
}

void take_kept(Client& client) {
    const auto used = take_frames(client, client.in.data(), client.in.size());
    if (used == client.in.size())
        std::string().swap(client.in);
    else
        client.in.erase(0, used);
}

bool upgrade(Client& client) {
    const auto end = client.in.find("\r\n\r\n");
    if (end == std::string::npos) return true;
    constexpr std::string_view name = "Sec-WebSocket-Key: ";
    const auto at = client.in.find(name);
    if (at == std::string::npos) return false;
    const auto key = client.in.substr(at + name.size(), 24) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[SHA_DIGEST_LENGTH];
    unsigned char text[32];
    SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest);
    EVP_EncodeBlock(text, digest, sizeof digest);
    client.out +=
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
    client.out += reinterpret_cast<char*>(text);
    client.out += "\r\n\r\n";
    client.upgraded = true;
    client.in.erase(0, end + 4);
    mark(client);
    take_kept(client);
    return true;
}

bool on_data(Client& client, char* data, std::size_t size) {
    if (!client.upgraded) {
        client.in.append(data, size);
        return upgrade(client);
    }
    if (client.in.empty()) {
        const auto used = take_frames(client, data, size);
        if (used < size) client.in.assign(data + used, size - used);
    } else {
        client.in.append(data, size);
        take_kept(client);
    }
    return true;
}

SSL_CTX* tls_context(const char* certificate, const char* key) {
    auto* context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    const bool good = SSL_CTX_use_certificate_chain_file(context, certificate) == 1 &&
                      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1;
    return good ? context : nullptr;
}

int listen_on(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, 4096) != 0) {
        std::perror("floor-relay: listen");
        std::exit(1);
    }
    return fd;
}

void accept_all(int epoll, int listener, SSL_CTX* tls) {
    for (int fd; (fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        const int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        auto* client = new Client{};
        client->fd = fd;
        client->up = !tls;
        if (tls) {
            client->ssl = SSL_new(tls);
            SSL_set_fd(client->ssl, fd);
            SSL_set_accept_state(client->ssl);
        }
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP;
        event.data.ptr = client;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

// false: the client is gone.
bool serve(Client& client, std::uint32_t events) {
    if (!client.up) {
        const int result = SSL_do_handshake(client.ssl);
        if (result != 1) {
            const int error = SSL_get_error(client.ssl, result);
            return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
        }
        client.up = true;
    }
    if (events & EPOLLOUT) flush(client);
    for (;;) {
        const ssize_t n =
            client.ssl ? SSL_read(client.ssl, buffer, sizeof buffer) : recv(client.fd, buffer, sizeof buffer, 0);
        if (n <= 0)
            return client.ssl ? SSL_get_error(client.ssl, static_cast<int>(n)) == SSL_ERROR_WANT_READ
                              : n < 0 && errno == EAGAIN;
        if (!on_data(client, buffer, static_cast<std::size_t>(n))) return false;
        if (!client.ssl && static_cast<std::size_t>(n) < sizeof buffer && !(events & EPOLLRDHUP)) return true;
    }
}

void forget(Client* client) {
    const auto found = online.find(client->id);
    if (found != online.end() && found->second == client) online.erase(found);
    SSL_free(client->ssl);
    close(client->fd);
    delete client;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 && argc != 4) {
        std::fprintf(stderr, "floor-relay PORT [CERT KEY]\n");
        return 2;
    }
    rookery::bench::prepare_process();
    SSL_CTX* tls = nullptr;
    if (argc == 4 && !(tls = tls_context(argv[2], argv[3]))) {
        std::fprintf(stderr, "floor-relay: cannot use %s with %s\n", argv[2], argv[3]);
        return 1;
    }
    const int listener = listen_on(std::atoi(argv[1]));
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_event listening{};
    listening.events = EPOLLIN;
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening);
    std::vector<Client*> gone;
    for (epoll_event events[256];;) {
        const int count = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < count; ++i) {
            auto* client = static_cast<Client*>(events[i].data.ptr);
            if (!client)
                accept_all(epoll, listener, tls);
            else if (!serve(*client, events[i].events))
                gone.push_back(client);
        }
        for (auto* client : dirty) {
            client->dirty = false;
            flush(*client);
        }
        dirty.clear();
        for (auto* client : gone) forget(client);
        gone.clear();
    }
}
