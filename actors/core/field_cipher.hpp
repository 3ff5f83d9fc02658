// The port to the encryption of single values at rest (config-ops §15). Implemented by adapters/crypto; stores use
// it for what must not be readable in a copy of the database.
#pragma once

#include <string>
#include <string_view>

#include "actors/core/error.hpp"

namespace rookery::core {

class FieldCipher {
public:
    virtual ~FieldCipher() = default;
    // Text that a store can keep. The empty value stays empty.
    virtual Result<std::string> encrypt(std::string_view plain) const = 0;
    // Fails with "decrypt: cipher: message authentication failed" under another key or if the text was changed.
    virtual Result<std::string> decrypt(std::string_view stored) const = 0;
};

}  // namespace rookery::core
