#pragma once

// Rows of an SQLite database, written once each, which nobody needs who does not include this: link with -lsqlite3.
//
// One file although it is long: what a column is, what a table must be, and how a batch is written, ask the same list of types.

#include <sluice/codec/binary_form.hpp>
#include <sluice/io/local_path.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/stream/config.hpp>

#include <array>
#include <cstring>
#include <limits>

#include <sqlite3.h>

namespace sluice::inline SLUICE_ABI {

/// What becomes of a record whose key is in the table already.
///
/// ```cpp
/// CHECK(SqliteOptions{}.write == SqliteWrite::append);
/// ```
enum class SqliteWrite {
    append,  ///< each record is a row more; a table of one's own that has such a key already refuses it
    upsert   ///< the record takes the place of that row
};

/// What a power cut may take of the batches that are done, by SQLite's own words. The end of the process takes nothing of them.
///
/// ```cpp
/// CHECK(SqliteOptions{}.synchronous == SqliteSynchronous::full);
/// ```
enum class SqliteSynchronous {
    off,     ///< all that the system had not written yet, and perhaps the database
    normal,  ///< the last ones
    full     ///< nothing: a batch is synced before it counts as done
};

/// How `saveToSqlite` writes.
///
/// ```cpp
/// SqliteOptions const options{.write = SqliteWrite::upsert, .key = {"word"}, .columns = {"word", "times"}};
/// CHECK(options.busyTimeout == 5s);
/// ```
struct SqliteOptions {
    SqliteWrite write = SqliteWrite::append;
    /// Of an upsert: the columns by which a row is found again. Empty: of pairs the first one; of other records it has to be told.
    std::vector<std::string> key{};
    /// The names of all columns, in the order of the members. Empty: those of a struct adapted to Boost.Hana; of a pair `key` and `value`;
    /// of a tuple or a plain struct `_1`, `_2`, …; of a record that is no more than one value `value`.
    std::vector<std::string> columns{};
    /// Whose batches these are, in the table `sluice_batches`. Empty: the name of the table. Two programs that write to one table of one
    /// database must differ here: the one would take the batches of the other for its own.
    std::string output{};
    SqliteSynchronous synchronous = SqliteSynchronous::full;
    /// The database keeps a write-ahead log (`PRAGMA journal_mode = WAL`), so that who reads it does not wait, nor lets wait. False: its
    /// journal stays as it is, as for a file system over a network, which has no memory that processes share.
    bool writeAheadLog = true;
    /// How long a batch waits for another process that writes, before it fails.
    Duration busyTimeout{std::chrono::seconds{5}};
};

namespace detail {

// ---- what is a column ------------------------------------------------------------------------------------------------

enum class SqliteType { none, integer, real, text, blob };

/// Bytes side by side: `std::vector<std::byte>`, `std::span<unsigned char const>`, …
template <class T>
concept SqliteBytes = requires(T const& bytes) {
    std::size(bytes);
    requires std::is_pointer_v<decltype(std::data(bytes))>;
    requires std::is_same_v<std::remove_cvref_t<decltype(*std::data(bytes))>, std::byte> ||
                 std::is_same_v<std::remove_cvref_t<decltype(*std::data(bytes))>, unsigned char>;
};

template <class T>
consteval SqliteType sqliteTypeOf()
{
    constexpr auto shape = shapeOf<T>();
    if constexpr (shape == Shape::byUser) return sqliteTypeOf<EncodedType<T>>();
    else if constexpr (SqliteBytes<T>) return SqliteType::blob;
    else if constexpr (shape == Shape::boolean || shape == Shape::time) return SqliteType::integer;
    else if constexpr (shape == Shape::duration) return sqliteTypeOf<typename T::rep>();
    else if constexpr (shape == Shape::text || std::is_same_v<T, char>) return SqliteType::text;
    else if constexpr (shape == Shape::number) return std::is_floating_point_v<T> ? SqliteType::real : SqliteType::integer;
    else return SqliteType::none;
}

/// The value that a column has of a member: that of an optional or a pointer, which may be missing.
template <class T>
struct SqliteValue {
    using type = T;
    static constexpr bool optional = false;
};
template <class T>
    requires(shapeOf<T>() == Shape::optional)
struct SqliteValue<T> {
    using type = PointedBy<T>;
    static constexpr bool optional = true;
};

template <class T>
inline constexpr bool isSqliteColumn = sqliteTypeOf<typename SqliteValue<T>::type>() != SqliteType::none;
template <class T, std::size_t I, class M>
inline constexpr bool isSqliteColumn<MemberOf<T, I, M>> = false;

/// Whether its members are columns, and not it itself.
template <class T>
consteval bool hasSqliteMembers()
{
    constexpr auto shape = shapeOf<T>();
    return !isSqliteColumn<T> && (shape == Shape::tuple || isStruct(shape));
}

/// What a record is written as: a class of the user's, which is more than a column, as what it is encoded as.
template <class T>
struct SqliteRowOf {
    using type = T;
};
template <class T>
    requires(shapeOf<T>() == Shape::byUser && !isSqliteColumn<T>)
struct SqliteRowOf<T> : SqliteRowOf<EncodedType<T>> {};
template <class T>
using SqliteRow = typename SqliteRowOf<T>::type;

template <class T>
consteval auto sqliteColumnTypes()
{
    if constexpr (hasSqliteMembers<T>()) return PartsOf<T>{};
    else return TypeList<T>{};
}

/// The first of them that is none.
template <class T, std::size_t I, class M, class... Ms>
consteval auto noSqliteColumn(TypeList<M, Ms...>)
{
    if constexpr (isSqliteColumn<M> && sizeof...(Ms) > 0) return noSqliteColumn<T, I + 1>(TypeList<Ms...>{});
    else return std::type_identity<MemberOf<T, I, M>>{};
}

struct FitsSqlite {
    template <class... Ts>
    static consteval bool all(TypeList<Ts...>)
    {
        return sizeof...(Ts) > 0 && (isSqliteColumn<Ts> && ...);
    }
    template <class Up>
    static constexpr bool holds = all(sqliteColumnTypes<SqliteRow<ValueOf<Up>>>());

