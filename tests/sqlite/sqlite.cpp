#include <sluice/operators/map.hpp>
#include <sluice/sqlite.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../io/full_disk.hpp"
#include "../io/temporary.hpp"

#include <boost/hana/adapt_struct.hpp>
#include <boost/hana/define_struct.hpp>
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

using namespace sluice;
using namespace std::literals;

namespace {

using Rows = std::vector<std::string>;

/// The database as anybody reads it: of each row the values, `quote(…)`d, with `|` between them.
struct Database {
    explicit Database(std::string const& path) { REQUIRE(::sqlite3_open(path.c_str(), &handle) == SQLITE_OK); }
    Database(Database const&) = delete;
    Database& operator=(Database const&) = delete;
    ~Database() { ::sqlite3_close(handle); }

    Rows operator()(std::string const& sql) const
    {
        Rows rows;
        auto const add = [](void* to, int size, char** values, char**) {
            std::string row;
            for (int i = 0; i < size; ++i) row += (i > 0 ? "|" : "") + std::string{values[i] != nullptr ? values[i] : "NULL"};
            static_cast<Rows*>(to)->push_back(row);
            return 0;
        };
        char* error = nullptr;
        auto const code = ::sqlite3_exec(handle, sql.c_str(), add, &rows, &error);
        INFO(sql, ": ", std::string{error != nullptr ? error : ""});
        REQUIRE(code == SQLITE_OK);
        return rows;
    }

    ::sqlite3* handle = nullptr;
};

Rows rowsOf(std::string const& path, std::string const& sql) { return Database{path}(sql); }

/// Runs literal batches into an output; what fails is thrown.
template <class T, class Attach>
void run(testing::Batches<T> batches, Attach&& attach, Config config = {.master = "inline"})
{
    ManualClock const clock;
    config.clock = clock;
    config.exclusive = false;
    if (!config.log) config.log = silent;
    StreamingContext context{config, 1s};
    auto const size = batches.size();
    attach(testing::literalStream<T>(context, std::move(batches), 2));
    context.start();
    clock.advance(1s * static_cast<int>(size));
    context.awaitBatches();
    context.stop();
    context.awaitTermination();
}

/// What somebody throws says.
template <class F>
std::string said(F&& f)
{
    try {
        f();
    } catch (std::exception const& error) {
        return error.what();
    }
    return "nothing was thrown";
}

enum class Color : short { red = 3 };

class Celsius {
public:
    explicit Celsius(double degrees) : degrees_(degrees) {}
    [[nodiscard]] double degrees() const { return degrees_; }

private:
    double degrees_;
};
class Name {
public:
    explicit Name(std::string text) : text_(std::move(text)) {}
    [[nodiscard]] std::string const& text() const { return text_; }

private:
    std::string text_;
};

struct Order {
    BOOST_HANA_DEFINE_STRUCT(Order, (std::string, customer), (std::int64_t, total), (std::optional<std::string>, note));
};

/// Its getters make what they give.
class Shown {
public:
    explicit Shown(int n) : n_(n) {}
    [[nodiscard]] std::string text() const { return "number " + std::to_string(n_) + " of a text that is not short"; }
    [[nodiscard]] int number() const { return n_; }

private:
    int n_;
};

class Sale {
public:
    Sale(std::string what, int price) : what_(std::move(what)), price_(price) {}
    [[nodiscard]] std::string const& what() const { return what_; }
    [[nodiscard]] int price() const { return price_; }

private:
    std::string what_;
    int price_;
};

struct Hit {
    std::string_view url;
    unsigned status : 10;
    bool cached;
};

}  // namespace

template <>
struct sluice::EncodedAs<Celsius> {
    using type = double;
    static double to(Celsius const& c) { return c.degrees(); }
    static Celsius from(double degrees) { return Celsius{degrees}; }
};
template <>
struct sluice::EncodedAs<Name> {
    using type = std::string;
    static std::string to(Name const& name) { return "by the name of " + name.text(); }
    static Name from(std::string text) { return Name{std::move(text)}; }
};
template <>
struct sluice::EncodedAs<Sale> {
    using type = std::pair<std::string, int>;
    static type to(Sale const& sale) { return {"sale of " + sale.what() + " at a price", sale.price()}; }
    static Sale from(type row) { return {std::move(row.first), row.second}; }
};
BOOST_HANA_ADAPT_ADT(Shown, (text, [](auto const& s) { return s.text(); }), (number, [](auto const& s) { return s.number(); }));

