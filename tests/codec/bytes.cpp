#include <sluice/codec/bytes.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace sluice;
using namespace std::literals;

TEST_CASE("sizes take seven bits a byte, and are read again")
{
    std::pair<std::uint64_t, std::string> const sizes[] = {
        {0, "\0"s}, {127, "\x7f"}, {128, "\x80\x01"}, {300, "\xac\x02"}, {~std::uint64_t{0}, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"}};
    for (auto const& [size, bytes] : sizes) {
        std::string out = "before";
        {
            BinaryWriter writer{out};
            writer.size(size);
            CHECK(writer.written() == 6 + bytes.size());
        }
        CHECK(out == "before" + bytes);
        BinaryReader reader{bytes};
        CHECK(reader.size() == size);
        CHECK(reader.left() == 0);
        CHECK(reader.offset() == bytes.size());
    }
}

TEST_CASE("a size that is too long, too large, cut off, or not in its shortest form is none")
{
    for (auto const& bytes : {""s, "\x80"s, "\x80\0"s, "\xff\0"s, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"s,
                              "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"s}) {
        BinaryReader reader{bytes};
        CHECK_THROWS_AS(reader.guard("a size", [&] { return reader.size(); }), CodecError);
    }
}

TEST_CASE("numbers have their lowest byte first")
{
    std::string out;
    BinaryWriter writer{out};
    writer.number(std::uint32_t{0x01020304});
    writer.number(std::int16_t{-2});
    writer.number(1.0);
    writer.number('x');
    writer.finish();
    CHECK(out == "\x04\x03\x02\x01\xfe\xff\0\0\0\0\0\0\xf0\x3fx"s);
    BinaryReader reader{out};
    CHECK(reader.number<std::uint32_t>() == 0x01020304);
    CHECK(reader.number<std::int16_t>() == -2);
    CHECK(reader.number<double>() == 1.0);
    CHECK(reader.number<char>() == 'x');
}

TEST_CASE("a writer grows its string, and leaves it whole")
{
    std::string out;
    std::string expected;
    {
        BinaryWriter writer{out};
        for (int i = 0; i < 1000; ++i) {
            std::string const text(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 7));
            writer.text(text);
            expected += static_cast<char>(text.size()) + text;
            if (i % 100 == 0) {
                writer.finish();
                CHECK(out == expected);
            }
        }
        writer.bytes(nullptr, 0);
    }
    CHECK(out == expected);
}

TEST_CASE("a writer takes the time of what it writes, however long its string is already")
{
    std::string out(std::size_t{1} << 20, 'a');
    out.reserve(std::size_t{4} << 20);
    BinaryWriter writer{out};
    writer.number(std::uint8_t{1});
    CHECK(out.size() <= (std::size_t{1} << 20) + 256);
    for (int i = 0; i < 1000; ++i) writer.text("some text");
    CHECK(out.size() <= (std::size_t{1} << 20) + 2 * 10'001);
    writer.finish();
    CHECK(out.size() == (std::size_t{1} << 20) + 10'001);
}

TEST_CASE("a writer takes what a string has behind its first bytes for memory")
{
    for (std::size_t const room : {0U, 1U, 7U, 8U, 1000U}) {
        CAPTURE(room);
        std::string out = "head" + std::string(room, '?');
        {
            BinaryWriter writer{out, 4};
            CHECK(writer.written() == 4);
            writer.text("message");
            CHECK(writer.written() == 12);
        }
        CHECK(out == "head\x07message");
    }
    std::string out = "head, and no more";
    {
        BinaryWriter const writer{out, 4};
    }
    CHECK(out == "head");
}

TEST_CASE("the size of what is written next stands before it, whatever it is")
{
    for (std::size_t const size : {0U, 1U, 127U, 128U, 16'383U, 16'384U, 3'000'000U}) {
        CAPTURE(size);
        std::string const text(size, 'a');
        std::string out = "before";
        {
            BinaryWriter writer{out};
            writer.sized([&] {
                writer.sized([&] { writer.bytes(text.data(), size); });
                writer.number('b');
            });
            writer.number('c');
        }
        BinaryReader reader{out};
        CHECK(reader.bytes(6) == "before");
        BinaryReader inner{reader.text()};
        CHECK(inner.text() == text);
        CHECK(inner.number<char>() == 'b');
        CHECK(inner.left() == 0);
        CHECK(reader.number<char>() == 'c');
        CHECK(reader.left() == 0);
    }
}

TEST_CASE("a reader never goes beyond its bytes, and the error tells what was read and where")
{
    BinaryReader reader{
        "\x05"
        "abc"};
    CHECK_THROWS_WITH_AS(reader.guard("my header", [&] { return reader.text(); }),
                         "sluice: cannot read my header: at byte 0: a text is longer than what is left", CodecError);
    BinaryReader second{
        "\x01"
        "abc"};
    CHECK(second.text() == "a");
    try {
        second.guard("my header", [&] { return second.number<std::int32_t>(); });
        FAIL("nothing was thrown");
    } catch (CodecError const& error) {
        CHECK(error.offset() == 2);
        CHECK(std::string{error.what()} == "sluice: cannot read my header: at byte 2: fewer bytes are left than a number takes");
    }
    BinaryReader none{{}};
    CHECK(none.left() == 0);
    CHECK(none.bytes(0).empty());
    CHECK_THROWS_AS(none.guard("bytes", [&] { return none.bytes(std::numeric_limits<std::size_t>::max()); }), CodecError);
}