    template <class Op, class Up>
    static consteval void explain()
    {
        using T = SqliteRow<ValueOf<Up>>;
        if constexpr (hasSqliteMembers<T>() && decltype(sqliteColumnTypes<T>())::size > 0) {
            using Found = typename decltype(noSqliteColumn<T, 0>(sqliteColumnTypes<T>()))::type;
            static_assert(isSqliteColumn<Found>,
                          "sluice::saveToSqlite(path, table): this member (its struct, pair or tuple, its place from 0, its type) is no "
                          "column: one is a bool, number, text, bytes, Time, duration, or an optional of these. Map the records to flat "
                          "ones, as a pair with a pair in it to a tuple, or specialise sluice::EncodedAs for its type");
        } else {
            static_assert(holds<Up>,
                          "sluice::saveToSqlite(path, table): the records must be rows: pairs, tuples or structs of bools, numbers, texts, "
                          "bytes, Times, durations and optionals of these, or one of these alone");
        }
    }
};

struct SqliteColumn {
    std::string name;
    SqliteType type;
    bool optional;
};

template <class T>
SLUICE_COLD std::vector<SqliteColumn> sqliteColumnsOf()
{
    std::vector<SqliteColumn> columns;
    [&columns]<class... Ts>(TypeList<Ts...>) {
        (columns.push_back({{}, sqliteTypeOf<typename SqliteValue<Ts>::type>(), SqliteValue<Ts>::optional}), ...);
    }(sqliteColumnTypes<T>());
    if constexpr (!hasSqliteMembers<T>()) {
        columns[0].name = "value";
    } else if constexpr (isPair<T>) {
        columns[0].name = "key";
        columns[1].name = "value";
    } else if constexpr (shapeOf<T>() == Shape::record) {
        [&columns]<std::size_t... I>(std::index_sequence<I...>) {
            ((columns[I].name = memberName<T, I>()), ...);
        }(std::make_index_sequence<hanaSize<T>>{});
    } else {
        for (std::size_t i = 0; i < columns.size(); ++i) columns[i].name = concat({"_", Digits{i + 1}.text()});
    }
    return columns;
}

/// `"name"`, as SQL writes it.
SLUICE_COLD inline std::string sqliteQuoted(std::string_view name)
{
    std::string quoted = "\"";
    for (char const c : name) quoted.append(c == '"' ? 2 : 1, c);
    return quoted += '"';
}

SLUICE_COLD inline bool sqliteSameName(std::string const& a, std::string const& b) { return ::sqlite3_stricmp(a.c_str(), b.c_str()) == 0; }

constexpr char const* sqliteTypeName(SqliteType type)
{
    constexpr char const* names[] = {"", "INTEGER", "REAL", "TEXT", "BLOB"};
    return names[static_cast<std::size_t>(type)];
}

// ---- where it goes ---------------------------------------------------------------------------------------------------

/// What an output was told, checked, with the columns that its records have.
struct SqliteTarget {
    std::string path;
    std::string table;
    SqliteOptions options;
    Label label;
    Duration interval{};
    std::vector<SqliteColumn> columns{};

