// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

#if __has_include(<sqlite3.h>)
#include <sluice/sqlite.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | saveToSqlite("a.db", "t");
#else
    numbers | saveToSqlite;
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice: an operator stands in a pipe with its call");
#endif
