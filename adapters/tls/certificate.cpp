#include "adapters/tls/certificate.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/chrono.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "adapters/tls/alpn.hpp"
#include "adapters/tls/session.hpp"

namespace rookery::adapters::tls {
namespace {

using core::ErrorKind;
using core::Result;

constexpr std::size_t max_file = 1024 * 1024;
constexpr auto longest_warning = std::chrono::days(14);

template <auto F>
struct With {
    template <class T>
    void operator()(T* p) const {
        F(p);
    }
};
using Bio = std::unique_ptr<BIO, With<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, With<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, With<EVP_PKEY_free>>;
void free_chain(STACK_OF(X509) * chain) {
    sk_X509_pop_free(chain, X509_free);
}
using Chain = std::unique_ptr<STACK_OF(X509), With<free_chain>>;
void free_names(GENERAL_NAMES* names) {
    GENERAL_NAMES_free(names);
}
using Names = std::unique_ptr<GENERAL_NAMES, With<free_names>>;

std::string last_reason() {
    const auto code = ERR_peek_last_error();
    const char* text = ERR_reason_error_string(code);
    ERR_clear_error();
    return text ? text : "unknown reason";
}

// File contents that may be a key: wiped when done with.
struct Contents {
    Contents() = default;
    Contents(Contents&&) = default;
    Contents& operator=(Contents&&) = delete;
    ~Contents() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
    std::vector<char> bytes;
};

Result<Contents> read_file(const std::string& path, const char* what) {
    const auto refuse = [&](const std::string& why) {
        return core::fail(ErrorKind::invalid_argument, fmt::format("cannot read {} {}: {}", what, path, why));
    };
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return refuse(std::strerror(errno));
    Contents contents;
    contents.bytes.reserve(max_file + 1);  // grows no more: no copy is left behind
    contents.bytes.resize(max_file + 1);
    std::size_t size = 0;
    ssize_t got = 0;
    while (size < contents.bytes.size() &&
           (got = ::read(fd, contents.bytes.data() + size, contents.bytes.size() - size)) > 0)
        size += static_cast<std::size_t>(got);
    const int error = errno;
    ::close(fd);
    if (got < 0) return refuse(std::strerror(error));
    if (size > max_file) return refuse("it is larger than 1 MiB, which no PEM file of this kind is");
    contents.bytes.resize(size);
    return contents;
}

Bio reader(const Contents& contents) {
    return Bio(BIO_new_mem_buf(contents.bytes.data(), static_cast<int>(contents.bytes.size())));
}

// A key that asks for a passphrase is not read: nobody is there to give one.
int no_passphrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

Result<X509Ptr> read_chain(const std::string& path, Chain& chain) {
    const auto contents = read_file(path, "TLS certificate");
    if (!contents) return tl::unexpected(contents.error());
    const auto in = reader(*contents);
    X509Ptr leaf(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    if (!leaf) {
        const auto why = last_reason();
        return core::fail(ErrorKind::invalid_argument,
                          fmt::format("TLS certificate {}: no certificate in PEM form ({}); the file must begin with "
                                      "the server's certificate, followed by those that sign it",
                                      path, why));
    }
    chain.reset(sk_X509_new_null());
    while (auto* next = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) sk_X509_push(chain.get(), next);
    const auto code = ERR_peek_last_error();
    if (ERR_GET_LIB(code) != ERR_LIB_PEM || ERR_GET_REASON(code) != PEM_R_NO_START_LINE)
        return core::fail(ErrorKind::invalid_argument, fmt::format("TLS certificate {}: certificate {} is broken ({})",
                                                                   path, sk_X509_num(chain.get()) + 2, last_reason()));
    ERR_clear_error();
    return leaf;
}

Result<Key> read_key(const std::string& path) {
    const auto contents = read_file(path, "TLS key");
    if (!contents) return tl::unexpected(contents.error());
    bool asked = false;
    Key key(PEM_read_bio_PrivateKey(reader(*contents).get(), nullptr, no_passphrase, &asked));
    const auto why = last_reason();
    if (asked)
        return core::fail(ErrorKind::invalid_argument,
                          fmt::format("TLS key {}: it is locked by a passphrase; store it without one", path));
    if (!key)
        return core::fail(ErrorKind::invalid_argument,
                          fmt::format("TLS key {}: no private key in PEM form ({})", path, why));
    return key;
}

// Certificates without an end say the year 9999, which WallTime does not reach.
core::WallTime time_of(const ASN1_TIME* time) {
    static constexpr std::chrono::sys_seconds latest = std::chrono::sys_days(std::chrono::year(2200) / 1 / 1);
    std::tm parts{};
    ASN1_TIME_to_tm(time, &parts);
    return std::min(latest, std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts))));
}