    SLUICE_COLD SqliteTarget(std::string const& where, std::string name, SqliteOptions with, Label const& at)
        : path(io::localPath(at, where)), table(std::move(name)), options(std::move(with)), label(at)
    {
        if (path.empty() || path == ":memory:" || path.find('\0') != std::string::npos)
            refuse({"the path must be that of a file, got \"", path, "\""});
        requireName("table", table);
        if (sqliteSameName(table, "sluice_batches")) refuse({"sluice_batches is where it is noted which batches are written"});
        if (options.output.empty()) options.output = table;
        if (options.busyTimeout < Duration{0}) refuse({"SqliteOptions::busyTimeout must not be negative"});
        for (auto const* const names : {&options.columns, &options.key}) {
            for (std::size_t i = 0; i < names->size(); ++i) {
                requireName("column", (*names)[i]);
                for (std::size_t j = 0; j < i; ++j) {
                    if (sqliteSameName((*names)[i], (*names)[j])) refuse({"the column \"", (*names)[i], "\" is named twice"});
                }
            }
        }
        if (options.write == SqliteWrite::append && !options.key.empty())
            refuse({"SqliteOptions::key is of an upsert: set SqliteOptions::write, too"});
    }

    SLUICE_COLD void take(std::vector<SqliteColumn> of, bool pairs)
    {
        columns = std::move(of);
        auto const& names = options.columns;
        if (!names.empty() && names.size() != columns.size()) {
            refuse({"SqliteOptions::columns has ", Digits{names.size()}.text(), " names, and a record has ", Digits{columns.size()}.text(),
                    " members"});
        }
        for (std::size_t i = 0; i < names.size(); ++i) columns[i].name = names[i];
        if (options.write == SqliteWrite::append) return;
        if (options.key.empty()) {
            if (!pairs) refuse({"which columns are the key, SqliteOptions::key has to say where the records are no pairs"});
            options.key.push_back(columns[0].name);
        }
        for (auto const& key : options.key) {
            auto const* const column = find(key);
            if (column == nullptr) refuse({"the key \"", key, "\" is no column of the records, which have ", columnNames()});
            if (column->optional) refuse({"the key \"", key, "\" may be missing: where it is, SQL takes no row for the same as another"});
        }
    }

    [[nodiscard]] SLUICE_COLD SqliteColumn const* find(std::string const& name) const
    {
        for (auto const& column : columns) {
            if (sqliteSameName(column.name, name)) return &column;
        }
        return nullptr;
    }
    [[nodiscard]] SLUICE_COLD bool isKey(SqliteColumn const& column) const
    {
        for (auto const& key : options.key) {
            if (sqliteSameName(column.name, key)) return true;
        }
        return false;
    }

    /// Of a table that is not there.
    [[nodiscard]] SLUICE_COLD std::string createStatement() const
    {
        auto sql = concat({"CREATE TABLE ", sqliteQuoted(table), " ("});
        for (auto const& column : columns) {
            if (&column != &columns[0]) sql += ", ";
            sql += concat({sqliteQuoted(column.name), " ", sqliteTypeName(column.type), column.optional ? "" : " NOT NULL"});
        }
        if (options.key.empty()) return sql + ")";
        sql += ", PRIMARY KEY (";
        for (auto const& key : options.key) sql += concat({&key == &options.key[0] ? "" : ", ", sqliteQuoted(key)});
        // Rows lie in the order of the key: a number is the row's own, whatever else would be an index beside the rows.
        bool const byNumber = options.key.size() == 1 && find(options.key[0])->type == SqliteType::integer;
        return sql + (byNumber ? "))" : ")) WITHOUT ROWID");
    }

