// expect: sluice::DStream<T>: any stream of T holds records of exactly T
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(DStream<int> all, DStream<int> next)
{
#ifdef SLUICE_TWIN
    DStream<int> united = all | unionWith(next);
#else
    DStream<std::string> united = all | unionWith(next);
#endif
    united | print();
}
