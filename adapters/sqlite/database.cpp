#include "adapters/sqlite/database.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "actors/core/faults.hpp"

namespace rookery::adapters::sqlite {
namespace {

using core::ErrorKind;
using core::fail;

const core::faults::Point read_fault{"sqlite.read", core::faults::can_fail};
const core::faults::Point begin_fault{"sqlite.begin", core::faults::can_fail};
const core::faults::Point commit_fault{"sqlite.commit", core::faults::can_fail};

constexpr int busy_timeout_ms = 5'000;

core::Error injected(const char* where) {
    return {ErrorKind::unavailable, std::string("fault switch: ") + where};
}

tl::unexpected<core::Error> cannot_open(const std::string& path, const std::string& why) {
    return fail(ErrorKind::unavailable, "cannot open the database " + path + ": " + why);
}

// Before SQLite does it, as the system's reason is better than "unable to open database file", and so that nobody
// else can read the file. Only if it is not there: closing a descriptor of a database in use would drop its locks.
Result<Done> create_file(const std::string& path) {
    if (::access(path.c_str(), R_OK | W_OK) == 0) return Done{};
    if (errno != ENOENT) return cannot_open(path, std::strerror(errno));
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) return cannot_open(path, std::strerror(errno));
    ::close(fd);
    return Done{};
}

ErrorKind kind_of(int code) {
    switch (code & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_NOMEM: return ErrorKind::unavailable;
        case SQLITE_CONSTRAINT: return ErrorKind::already_exists;
        default: return ErrorKind::internal;
    }
}

}  // namespace

Query::Query(Query&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}

Query::~Query() {
    if (!statement_) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

Result<bool> Query::next() {
    if (read_fault.pass() != core::faults::Verdict::go_on) return tl::unexpected(injected("sqlite.read"));
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return tl::unexpected(database_->error(code));
}

std::string_view Query::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return data ? std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
                : std::string_view();
}

std::int64_t Query::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
    if (auto created = create_file(path); !created) return tl::unexpected(created.error());
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr);
    // From here on the handle is closed with the object, also when opening failed.
    std::unique_ptr<Database> database(new Database(path, handle));
    if (code != SQLITE_OK) return cannot_open(path, handle ? sqlite3_errmsg(handle) : "out of memory");
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, busy_timeout_ms);
    // Every commit is on the disk before it is answered.
    if (auto set = database->script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
        !set)
        return tl::unexpected(set.error());
    return database;
}

Database::~Database() {
    for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    sqlite3_close(handle_);
}

Result<Query> Database::prepare(std::string_view sql) {
    auto& statement = statements_[std::string(sql)];
    if (!statement) {
        const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK) {
            statements_.erase(std::string(sql));
            return tl::unexpected(error(code));
        }
    }
    return Query(*this, statement);
}

void Database::bind(Query& query, int index, std::string_view value) {
    sqlite3_bind_text64(query.statement_, index, value.data() ? value.data() : "", value.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
}

void Database::bind(Query& query, int index, std::int64_t value) {
    sqlite3_bind_int64(query.statement_, index, value);
}

Result<Done> Database::finish(Query& query) {
    for (;;) {
        const auto row = query.next();
        if (!row) return tl::unexpected(row.error());
        if (!*row) return Done{};
    }
}

Result<Done> Database::script(const char* sql) {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return tl::unexpected(error(code));
    return Done{};
}

Result<Done> Database::check() {
    // Free space as the file system reports it is not what this process may use (quotas, reserved blocks): ask for it.
    const auto room = path_ + ".check";
    const int fd = ::open(room.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) return fail(ErrorKind::unavailable, "cannot create " + room + ": " + std::strerror(errno));
    const int error = ::posix_fallocate(fd, 0, check_room);
    ::close(fd);
    ::unlink(room.c_str());
    if (error != 0) return fail(ErrorKind::unavailable, "no room for " + room + ": " + std::strerror(error));

    auto writing = Transaction::begin(*this, Transaction::Kind::write);
    if (!writing) return tl::unexpected(writing.error());
    std::int64_t version = 0;
    {
        auto query = this->query("PRAGMA user_version");
        if (!query) return tl::unexpected(std::move(query).error());
        const auto row = query->next();
        if (!row) return tl::unexpected(row.error());
        version = query->integer(0);
    }
    // A pragma takes no parameters. Setting the number it has writes its page all the same.
    if (auto done = script(("PRAGMA user_version = " + std::to_string(version)).c_str()); !done) return done;
    return writing->commit();
}

std::int64_t Database::changed_rows() const {
    return sqlite3_changes64(handle_);
}

core::Error Database::error(int code) {
    std::string message = "database " + path_ + ": " + sqlite3_errmsg(handle_);
    const int primary = code & 0xFF;
    const bool from_system = primary == SQLITE_IOERR || primary == SQLITE_FULL || primary == SQLITE_CANTOPEN;
    if (const int system = sqlite3_system_errno(handle_); from_system && system != 0)
        message += std::string(" (") + std::strerror(system) + ')';
    return {kind_of(code), std::move(message)};
}

Result<Transaction> Transaction::begin(Database& database, Kind kind) {
    if (begin_fault.pass() != core::faults::Verdict::go_on) return tl::unexpected(injected("sqlite.begin"));
    const char* sql = kind == Kind::read ? "BEGIN" : kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN EXCLUSIVE";
    if (auto begun = database.run(sql); !begun) return tl::unexpected(begun.error());
    return Transaction(database);
}

Transaction::~Transaction() {
    // SQLite ends a transaction itself after some errors.
    if (database_ && !sqlite3_get_autocommit(database_->handle_)) (void)database_->run("ROLLBACK");
}

Result<Done> Transaction::commit() {
    if (commit_fault.pass() != core::faults::Verdict::go_on) return tl::unexpected(injected("sqlite.commit"));
    auto done = database_->run("COMMIT");
    if (done) database_ = nullptr;
    return done;
}

}  // namespace rookery::adapters::sqlite
