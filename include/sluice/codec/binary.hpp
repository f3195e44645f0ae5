#pragma once

#include <sluice/codec/binary_form.hpp>
#include <sluice/codec/detail/convert.hpp>

// One file although it is long: each kind of type is written, read and given defaults by its shape, and the three must agree.

namespace sluice::inline SLUICE_ABI {

namespace detail {

// ---- to bytes ------------------------------------------------------------------------------------------------------------

template <class T>
void encodeInto(BinaryWriter& writer, T const& value);

/// The most bytes that a value takes, whose parts are flat: numbers and text, and what has them as they are.
template <class T>
std::size_t mostBytes(T const& value)
{
    constexpr auto shape = shapeOf<T>();
    if constexpr (fixedBytes<T> != notFixed) {
        return fixedBytes<T>;
    } else if constexpr (shape == Shape::text) {
        return mostSizeBytes + value.size();
    } else if constexpr (shape == Shape::optional) {
        return 1 + (value ? mostBytes(*value) : 0);
    } else {
        std::size_t bytes = 0;
        forParts(value, [&bytes](auto const& part) { bytes += mostBytes(part); });
        return bytes;
    }
}

/// Writes a flat value to where there is room for it.
template <class T>
char* putFlat(char* at, T const& value)
{
    constexpr auto shape = shapeOf<T>();
    if constexpr (isImage<T>) {
        std::memcpy(at, &value, sizeof(T));
        return at + sizeof(T);
    } else if constexpr (shape == Shape::byUser) {
        return putFlat<EncodedType<T>>(at, EncodedAs<T>::to(value));
    } else if constexpr (shape == Shape::boolean) {
        return putNumber(at, static_cast<std::uint8_t>(value));
    } else if constexpr (shape == Shape::number) {
        return putNumber(at, static_cast<WrittenNumber<T>>(value));
    } else if constexpr (shape == Shape::time) {
        return putNumber(at, static_cast<std::int64_t>(value.microseconds()));
    } else if constexpr (shape == Shape::duration) {
        return putNumber(at, value.count());
    } else if constexpr (shape == Shape::text) {
        at = putSize(at, value.size());
        if (value.size() > 0) std::memcpy(at, value.data(), value.size());
        return at + value.size();
    } else if constexpr (shape == Shape::optional) {
        *at++ = value ? '\1' : '\0';
        return value ? putFlat(at, *value) : at;
    } else {
        forParts(value, [&at](auto const& part) { at = putFlat(at, part); });
        return at;
    }
}

template <class T>
void encodeElements(BinaryWriter& writer, T const& range)
{
    using Element = RangeElement<T>;
    if constexpr (isImage<Element> && requires { range.data(); }) {
        writer.bytes(range.data(), range.size() * sizeof(Element));
    } else {
        auto const end = std::end(range);
        for (auto i = std::begin(range); i != end; ++i) {
            if constexpr (leastBytes<Element> == 0) writer.number(std::uint8_t{0});
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(*i)>, Element>) encodeInto<Element>(writer, *i);
            else encodeInto<Element>(writer, static_cast<Element>(*i));  // of vector<bool>
        }
    }
}

template <class T>
std::size_t sizeOfRange(T const& range)
{
    if constexpr (requires { range.size(); }) {
        return static_cast<std::size_t>(range.size());
    } else {
        std::size_t size = 0;
        for (auto i = std::begin(range); i != std::end(range); ++i) ++size;
        return size;
    }
}

template <class T>
void encodeInto(BinaryWriter& writer, T const& value)
{
    constexpr auto shape = shapeOf<T>();
    if constexpr (isFlat<T>) {
        writer.writtenTo(putFlat(writer.room(mostBytes(value)), value));
    } else if constexpr (shape == Shape::byUser) {
        encodeInto<EncodedType<T>>(writer, EncodedAs<T>::to(value));
    } else if constexpr (shape == Shape::optional) {
        writer.number(static_cast<std::uint8_t>(value ? 1 : 0));
        if (value) encodeInto<PointedBy<T>>(writer, *value);
    } else if constexpr (shape == Shape::variant) {
        if (value.valueless_by_exception()) failValueless();
        writer.size(value.index());
        visit([&writer](auto const& one) { encodeInto(writer, one); }, value);
    } else if constexpr (shape == Shape::sequence || shape == Shape::set) {
        writer.size(sizeOfRange(value));
        encodeElements(writer, value);
    } else if constexpr (shape == Shape::map) {
        writer.size(value.size());
        for (auto const& [key, mapped] : value) {
            if constexpr (leastBytes<typename T::key_type> + leastBytes<typename T::mapped_type> == 0) writer.number(std::uint8_t{0});
            encodeInto<typename T::key_type>(writer, key);
            encodeInto<typename T::mapped_type>(writer, mapped);
        }
    } else {
        if constexpr (isRecursive<T>) writer.enter();
        forParts(value, [&writer](auto const& part) { encodeInto(writer, part); });
        if constexpr (isRecursive<T>) writer.leave();
    }
}

// ---- and back ------------------------------------------------------------------------------------------------------------

template <class T>
void decodeFrom(BinaryReader& reader, T& value);

/// Reads what takes a fixed number of bytes, which are there.
template <class T>
char const* getFixed(char const* at, T& value)
{
    constexpr auto shape = shapeOf<T>();
    if constexpr (isImage<T>) {
        std::memcpy(static_cast<void*>(&value), at, sizeof(T));
        return at + sizeof(T);
    } else if constexpr (shape == Shape::byUser) {
        auto const* const end = at + fixedBytes<T>;
        EncodedType<T> made{};
        getFixed(at, made);
        value = EncodedAs<T>::from(static_cast<EncodedType<T>&&>(made));
        return end;
    } else if constexpr (shape == Shape::boolean) {
        if (static_cast<unsigned char>(*at) > 1) BinaryReader::fail(at, "a bool is neither 0 nor 1");
        value = *at != 0;
        return at + 1;
    } else if constexpr (shape == Shape::number) {
        WrittenNumber<T> number;
        getNumber(at, number);
        value = static_cast<T>(number);
        return at + sizeof number;
    } else if constexpr (shape == Shape::time) {
        std::int64_t count = 0;
        getNumber(at, count);
        value = Time{Duration{count}};
        return at + sizeof count;
    } else if constexpr (shape == Shape::duration) {
        typename T::rep count;
        getNumber(at, count);
        value = T{count};
        return at + sizeof count;
    } else {
        forParts(value, [&at](auto& part) { at = getFixed(at, part); });
        return at;
    }
}

template <std::size_t I, class T, class... Ts>
void decodeAlternative(BinaryReader& reader, T& value, std::uint64_t index, TypeList<Ts...> all)
{
    if constexpr (I < sizeof...(Ts)) {
        if (index == I) {
            value.template emplace<I>();
            decodeFrom(reader, *get_if<I>(&value));
        } else {
            decodeAlternative<I + 1>(reader, value, index, all);
        }
    }
}

/// How many elements there are: no more than the bytes that are left can hold.
template <std::size_t Least>
std::size_t decodeSize(BinaryReader& reader)
{
    auto const* const begin = reader.at();
    auto const size = reader.size();
    if (size > reader.left() / (Least == 0 ? 1 : Least))
        BinaryReader::fail(begin, "it has more elements than the bytes that are left can hold");
    return static_cast<std::size_t>(size);
}
template <std::size_t Least>
void decodePadding(BinaryReader& reader)
{
    if constexpr (Least == 0) {
        if (*reader.take(1, "the bytes end here") != 0) BinaryReader::fail(reader.at(), "an element without content is not 0");
    }
}

template <class T>
void decodeSequence(BinaryReader& reader, T& value)
{
    using Element = RangeElement<T>;
    auto const size = decodeSize<leastBytes<Element>>(reader);
    if constexpr (isImage<Element> && requires { value.resize(size), value.data(); }) {
        value.resize(size);
        if (size > 0) std::memcpy(static_cast<void*>(value.data()), reader.take(size * sizeof(Element), ""), size * sizeof(Element));
    } else if constexpr (requires {
                             { value.emplace_back() } -> std::same_as<Element&>;
                         }) {
        // Elements that are there keep their memory. None is reserved in trees: each level would reserve for all that is left.
        if constexpr (requires { value.reserve(size); } && !anyRecursive<Element>) value.reserve(size);
        std::size_t i = 0;
        auto at = value.begin();
        for (; i < size && at != value.end(); ++i, ++at) {
            decodePadding<leastBytes<Element>>(reader);
            decodeFrom(reader, *at);
        }
        if (at != value.end()) value.erase(at, value.end());
        for (; i < size; ++i) {
            decodePadding<leastBytes<Element>>(reader);
            decodeFrom(reader, value.emplace_back());
        }
    } else {
        value.clear();
        for (std::size_t i = 0; i < size; ++i) {
            decodePadding<leastBytes<Element>>(reader);
            Element element{};
            decodeFrom(reader, element);
            value.insert(value.end(), static_cast<Element&&>(element));
        }
    }
}

template <class T>
void decodeKeyed(BinaryReader& reader, T& value)
{
    constexpr auto least = leastBytesOfAll(PartsOf<T>{});
    auto const size = decodeSize<least>(reader);
    value.clear();
    for (std::size_t i = 0; i < size; ++i) {
        decodePadding<least>(reader);
        auto const* const begin = reader.at();
        typename T::key_type key{};
        decodeFrom(reader, key);
        if constexpr (shapeOf<T>() == Shape::map) {
            typename T::mapped_type mapped{};
            decodeFrom(reader, mapped);
            value.emplace_hint(value.end(), static_cast<typename T::key_type&&>(key), static_cast<typename T::mapped_type&&>(mapped));
        } else {
            value.emplace_hint(value.end(), static_cast<typename T::key_type&&>(key));
        }
        if (value.size() == i) BinaryReader::fail(begin, "a key stands there twice");
    }
}

template <class T>
void decodeFrom(BinaryReader& reader, T& value)
{
    constexpr auto shape = shapeOf<T>();
    if constexpr (fixedBytes<T> != notFixed) {
        getFixed(reader.take(fixedBytes<T>, "fewer bytes are left than it takes"), value);
    } else if constexpr (shape == Shape::byUser) {
        EncodedType<T> made{};
        decodeFrom(reader, made);
        value = EncodedAs<T>::from(static_cast<EncodedType<T>&&>(made));
    } else if constexpr (shape == Shape::text) {
        auto const text = reader.text();
        value.assign(text.data(), text.size());
    } else if constexpr (shape == Shape::optional) {
        auto const* const at = reader.take(1, "the bytes end here");
        if (static_cast<unsigned char>(*at) > 1) BinaryReader::fail(at, "an optional is neither there nor not");
        value.reset();
        if (*at == 0) return;
        if constexpr (OptionalOf<T>::value) {
            decodeFrom(reader, value.emplace());
        } else {
            auto* const made = new PointedBy<T>{};
            value.reset(made);
            decodeFrom(reader, *made);
        }
    } else if constexpr (shape == Shape::variant) {
        auto const* const at = reader.at();
        auto const index = reader.size();
        if (index >= PartsOf<T>::size) BinaryReader::fail(at, "there is no such alternative");
        decodeAlternative<0>(reader, value, index, PartsOf<T>{});
    } else if constexpr (shape == Shape::sequence) {
        decodeSequence(reader, value);
    } else if constexpr (shape == Shape::set || shape == Shape::map) {
        decodeKeyed(reader, value);
    } else {
        if constexpr (isRecursive<T>) reader.enter();
        forParts(value, [&reader](auto& part) { decodeFrom(reader, part); });
        if constexpr (isRecursive<T>) reader.leave();
    }
}

// ---- what was written with another schema --------------------------------------------------------------------------------

template <class T, class... Within>
Defaults makeDefaults();
template <class... Within, class... Ts>
void addDefaults(Defaults& defaults, TypeList<Ts...>)
{
    (defaults.parts.push_back(makeDefaults<Ts, Within...>()), ...);
}
template <class T, class... Within>
Defaults makeDefaults()
{
    constexpr auto shape = shapeOf<T>();
    Defaults defaults;
    if constexpr (shape == Shape::byUser) {
        return makeDefaults<EncodedType<T>, Within...>();
    } else if constexpr (isStruct(shape) && !(std::is_same_v<T, Within> || ...)) {
        T const made{};
        forParts(made, [&defaults](auto const& part) {
            defaults.values.emplace_back();
            BinaryWriter writer{defaults.values.back()};
            encodeInto(writer, part);
        });
        if constexpr (requires { FormerNames<T>::all; }) {
            for (FormerName const& name : FormerNames<T>::all) defaults.renamed.push_back({name.now, name.before});
        }
        addDefaults<T, Within...>(defaults, PartsOf<T>{});
    } else if constexpr (!isStruct(shape)) {
        addDefaults<Within...>(defaults, PartsOf<T>{});
    }
    return defaults;
}

template <class T>
Defaults const& defaultsOf()
{
    static Defaults const defaults = makeDefaults<T>();
    return defaults;
}

template <class T>
void decodeNext(BinaryReader& reader, T& value)
{
    auto const* const begin = reader.at();
    try {
        decodeFrom(reader, value);
    } catch (BadBytes const& bad) {
        failDecode(reader, begin, bad, schemaOf<T>());
    }
}

}  // namespace detail

