// What each translation unit of doc examples begins with, see tests/doc_examples.py.

#include "tests.hpp"

#include <sluice/sluice.hpp>
#if __has_include(<sluice/testing.hpp>)
#include <sluice/testing.hpp>
#endif
