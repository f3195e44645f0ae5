#pragma once

#include <cstddef>

namespace bench {

/// How many allocations the program has made so far: for those that link allocations.cpp.
std::size_t allocations();

}  // namespace bench