/// The bytes of a value, in the library's binary form. It is the same on each machine and with each compiler, and a promise: what one
/// version of the library has written, later ones read. It does not tell its type: keep `schemaOf<T>()` beside it where that may
/// change (`Decoder`).
///
/// Numbers have their lowest byte first and the size of their type; sizes take one byte up to 127 and at most ten; text and containers
/// are their size and what they hold; what may be absent has a byte before it, 0 or 1, a variant the number of its alternative; tuples,
/// arrays and structs are what they hold. A container that has its own order is written in it, and one without in the order in
/// which it stands. A tree deeper than 256 levels, and a variant without a value: `CodecError`. A struct with a bit field:
/// `Unsupported`.
///
/// ```cpp
/// CHECK(encode(std::pair{"ab"sv, std::int16_t{-2}}) == "\x02" "ab\xfe\xff");
/// ```
template <class T>
[[nodiscard]] std::string encode(T const& value)
{
    std::string bytes;
    if constexpr (detail::requireEncodable<T>()) {
        BinaryWriter writer{bytes};
        detail::encodeInto(writer, value);
        writer.finish();
    }
    return bytes;
}

/// The same, behind what a writer has written.
///
/// ```cpp
/// std::string bytes;
/// BinaryWriter writer{bytes};
/// encode(1, writer);
/// encode("ab"s, writer);
/// writer.finish();
/// CHECK(bytes.size() == 7);
/// ```
template <class T>
void encode(T const& value, BinaryWriter& writer)
{
    if constexpr (detail::requireEncodable<T>()) detail::encodeInto(writer, value);
}

