// expect: sluice: an output must stand behind a stream; with a batch use
#include <sluice/sluice.hpp>

#if __has_include(<sqlite3.h>)
#include <sluice/sqlite.hpp>

using namespace sluice;

void program(DStream<int> stream, RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    static_cast<void>(numbers);
    stream | saveToSqlite("a.db", "t");
#else
    static_cast<void>(stream);
    numbers | saveToSqlite("a.db", "t");
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice: an output must stand behind a stream; with a batch use");
#endif