    [[nodiscard]] SLUICE_COLD std::string insertStatement() const
    {
        std::string names;
        std::string values;
        std::string keys;
        std::string updates;
        auto const add = [](std::string& list, std::string const& what) { list += concat({list.empty() ? "" : ", ", what}); };
        for (auto const& column : columns) {
            auto const name = sqliteQuoted(column.name);
            add(names, name);
            add(values, "?");
            if (isKey(column)) add(keys, name);
            else add(updates, concat({name, " = excluded.", name}));
        }
        auto sql = concat({"INSERT INTO ", sqliteQuoted(table), " (", names, ") VALUES (", values, ")"});
        if (options.write == SqliteWrite::append) return sql;
        return sql + concat({" ON CONFLICT (", keys, ") DO ", updates.empty() ? "NOTHING" : "UPDATE SET ", updates});
    }

    /// An error of this output that names the database, too.
    [[nodiscard]] SLUICE_COLD StreamError error(std::initializer_list<std::string_view> what) const
    {
        return {label, concat({path, ", table ", table, ": ", concat(what)})};
    }

private:
    [[noreturn]] SLUICE_COLD void refuse(std::initializer_list<std::string_view> why) const
    {
        throw InvalidArgument{concat({where(label), ": ", concat(why)})};
    }
    SLUICE_COLD void requireName(std::string_view what, std::string const& name) const
    {
        if (name.empty() || name.find('\0') != std::string::npos)
            refuse({"the name of a ", what, " must not be empty, or have a NUL in it"});
    }
    [[nodiscard]] SLUICE_COLD std::string columnNames() const
    {
        std::string all;
        for (auto const& column : columns) all += concat({all.empty() ? "\"" : ", \"", column.name, "\""});
        return all;
    }
};

class SqliteStatement {
public:
    SqliteStatement() = default;
    SqliteStatement(SqliteStatement const&) = delete;
    SqliteStatement& operator=(SqliteStatement const&) = delete;
    ~SqliteStatement() { ::sqlite3_finalize(statement); }

    ::sqlite3_stmt* statement = nullptr;
};

/// The open database, and a table of it, in which batches are written by one thread at a time. What it throws leaves it to be
/// closed, which takes back the transaction.
class SqliteTable {
public:
    SLUICE_COLD explicit SqliteTable(SqliteTarget const& target) : target_(target)
    {
        auto const flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
        auto const code = ::sqlite3_open_v2(target.path.c_str(), &database_.handle, flags, nullptr);
        if (database_.handle == nullptr) throw std::bad_alloc{};
        if (code != SQLITE_OK) fail();
        ::sqlite3_extended_result_codes(database_.handle, 1);
        auto const wait = target.options.busyTimeout.count() / 1000;
        ::sqlite3_busy_timeout(database_.handle,
                               wait < std::numeric_limits<int>::max() ? static_cast<int>(wait) : std::numeric_limits<int>::max());
        if (target.options.writeAheadLog) {
            auto const mode = answer("PRAGMA journal_mode = WAL");
            if (mode != "wal") {
                throw target.error(
                    {"it keeps no write-ahead log, but a journal of the mode \"", mode, "\": set SqliteOptions::writeAheadLog = false"});
            }
        }
        constexpr char const* modes[] = {"PRAGMA synchronous = OFF", "PRAGMA synchronous = NORMAL", "PRAGMA synchronous = FULL"};
        run(modes[static_cast<std::size_t>(target.options.synchronous)]);
        run("BEGIN IMMEDIATE");
        run("CREATE TABLE IF NOT EXISTS sluice_batches "
            "(output TEXT NOT NULL, batch_time INTEGER NOT NULL, PRIMARY KEY (output, batch_time)) WITHOUT ROWID");
        makeTable();
        run("COMMIT");
        prepare(begin_, "BEGIN IMMEDIATE");
        prepare(commit_, "COMMIT");
        prepare(isWritten_, "SELECT 1 FROM sluice_batches WHERE output = ?1 AND batch_time = ?2");
        prepare(note_, "INSERT INTO sluice_batches (output, batch_time) VALUES (?1, ?2)");
        prepare(forget_, "DELETE FROM sluice_batches WHERE output = ?1 AND batch_time < ?2");
        prepare(insert_, target.insertStatement());
        for (auto const* const statement : {&isWritten_, &note_, &forget_}) bindText(*statement, 1, target.options.output);
    }

    /// What a statement of one row and column says.
    SLUICE_COLD std::string answer(char const* sql) const
    {
        SqliteStatement statement;
        prepare(statement, sql);
        if (::sqlite3_step(statement.statement) != SQLITE_ROW) fail();
        return textIn(statement, 0);
    }

