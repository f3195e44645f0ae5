#pragma once

#include <doctest/doctest.h>

// One verb: what holds while compiling, and again at run time.
#define VERIFY(...)             \
    static_assert(__VA_ARGS__); \
    CHECK(__VA_ARGS__)
