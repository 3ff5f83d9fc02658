// The schema and its history. Migrations only add; the newest version is the number of steps.
#pragma once

#include "actors/core/field_cipher.hpp"
#include "adapters/sqlite/database.hpp"

namespace rookery::adapters::sqlite {

int newest_schema_version();

// Brings the database to the newest version, under an exclusive transaction. Refuses (precondition_failed) a
// database that a newer binary wrote, one that belongs to another program, and one whose values are encrypted with
// another key ("cipher: message authentication failed").
Result<Done> migrate(Database& database, const core::FieldCipher& cipher);

}  // namespace rookery::adapters::sqlite