    /// Whether another file, or none, is in the place of the one that is open: then that has all that was written.
    [[nodiscard]] SLUICE_COLD bool hasMoved() const
    {
        int moved = 0;
        ::sqlite3_file_control(database_.handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
        // Who moves a file leaves the log behind, and what that still has.
        if (moved != 0 && ::sqlite3_wal_checkpoint_v2(database_.handle, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr) != SQLITE_OK)
            fail();
        return moved != 0;
    }

    /// The first row of batch t is to come; false where it is written already.
    SLUICE_COLD bool begin(Time t)
    {
        step(begin_);
        ::sqlite3_bind_int64(isWritten_.statement, 2, t.microseconds());
        bool const written = step(isWritten_);
        if (written) run("ROLLBACK");
        return !written;
    }

    /// Its last row has come.
    SLUICE_COLD void commit(Time t)
    {
        // A start after a crash repeats what a checkpoint does not know yet, which is far less than this.
        auto const old = t - 100'000 * target_.interval;
        ::sqlite3_bind_int64(forget_.statement, 2, old.microseconds());
        step(forget_);
        ::sqlite3_bind_int64(note_.statement, 2, t.microseconds());
        step(note_);
        step(commit_);
    }

    /// One row, of values that live as long as the call.
    template <class... Ts>
    void insert(Ts const&... values)
    {
        int i = 0;
        (bind(++i, values, SQLITE_STATIC), ...);
        auto const code = ::sqlite3_step(insert_.statement);
        if (code != SQLITE_DONE) [[unlikely]]
            fail();
        ::sqlite3_reset(insert_.statement);
    }

private:
    struct Handle {
        Handle() = default;
        Handle(Handle const&) = delete;
        Handle& operator=(Handle const&) = delete;
        ~Handle() { ::sqlite3_close_v2(handle); }

        ::sqlite3* handle = nullptr;
    };

    [[noreturn]] SLUICE_COLD void fail() const
    {
        auto const code = ::sqlite3_errcode(database_.handle);
        if (code == SQLITE_NOMEM) throw std::bad_alloc{};
        auto const system = (code & 0xff) == SQLITE_CANTOPEN ? ::sqlite3_system_errno(database_.handle) : 0;
        std::string_view const why = system != 0 ? std::strerror(system) : "";
        throw target_.error({::sqlite3_errmsg(database_.handle), why.empty() ? "" : " (", why, why.empty() ? "" : ")"});
    }

    SLUICE_COLD void prepare(SqliteStatement& statement, std::string const& sql) const
    {
        auto const code = ::sqlite3_prepare_v3(database_.handle, sql.c_str(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                               &statement.statement, nullptr);
        if (code != SQLITE_OK) fail();
    }
    SLUICE_COLD void bindText(SqliteStatement const& statement, int i, std::string_view text) const
    {
        if (::sqlite3_bind_text64(statement.statement, i, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK) fail();
    }
    /// Whether there was a row.
    SLUICE_COLD bool step(SqliteStatement const& statement) const
    {
        auto const code = ::sqlite3_step(statement.statement);
        if (code != SQLITE_ROW && code != SQLITE_DONE) fail();
        ::sqlite3_reset(statement.statement);
        return code == SQLITE_ROW;
    }
    SLUICE_COLD void run(char const* sql) const
    {
        SqliteStatement statement;
        prepare(statement, sql);
        step(statement);
    }
    [[nodiscard]] SLUICE_COLD static std::string textIn(SqliteStatement const& statement, int column)
    {
        auto const* const text = ::sqlite3_column_text(statement.statement, column);
        return text != nullptr ? std::string{reinterpret_cast<char const*>(text)} : std::string{};
    }

    /// What becomes of a value in a column that was declared so, by SQLite's rules ("Datatypes In SQLite", 3.1).
    [[nodiscard]] SLUICE_COLD static SqliteType affinity(std::string const& declared)
    {
        auto const has = [&declared](char const* part) { return ::sqlite3_strlike(part, declared.c_str(), 0) == 0; };
        if (has("%INT%")) return SqliteType::integer;
        if (has("%CHAR%") || has("%CLOB%") || has("%TEXT%")) return SqliteType::text;
        if (has("%BLOB%") || declared.empty()) return SqliteType::blob;
        if (has("%REAL%") || has("%FLOA%") || has("%DOUB%")) return SqliteType::real;
        return SqliteType::none;  // NUMERIC
    }
    /// Whether a column that was declared so keeps values of the type as they are.
    [[nodiscard]] SLUICE_COLD static bool keeps(std::string const& declared, SqliteType type)
    {
        auto const found = affinity(declared);
        if (found == type || found == SqliteType::blob) return true;
        return found == SqliteType::none && (type == SqliteType::integer || type == SqliteType::real);
    }

    /// Makes the table, or looks whether the one that is there takes the records as they are.
    SLUICE_COLD void makeTable() const
    {
        SqliteStatement info;
        prepare(info, "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk FROM pragma_table_info(?1)");
        bindText(info, 1, target_.table);
        std::vector<bool> found(target_.columns.size());
        bool exists = false;
        int code = SQLITE_ROW;
        while ((code = ::sqlite3_step(info.statement)) == SQLITE_ROW) {
            exists = true;
            auto const name = textIn(info, 0);
            auto const declared = textIn(info, 1);
            bool const required = ::sqlite3_column_int(info.statement, 2) != 0;
            bool const isRowid = ::sqlite3_column_int(info.statement, 4) != 0 && ::sqlite3_stricmp(declared.c_str(), "INTEGER") == 0;
            auto const* const column = target_.find(name);
            if (column == nullptr) {
                if (required && ::sqlite3_column_int(info.statement, 3) == 0 && !isRowid)
                    throw target_.error({"its column \"", name, "\" is NOT NULL, without a default, and the records have none"});
                continue;
            }
            found[static_cast<std::size_t>(column - target_.columns.data())] = true;
            if (!keeps(declared, column->type)) {
                throw target_.error(
                    {"the column \"", name, "\" must be ", sqliteTypeName(column->type), " for these records, and is ", declared});
            }
            if (column->optional && required)
                throw target_.error(
                    {"the column \"", name, "\" must take NULL, since the records may have no value there, and is NOT NULL"});
        }
        if (code != SQLITE_DONE) fail();
        if (!exists) return run(target_.createStatement().c_str());
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (found[i]) continue;
            throw target_.error({"it has no column \"", target_.columns[i].name, "\", which must be ",
                                 sqliteTypeName(target_.columns[i].type), " for these records"});
        }
    }

    template <class T>
    void bind(int i, T const& value, ::sqlite3_destructor_type lives)
    {
        constexpr auto shape = shapeOf<T>();
        int code = SQLITE_OK;
        if constexpr (shape == Shape::optional) {
            if (value) return bind(i, *value, lives);
            code = ::sqlite3_bind_null(insert_.statement, i);
        } else if constexpr (shape == Shape::byUser) {
            return bind<EncodedType<T>>(i, EncodedAs<T>::to(value), SQLITE_TRANSIENT);
        } else if constexpr (shape == Shape::time) {
            return bind(i, value.microseconds(), lives);
        } else if constexpr (shape == Shape::duration) {
            return bind(i, value.count(), lives);
        } else if constexpr (std::is_same_v<T, char>) {
            code = ::sqlite3_bind_text64(insert_.statement, i, &value, 1, lives, SQLITE_UTF8);
        } else if constexpr (shape == Shape::text) {  // null would be NULL
            code =
                ::sqlite3_bind_text64(insert_.statement, i, value.data() != nullptr ? value.data() : "", value.size(), lives, SQLITE_UTF8);
        } else if constexpr (SqliteBytes<T>) {
            auto const* const bytes = reinterpret_cast<char const*>(std::data(value));
            code = ::sqlite3_bind_blob64(insert_.statement, i, bytes != nullptr ? bytes : "", std::size(value), lives);
        } else if constexpr (std::is_floating_point_v<T>) {
            if (value != value) [[unlikely]]
                failNan(i);
            code = ::sqlite3_bind_double(insert_.statement, i, static_cast<double>(value));
        } else {
            auto const number = static_cast<WrittenNumber<T>>(value);
            if constexpr (std::is_unsigned_v<WrittenNumber<T>> && sizeof number == 8) {
                if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) [[unlikely]]
                    failTooLarge(i, number);
            }
            code = ::sqlite3_bind_int64(insert_.statement, i, static_cast<std::int64_t>(number));
        }
        if (code != SQLITE_OK) [[unlikely]]
            fail();
    }

    [[nodiscard]] std::string const& nameOf(int i) const { return target_.columns[static_cast<std::size_t>(i - 1)].name; }
    [[noreturn]] SLUICE_COLD void failNan(int i) const
    {
        throw target_.error(
            {"the column \"", nameOf(i), "\": NaN is no value of SQLite, which would make it NULL: map it to an optional without value"});
    }
    [[noreturn]] SLUICE_COLD void failTooLarge(int i, std::uint64_t number) const
    {
        throw target_.error({"the column \"", nameOf(i), "\": ", std::to_string(number),
                             " is more than an INTEGER of SQLite holds, 9223372036854775807: map it to text"});
    }

    SqliteTarget const& target_;
    Handle database_;
    SqliteStatement begin_;
    SqliteStatement commit_;
    SqliteStatement isWritten_;
    SqliteStatement note_;
    SqliteStatement forget_;
    SqliteStatement insert_;
};

/// Where an output's batches go: open from its first batch on, until something fails.
struct SqliteOutput {
    SqliteTarget target;
    GraphCore* graph = nullptr;  // which holds the output
    std::optional<SqliteTable> table{};

