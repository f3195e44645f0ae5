#include "../fused/handwritten.hpp"
#include "../fused/sluice.hpp"

#include <cstdio>
#include <cstdlib>
#include <vector>

// One loop of those that codegen.py compares, so often: loops <which> <records> <times>. `which` counts through the spellings
// of the handwritten fold, then comes the pipeline's.

#ifndef RECORD
#define RECORD std::int64_t
#define PREDICATE Between
#endif

using T = RECORD;
using Predicate = fused::PREDICATE;

int main(int argc, char** argv)
{
    if (argc != 4) return std::puts("usage: loops <which> <records> <times>"), 2;
    auto const which = static_cast<std::size_t>(std::atoi(argv[1]));
    auto const size = static_cast<std::size_t>(std::atoi(argv[2]));
    int const times = std::atoi(argv[3]);
    auto const byHand = fused::handwritten<Predicate, T>(false);
    std::vector<T> records(size);
    for (std::size_t i = 0; i < size; ++i) records[i] = static_cast<T>((i * 7919) % 2001) - 1000;
    T volatile sum = 0;
    auto const run = which < byHand.size() ? byHand[which].run : &fused::Sluice<Predicate, T>::fold;
    for (int k = 0; k < times; ++k) sum = run(records.data(), size);
    std::printf("%s\n", which < byHand.size() ? byHand[which].spelling : "sluice");
    return which <= byHand.size() ? 0 : 3;
}