TEST_CASE("a table is made of what the records are, and each batch's rows stand in it in the order of partitions, with its time")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        CAPTURE(master);
        Temporary const folder;
        auto const path = folder.path("a.db");
        run<std::pair<std::string, int>>({{{"to", 1}, {"be", 2}, {"to", 3}}, {}, std::nullopt, {{"or", 4}}},
                                         [&](auto in) { in | saveToSqlite(path, "counts"); }, {.master = master});
        CHECK(rowsOf(path, "SELECT key, value FROM counts ORDER BY rowid") == Rows{"to|1", "be|2", "to|3", "or|4"});
        CHECK(rowsOf(path, "SELECT sql FROM sqlite_schema WHERE name = 'counts'") ==
              Rows{"CREATE TABLE \"counts\" (\"key\" TEXT NOT NULL, \"value\" INTEGER NOT NULL)"});
        CHECK(rowsOf(path, "SELECT output, batch_time FROM sluice_batches") == Rows{"counts|1000000", "counts|4000000"});
        CHECK(rowsOf(path, "PRAGMA journal_mode") == Rows{"wal"});
    }
}

TEST_CASE("columns: what each type becomes, and the names of each kind of record")
{
    Temporary const folder;
    auto const path = folder.path("a.db");
    auto const columns = [&](std::string const& table) {
        return rowsOf(path,
                      "SELECT name || ' ' || type || CASE \"notnull\" WHEN 1 THEN '' ELSE '?' END FROM pragma_table_info('" + table + "')");
    };
    SUBCASE("all types")
    {
        using All = std::tuple<bool, char, std::int8_t, std::uint16_t, std::uint64_t, Color, float, double, std::string, Time,
                               std::chrono::milliseconds, std::vector<std::byte>, std::optional<std::string>, std::optional<double>,
                               std::chrono::duration<double>, std::array<unsigned char, 2>>;
        All const one{true,
                      'c',
                      -1,
                      65535,
                      9223372036854775807u,
                      Color::red,
                      0.5f,
                      1e300,
                      "text",
                      Time{1500ms},
                      7ms,
                      {std::byte{1}, std::byte{0xff}},
                      "some",
                      std::nullopt,
                      std::chrono::duration<double>{0.25},
                      {0, 1}};
        run<All>({{one}}, [&](auto in) { in | saveToSqlite(path, "t"); });
        CHECK(columns("t") == Rows{"_1 INTEGER", "_2 TEXT", "_3 INTEGER", "_4 INTEGER", "_5 INTEGER", "_6 INTEGER", "_7 REAL", "_8 REAL",
                                   "_9 TEXT", "_10 INTEGER", "_11 INTEGER", "_12 BLOB", "_13 TEXT?", "_14 REAL?", "_15 REAL", "_16 BLOB"});
        CHECK(rowsOf(path, "SELECT _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, quote(_12), _13, _14, _15, quote(_16) FROM t") ==
              Rows{"1|c|-1|65535|9223372036854775807|3|0.5|1.0e+300|text|1500000|7|X'01FF'|some|NULL|0.25|X'0001'"});
    }
    SUBCASE("a struct adapted to Hana")
    {
        run<Order>({{{"ann", 7, std::nullopt}, {"bob", 8, "soon"}}}, [&](auto in) { in | saveToSqlite(path, "t"); });
        CHECK(columns("t") == Rows{"customer TEXT", "total INTEGER", "note TEXT?"});
        CHECK(rowsOf(path, "SELECT * FROM t") == Rows{"ann|7|NULL", "bob|8|soon"});
    }
    SUBCASE("one whose getters make what they give")
    {
        run<int>({{1, 2}}, [&](auto in) { in | map([](int n) { return Shown{n}; }) | saveToSqlite(path, "t"); });
        CHECK(rowsOf(path, "SELECT * FROM t") == Rows{"number 1 of a text that is not short|1", "number 2 of a text that is not short|2"});
    }
    SUBCASE("a plain struct, with views and a bit field")
    {
        run<int>({{200, 404}}, [&](auto in) {
            in | map([](int n) { return Hit{"/index", n == 200 ? 200u : 404u, n == 200}; }) |
                saveToSqlite(path, "t", {.columns = {"url", "status", "cached"}});
        });
        CHECK(columns("t") == Rows{"url TEXT", "status INTEGER", "cached INTEGER"});
        CHECK(rowsOf(path, "SELECT * FROM t") == Rows{"/index|200|1", "/index|404|0"});
    }
    SUBCASE("one value, classes with a form of their own, and what only moves")
    {
        run<int>({{1, 2}}, [&](auto in) {
            in | saveToSqlite(path, "t");
            in | map([](int n) { return std::tuple{Celsius{n + 0.5}, std::optional{Name{"Ann who has a long name"}}}; }) |
                saveToSqlite(path, "u");
            in | map([](int n) { return Sale{"corn", n}; }) | saveToSqlite(path, "sales", {.write = SqliteWrite::upsert});
            in | map([](int n) { return std::pair{n, n == 1 ? std::make_unique<int>(7) : nullptr}; }) | saveToSqlite(path, "v");
        });
        CHECK(columns("t") == Rows{"value INTEGER"});
        CHECK(rowsOf(path, "SELECT * FROM t") == Rows{"1", "2"});
        CHECK(columns("u") == Rows{"_1 REAL", "_2 TEXT?"});
        CHECK(rowsOf(path, "SELECT * FROM u") ==
              Rows{"1.5|by the name of Ann who has a long name", "2.5|by the name of Ann who has a long name"});
        CHECK(columns("sales") == Rows{"key TEXT", "value INTEGER"});
        CHECK(rowsOf(path, "SELECT * FROM sales") == Rows{"sale of corn at a price|2"});
        CHECK(columns("v") == Rows{"key INTEGER", "value INTEGER?"});
        CHECK(rowsOf(path, "SELECT * FROM v") == Rows{"1|7", "2|NULL"});
    }
}