    SLUICE_COLD explicit SqliteOutput(SqliteTarget to) : target(std::move(to)) {}
    SLUICE_COLD SqliteOutput(SqliteOutput const& other) : target(other.target), graph(other.graph) {}
    SqliteOutput& operator=(SqliteOutput const&) = delete;

    SLUICE_COLD void open()
    {
        if (table && table->hasMoved()) table.reset();
        if (!table) table.emplace(target);
    }
    SLUICE_COLD void tellRepeated(Time t) const
    {
        graph->log({LogLevel::info, target.label, t,
                    concat({target.path, ", table ", target.table, ": this batch is written already, and is left out"})});
    }
};

/// Writes rows into the transaction of a batch, which begins at the first one.
struct SqliteSink {
    enum class State { idle, writing, repeated };

    SqliteTable* table;
    Time time;
    Label const* label;
    State state = State::idle;

    template <class R>
    bool operator()(R const& record)
    {
        if (state == State::idle) state = table->begin(time) ? State::writing : State::repeated;
        if (state == State::repeated) return false;
        runIn(*label, [&] { insert(record, [this](auto const&... values) { table->insert(values...); }); });
        return true;
    }

private:
    /// f(value, …) of a row, within which all of them live.
    template <class T, class F>
    static void insert(T const& record, F const& f)
    {
        constexpr auto shape = shapeOf<T>();
        if constexpr (!std::is_same_v<SqliteRow<T>, T>) {
            insert<EncodedType<T>>(EncodedAs<T>::to(record), f);
        } else if constexpr (!hasSqliteMembers<T>()) {
            f(record);
        } else if constexpr (shape == Shape::tuple) {
            std::apply(f, record);
        } else if constexpr (shape == Shape::record) {
            auto const all = boost::hana::accessors<T>();
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                f(boost::hana::second(boost::hana::at_c<I>(all))(record)...);
            }(std::make_index_sequence<hanaSize<T>>{});
        } else {
            visitMembers(record, f);
        }
    }
};

struct SaveToSqlite {
    static constexpr char const* spelled = "saveToSqlite";

