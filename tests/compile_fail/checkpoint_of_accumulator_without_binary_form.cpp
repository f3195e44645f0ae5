// expect: sluice::checkpoint\(context, accumulator\): what is accumulated must have a binary form, and be made of it again
#include <sluice/sluice.hpp>

#if __has_include(<xxhash.h>)
#include <sluice/checkpoint.hpp>

using namespace sluice;

class Most {
public:
    void add(int x) { most_ = x > most_ ? x : most_; }
    void merge(Most const& other) { add(other.most_); }
    void reset() { most_ = 0; }
    [[nodiscard]] int value() const { return most_; }

private:
    int most_ = 0;
};

void program(StreamingContext& ssc)
{
#ifdef SLUICE_TWIN
    checkpoint(ssc, longAccumulator(ssc, "most"));
#else
    checkpoint(ssc, accumulator(ssc, Most{}, "most"));
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice::checkpoint(context, accumulator): what is accumulated must have a binary form, and be made of it again");
#endif
