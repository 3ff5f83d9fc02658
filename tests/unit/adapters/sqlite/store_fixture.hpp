// A store in a directory that goes with the test.
#pragma once

#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "adapters/crypto/field_cipher.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "tests/catch.hpp"
#include "tests/unit/actors/management/random_account.hpp"

namespace rookery::adapters::sqlite::testing {

using namespace rookery::management;
using namespace rookery::management::testing;

class Directory {
public:
    Directory() {
        std::string name = (std::filesystem::temp_directory_path() / "rookery-store-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()));
        path_ = name;
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    std::string file() const { return (path_ / "store.db").string(); }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline std::unique_ptr<crypto::AesGcmFieldCipher> new_cipher() {
    return *crypto::AesGcmFieldCipher::create(crypto::AesGcmFieldCipher::new_key());
}

inline std::unique_ptr<SqliteStore> open(const std::string& path, const core::FieldCipher& cipher) {
    auto store = SqliteStore::open(path, cipher);
    if (!store) FAIL(store.error().message);
    return std::move(*store);
}

// Statements of a test's own, past the store.
inline void raw_sql(const std::string& path, const char* sql) {
    sqlite3* handle = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
    char* error = nullptr;
    const int code = sqlite3_exec(handle, sql, nullptr, nullptr, &error);
    INFO((error ? error : ""));
    CHECK(code == SQLITE_OK);
    sqlite3_free(error);
    sqlite3_close(handle);
}

// Decides like a node does, with randomness from a seed.
class Deciding {
public:
    explicit Deciding(std::uint64_t seed) : engine_(seed) {}

    Decider decider() {
        return [this](const AccountState& state, const Request& request) -> Result<ChangeSet> {
            auto decision = decide(state, request.command, request.initiator, start,
                                   [this](std::uint64_t bound) { return engine_() % bound; }, {});
            if (!decision) return tl::unexpected(decision.error());
            return commit(state, std::move(*decision), id(), start);
        };
    }
    // Changes that no command makes, in the place of whatever was asked.
    Decider deciding(std::vector<Change> changes) {
        return [this, changes](const AccountState& state, const Request&) -> Result<ChangeSet> {
            return commit(state, Decision{changes, {}, true}, id(), start);
        };
    }

private:
    CommitId id() {
        CommitId id;
        for (auto& b : id) b = static_cast<std::uint8_t>(engine_());
        return id;
    }
    std::mt19937_64 engine_;
};

inline CreateSetupKey setup_key_k() {
    CreateSetupKey command;
    command.id = "k";
    command.hash = "hash-k";
    command.masked = "MASK1****";
    command.name = "key";
    command.type = "reusable";
    return command;
}

}  // namespace rookery::adapters::sqlite::testing
