#pragma once

#include <sluice/batch/owned.hpp>

#include <cstdint>
#include <cstring>

// One file although it is long: which types are keys, how each is hashed, and how two are compared, must agree.

namespace sluice::inline SLUICE_ABI {

/// The members that make up a key of a type of your own: specialise it with `static auto of(T const&)` that answers a
/// tuple of keys (`std::tie(…)`). Aggregates, and classes adapted to Boost.Hana, need nothing: all members make up the key.
///
/// ```cpp
/// static_assert(Key<std::pair<std::string_view, int>> && !Key<char const*>);
/// CHECK(hashOf(std::string{"word"}) == hashOf(std::string_view{"word"}));
/// ```
template <class T>
struct KeyMembers;

namespace detail {

/// `Within` are the structs that a T is in.
template <class T, class... Within>
consteval bool isKey();
template <class... Within, class... Ts>
consteval bool areKeys(TypeList<Ts...>)
{
    return (isKey<std::remove_cvref_t<Ts>, Within...>() && ...);
}

template <class T, class... Within>
consteval bool isKey()
{
    if constexpr (std::is_pointer_v<T>) return false;
    else if constexpr (std::is_array_v<T>) return isKey<std::remove_cv_t<std::remove_extent_t<T>>, Within...>();
    else if constexpr ((std::is_same_v<T, Within> || ...)) return true;
    else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) return true;
    else if constexpr (std::is_convertible_v<T const&, std::string_view>) return true;
    else if constexpr (requires(T const& t) { KeyMembers<T>::of(t); }) {
        return isKey<std::remove_cvref_t<decltype(KeyMembers<T>::of(std::declval<T const&>()))>, Within...>();
    } else if constexpr (isTuple<T>) return areKeys<Within...>(typename ElementsOf<T>::type{});
    else if constexpr (OptionalOf<T>::value) return isKey<typename OptionalOf<T>::Element, Within...>();
    else if constexpr (SequenceOf<T>::value) return isKey<typename SequenceOf<T>::Element, Within...>();
    else if constexpr (ArrayLike<T>) return isKey<std::remove_cv_t<typename T::value_type>, Within...>();
    else if constexpr (HanaStruct<T>) return areKeys<T, Within...>(typename HanaMembers<T>::type{});
    else if constexpr (SeenThrough<T>) return areKeys<T, Within...>(MemberTypes<T>{});
    else return false;
}

/// The text in an array of characters: up to the first zero, if there is one.
template <std::size_t N>
constexpr std::string_view textIn(char const (&array)[N])
{
    std::string_view const all{array, N};
    return all.substr(0, all.find('\0'));
}

// The hash is fixed, versioned by the library's ABI name and unseeded: which partition a key is in, and the order of
// results, are the same on every machine. Its step is the folded 128-bit product of wyhash (W. Yi, 2019), but each product has a
// factor that is a constant. Where keys are multiplied with keys, one that makes a factor zero hides the other ("blinding
// multiplication", L. Yuriev, 2019): all texts that begin with certain eight bytes had one hash.
//
// Tables whose keys are crowded all the same hash them with a seed (batch/crowding.hpp): it goes into each product that is made of a
// key, so that what collides with one seed does not with another.
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept
{
    __extension__ using Wide = unsigned __int128;
    Wide const product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline constexpr std::uint64_t hashSeed = 0xa0761d6478bd642fULL;
inline constexpr std::uint64_t hashStep = 0xe7037ed1a0b428dbULL;
inline constexpr std::uint64_t hashLast = 0x8ebc6af09c88c6e3ULL;
inline constexpr std::uint64_t hashSide = 0x589965cc75374cc3ULL;

/// Two products: after one of them most bits of the result depend on a few bits of the word.
constexpr std::uint64_t hashWord(std::uint64_t word, std::uint64_t seed = 0) noexcept
{
    return mix(mix(word ^ hashSeed ^ seed, hashStep), hashLast);
}

inline std::uint64_t load64(char const* p) noexcept
{
    std::uint64_t v;
    std::memcpy(&v, p, 8);
    return v;
}
inline std::uint64_t load32(char const* p) noexcept
{
    std::uint32_t v;
    std::memcpy(&v, p, 4);
    return v;
}

/// Text of up to 16 bytes as two numbers, with zeros behind its end.
struct ShortText {
    static constexpr std::size_t most = 16;

    std::uint64_t low;
    std::uint64_t high;
};

/// By reading nothing but its bytes.
[[gnu::noinline]] inline ShortText shortTextExactly(char const* p, std::size_t n) noexcept
{
    ShortText text{0, 0};
    if (n > 8) text = {load64(p), load64(p + n - 8) >> (8 * (16 - n))};
    else if (n == 8) text.low = load64(p);
    else if (n >= 4) text.low = load32(p) | load32(p + n - 4) >> (8 * (8 - n)) << 32;
    else if (n > 0) {
        auto const at = [p](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])); };
        text.low = at(0) | at(n >> 1) << (8 * (n >> 1)) | at(n - 1) << (8 * (n - 1));
    }
    return text;
}