/// The value that bytes were made of, by `encode` of the same type: all of them. Text in it is owned.
///
/// Whatever the bytes are, nothing else is read, no more is allocated than so many bytes can hold, and trees are at most
/// 256 levels deep. What is no value of that type, or has bytes left: `CodecError`, which tells the member, the byte,
/// and what is wrong. Bytes of another type may be taken for one of this: who cannot be sure writes the schema beside them. An enum
/// takes any number.
///
/// ```cpp
/// CHECK(decode<std::pair<std::string_view, int>>(encode(std::pair{"ab"s, 1})) == std::pair{"ab"s, 1});
/// CHECK_THROWS_WITH_AS(static_cast<void>(decode<std::vector<bool>>("\x02\x01\x07")),
///                      "sluice::decode: [1] at byte 2: a bool is neither 0 nor 1; reading sequence of bool", CodecError);
/// ```
template <class T>
[[nodiscard]] Owned<T> decode(std::string_view bytes)
{
    Owned<T> value{};
    if constexpr (detail::requireDecodable<Owned<T>>()) {
        BinaryReader reader{bytes};
        detail::decodeNext(reader, value);
        if (reader.left() > 0) detail::failLeft(reader, schemaOf<T>());
    }
    return value;
}

/// One value of several that stand one behind another.
///
/// ```cpp
/// auto const bytes = encode(1) + encode("ab"s);
/// BinaryReader reader{bytes};
/// CHECK(decode<int>(reader) == 1);
/// CHECK(decode<std::string>(reader) == "ab");
/// ```
template <class T>
[[nodiscard]] Owned<T> decode(BinaryReader& reader)
{
    Owned<T> value{};
    if constexpr (detail::requireDecodable<Owned<T>>()) detail::decodeNext(reader, value);
    return value;
}

