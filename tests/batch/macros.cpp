#include <sluice/batch/macros.hpp>

#include "../verify.hpp"

#include <string>

TEST_CASE("the version is the same as numbers and as text")
{
    CHECK(SLUICE_VERSION_STRING ==
          std::to_string(SLUICE_VERSION_MAJOR) + '.' + std::to_string(SLUICE_VERSION_MINOR) + '.' + std::to_string(SLUICE_VERSION_PATCH));
    VERIFY(SLUICE_VERSION == SLUICE_VERSION_MAJOR * 10000 + SLUICE_VERSION_MINOR * 100 + SLUICE_VERSION_PATCH);
}
