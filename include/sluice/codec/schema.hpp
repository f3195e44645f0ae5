#pragma once

#include <sluice/codec/bytes.hpp>

#include <vector>

namespace sluice::inline SLUICE_ABI {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"  // g++ 12 says that enumerators hide operators, which they do not
/// What kind of value a schema describes. The numbers are part of the encoding: none ever changes.
///
/// ```cpp
/// CHECK(schemaOf<std::int32_t>().kind == SchemaKind::int32);
/// ```
enum class SchemaKind : std::uint8_t {
    boolean = 1,
    character = 2,  ///< char
    int8 = 3,       ///< an enum is its underlying integer
    int16 = 4,
    int32 = 5,
    int64 = 6,
    uint8 = 7,
    uint16 = 8,
    uint32 = 9,
    uint64 = 10,
    float32 = 11,
    float64 = 12,
    text = 13,
    time = 14,       ///< sluice::Time
    duration = 15,   ///< of std::chrono: its period, and the kind of its count
    optional = 16,   ///< std::optional, std::unique_ptr, std::shared_ptr
    sequence = 17,   ///< vector, list, deque, multiset, …
    set = 18,        ///< set, unordered_set
    map = 19,        ///< map, unordered_map
    array = 20,      ///< of a fixed length
    tuple = 21,      ///< pair, tuple
    variant = 22,    ///< its alternatives
    aggregate = 23,  ///< a plain struct: members by position
    record = 24,     ///< a struct adapted to Boost.Hana: members by name
    enclosing = 25   ///< a struct that this one lies in, as in a tree
};
#pragma GCC diagnostic pop

/// How values of a type are encoded, without the type: it can be compared, printed, encoded itself, and kept beside the values, so
/// that another version of a program still reads them. `schemaOf<T>()` makes it; it is the same with every compiler.
///
/// ```cpp
/// auto const& schema = schemaOf<std::vector<std::pair<std::string, std::int64_t>>>();
/// CHECK(schema.toString() == "sequence of (text, int64)");
/// std::string const bytes = schema.encoded();
/// CHECK(Schema::decode(bytes) == schema);
/// CHECK(Schema::decode(bytes).fingerprint() == schema.fingerprint());
/// ```
struct Schema {
    SchemaKind kind = SchemaKind::tuple;
    /// What it consists of: the elements of a tuple, the members of a struct, the alternatives of a variant, the key and the value
    /// of a map, the one element of the others that have one.
    std::vector<Schema> parts{};
    /// The names of the members, of a record alone.
    std::vector<std::string> names{};
    /// The length of an array; how many structs up an enclosing one is; the numerator of a duration's period.
    std::uint64_t count = 0;
    /// The denominator of a duration's period.
    std::uint64_t divisor = 0;

    friend bool operator==(Schema const& a, Schema const& b) { return a.isSame(b); }

    /// As an error shows it: `{name: text, ages: sequence of int32}`.
    [[nodiscard]] [[gnu::cold]] std::string toString() const;

    /// 64 bits that tell schemas apart: the same for equal ones, on every machine.
    [[nodiscard]] [[gnu::cold]] std::uint64_t fingerprint() const;

    [[gnu::cold]] void encode(BinaryWriter& writer) const;
    [[nodiscard]] [[gnu::cold]] std::string encoded() const;

    /// What encode wrote. Bytes that are none, more than one, or nested deeper than 100: `CodecError`.
    [[nodiscard]] [[gnu::cold]] static Schema decode(std::string_view bytes);
    /// The same, with more bytes behind it.
    [[nodiscard]] [[gnu::cold]] static Schema decode(BinaryReader& reader);

private:
    [[nodiscard]] [[gnu::cold]] bool isSame(Schema const& other) const;
};

namespace detail {

constexpr bool isIntegerKind(SchemaKind kind) { return kind >= SchemaKind::int8 && kind <= SchemaKind::uint64; }
constexpr bool isStructKind(SchemaKind kind) { return kind == SchemaKind::aggregate || kind == SchemaKind::record; }

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/codec/schema.ipp>
#endif