/// Reads values of a T that were written with the schema of an earlier T, or of another program. What may have changed:
///
/// | what | is read as |
/// | --- | --- |
/// | a member of a struct adapted to Boost.Hana was added | what it is in a `T{}` |
/// | one was removed, or members changed places | they are told by their names |
/// | one was renamed | the same, where `FormerNames` says so; else as removed and added |
/// | of a plain struct: a member was added at the end | what it is in a `T{}`; nothing else can be told from positions |
/// | a plain struct was adapted to Boost.Hana | by position, the members that it had then being the first ones |
/// | an integer became another one, a floating point number another one | each value that fits; else `CodecError` |
/// | an integer became a floating point number that has all of its values | the same number |
/// | a `float` became a `double`, a `double` a `float` | the same, or rounded; one that is too large: `CodecError` |
/// | a duration got a finer period | the same length |
/// | a value became optional | one that is there |
/// | an alternative was added to a variant, at the end | the same alternative |
/// | `vector`, `list`, `deque`, … ; `set` and `unordered_set`; `map` and `unordered_map`; `unique_ptr` and `optional` | each as the other |
///
/// and all of that within members, elements, keys and values. Anything else is refused when the Decoder is made: a `CodecError` that
/// names both schemas and the member. Where nothing has changed it costs nothing.
///
/// ```cpp
/// auto const written = schemaOf<std::vector<std::int32_t>>().encoded();
/// auto const bytes = encode(std::vector<std::int32_t>{1, -2});
/// // Later, in another program:
/// Decoder<std::vector<std::int64_t>> decoder{Schema::decode(written)};
/// CHECK(decoder(bytes) == std::vector<std::int64_t>{1, -2});
/// CHECK_THROWS_AS(Decoder<std::string>{Schema::decode(written)}, CodecError);
/// ```
template <class T>
class Decoder {
public:
    explicit Decoder(Schema written) : written_(static_cast<Schema&&>(written))
    {
        if constexpr (detail::requireDecodable<Owned<T>>()) {
            converts_ = !(written_ == schemaOf<T>());
            if (converts_) detail::requireConvertible(written_, schemaOf<T>(), detail::defaultsOf<Owned<T>>());
        }
    }

