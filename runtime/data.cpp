#include "runtime/data.hpp"

#include <array>

#include "actors/core/encoding.hpp"
#include "actors/core/log.hpp"
#include "adapters/sqlite/sqlite_store.hpp"

namespace rookery::runtime {
namespace {

using core::Done;
using core::Result;
namespace log = core::log;

config::Secret new_hex_secret(const core::Crypto& crypto) {
    std::array<std::uint8_t, 32> bytes;
    crypto.random(bytes.data(), bytes.size());
    return config::Secret(core::hex_encode(core::as_text(bytes)));
}

}  // namespace

Result<Done> open_directory(config::Config& configuration, const core::Crypto& crypto, Data& data) {
    if (configuration.data_dir.empty()) return Done{};
    auto opened = DataDir::open(configuration.data_dir);
    if (!opened) return tl::unexpected(opened.error());
    data.directory = std::move(*opened);
    if (!configuration.management) return Done{};

    // Without a file nobody chose secrets: they are made once and kept.
    auto& management = *configuration.management;
    if (management.encryption_key.empty()) {
        auto key = data.directory->keep_secret("encryption.key", adapters::crypto::AesGcmFieldCipher::new_key);
        if (!key) return tl::unexpected(key.error());
        management.encryption_key = *key;
    }
    if (configuration.relay && configuration.relay->auth_secret.empty()) {
        auto secret = data.directory->keep_secret("relay.secret", [&crypto] { return new_hex_secret(crypto); });
        if (!secret) return tl::unexpected(secret.error());
        configuration.relay->auth_secret = *secret;
        management.relay_secret = *secret;
    }
    return Done{};
}

Result<Done> open_store(const config::Config& configuration, Data& data) {
    if (!configuration.management) return Done{};
    const auto& management = *configuration.management;
    auto made = adapters::crypto::AesGcmFieldCipher::create(management.encryption_key);
    if (!made) return core::fail(made.error().kind, "failed to create field encryptor: " + made.error().message);
    data.cipher = std::move(*made);
    auto opened = adapters::sqlite::SqliteStore::open(management.store.file, *data.cipher);
    if (!opened) return core::fail(opened.error().kind, "failed to create store: " + opened.error().message);
    data.store = std::move(*opened);
    log::info("using SQLite store engine");

    const auto private_key =
        data.store->keep_secret("server-key", adapters::crypto::SodiumEnvelope::new_private_key().reveal());
    if (!private_key) return tl::unexpected(private_key.error());
    auto sealed = adapters::crypto::SodiumEnvelope::create(config::Secret(*private_key));
    if (!sealed) return tl::unexpected(sealed.error());
    data.envelope = std::move(*sealed);
    return Done{};
}

}  // namespace rookery::runtime