/// What is left of 16 bytes: `most` of them all ones, then zeros.
inline constexpr unsigned char textMask[2 * ShortText::most] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                                255, 255, 255, 255, 255, 255, 255, 255};

/// Without a branch that the lengths of words could mislead, where 16 bytes lie in the page in which it begins: what is behind its end
/// is read, then, and left out.
[[gnu::always_inline]] inline ShortText shortText(char const* p, std::size_t n) noexcept
{
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "sluice: the key hash is written for little-endian machines");
#ifndef SLUICE_READS_EXACTLY
    constexpr std::uintptr_t page = 4096;
    if ((reinterpret_cast<std::uintptr_t>(p) & (page - 1)) <= page - ShortText::most && n != 0) [[likely]] {
        asm("" : "+r"(p));  // the compiler may know where it ends, and warn
        auto const* const mask = reinterpret_cast<char const*>(textMask) + ShortText::most - n;
        auto low = load64(p) & load64(mask);
        auto high = load64(p + 8) & load64(mask + 8);
        asm("" : "+r"(low), "+r"(high));  // together in a register for vectors they would have to be taken out of it again, one by one
        return {low, high};
    }
#endif
    return shortTextExactly(p, n);
}

inline std::uint64_t hashShortText(ShortText text, std::size_t n, std::uint64_t seed = 0, std::uint64_t before = hashSeed) noexcept
{
    return mix(mix(text.low ^ before ^ seed, hashStep) ^ mix(text.high ^ hashSeed ^ seed, hashSide) ^ n, hashLast);
}

/// Of more than 16 bytes.
[[gnu::noinline]] inline std::uint64_t hashLongText(char const* p, std::size_t n, std::uint64_t seed) noexcept
{
    std::uint64_t h = hashSeed;
    for (std::size_t left = n; left > 16; left -= 16, p += 16)
        h = mix(h ^ load64(p + 8) ^ seed ^ mix(load64(p) ^ hashSeed ^ seed, hashSide), hashLast);
    char const* const last = p - 16 + (n - 1) % 16 + 1;
    return hashShortText({load64(last), load64(last + 8)}, n, seed, h);
}

inline std::uint64_t hashBytes(char const* p, std::size_t n, std::uint64_t seed = 0) noexcept
{
    return n <= ShortText::most ? hashShortText(shortText(p, n), n, seed) : hashLongText(p, n, seed);
}

/// The number that is hashed. Whether char and wchar_t have a sign depends on the machine.
template <class T>
constexpr std::uint64_t wordOf(T key) noexcept
{
    if constexpr (std::is_enum_v<T>) return wordOf(static_cast<std::underlying_type_t<T>>(key));
    else if constexpr (std::is_same_v<T, char>) return static_cast<unsigned char>(key);
    else if constexpr (std::is_same_v<T, wchar_t>) return static_cast<std::uint32_t>(key);
    else return static_cast<std::uint64_t>(key);
}

/// As it is hashed: every NaN is the same key, and so are 0.0 and -0.0.
inline std::uint64_t bitsOf(double key) noexcept
{
    if (key != key) return 0x7ff8000000000000ULL;
    double const d = key + 0.0;
    std::uint64_t bits;
    std::memcpy(&bits, &d, 8);
    return bits;
}

template <class T>
std::uint64_t hashOfKey(T const& key, std::uint64_t seed = 0) noexcept
{
    if constexpr (std::is_floating_point_v<T>) {
        auto const d = static_cast<double>(key);
        auto const h = hashWord(bitsOf(d), seed);
        if constexpr (sizeof(T) > 8) {
            T const rest = key - static_cast<T>(d);  // what no double holds
            if (rest != 0 && rest == rest) return mix(h ^ hashOfKey(static_cast<double>(rest), seed), hashLast);
        }
        return h;
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
        auto const h = hashWord(wordOf(key), seed);
        if constexpr (sizeof(T) > 8) {
            auto const upper = static_cast<std::uint64_t>(key >> 64);
            if (upper != static_cast<std::uint64_t>(key < 0 ? -1 : 0)) return mix(h ^ hashWord(upper, seed), hashLast);
        }
        return h;
    } else if constexpr (std::is_array_v<T>) {
        if constexpr (requires { textIn(key); }) return hashOfKey(textIn(key), seed);
        std::uint64_t h = hashSeed;
        for (auto const& element : key) h = mix(h ^ hashOfKey(element, seed), hashLast);
        return h;
    } else if constexpr (std::is_convertible_v<T const&, std::string_view>) {
        std::string_view const text = key;
        return hashBytes(text.data(), text.size(), seed);
    } else if constexpr (requires { KeyMembers<T>::of(key); }) {
        return hashOfKey(KeyMembers<T>::of(key), seed);
    } else if constexpr (isTuple<T>) {
        std::uint64_t h = hashSeed;
        std::apply([&h, seed](auto const&... member) { ((h = mix(h ^ hashOfKey(member, seed), hashLast)), ...); }, key);
        return h;
    } else if constexpr (OptionalOf<T>::value) {
        return key ? mix(hashOfKey(*key, seed) ^ hashSeed, hashLast) : hashWord(1, seed);
    } else if constexpr (!HanaStruct<T> && SeenThrough<T>) {
        return visitMembers(key, [seed](auto const&... member) { return hashOfKey(std::tie(member...), seed); });
    } else if constexpr (SequenceOf<T>::value || ArrayLike<T>) {
        std::uint64_t h = hashSeed;
        for (auto const& element : key) h = mix(h ^ hashOfKey(element, seed), hashLast);
        return h;
    } else {
        std::uint64_t h = hashSeed;
        forMembers<T>([&](auto const& get) { h = mix(h ^ hashOfKey(get(key), seed), hashLast); });
        return h;
    }
}

