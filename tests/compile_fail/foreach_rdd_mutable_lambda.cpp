// expect: sluice: the function is called as const: no mutable lambda
#include <sluice/sluice.hpp>

#include <cstdint>
#include <memory>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    auto seen = std::make_shared<std::int64_t>(0);
    numbers | foreachRDD([seen](auto batch) { *seen += batch | count(); });
#else
    numbers | foreachRDD([seen = std::int64_t{0}](auto batch) mutable { seen += batch | count(); });
#endif
}
