#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/constant_stream.hpp>
#include <sluice/sqlite.hpp>

#include "../allocations.hpp"
#include "../runner.hpp"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

// Rows of SQLite, written by saveToSqlite and by a handwritten loop: one prepared statement, text that is not copied, a transaction for a
// batch. That loop does not know which batches it has written. Both write the same rows, in batches of 100,000, appended and replaced by
// key; what is told is the CPU time of a batch, and the ratio. --quick takes fewer rows and judges no time: both tables must be the
// same, and behind the first batch saveToSqlite allocates nothing (SQLite itself has malloc).

namespace {

using namespace std::chrono_literals;

using Row = std::pair<std::string, std::int64_t>;

[[noreturn]] void fail(std::string const& what)
{
    std::printf("sqlite: %s\n", what.c_str());
    std::exit(1);
}

void run(::sqlite3* database, char const* sql)
{
    if (::sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(::sqlite3_errmsg(database));
}

/// By hand.
class Handwritten {
public:
    Handwritten(std::string const& path, bool byKey)
    {
        if (::sqlite3_open(path.c_str(), &database_) != SQLITE_OK) fail("it cannot be opened");
        run(database_, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        run(database_, byKey ? "CREATE TABLE t (key TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (key)) WITHOUT ROWID"
                             : "CREATE TABLE t (key TEXT NOT NULL, value INTEGER NOT NULL)");
        auto const* const sql =
            byKey ? "INSERT INTO t VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value" : "INSERT INTO t VALUES (?, ?)";
        if (::sqlite3_prepare_v2(database_, sql, -1, &insert_, nullptr) != SQLITE_OK) fail(::sqlite3_errmsg(database_));
    }
    Handwritten(Handwritten const&) = delete;
    Handwritten& operator=(Handwritten const&) = delete;
    ~Handwritten()
    {
        ::sqlite3_finalize(insert_);
        ::sqlite3_close(database_);
    }

    void write(std::vector<Row> const& rows)
    {
        run(database_, "BEGIN IMMEDIATE");
        for (auto const& [key, value] : rows) {
            ::sqlite3_bind_text(insert_, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
            ::sqlite3_bind_int64(insert_, 2, value);
            if (::sqlite3_step(insert_) != SQLITE_DONE) fail(::sqlite3_errmsg(database_));
            ::sqlite3_reset(insert_);
        }
        run(database_, "COMMIT");
    }

private:
    ::sqlite3* database_ = nullptr;
    ::sqlite3_stmt* insert_ = nullptr;
};

class Sluice {
public:
    Sluice(std::string const& path, bool byKey, std::vector<Row> const& rows)
    {
        using namespace sluice;
        constantStream(clock_, rdd(rows)) | saveToSqlite(path, "t", {.write = byKey ? SqliteWrite::upsert : SqliteWrite::append});
        clock_.poll(Time{0s});
    }
    void write() { clock_.poll(sluice::Time{++batch_ * 1s}); }

private:
    sluice::IntervalClock clock_{1s};
    int batch_ = 0;
};

std::string contentOf(std::string const& path)
{
    std::string content;
    auto const add = [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) += std::string{values[0]} + '|' + values[1] + '\n';
        return 0;
    };
    ::sqlite3* database = nullptr;
    if (::sqlite3_open(path.c_str(), &database) != SQLITE_OK) fail("it cannot be opened");
    if (::sqlite3_exec(database, "SELECT key, value FROM t", add, &content, nullptr) != SQLITE_OK) fail(::sqlite3_errmsg(database));
    ::sqlite3_close(database);
    return content;
}

/// In a folder of its own, which it removes.
class Folder {
public:
    Folder() { std::filesystem::create_directories(path_); }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string operator/(char const* name) const { return path_ / name; }

private:
    std::filesystem::path path_ = std::filesystem::temp_directory_path() / ("sluice-sqlite-" + std::to_string(::getpid()));
};

void compare(bool byKey, int size, bool quick)
{
    std::vector<Row> rows;
    for (int i = 0; i < size; ++i) rows.emplace_back("the word number " + std::to_string(i * 7919ll % (size / 2 + 1)), i);
    Folder const folder;
    Handwritten hand{folder / "hand.db", byKey};
    Sluice sluice{folder / "sluice.db", byKey, rows};
    std::size_t allocations = 0;
    for (int batch = 0; batch < 3; ++batch) {
        hand.write(rows);
        auto const before = bench::allocations();
        sluice.write();
        if (batch > 0) allocations += bench::allocations() - before;
    }
    if (contentOf(folder / "hand.db") != contentOf(folder / "sluice.db")) fail("the tables are not the same");
    if (allocations > 0) fail("a batch allocates: " + std::to_string(allocations) + " times in two batches");
    auto const* const how = byKey ? "replaced by key" : "appended";
    if (quick) {
        std::printf("%-16s the tables are the same, and a batch allocates nothing\n", how);
        return;
    }
    auto const times = bench::race({{"by hand", [&] { hand.write(rows); }}, {"saveToSqlite", [&] { sluice.write(); }}}, 15);
    auto const ratio = times.interval(1, 0);
    std::printf("%-16s by hand %6.1f ms a batch, saveToSqlite %6.1f ms: %.3f of it (%.3f to %.3f), %.0f rows/s\n", how,
                1e3 * times.median[0], 1e3 * times.median[1], ratio.middle, ratio.low, ratio.high, size / times.median[1]);
}

}  // namespace

int main(int argc, char** arguments)
{
    bool const quick = argc > 1 && std::strcmp(arguments[1], "--quick") == 0;
    for (bool const byKey : {false, true}) compare(byKey, quick ? 2'000 : 100'000, quick);
}