TEST_CASE("it ends a detached pipeline, and stands behind any stream")
{
    Temporary const folder;
    auto const path = folder.path("a.db");
    auto const squares = map([](int n) { return std::pair{n, n * n}; }) | saveToSqlite(path, "squares", {.columns = {"n", "square"}});
    run<int>({{1, 2}, {3}}, [&](auto in) {
        in | squares;
        DStream<int> const any = in;
        any | saveToSqlite(path, "numbers");
    });
    CHECK(rowsOf(path, "SELECT n, square FROM squares") == Rows{"1|1", "2|4", "3|9"});
    CHECK(rowsOf(path, "SELECT value FROM numbers") == Rows{"1", "2", "3"});
}

TEST_CASE("text is bytes: NULs in it, none at all, views without memory; names are what they are")
{
    Temporary const folder;
    auto const path = folder.path("a.db");
    using Record = std::tuple<std::string_view, std::vector<unsigned char>>;
    run<Record>({{{"a\0b"sv, {0, 7}}, {std::string_view{}, {}}, {"\xff\"'"sv, {1}}}},
                [&](auto in) { in | saveToSqlite("file:" + path, "a \"table\"; DROP", {.columns = {"the \"text\"", "select"}}); });
    CHECK(rowsOf(path,
                 "SELECT hex(\"the \"\"text\"\"\"), hex(\"select\"), typeof(\"the \"\"text\"\"\"), typeof(\"select\") FROM \"a "
                 "\"\"table\"\"; DROP\"") == Rows{"610062|0007|text|blob", "||text|blob", "FF2227|01|text|blob"});
}

