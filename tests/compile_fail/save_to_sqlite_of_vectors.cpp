// expect: sluice::saveToSqlite\(path, table\): the records must be rows
#include <sluice/sluice.hpp>

#if __has_include(<sqlite3.h>)
#include <sluice/sqlite.hpp>

using namespace sluice;

void program(DStream<std::vector<int>> lists)
{
#ifdef SLUICE_TWIN
    lists | flatMap([](auto const& list) { return list; }) | saveToSqlite("a.db", "t");
#else
    lists | saveToSqlite("a.db", "t");
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice::saveToSqlite(path, table): the records must be rows");
#endif
