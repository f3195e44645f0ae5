#include <sluice/codec/compression.hpp>

#include <doctest/doctest.h>

using namespace sluice;

TEST_CASE("what no library is there for is refused by the name of its header, and no compression needs none")
{
    CHECK(detail::compressorOf(Compression::none, "this") == nullptr);
    CHECK_THROWS_WITH_AS(static_cast<void>(detail::compressorOf(Compression::zstd, "/out/part-00000: it is compressed")),
                         "/out/part-00000: it is compressed by zstd: that needs a program that includes <sluice/zstd.hpp>", Unsupported);
}