    /// The value that all of the bytes were made of.
    [[nodiscard]] Owned<T> operator()(std::string_view bytes)
    {
        BinaryReader reader{bytes};
        auto value = (*this)(reader);
        detail::failLeft(reader, written_);
        return value;
    }

    /// One value of several.
    [[nodiscard]] Owned<T> operator()(BinaryReader& reader)
    {
        Owned<T> value{};
        into(reader, value);
        return value;
    }

    /// The same, in the place of another one, whose memory is used again.
    void into(BinaryReader& reader, Owned<T>& value)
    {
        if constexpr (detail::isDecodable<Owned<T>>()) {
            if (!converts_) {
                detail::decodeNext(reader, value);
                return;
            }
            bytes_.clear();
            BinaryWriter writer{bytes_};
            detail::convertValue(reader, written_, writer, schemaOf<T>(), detail::defaultsOf<Owned<T>>());
            writer.finish();
            BinaryReader converted{bytes_};
            detail::decodeNext(converted, value);
        }
    }

    /// Whether the schema that was written is another one.
    [[nodiscard]] bool converts() const noexcept { return converts_; }
    [[nodiscard]] Schema const& written() const noexcept { return written_; }

private:
    Schema written_;
    bool converts_ = false;
    std::string bytes_;  // of one value, as it is encoded now
};

}  // namespace sluice::inline SLUICE_ABI