TEST_CASE("upsert: a record takes the place of the row with its key; the last one of a batch stays")
{
    Temporary const folder;
    auto const path = folder.path("a.db");
    SUBCASE("of pairs")
    {
        run<std::pair<std::string, int>>({{{"to", 1}, {"be", 1}, {"to", 2}}, {{"to", 5}, {"or", 1}}}, [&](auto in) {
            in | saveToSqlite(path, "counts", {.write = SqliteWrite::upsert, .columns = {"word", "times"}});
        });
        CHECK(rowsOf(path, "SELECT * FROM counts ORDER BY word") == Rows{"be|1", "or|1", "to|5"});
        CHECK(rowsOf(path, "SELECT sql FROM sqlite_schema WHERE name = 'counts'") ==
              Rows{"CREATE TABLE \"counts\" (\"word\" TEXT NOT NULL, \"times\" INTEGER NOT NULL, PRIMARY KEY (\"word\")) WITHOUT ROWID"});
    }
    SUBCASE("by several columns, and by a number")
    {
        using Record = std::tuple<int, std::string, double>;
        run<Record>({{{1, "a", 0.5}, {1, "b", 1.5}, {1, "a", 2.5}}}, [&](auto in) {
            in | saveToSqlite(path, "two", {.write = SqliteWrite::upsert, .key = {"_1", "_2"}});
            in | saveToSqlite(path, "one", {.write = SqliteWrite::upsert, .key = {"_1"}});
        });
        CHECK(rowsOf(path, "SELECT * FROM two") == Rows{"1|a|2.5", "1|b|1.5"});
        CHECK(rowsOf(path, "SELECT *, rowid FROM one") == Rows{"1|a|2.5|1"});
    }
    SUBCASE("of nothing but the key")
    {
        run<std::string>({{"a", "b", "a"}},
                         [&](auto in) { in | saveToSqlite(path, "t", {.write = SqliteWrite::upsert, .key = {"VALUE"}}); });
        CHECK(rowsOf(path, "SELECT * FROM t") == Rows{"a", "b"});
    }
    SUBCASE("into a table that has it")
    {
        rowsOf(path,
               "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, key TEXT UNIQUE, value INT, more DEFAULT 'x'); INSERT INTO t VALUES (7, "
               "'a', 1, 'y')");
        run<std::pair<std::string, int>>({{{"a", 2}, {"b", 3}}},
                                         [&](auto in) { in | saveToSqlite(path, "t", {.write = SqliteWrite::upsert}); });
        CHECK(rowsOf(path, "SELECT key, value, more FROM t ORDER BY key") == Rows{"a|2|y", "b|3|x"});
    }
    SUBCASE("into one that has it not")
    {
        rowsOf(path, "CREATE TABLE t (key TEXT, value INT)");
        auto const text = said([&] {
            run<std::pair<std::string, int>>({{{"a", 2}}}, [&](auto in) { in | saveToSqlite(path, "t", {.write = SqliteWrite::upsert}); });
        });
        CHECK(text.ends_with("table t: ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint"));
    }
}

TEST_CASE("a batch that runs again writes nothing, and the log is told; another output of the same table has batches of its own")
{
    Temporary const folder;
    auto const path = folder.path("a.db");
    std::vector<std::string> told;
    auto const life = [&](testing::Batches<int> batches, SqliteOptions const& options) {
        run<int>(std::move(batches), [&](auto in) { in | saveToSqlite(path, "t", options); },
                 {.master = "inline", .log = [&told](LogEntry const& entry) {
                      if (entry.level == LogLevel::info && entry.text.find("written already") != std::string::npos)
                          told.push_back(entry.text);
                  }});
    };
    life({{1, 2}, {3}}, {});
    CHECK(told.empty());
    life({{1, 2}, {3}, {4}}, {});
    CHECK(told == Rows{path + ", table t: this batch is written already, and is left out",
                       path + ", table t: this batch is written already, and is left out"});
    CHECK(rowsOf(path, "SELECT value FROM t") == Rows{"1", "2", "3", "4"});
    life({{9}}, {.output = "another"});
    CHECK(rowsOf(path, "SELECT value FROM t") == Rows{"1", "2", "3", "4", "9"});
    CHECK(rowsOf(path, "SELECT output, count(*) FROM sluice_batches GROUP BY output") == Rows{"another|1", "t|3"});
}

