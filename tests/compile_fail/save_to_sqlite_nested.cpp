// expect: sluice::saveToSqlite\(path, table\): this member .* is no column
#include <sluice/sluice.hpp>

#if __has_include(<sqlite3.h>)
#include <sluice/sqlite.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string, std::pair<int, int>>> pairs)
{
#ifdef SLUICE_TWIN
    pairs | map([](auto const& p) { return std::tuple{p.first, p.second.first, p.second.second}; }) | saveToSqlite("a.db", "t");
#else
    pairs | saveToSqlite("a.db", "t");
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice::saveToSqlite(path, table): this member (…) is no column");
#endif
