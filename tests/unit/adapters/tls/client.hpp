// A TLS client on a connected socket that waits, for tests. It verifies nothing.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::adapters::tls::test {

inline std::string alpn_list(const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names) list += static_cast<char>(name.size()) + name;
    return list;
}

class Client {
public:
    // Owns the descriptor. `offers`: for ALPN; none: no such extension.
    explicit Client(int fd, const std::vector<std::string>& offers = {}, int max_version = TLS1_3_VERSION)
        : fd_(fd), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), ssl_(nullptr, SSL_free) {
        const timeval patience{20, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        SSL_CTX_set_max_proto_version(context_.get(), max_version);
        ssl_.reset(SSL_new(context_.get()));
        const auto list = alpn_list(offers);
        if (!list.empty())
            SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(list.data()),
                                static_cast<unsigned>(list.size()));
        SSL_set_fd(ssl_.get(), fd);
        ERR_clear_error();
    }
    ~Client() { ::close(fd_); }
    Client(const Client&) = delete;

    bool connect() { return SSL_connect(ssl_.get()) == 1; }
    std::string selected() const {
        const unsigned char* name = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(ssl_.get(), &name, &size);
        return {reinterpret_cast<const char*>(name), size};
    }
    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            const int n = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
            if (n <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    // Exactly `size` bytes, or what came before the end.
    std::string read(std::size_t size) {
        std::string out(size, '\0');
        std::size_t got = 0;
        while (got < size) {
            const int n = SSL_read(ssl_.get(), out.data() + got, static_cast<int>(size - got));
            if (n <= 0) break;
            got += static_cast<std::size_t>(n);
        }
        out.resize(got);
        return out;
    }
    bool closed() {
        char c;
        return SSL_read(ssl_.get(), &c, 1) <= 0;
    }
    void say_end() { SSL_shutdown(ssl_.get()); }
    SSL* ssl() { return ssl_.get(); }

private:
    const int fd_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace rookery::adapters::tls::test
