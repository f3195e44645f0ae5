#pragma once

#include <sluice/batch/owned.hpp>

#include <cstdint>
#include <cstring>

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
// results, are the same on every machine. 64-bit multiply-mix (folded 128-bit product) after wyhash, W. Yi 2019.
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept
{
    __extension__ using Wide = unsigned __int128;
    Wide const product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline constexpr std::uint64_t hashSeed = 0xa0761d6478bd642fULL;
inline constexpr std::uint64_t hashStep = 0xe7037ed1a0b428dbULL;

constexpr std::uint64_t hashWord(std::uint64_t word) noexcept { return mix(word ^ hashSeed, hashStep); }

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

inline std::uint64_t hashBytes(char const* p, std::size_t n) noexcept
{
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "sluice: the key hash is written for little-endian machines");
    std::uint64_t h = hashSeed ^ n;
    while (n > 16) {
        h = mix(load64(p) ^ hashStep, load64(p + 8) ^ h);
        p += 16;
        n -= 16;
    }
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    if (n >= 8) {
        a = load64(p);
        b = load64(p + n - 8);
    } else if (n >= 4) {
        a = load32(p);
        b = load32(p + n - 4);
    } else if (n > 0) {
        auto const at = [p](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])); };
        a = at(0) << 16 | at(n >> 1) << 8 | at(n - 1);
    }
    return mix(hashStep ^ a, mix(h ^ b, hashSeed));
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

template <class T>
std::uint64_t hashOfKey(T const& key) noexcept
{
    if constexpr (std::is_floating_point_v<T>) {
        if (key != key) return hashWord(0x7ff8000000000000ULL);  // every NaN is the same key
        double const d = static_cast<double>(key) + 0.0;         // and so are 0.0 and -0.0
        std::uint64_t bits;
        std::memcpy(&bits, &d, 8);
        return hashWord(bits);
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
        return hashWord(wordOf(key));
    } else if constexpr (std::is_array_v<T>) {
        if constexpr (requires { textIn(key); }) return hashOfKey(textIn(key));
        std::uint64_t h = hashSeed;
        for (auto const& element : key) h = mix(h ^ hashOfKey(element), hashStep);
        return h;
    } else if constexpr (std::is_convertible_v<T const&, std::string_view>) {
        std::string_view const text = key;
        return hashBytes(text.data(), text.size());
    } else if constexpr (requires { KeyMembers<T>::of(key); }) {
        return hashOfKey(KeyMembers<T>::of(key));
    } else if constexpr (isTuple<T>) {
        std::uint64_t h = hashSeed;
        std::apply([&h](auto const&... member) { ((h = mix(h ^ hashOfKey(member), hashStep)), ...); }, key);
        return h;
    } else if constexpr (OptionalOf<T>::value) {
        return key ? mix(hashOfKey(*key), hashStep) : hashWord(1);
    } else if constexpr (!HanaStruct<T> && SeenThrough<T>) {
        return visitMembers(key, [](auto const&... member) { return hashOfKey(std::tie(member...)); });
    } else if constexpr (SequenceOf<T>::value || ArrayLike<T>) {
        std::uint64_t h = hashSeed;
        for (auto const& element : key) h = mix(h ^ hashOfKey(element), hashStep);
        return h;
    } else {
        std::uint64_t h = hashSeed;
        forMembers<T>([&](auto const& get) { h = mix(h ^ hashOfKey(get(key)), hashStep); });
        return h;
    }
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
        return visitMembers(a, [&b](auto const&... x) {
            return visitMembers(b, [&x...](auto const&... y) { return (sameKey(x, y) && ...); });
        });
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