    template <class Output>
    static void run(Output& output, Time t)
    {
        auto& to = output.f;
        auto const& planned = *output.batch;
        try {
            to.open();
            planned.prepare();
            SqliteSink sink{&*to.table, t, &output.label};
            // One partition after another: their order is that of the rows, whatever there are of workers.
            InlinePlace::run(
                planned.partitions(), [&](std::size_t p) { return sink.state == SqliteSink::State::repeated || planned.isEmpty(p); },
                [&](std::size_t p) { planned.each(p, 0, sink); });
            if (sink.state == SqliteSink::State::writing) to.table->commit(t);
            else if (sink.state == SqliteSink::State::repeated) to.tellRepeated(t);
        } catch (...) {
            to.table.reset();  // which takes back what was written
            throw;
        }
    }
};

struct SaveToSqliteOp : BatchOutputOp<SaveToSqlite, SqliteOutput, FitsSqlite> {
    SLUICE_COLD SaveToSqliteOp(SqliteTarget target, Label const& where) : BatchOutputOp(SqliteOutput{std::move(target)}, where) {}

    template <class Node>
    void attach(Node node) const
    {
        using T = SqliteRow<ValueOf<typename Node::Batch>>;
        auto mine = *this;
        auto& target = mine.f.target;
        target.take(sqliteColumnsOf<T>(), isPair<T>);
        target.interval = node.graph()->interval();
        mine.f.graph = node.graph().get();
        node.graph()->addTarget(concat({target.path, ", ", target.options.output}), label);
        static_cast<BatchOutputOp const&>(mine).attach(std::move(node));
    }
};

struct SaveToSqliteFn : OperatorFnBase {
    [[nodiscard]] SLUICE_COLD auto operator()(std::string const& path, std::string table, SqliteOptions options = {},
                                              CallSite at = CallSite::here()) const
    {
        Label const label{SaveToSqlite::spelled, at};
        return SaveToSqliteOp{SqliteTarget{path, std::move(table), std::move(options), label}, label};
    }
};

}  // namespace detail

/// Output: write each batch into a table of an SQLite database, in one transaction: `saveToSqlite(path, table, options = {})`. In it are
/// the rows and, in the table `sluice_batches`, the output and the batch's time in microseconds: a batch that is run again, as after a
/// crash, finds itself there and writes nothing. So with a `checkpoint`, a source that gives a batch again, and `onBatchFailure = stop`
/// or `retry(n).then(stop)`, each record is in the table exactly once: `proceed` leaves out a batch that cannot be written.
///
/// A record is a row: a pair, a tuple, a struct, or one value alone. `bool`, integers, enums, `Time` (microseconds since the epoch) and
/// durations (counts of their own unit) are INTEGER, floating point numbers REAL, strings and `char` TEXT, containers of `std::byte` or
/// `unsigned char` BLOB; `EncodedAs` says it for classes of yours. Optionals and smart pointers may be NULL, all else is NOT NULL. Text
/// is bytes as they came, with NULs in it, too. A struct within a struct is refused while compiling. A `std::uint64_t` that is more than
/// INTEGER holds, and NaN, which SQLite would make NULL, fail the batch, as a `StreamError` that names the column.
///
/// A table that is not there is made, with the key as its PRIMARY KEY. One that is there must have the columns, of a type that changes no
/// value, with NULL where the records have it; it may have more that have a default or take NULL. What does not fit is a `StreamError`,
/// in the first batch, that names the column, the type that it must be and the one that it is. With `SqliteWrite::upsert` the key must be
/// a PRIMARY KEY or UNIQUE; of several records with one key the last is what stays. A key that is no column, names of which there are too
/// few or too many: `InvalidArgument` at the call. So is an empty path, `:memory:`, and two outputs of one name
/// (`SqliteOptions::output`).
///
/// Rows stand in the order of partitions, and are written by one thread. Nothing is written of batches without records, nor where there
/// is *no RDD*. Where anything throws, the transaction is taken back, and the error names this output, the database, the table, and what
/// SQLite says: another process that writes for longer than `busyTimeout`, a database that is read-only, a full disk. The next attempt
/// (`onBatchFailure`) opens the database anew; so does a batch that finds that the file was moved or removed. Which batches are written
/// is known of the last 100,000; batch times of a program without a checkpoint are those of the clock: one that was set back, and comes
/// to a time again, finds that batch written.
///
/// Needs SQLite 3.24 or newer (`libsqlite3-dev`; link with `-lsqlite3`).
///
/// ```cpp
/// std::remove("/tmp/sluice-example.db");
/// IntervalClock clock{1s};
/// testing::literalStream<std::pair<std::string, int>>(clock, {{{"to", 1}, {"be", 1}}, {{"to", 2}}})
///     | saveToSqlite("/tmp/sluice-example.db", "counts", {.write = SqliteWrite::upsert, .columns = {"word", "times"}});
/// clock.poll(Time{0s});
/// clock.poll(Time{1s});
/// clock.poll(Time{2s});
/// std::string times;
/// sqlite3* db = nullptr;
/// sqlite3_open("/tmp/sluice-example.db", &db);
/// auto const keep = [](void* to, int, char** values, char**) { return *static_cast<std::string*>(to) += values[0], 0; };
/// sqlite3_exec(db, "SELECT times FROM counts WHERE word = 'to'", keep, &times, nullptr);
/// sqlite3_close(db);
/// CHECK(times == "2");
/// std::remove("/tmp/sluice-example.db");
/// ```
inline constexpr detail::SaveToSqliteFn saveToSqlite{};

}  // namespace sluice::inline SLUICE_ABI
