// Values that are encrypted in the database, as someone who can write to the file may leave them.
#include "adapters/crypto/field_cipher.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rookery;
using adapters::crypto::AesGcmFieldCipher;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto cipher =
        AesGcmFieldCipher::create(config::Secret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")).value();
    fuzz::Input input(data, size);
    const auto at = input.number();
    const auto text = input.rest();

    const auto opened = cipher->decrypt(text);
    fuzz::expect(opened ? text.empty() || !opened->empty() || text.size() == 40 : !opened.error().message.empty(),
                 "an error says something");

    auto stored = cipher->encrypt(text).value();
    const auto again = cipher->decrypt(stored);
    fuzz::expect(again && *again == text, "what was encrypted can be decrypted");
    if (!stored.empty()) {
        auto& c = stored[at % stored.size()];
        c = c == 'A' ? 'B' : 'A';
        const auto changed = cipher->decrypt(stored);
        fuzz::expect(!changed || *changed == text, "a changed value is never read as another one");
    }

    const auto by_key = AesGcmFieldCipher::create(config::Secret(std::string(text)));
    fuzz::expect(by_key || !by_key.error().message.empty(), "an error says something");
    return 0;
}
