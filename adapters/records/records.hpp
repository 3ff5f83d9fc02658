// The account's entities as JSON text, for the stores that keep them in a column (SQLite, PostgreSQL) and for the
// payload of the change log. One list of fields per entity serves writing and reading. Rules of the format:
//   · times are nanoseconds since 1970-01-01 UTC, 0 for "never"; addresses and prefixes are text; enums are names;
//     bytes that need not be UTF-8 (a peer's ssh_key) are base64;
//   · a user's name and e-mail are encrypted (config-ops §15.3);
//   · a field that is missing has its default, an unknown one is ignored: so versions N and N-1 read each other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/core/field_cipher.hpp"
#include "actors/management/change_set.hpp"

namespace rookery::adapters::records {

using core::Result;

class Records {
public:
    explicit Records(const core::FieldCipher& cipher) : cipher_(cipher) {}  // `cipher` outlives it

    // T: one of management::Entities, or AccountState for what an account has besides its collections, serial and
    // commit.
    template <class T>
    Result<std::string> write(const T& entity) const;
    // Fails with `internal`, naming the fault, if the text is not what write() makes.
    template <class T>
    Result<T> read(std::string_view text) const;

    // All the changes of a ChangeSet in their order; its numbers and events are kept elsewhere.
    Result<std::string> write_changes(const std::vector<management::Change>& changes) const;
    Result<std::vector<management::Change>> read_changes(std::string_view text) const;

    Result<std::string> write_event_meta(const std::map<std::string, std::string>& meta) const;

private:
    const core::FieldCipher& cipher_;
};

}  // namespace rookery::adapters::records
