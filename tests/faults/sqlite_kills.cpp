#include <sluice/sqlite.hpp>

#include "dying.hpp"

#include <filesystem>
#include <string>
#include <vector>

// A program that keeps where its source stands, and writes each batch into two tables, killed at each of its writes, syncs, and so on,
// those of SQLite, too. In the end each record is in the one table once, and the other one has the newest of each key; a batch is never
// seen in part.

using namespace sluice;
using namespace std::chrono_literals;

// What SQLite calls beside.
#if !defined _FILE_OFFSET_BITS || _FILE_OFFSET_BITS != 64  // else ftruncate is that
DIE_AT(ftruncate64, (int fd, off64_t size) noexcept, (fd, size), fd, truncated(fd, size))
#endif

extern "C" ssize_t __interceptor_pwrite64(int fd, void const* at, std::size_t size, off64_t to) __attribute__((weak));
extern "C" ssize_t pwrite64(int fd, void const* at, std::size_t size, off64_t to)
{
    static auto* const real = behind<ssize_t(int, void const*, std::size_t, off64_t)>(&__interceptor_pwrite64, "pwrite64");
    if (auto const its = fate(); its == Fate::dies) {
        static_cast<void>(real(fd, at, size / 2, to));
        ::_exit(killed);
    } else if (its == Fate::isRefused) {
        errno = ENOSPC;
        return -1;
    }
    return real(fd, at, size, to);
}

namespace {

/// The numbers of all rows; none where there is no table.
std::vector<std::int64_t> numbersIn(::sqlite3* database, char const* sql)
{
    std::vector<std::int64_t> numbers;
    auto const add = [](void* to, int, char** values, char**) {
        static_cast<std::vector<std::int64_t>*>(to)->push_back(std::stoll(values[0]));
        return 0;
    };
    if (::sqlite3_exec(database, sql, add, &numbers, nullptr) != SQLITE_OK) {
        std::string const why = ::sqlite3_errmsg(database);
        require(why.starts_with("no such table"), why);
    }
    return numbers;
}

/// How many batches the tables have: all that they should, and nothing else. It looks at a copy: what a killed process has left is for the
/// next life.
int batchesIn(std::string const& folder, bool isWhole = false)
{
    auto const copy = folder + "/copy";
    std::filesystem::remove_all(copy);
    std::filesystem::create_directory(copy);
    for (std::string const file : {"/a.db", "/a.db-wal", "/a.db-journal"}) {
        if (io::exists(folder + file)) std::filesystem::copy_file(folder + file, copy + file);
    }
    ::sqlite3* database = nullptr;
    require(::sqlite3_open((copy + "/a.db").c_str(), &database) == SQLITE_OK, "it cannot be opened");
    auto const all = numbersIn(database, "SELECT value FROM numbers ORDER BY rowid");
    auto const times = numbersIn(database, "SELECT batch_time FROM sluice_batches WHERE output = 'numbers'");
    auto const newest = numbersIn(database, "SELECT value FROM newest ORDER BY key");
    auto const newestTimes = numbersIn(database, "SELECT batch_time FROM sluice_batches WHERE output = 'newest'");
    ::sqlite3_close(database);

    for (std::size_t i = 0; i < all.size(); ++i) require(all[i] == static_cast<std::int64_t>(i), "a number is missing, or there twice");
    require(all.size() % 5 == 0, "a batch is there in part");
    auto const batches = all.size() / 5;
    require(times.size() == batches, "a batch is noted, and not written, or written, and not noted");
    for (std::size_t i = 0; i < batches; ++i) require(times[i] == static_cast<std::int64_t>(i + 1) * 1'000'000, "a batch has another time");
    auto const behind = newestTimes.size();
    auto const apart = behind < batches ? batches - behind : behind - batches;  // one may fail, and the other not
    require(apart == 0 || (!isWhole && apart == 1), "an output has batches that the other one has not");
    std::vector<std::int64_t> wanted;
    for (std::int64_t key = 0; key < 3; ++key) {
        auto n = static_cast<std::int64_t>(5 * behind) - 1;
        while (n >= 0 && n % 3 != key) --n;
        if (n >= 0) wanted.push_back(n);
    }
    require(newest == wanted, "a key has another value");
    return static_cast<int>(batches);
}

/// Runs some batches, and stops; where it cannot write, in the batch that failed.
void run(Life const& life)
{
    auto const path = life.folder + "/a.db";
    bool const log = life.seed % 2 == 0;      // the first life that has one turns the database over to it
    auto const operation = left.exchange(0);  // to look is no operation of a life
    ManualClock clock{Time{std::chrono::milliseconds{1000 * batchesIn(life.folder)}}};
    left = operation;
    StreamingContext ssc{{.master = life.master, .onBatchFailure = stop, .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, life.folder + "/checkpoint");
    auto const numbers = pullStream(ssc, NumberSource{}) | named("numbers");
    numbers | saveToSqlite(path, "numbers", {.writeAheadLog = log});
    numbers | keyBy([](std::int64_t n) { return n % 3; }) |
        saveToSqlite(path, "newest", {.write = SqliteWrite::upsert, .writeAheadLog = log});
    ssc.start();
    for (int i = 0; i < life.batches; ++i) {
        clock.advance(1s);
        ssc.awaitBatches();
    }
    ssc.stop({.gracefully = true});
    ssc.awaitTermination();
}

void verify(std::string const& folder, bool isWhole)
{
    auto const batches = batchesIn(folder, isWhole);
    if (isWhole) require(checkpointInfo(folder + "/checkpoint").last == Time{batches * 1s}, "a batch that is done is not written");
}

}  // namespace

int main(int argc, char** arguments) { killEverywhere(argc, arguments, 2, run, verify); }