template <class K>
inline constexpr bool isTextKey = std::is_convertible_v<K const&, std::string_view>;
template <class K>
inline constexpr bool isNumberKey = (std::is_arithmetic_v<K> || std::is_enum_v<K>) && sizeof(K) <= 8;

/// Multiplicative hashing with the golden ratio (Knuth, The Art of Computer Programming 3, 6.4): the keys of an arithmetic sequence lie as
/// far from each other as they can.
constexpr std::uint32_t tagOfWord(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word * 0x9e3779b97f4a7c15ULL >> 32); }

/// The same for two numbers (multilinear hashing, M. Dietzfelbinger, 1996).
constexpr std::uint32_t tagOfText(ShortText text) noexcept
{
    return static_cast<std::uint32_t>((text.low * 0x9e3779b97f4a7c15ULL + text.high * hashStep) >> 32);
}

/// What says where a key stands in a table, in its upper bits: half of the hash, and of numbers and short text what costs less. Tables
/// whose keys crowd hash them with a seed.
template <class K>
std::uint32_t tagOfKey(K const& key, std::uint64_t seed = 0) noexcept
{
    if constexpr (isTextKey<K>) {
        std::string_view const text = key;
        if (seed == 0 && text.size() <= ShortText::most) return tagOfText(shortText(text.data(), text.size()));
    } else if constexpr (std::is_floating_point_v<K> && isNumberKey<K>) {
        if (seed == 0) return tagOfWord(bitsOf(static_cast<double>(key)));
    } else if constexpr (isNumberKey<K>) {
        if (seed == 0) return tagOfWord(wordOf(key));
    }
    return static_cast<std::uint32_t>(hashOfKey(key, seed));
}

template <class A, class B>
bool sameKey(A const& a, B const& b) noexcept
{
    if constexpr (std::is_floating_point_v<A>) {
        return a == b || (a != a && b != b);
    } else if constexpr (std::is_arithmetic_v<A> || std::is_enum_v<A>) {
        return a == b;
    } else if constexpr (std::is_array_v<A>) {
        if constexpr (requires { textIn(a); }) return textIn(a) == textIn(b);
        for (std::size_t i = 0; i < std::extent_v<A>; ++i) {
            if (!sameKey(a[i], b[i])) return false;
        }
        return true;
    } else if constexpr (std::is_convertible_v<A const&, std::string_view>) {
        return std::string_view{a} == std::string_view{b};
    } else if constexpr (requires { KeyMembers<A>::of(a); }) {
        return sameKey(KeyMembers<A>::of(a), KeyMembers<B>::of(b));
    } else if constexpr (isTuple<A>) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return (sameKey(std::get<I>(a), std::get<I>(b)) && ...);
        }(std::make_index_sequence<std::tuple_size_v<A>>{});
    } else if constexpr (OptionalOf<A>::value) {
        return a.has_value() == b.has_value() && (!a || sameKey(*a, *b));
    } else if constexpr (!HanaStruct<A> && SeenThrough<A>) {
        return visitMembers(
            a, [&b](auto const&... x) { return visitMembers(b, [&x...](auto const&... y) { return (sameKey(x, y) && ...); }); });
    } else if constexpr (SequenceOf<A>::value || ArrayLike<A>) {
        auto i = a.begin();
        auto j = b.begin();
        for (; i != a.end() && j != b.end(); ++i, ++j) {
            if (!sameKey(*i, *j)) return false;
        }
        return i == a.end() && j == b.end();
    } else {
        bool same = true;
        forMembers<A>([&](auto const& get) { same = same && sameKey(get(a), get(b)); });
        return same;
    }
}

}  // namespace detail

/// What may be a key: numbers, enums, strings and their views, and pairs, tuples, optionals, sequences, arrays, plain structs
/// (aggregates) and Hana-adapted classes of keys. Pointers are not: they would compare addresses. NaN equals NaN, and 0.0 equals
/// -0.0. A struct has the hash of the tuple of its members; an array of char is text up to its first zero. A `std::hash` or an `==`
/// of your own is not asked: results must be the same with each compiler and library.
template <class T>
concept Key = !std::is_array_v<std::remove_cvref_t<T>> && detail::isKey<std::remove_cvref_t<T>>();

/// The hash that decides a key's partition: the same for a string and its view, on every machine and in every run.
template <Key T>
[[nodiscard]] std::uint64_t hashOf(T const& key) noexcept
{
    return detail::hashOfKey(key);
}

}  // namespace sluice::inline SLUICE_ABI
