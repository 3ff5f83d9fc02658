// One SQLite database file behind values: prepared statements, bound parameters, errors with the path. No schema
// knowledge. One connection; used by one thread at a time.
// Error kinds: already_exists for a violated constraint (unique index, foreign key), unavailable for what passes
// (disk full, I/O, locked), internal for the rest.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "actors/core/error.hpp"
#include "actors/core/reply.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace rookery::adapters::sqlite {

using core::Done;
using core::Result;

// A prepared statement with its parameters bound. Borrowed from the database: reset and given back at its end, so
// one and the same text cannot be in use twice at a time.
class Query {
public:
    Query(Query&& other) noexcept;
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    Query& operator=(Query&&) = delete;
    ~Query();

    // True: a row is there. False: no more.
    Result<bool> next();

    std::string_view text(int column) const;  // valid until the next call of next()
    std::int64_t integer(int column) const;

private:
    friend class Database;
    Query(class Database& database, sqlite3_stmt* statement) : database_(&database), statement_(statement) {}

    class Database* database_;
    sqlite3_stmt* statement_;
};

class Database {
public:
    // Creates the file, readable by its owner only, if there is none. Errors name the path and the system's reason.
    static Result<std::unique_ptr<Database>> open(const std::string& path);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    const std::string& path() const { return path_; }

    // `sql` is one statement with a fixed text; values are text or integers and are bound to its "?".
    template <class... Values>
    Result<Query> query(std::string_view sql, const Values&... values) {
        auto query = prepare(sql);
        if (!query) return query;
        int index = 0;
        (bind(*query, ++index, values), ...);
        return query;
    }
    template <class... Values>
    Result<Done> run(std::string_view sql, const Values&... values) {
        auto query = this->query(sql, values...);
        if (!query) return tl::unexpected(std::move(query).error());
        return finish(*query);
    }
    // Several statements without parameters.
    Result<Done> script(const char* sql);

    // Whether it can be written: commits a page as it is, and wants `check_room` bytes free beside the file, so that
    // the next writes have a chance too. Blocks.
    Result<Done> check();
    static constexpr std::int64_t check_room = 1024 * 1024;

    std::int64_t changed_rows() const;  // by the last statement

private:
    friend class Query;
    friend class Transaction;
    Database(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

    Result<Query> prepare(std::string_view sql);
    static void bind(Query& query, int index, std::string_view value);
    static void bind(Query& query, int index, std::int64_t value);
    Result<Done> finish(Query& query);
    core::Error error(int code);

    const std::string path_;
    sqlite3* const handle_;
    std::unordered_map<std::string, sqlite3_stmt*> statements_;  // bounded by the number of texts in the sources
};

// Rolled back unless committed.
class Transaction {
public:
    enum class Kind { read, write, exclusive };

    static Result<Transaction> begin(Database& database, Kind kind);
    Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    Result<Done> commit();

private:
    explicit Transaction(Database& database) : database_(&database) {}

    Database* database_;  // nullptr: over
};

}  // namespace rookery::adapters::sqlite