TEST_CASE("concurrentJobs: batches of one output are written one after another, in their order")
{
    Temporary const folder;
    auto const path = folder.path("a.db");
    run<int>({{1, 2}, {3}, {4, 5}, {6}, {7}, {8}},
             [&](auto in) {
                 in | saveToSqlite(path, "t");
                 in | map([](int n) { return std::pair{0, n}; }) | saveToSqlite(path, "u", {.write = SqliteWrite::upsert});
             },
             {.master = "local[2]", .concurrentJobs = 3});
    CHECK(rowsOf(path, "SELECT value FROM t") == Rows{"1", "2", "3", "4", "5", "6", "7", "8"});
    CHECK(rowsOf(path, "SELECT * FROM u") == Rows{"0|8"});
    CHECK(rowsOf(path, "SELECT output, count(*) FROM sluice_batches GROUP BY output") == Rows{"t|6", "u|6"});
}

TEST_CASE("of batches that were long ago nothing is kept")
{
    Temporary const folder;
    auto const path = folder.path("a.db");
    run<int>({{1}}, [&](auto in) { in | saveToSqlite(path, "t"); });
    ManualClock clock{Time{100'001s}};
    StreamingContext ssc{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
    testing::literalStream<int>(ssc, {{2}, {3}}) | saveToSqlite(path, "t");
    ssc.start();
    clock.advance(1s);
    CHECK(rowsOf(path, "SELECT batch_time / 1000000 FROM sluice_batches") == Rows{"100002"});
    clock.advance(1s);
    CHECK(rowsOf(path, "SELECT batch_time / 1000000 FROM sluice_batches") == Rows{"100002", "100003"});
    ssc.stop();
}

TEST_CASE("a table that does not fit is refused in the first batch, also in one without records, by column and types")
{
    struct Misfit {
        char const* table;
        char const* message;  // empty: it fits
    };
    using Record = std::tuple<std::string, int, double, std::optional<int>, std::vector<std::byte>>;
    for (auto const& misfit : std::initializer_list<Misfit>{
             {"_1 TEXT, _2 INT, _3 REAL, _4 INT, _5 BLOB", ""},
             {"_5, _4, _3, _2, _1, more", ""},
             {"_1 VARCHAR(20), _2 BIGINT, _3 DECIMAL(10,5), _4 BOOLEAN, _5 BLOB NOT NULL, id INTEGER PRIMARY KEY", ""},
             {"_1 INT, _2 INT, _3 REAL, _4 INT, _5 BLOB", "the column \"_1\" must be TEXT for these records, and is INT"},
             {"_1 NUMERIC, _2 INT, _3 REAL, _4 INT, _5 BLOB", "the column \"_1\" must be TEXT for these records, and is NUMERIC"},
             {"_1 TEXT, _2 REAL, _3 REAL, _4 INT, _5 BLOB", "the column \"_2\" must be INTEGER for these records, and is REAL"},
             {"_1 TEXT, _2 INT, _3 TEXT, _4 INT, _5 BLOB", "the column \"_3\" must be REAL for these records, and is TEXT"},
             {"_1 TEXT, _2 INT, _3 INT, _4 INT, _5 BLOB", "the column \"_3\" must be REAL for these records, and is INT"},
             {"_1 TEXT, _2 INT, _3 REAL, _4 INT, _5 TEXT", "the column \"_5\" must be BLOB for these records, and is TEXT"},
             {"_1 TEXT, _2 INT, _3 REAL, _5 BLOB", "it has no column \"_4\", which must be INTEGER for these records"},
             {"_1 TEXT, _2 INT, _3 REAL, _4 INT NOT NULL, _5 BLOB",
              "the column \"_4\" must take NULL, since the records may have no value there, and is NOT NULL"},
             {"_1 TEXT, _2 INT, _3 REAL, _4 INT, _5 BLOB, more INT NOT NULL",
              "its column \"more\" is NOT NULL, without a default, and the records have none"},
         }) {
        auto const* const table = misfit.table;
        auto const* const message = misfit.message;
        CAPTURE(table);
        Temporary const folder;
        auto const path = folder.path("a.db");
        rowsOf(path, "CREATE TABLE t (" + std::string{table} + ")");
        int const line = __LINE__ + 1;
        auto const text = said([&] { run<Record>({{}, {{"a", 1, 0.5, 2, {}}}}, [&](auto in) { in | saveToSqlite(path, "t"); }); });
        if (*message == '\0') {
            CHECK(text == "nothing was thrown");
            CHECK(rowsOf(path, "SELECT _1, _2, _3, _4, typeof(_5) FROM t") == Rows{"a|1|0.5|2|blob"});
        } else {
            CHECK(text == "sluice::saveToSqlite (" + std::string{__FILE__} + ':' + std::to_string(line) + "), batch 1000 ms: " + path +
                              ", table t: " + message);
            CHECK(rowsOf(path, "SELECT count(*) FROM t") == Rows{"0"});
        }
    }
}

TEST_CASE("what SQLite would change in silence fails the batch, which writes nothing: large unsigned numbers, NaN")
{
    Temporary const folder;
    auto const path = folder.path("a.db");
    using Large = std::pair<int, std::uint64_t>;
    auto text = said([&] { run<Large>({{{1, 7}, {2, 9223372036854775808u}}}, [&](auto in) { in | saveToSqlite(path, "t"); }); });
    CHECK(text.find("batch 1000 ms, partition 1: " + path +
                    ", table t: the column \"value\": 9223372036854775808 is more than an INTEGER of SQLite holds") != std::string::npos);
    using Floating = std::pair<int, std::optional<double>>;
    text = said([&] { run<Floating>({{{1, 0.5}, {2, std::nan("")}}}, [&](auto in) { in | saveToSqlite(path, "u"); }); });
    CHECK(text.find("table u: the column \"value\": NaN is no value of SQLite") != std::string::npos);
    CHECK(rowsOf(path, "SELECT count(*) FROM t UNION ALL SELECT count(*) FROM u UNION ALL SELECT count(*) FROM sluice_batches") ==
          Rows{"0", "0", "0"});

    run<double>({{std::numeric_limits<double>::infinity(), -0.0}}, [&](auto in) { in | saveToSqlite(path, "v"); });
    CHECK(rowsOf(path, "SELECT value > 1e308, typeof(value) FROM v") == Rows{"1|real", "0|real"});
}

TEST_CASE("a batch that fails in the middle is taken back whole, and its next attempt writes it once")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        CAPTURE(master);
        Temporary const folder;
        auto const path = folder.path("a.db");
        std::atomic<int> attempts = 0;
        std::atomic<int> seen = -1;
        auto const build = [&](auto in) {
            in | map([&](int x) {
                if (x == 4 && ++attempts == 1) {
                    seen = std::stoi(rowsOf(path, "SELECT count(*) FROM t")[0]);
                    throw std::runtime_error{"not yet"};
                }
                return x;
            }) | saveToSqlite(path, "t");
        };
        run<int>({{1, 2, 3, 4}, {5}}, build, {.master = master, .onBatchFailure = retry(1).then(stop)});
        CHECK(attempts == 2);
        CHECK(seen == 0);
        CHECK(rowsOf(path, "SELECT value FROM t") == Rows{"1", "2", "3", "4", "5"});
    }
    Temporary const folder;
    auto const path = folder.path("a.db");
    rowsOf(path, "CREATE TABLE t (value INT UNIQUE); INSERT INTO t VALUES (7)");
    auto const text = said([&] { run<int>({{1, 7}, {2}}, [&](auto in) { in | saveToSqlite(path, "t"); }); });
    CHECK(text.ends_with(path + ", table t: UNIQUE constraint failed: t.value"));
    CHECK(rowsOf(path, "SELECT value FROM t") == Rows{"7", "2"});
}

TEST_CASE("a database that somebody else writes to fails the batch when busyTimeout is over, and has the next attempt")
{
    Temporary const folder;
    auto const path = folder.path("a.db");
    Database const other{path};
    other("CREATE TABLE t (value INT); BEGIN IMMEDIATE; INSERT INTO t VALUES (0)");
    std::vector<std::string> told;
    run<int>({{1}, {2}}, [&](auto in) { in | saveToSqlite(path, "t", {.busyTimeout = 1ms}); },
             {.master = "inline", .onBatchFailure = retry(1).then(stop), .log = [&](LogEntry const& entry) {
                  if (entry.level < LogLevel::warning) return;
                  told.push_back(entry.text);
                  other("COMMIT");
              }});
    REQUIRE(told.size() == 1);
    CHECK(told[0].ends_with(path + ", table t: database is locked"));
    CHECK(rowsOf(path, "SELECT value FROM t") == Rows{"0", "1", "2"});
}

TEST_CASE("what cannot be opened or written is told with the path, and by whom")
{
    Temporary const folder;
    auto text = said([&] { run<int>({{1}}, [&](auto in) { in | saveToSqlite(folder.path("none/a.db"), "t"); }); });
    CHECK(text.ends_with(folder.path("none/a.db") + ", table t: unable to open database file (No such file or directory)"));

    folder.write("text.db", std::string(5000, 'x'), 0);
    text = said([&] { run<int>({{1}}, [&](auto in) { in | saveToSqlite(folder.path("text.db"), "t"); }); });
    CHECK(text.ends_with("table t: file is not a database"));

    auto const path = folder.path("a.db");
    rowsOf(path, "CREATE VIEW t AS SELECT 1 AS value");
    text = said([&] { run<int>({{1}}, [&](auto in) { in | saveToSqlite(path, "t"); }); });
    CHECK(text.ends_with("table t: cannot modify t because it is a view"));

    std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
    std::filesystem::permissions(path, std::filesystem::perms(0444));
    auto const user = ::geteuid();
    if (user == 0) REQUIRE(::seteuid(65534) == 0);  // whom permissions stop
    text = said([&] { run<int>({{1}}, [&](auto in) { in | saveToSqlite(path, "u"); }); });
    if (user == 0) REQUIRE(::seteuid(user) == 0);
    CHECK(text.ends_with("table u: attempt to write a readonly database"));
}

TEST_CASE("a disk that is full: the batch is taken back, and the next one is written when there is room")
{
    Temporary const folder;
    auto const path = folder.path("a.db");
    std::vector<std::string> told;
    testing::Harness harness{{.master = "inline", .onBatchFailure = proceed, .log = [&](LogEntry const& entry) {
                                  if (entry.level == LogLevel::error) told.push_back(entry.text);
                              }}};
    testing::literalStream<std::string>(harness.context(), {{"a"}, {std::string(100'000, 'b'), "c"}, {"d"}}) | saveToSqlite(path, "t");
    harness.start();
    harness.advance(1s);
    {
        FullDisk const full;
        harness.advance(1s);
    }
    harness.advance(1s);
    harness.context().stop();
    REQUIRE(told.size() == 1);
    CHECK(told[0].ends_with("batch 2000 ms: " + path + ", table t: disk I/O error"));
    CHECK(rowsOf(path, "SELECT value FROM t") == Rows{"a", "d"});
    CHECK(rowsOf(path, "SELECT batch_time FROM sluice_batches") == Rows{"1000000", "3000000"});
}

TEST_CASE("a file that is moved away while it is open is made anew: nothing goes into what nobody finds")
{
    for (bool const log : {true, false}) {
        Temporary const folder;
        auto const path = folder.path("a.db");
        ManualClock const clock;
        StreamingContext ssc{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
        testing::literalStream<int>(ssc, {{1}, {2}}) | saveToSqlite(path, "t", {.writeAheadLog = log});
        ssc.start();
        clock.advance(1s);
        std::filesystem::rename(path, folder.path("old.db"));
        clock.advance(1s);
        ssc.stop();
        ssc.awaitTermination();
        CHECK(rowsOf(folder.path("old.db"), "SELECT value FROM t") == Rows{"1"});
        CHECK(rowsOf(path, "SELECT value FROM t") == Rows{"2"});
        CHECK(rowsOf(path, "PRAGMA journal_mode") == Rows{log ? "wal" : "delete"});
    }
}

TEST_CASE("settings reach the database")
{
    Temporary const folder;
    auto const path = folder.path("a.db");
    for (auto const synchronous : {SqliteSynchronous::off, SqliteSynchronous::normal, SqliteSynchronous::full}) {
        detail::SqliteTarget target{path, "t", {.synchronous = synchronous}, {"saveToSqlite"}};
        target.take(detail::sqliteColumnsOf<int>(), false);
        CHECK(detail::SqliteTable{target}.answer("PRAGMA synchronous") == std::to_string(static_cast<int>(synchronous)));
    }
}

TEST_CASE("wrong arguments are refused at the call")
{
    Temporary const folder;
    auto const path = folder.path("a.db");
    auto const refused = [&](auto const& record, std::string const& where, std::string const& table, SqliteOptions const& options) {
        return said([&] {
            IntervalClock clock{1s};
            testing::literalStream<std::remove_cvref_t<decltype(record)>>(clock, {{record}}) | saveToSqlite(where, table, options);
        });
    };
    auto const pair = std::pair{"a"s, 1};
    auto const tuple = std::tuple{1, std::optional{2}};
    CHECK(refused(pair, path, "t", {.write = SqliteWrite::upsert}) == "nothing was thrown");
    CHECK(refused(pair, "", "t", {}).ends_with("the path must be that of a file, got \"\""));
    CHECK(refused(pair, ":memory:", "t", {}).ends_with("the path must be that of a file, got \":memory:\""));
    CHECK(refused(pair, "s3://bucket/a.db", "t", {}).find("a path is one of this machine") != std::string::npos);
    CHECK(refused(pair, path, "", {}).ends_with("the name of a table must not be empty, or have a NUL in it"));
    CHECK(refused(pair, path, "a\0b"s, {}).ends_with("the name of a table must not be empty, or have a NUL in it"));
    CHECK(refused(pair, path, "Sluice_Batches", {}).ends_with("sluice_batches is where it is noted which batches are written"));
    CHECK(refused(pair, path, "t", {.columns = {"a", "A"}}).ends_with("the column \"A\" is named twice"));
    CHECK(refused(pair, path, "t", {.columns = {"a"}}).ends_with("SqliteOptions::columns has 1 names, and a record has 2 members"));
    CHECK(refused(pair, path, "t", {.columns = {"a", ""}}).ends_with("the name of a column must not be empty, or have a NUL in it"));
    CHECK(refused(pair, path, "t", {.key = {"key"}}).ends_with("SqliteOptions::key is of an upsert: set SqliteOptions::write, too"));
    CHECK(refused(pair, path, "t", {.write = SqliteWrite::upsert, .key = {"word"}})
              .ends_with("the key \"word\" is no column of the records, which have \"key\", \"value\""));
    CHECK(refused(tuple, path, "t", {.write = SqliteWrite::upsert})
              .ends_with("which columns are the key, SqliteOptions::key has to say where the records are no pairs"));
    CHECK(refused(tuple, path, "t", {.write = SqliteWrite::upsert, .key = {"_2"}})
              .ends_with("the key \"_2\" may be missing: where it is, SQL takes no row for the same as another"));
    CHECK(refused(pair, path, "t", {.busyTimeout = -1ms}).ends_with("SqliteOptions::busyTimeout must not be negative"));
    CHECK(refused(pair, path, "t", {.key = {"word"}}).starts_with("sluice::saveToSqlite (" + std::string{__FILE__} + ':'));

    CHECK(said([&] {
              IntervalClock clock{1s};
              auto const in = testing::literalStream<int>(clock, {{1}});
              in | saveToSqlite(path, "t");
              in | saveToSqlite(path, "u");
              in | saveToSqlite(path, "v", {.output = "u"});
          }).find("it would overwrite what is written there already by sluice::saveToSqlite") != std::string::npos);
    CHECK(!std::filesystem::exists(path));
}
