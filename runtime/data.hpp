// What a node keeps on disk, opened: its data directory, the secrets nobody chose, and Management's database.
#pragma once

#include <memory>

#include "actors/core/crypto.hpp"
#include "actors/management/store.hpp"
#include "adapters/crypto/field_cipher.hpp"
#include "adapters/crypto/sodium_envelope.hpp"
#include "config/config.hpp"
#include "runtime/data_dir.hpp"

namespace rookery::runtime {

// In the order in which they are opened: each uses those before it. Null where the node's roles need none.
struct Data {
    std::unique_ptr<DataDir> directory;
    std::unique_ptr<adapters::crypto::AesGcmFieldCipher> cipher;
    std::shared_ptr<management::Store> store;
    std::shared_ptr<adapters::crypto::SodiumEnvelope> envelope;
};

// Takes the directory's lock, and fills in the secrets that `configuration` left empty: made once, then kept.
core::Result<core::Done> open_directory(config::Config& configuration, const core::Crypto& crypto, Data& data);

// The error says which store, and what to do.
core::Result<core::Done> open_store(const config::Config& configuration, Data& data);

}  // namespace rookery::runtime