std::string text_of(const ASN1_STRING* string) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
            static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::vector<std::string> names_of(X509* certificate) {
    std::vector<std::string> out;
    const Names names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const auto* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS) out.push_back(text_of(name->d.dNSName));
        if (name->type != GEN_IPADD) continue;
        const auto bytes = text_of(name->d.iPAddress);
        std::array<char, 64> text{};
        const bool v4 = bytes.size() == 4;
        if (v4 || bytes.size() == 16)
            out.emplace_back(::inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size()));
    }
    if (!out.empty()) return out;
    std::array<char, 256> common{};
    if (X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, common.data(), common.size()) > 0)
        out.emplace_back(common.data());
    return out;
}

int on_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned int in_size,
            void*) {
    const auto give = [&](std::string_view name) {
        *out = reinterpret_cast<const unsigned char*>(name.data());
        *out_size = static_cast<unsigned char>(name.size());
        return SSL_TLSEXT_ERR_OK;
    };
    const auto* session = static_cast<const Session*>(SSL_get_app_data(ssl));
    switch (choose_protocol({reinterpret_cast<const char*>(in), in_size}, session->grpc_only())) {
        case Alpn::h2: return give("h2");
        case Alpn::http1: return give("http/1.1");
        case Alpn::refused: break;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// What holds for every certificate: TLS 1.2 with forward secrecy and authenticated ciphers, or 1.3; no renegotiation;
// resumption by ticket alone, so that a client that left costs nothing; no buffers while a connection is silent.
void set_rules(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("rookery"), 7);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_alpn_select_cb(context, on_alpn, nullptr);
}

}  // namespace

Validity validity(core::WallTime not_before, core::WallTime not_after, core::WallTime now) {
    if (now < not_before) return Validity::not_begun;
    if (now > not_after) return Validity::ended;
    const auto soon = std::min<core::WallTime::duration>((not_after - not_before) / 5, longest_warning);
    return not_after - now < soon ? Validity::ends_soon : Validity::valid;
}

void Certificate::Free::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

Certificate::Certificate(std::unique_ptr<ssl_ctx_st, Free> context) : context_(std::move(context)) {
    auto* leaf = SSL_CTX_get0_certificate(context_.get());
    names_ = names_of(leaf);
    not_before_ = time_of(X509_get0_notBefore(leaf));
    not_after_ = time_of(X509_get0_notAfter(leaf));
}

Certificate::~Certificate() = default;

Result<std::shared_ptr<const Certificate>> Certificate::load(const config::Tls& files) {
    ERR_clear_error();
    Chain chain;
    const auto leaf = read_chain(files.cert_file, chain);
    if (!leaf) return tl::unexpected(leaf.error());
    const auto key = read_key(files.key_file);
    if (!key) return tl::unexpected(key.error());
    if (X509_check_private_key(leaf->get(), key->get()) != 1)
        return core::fail(ErrorKind::invalid_argument,
                          fmt::format("TLS key {} does not belong to the first certificate of {} ({})", files.key_file,
                                      files.cert_file, last_reason()));
    std::unique_ptr<ssl_ctx_st, Free> context(SSL_CTX_new(TLS_server_method()));
    if (!context) throw std::bad_alloc();
    set_rules(context.get());
    if (SSL_CTX_use_cert_and_key(context.get(), leaf->get(), key->get(), chain.get(), 1) != 1)
        return core::fail(ErrorKind::invalid_argument, fmt::format("TLS certificate {} with key {}: {}",
                                                                   files.cert_file, files.key_file, last_reason()));
    return std::shared_ptr<const Certificate>(new Certificate(std::move(context)));
}

bool Certificate::covers(const std::string& host) const {
    auto* leaf = SSL_CTX_get0_certificate(context_.get());
    return X509_check_host(leaf, host.data(), host.size(), 0, nullptr) == 1 ||
           X509_check_ip_asc(leaf, host.c_str(), 0) == 1;
}

std::string Certificate::to_string() const {
    const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(not_after_);
    return fmt::format("{} (until {:%Y-%m-%dT%H:%M:%S}Z)", fmt::join(names_, ", "),
                       fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

}  // namespace rookery::adapters::tls
