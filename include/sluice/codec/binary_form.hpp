#pragma once

// Over 300 lines: what kinds of types there are, and what is asked of each, whoever teaches one of the questions a new kind must teach all.

#include <sluice/codec/schema.hpp>
#include <sluice/stream/time.hpp>

#include <boost/hana/first.hpp>

#include <iterator>

// One file although it is long: what has a form, which one, and how it is described, are asked of one list of kinds.

namespace sluice::inline SLUICE_ABI {

/// The binary form of a type of your own: specialise it with `type`, what is encoded in its stead, `static type to(T const&)` and
/// `static T from(type)`. It wins over every form that the library knows, and is as good as a member of that type: its schema is that
/// of `type`. Plain structs (aggregates) need nothing, nor do classes adapted to Boost.Hana, whose members have names in the
/// schema. `from` throws where the value is none.
///
/// ```cpp
/// // class Celsius { double degrees_; … };
/// // template <>
/// // struct sluice::EncodedAs<Celsius> {
/// //     using type = double;
/// //     static double to(Celsius const& c) { return c.degrees(); }
/// //     static Celsius from(double degrees) { return Celsius{degrees}; }
/// // };
/// static_assert(Encodable<std::pair<std::string_view, double>> && !Encodable<int*>);
/// CHECK(decode<double>(encode(21.5)) == 21.5);
/// ```
template <class T>
struct EncodedAs;

/// Members of a struct adapted to Boost.Hana that had another name once: specialise it with `all`, an array of what they are called
/// now and what they were called before, so that what was written then is still read.
///
/// ```cpp
/// // template <>
/// // struct sluice::FormerNames<Order> {
/// //     static constexpr FormerName all[] = {{.now = "total", .before = "amount"}};
/// // };
/// constexpr FormerName renamed{.now = "total", .before = "amount"};
/// CHECK(std::string_view{renamed.before} == "amount");
/// ```
template <class T>
struct FormerNames;

/// See FormerNames.
///
/// ```cpp
/// CHECK(std::string_view{FormerName{.now = "a", .before = "b"}.now} == "a");
/// ```
struct FormerName {
    char const* now;
    char const* before;
};

namespace detail {

enum class Shape {
    none,
    byUser,
    boolean,
    number,
    text,
    time,
    duration,
    tuple,
    optional,
    variant,
    array,
    record,
    map,
    set,
    sequence,
    aggregate
};

template <class T>
concept EncodedByUser = requires(T const& value) {
    typename EncodedAs<T>::type;
    EncodedAs<T>::to(value);
};
template <class T>
using EncodedType = typename EncodedAs<T>::type;

template <class T>
inline constexpr bool isBinaryNumber = std::is_arithmetic_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, wchar_t> && sizeof(T) <= 8;

/// What is written of a number or an enum.
template <class T>
struct WrittenAs {
    using type = T;
};
template <class T>
    requires std::is_enum_v<T>
struct WrittenAs<T> {
    using type = std::underlying_type_t<T>;
};
template <class T>
using WrittenNumber = typename WrittenAs<T>::type;

template <class T>
inline constexpr bool isBinaryText = false;
template <class Tr, class A>
inline constexpr bool isBinaryText<std::basic_string<char, Tr, A>> = true;
template <class Tr>
inline constexpr bool isBinaryText<std::basic_string_view<char, Tr>> = true;

template <class T>
inline constexpr bool isBinaryDuration = false;
template <class Rep, class Period>
inline constexpr bool isBinaryDuration<std::chrono::duration<Rep, Period>> = isBinaryNumber<Rep>;

/// std::unique_ptr and std::shared_ptr: of what could be another type in truth, none.
template <class T>
concept BinaryPointer = OwningPointer<T> && requires(T& p) {
    p.reset(new std::remove_const_t<typename T::element_type>{});
    requires !std::is_polymorphic_v<typename T::element_type>;
};
template <class T>
struct PointedType;
template <class T>
struct PointedType<std::optional<T>> {
    using type = T;
};
template <BinaryPointer T>
struct PointedType<T> {
    using type = std::remove_const_t<typename T::element_type>;
};
template <class T>
using PointedBy = typename PointedType<T>::type;

template <class T>
concept BinaryVariant = requires(T const& v) {
    v.valueless_by_exception();
    v.index();
};

template <class T>
using RangeElement = typename OwnedType<std::remove_cvref_t<std::iter_value_t<decltype(std::begin(std::declval<T const&>()))>>>::type;

// A path is a range of paths: what consists of itself has no end.
template <class T>
concept BinaryRange = requires(T const& range) {
    typename RangeElement<T>;
    std::begin(range) != std::end(range);
} && !std::is_same_v<RangeElement<T>, T>;

/// Sets and maps that have each key once.
template <class T>
concept UniqueKeys = requires(T& t, typename T::value_type const& v) {
    typename T::key_type;
    t.insert(v).second;
};

template <class T>
consteval Shape shapeOf()
{
    if constexpr (EncodedByUser<T>) return Shape::byUser;
    else if constexpr (std::is_same_v<T, bool>) return Shape::boolean;
    else if constexpr (std::is_enum_v<T> || isBinaryNumber<T>) return isBinaryNumber<WrittenNumber<T>> ? Shape::number : Shape::none;
    else if constexpr (std::is_scalar_v<T> || !std::is_object_v<T> || std::is_const_v<T>) return Shape::none;
    else if constexpr (isBinaryText<T>) return Shape::text;
    else if constexpr (std::is_same_v<T, Time>) return Shape::time;
    else if constexpr (isBinaryDuration<T>) return Shape::duration;
    else if constexpr (isTuple<T>) return Shape::tuple;
    else if constexpr (OptionalOf<T>::value || BinaryPointer<T>) return Shape::optional;
    else if constexpr (BinaryVariant<T>) return Shape::variant;
    else if constexpr (std::is_array_v<T> || ArrayLike<T>) return Shape::array;
    else if constexpr (HanaStruct<T>) return Shape::record;
    else if constexpr (BinaryRange<T>) {
        if constexpr (!UniqueKeys<T>) return Shape::sequence;
        else if constexpr (requires { typename T::mapped_type; }) return Shape::map;
        else return Shape::set;
    } else if constexpr (SeenThrough<T>) return Shape::aggregate;
    else return Shape::none;
}

template <class... Ts>
TypeList<std::remove_cv_t<Ts>...> withoutConstness(TypeList<Ts...>);

template <class T>
consteval auto partsOf()
{
    constexpr auto shape = shapeOf<T>();
    if constexpr (shape == Shape::byUser) return TypeList<EncodedType<T>>{};
    else if constexpr (shape == Shape::duration) return TypeList<typename T::rep>{};
    else if constexpr (shape == Shape::tuple) return decltype(withoutConstness(typename ElementsOf<T>::type{})){};
    else if constexpr (shape == Shape::optional) return TypeList<PointedBy<T>>{};
    else if constexpr (shape == Shape::variant) return typename ArgumentsOf<T>::type{};
    else if constexpr (shape == Shape::array) return TypeList<std::remove_cvref_t<decltype(*std::begin(std::declval<T const&>()))>>{};
    else if constexpr (shape == Shape::record) return typename HanaMembers<T>::type{};
    else if constexpr (shape == Shape::map) return TypeList<typename T::key_type, typename T::mapped_type>{};
    else if constexpr (shape == Shape::set) return TypeList<typename T::key_type>{};
    else if constexpr (shape == Shape::sequence) return TypeList<RangeElement<T>>{};
    else if constexpr (shape == Shape::aggregate) return MemberTypes<T>{};
    else return TypeList<>{};
}
template <class T>
using PartsOf = decltype(partsOf<T>());

constexpr bool isStruct(Shape shape) { return shape == Shape::record || shape == Shape::aggregate; }

// `Within` are the types that a T is in: one of them again is a tree, and asked already.

template <class T, class... Within>
consteval bool isEncodable();
template <class... Within, class... Ts>
consteval bool areEncodable(TypeList<Ts...>)
{
    return (isEncodable<Ts, Within...>() && ...);
}
template <class T, class... Within>
consteval bool isEncodable()
{
    if constexpr ((std::is_same_v<T, Within> || ...)) return true;
    else if constexpr (shapeOf<T>() == Shape::none) return false;
    else return areEncodable<T, Within...>(PartsOf<T>{});
}

template <class T, class... Ts>
consteval bool takesAny(TypeList<Ts...>)
{
    return (requires(T& t) { t.template emplace<Ts>(); } || ...);
}

/// Whether a T itself, whatever of its parts, can be made of bytes: it is made empty first.
template <class T>
consteval bool canFill()
{
    constexpr auto shape = shapeOf<T>();
    if constexpr (!std::is_default_constructible_v<T>) return false;
    else if constexpr (shape == Shape::text) return requires(T& t, char const* p) { t.assign(p, std::size_t{}); };
    else if constexpr (shape == Shape::byUser)
        return std::is_move_assignable_v<T> && requires(EncodedType<T>& e) { T(EncodedAs<T>::from(static_cast<EncodedType<T>&&>(e))); };
    else if constexpr (shape == Shape::map)
        return requires(T& t, typename T::key_type& k, typename T::mapped_type& m) {
            t.emplace_hint(t.end(), static_cast<typename T::key_type&&>(k), static_cast<typename T::mapped_type&&>(m));
        };
    else if constexpr (shape == Shape::set)
        return requires(T& t, typename T::key_type& k) { t.emplace_hint(t.end(), static_cast<typename T::key_type&&>(k)); };
    else if constexpr (shape == Shape::sequence) {
        return requires(T& t, RangeElement<T>& e) {
            t.clear();
            t.insert(t.end(), static_cast<RangeElement<T>&&>(e));
        };
    } else if constexpr (shape == Shape::record) {
        bool all = true;
        forMembers<T>([&all](auto const& get) {
            using Member = decltype(get(std::declval<T&>()));
            all = all && std::is_lvalue_reference_v<Member> && !std::is_const_v<std::remove_reference_t<Member>>;
        });
        return all;
    } else if constexpr (shape == Shape::aggregate) return std::is_move_assignable_v<T>;
    else return shape != Shape::none;
}

template <class T, class... Within>
consteval bool isDecodable();
template <class... Within, class... Ts>
consteval bool areDecodable(TypeList<Ts...>)
{
    return (isDecodable<Ts, Within...>() && ...);
}
template <class T, class... Within>
consteval bool isDecodable()
{
    if constexpr ((std::is_same_v<T, Within> || ...)) return true;
    else if constexpr (!canFill<T>()) return false;
    else return areDecodable<T, Within...>(PartsOf<T>{});
}

// What errors show: the type that is to blame, or the member of a struct.

template <class T>
struct CodecCulprit;
template <class T, std::size_t I, class M, class... Ms>
consteval auto memberToBlame(TypeList<M, Ms...>)
{
    if constexpr (isEncodable<M, T>() && isDecodable<M, T>()) return memberToBlame<T, I + 1>(TypeList<Ms...>{});
    else if constexpr (std::is_same_v<typename CodecCulprit<M>::type, M>) return std::type_identity<MemberOf<T, I, M>>{};
    else return std::type_identity<typename CodecCulprit<M>::type>{};
}
template <class M, class... Ms>
consteval auto partToBlame(TypeList<M, Ms...>)
{
    if constexpr (isEncodable<M>() && isDecodable<M>()) return partToBlame(TypeList<Ms...>{});
    else return std::type_identity<typename CodecCulprit<M>::type>{};
}
template <class T>
struct CodecCulprit {
    static consteval auto find()
    {
        constexpr auto shape = shapeOf<T>();
        if constexpr (areEncodable<T>(PartsOf<T>{}) && areDecodable<T>(PartsOf<T>{})) return std::type_identity<T>{};
        else if constexpr (isStruct(shape)) return memberToBlame<T, 0>(PartsOf<T>{});
        else return partToBlame(PartsOf<T>{});
    }
    using type = typename decltype(find())::type;
};
template <class Culprit>
inline constexpr bool hasBinaryForm = false;
template <class Culprit>
inline constexpr bool canBeDecoded = false;

/// Whether a T has one; where not, one sentence says why.
template <class T>
consteval bool requireEncodable()
{
    if constexpr (isEncodable<T>()) return true;
    else {
        static_assert(
            hasBinaryForm<typename CodecCulprit<T>::type>,
            "sluice: this type (of a member: its struct, its place from 0, its type) has no binary form: pointers, references, wide "
            "characters, long double, and classes with private members or base classes have none. Specialise sluice::EncodedAs "
            "for it, or leave it out");
        return false;
    }
}
/// The same of what is made of bytes.
template <class T>
consteval bool requireDecodable()
{
    if constexpr (!requireEncodable<T>()) return false;
    else if constexpr (isDecodable<T>()) return true;
    else {
        static_assert(
            canBeDecoded<typename CodecCulprit<T>::type>,
            "sluice: this type (of a member: its struct, its place from 0, its type) cannot be made of bytes: it must own what it "
            "shows (a std::string, not a std::string_view), be made without arguments, and have no const members. Change it, or "
            "specialise sluice::EncodedAs for it");
        return false;
    }
}

template <class T, class Wanted, class... Within>
consteval bool reaches();
template <class Wanted, class... Within, class... Ts>
consteval bool anyReaches(TypeList<Ts...>)
{
    return (reaches<Ts, Wanted, Within...>() || ...);
}
template <class T, class Wanted, class... Within>
consteval bool reaches()
{
    if constexpr (std::is_same_v<T, Wanted>) return true;
    else if constexpr ((std::is_same_v<T, Within> || ...)) return false;
    else return anyReaches<Wanted, T, Within...>(PartsOf<T>{});
}
/// Whether a struct may hold others of its own type: a tree.
template <class T>
inline constexpr bool isRecursive = isStruct(shapeOf<T>()) && anyReaches<T>(PartsOf<T>{});

template <class... Ts>
consteval bool anyIsRecursive(TypeList<Ts...>)
{
    return (isRecursive<Ts> || ...);
}
/// Whether it is a tree, or holds one.
template <class T>
inline constexpr bool anyRecursive = isRecursive<T> || anyIsRecursive(PartsOf<T>{});

template <class T>
consteval std::size_t leastBytesOf();
template <class... Ts>
consteval std::size_t leastBytesOfAll(TypeList<Ts...>)
{
    return (leastBytesOf<Ts>() + ... + std::size_t{0});
}
template <class T>
inline constexpr std::size_t arrayLength = std::is_array_v<T> ? std::extent_v<T> : std::tuple_size_v<T>;
template <class T>
    requires std::is_array_v<T>
inline constexpr std::size_t arrayLength<T> = std::extent_v<T>;

/// The least bytes that a T takes.
template <class T>
consteval std::size_t leastBytesOf()
{
    constexpr auto shape = shapeOf<T>();
    if constexpr (shape == Shape::number) return sizeof(T);
    else if constexpr (shape == Shape::time) return 8;
    else if constexpr (shape == Shape::array) return arrayLength<T> * leastBytesOfAll(PartsOf<T>{});
    else if constexpr (shape == Shape::byUser || shape == Shape::duration || shape == Shape::tuple || isStruct(shape))
        return leastBytesOfAll(PartsOf<T>{});
    else return 1;
}
template <class T>
inline constexpr std::size_t leastBytes = leastBytesOf<T>();

inline constexpr std::size_t notFixed = static_cast<std::size_t>(-1);
template <class T>
consteval bool isFixed();
template <class... Ts>
consteval bool areFixed(TypeList<Ts...>)
{
    return (isFixed<Ts>() && ...);
}
template <class T>
consteval bool isFixed()
{
    constexpr auto shape = shapeOf<T>();
    if constexpr (shape == Shape::byUser || shape == Shape::tuple || shape == Shape::array) return areFixed(PartsOf<T>{});
    else if constexpr (isStruct(shape)) return !isRecursive<T> && areFixed(PartsOf<T>{});
    else return shape == Shape::boolean || shape == Shape::number || shape == Shape::time || shape == Shape::duration;
}
/// The bytes that each T takes, or notFixed.
template <class T>
inline constexpr std::size_t fixedBytes = isFixed<T>() ? leastBytes<T> : notFixed;

template <class T>
consteval bool isFlatOf();
template <class... Ts>
consteval bool areFlat(TypeList<Ts...>)
{
    return (isFlatOf<Ts>() && ...);
}
template <class T>
consteval bool isFlatOf()
{
    constexpr auto shape = shapeOf<T>();
    if constexpr (isFixed<T>() || shape == Shape::text) return true;
    else if constexpr (shape == Shape::tuple || shape == Shape::array || OptionalOf<T>::value) return areFlat(PartsOf<T>{});
    else if constexpr (isStruct(shape)) return !isRecursive<T> && areFlat(PartsOf<T>{});
    else return false;
}
/// Whether it consists of numbers and text, one behind another: how many bytes it takes is cheaply told before it is written.
template <class T>
inline constexpr bool isFlat = isFlatOf<T>();

template <class T>
consteval bool isImageOf();
template <class... Ts>
consteval bool areImages(TypeList<Ts...>)
{
    return (isImageOf<Ts>() && ...);
}
template <class T>
consteval bool isImageOf()
{
    constexpr auto shape = shapeOf<T>();
    if constexpr (std::endian::native != std::endian::little || !std::is_trivially_copyable_v<T>) return false;
    else if constexpr (shape == Shape::number) return true;
    else if constexpr (shape == Shape::array || shape == Shape::duration) return leastBytes<T> == sizeof(T) && areImages(PartsOf<T>{});
    else if constexpr (shape == Shape::aggregate) {  // no padding, and no bit field that has some
        return std::has_unique_object_representations_v<T> && leastBytes<T> == sizeof(T) && areImages(PartsOf<T>{});
    } else return false;
}
/// Whether its bytes in memory are those that are written.
template <class T>
inline constexpr bool isImage = isImageOf<T>();

[[noreturn]] [[gnu::cold]] void failBitField();
[[noreturn]] [[gnu::cold]] void failValueless();

/// f(part) for each element or member of a tuple, an array or a struct, in their order; each can be written to where the value can.
template <class T, class F>
void forParts(T& value, F&& f)
{
    constexpr auto shape = shapeOf<std::remove_const_t<T>>();
    if constexpr (shape == Shape::tuple) {
        std::apply([&f](auto&... part) { (f(part), ...); }, value);
    } else if constexpr (shape == Shape::array) {
        for (auto& part : value) f(part);
    } else if constexpr (shape == Shape::record) {
        forMembers<std::remove_const_t<T>>([&](auto const& get) {
            auto&& part = get(value);
            f(part);
        });
    } else {
        visitMembers(value, [&](auto const&... member) {
            [[maybe_unused]] auto const visit = [&]<class M>(M const& part) {
                // A bit field comes as a copy, which lies elsewhere.
                auto const place = reinterpret_cast<std::uintptr_t>(&part) - reinterpret_cast<std::uintptr_t>(&value);
                if (place > sizeof(T) - sizeof(M)) failBitField();
                if constexpr (std::is_const_v<T>) f(part);
                else f(const_cast<std::remove_const_t<M>&>(part));
            };
            (visit(member), ...);
        });
    }
}

// ---- the schema ----------------------------------------------------------------------------------------------------------

template <class T>
consteval SchemaKind numberKind()
{
    using N = WrittenNumber<T>;
    if constexpr (std::is_same_v<N, char>) return SchemaKind::character;
    else {
        constexpr auto first = std::is_floating_point_v<N> ? SchemaKind::float32
                               : std::is_signed_v<N>       ? SchemaKind::int8
                                                           : SchemaKind::uint8;
        constexpr unsigned steps = sizeof(N) == 8 ? 3 : sizeof(N) == 4 ? 2 : sizeof(N) == 2 ? 1 : 0;
        return static_cast<SchemaKind>(static_cast<unsigned>(first) + (std::is_floating_point_v<N> ? steps - 2 : steps));
    }
}

/// The name of a member of a struct adapted to Boost.Hana.
template <class T, std::size_t I>
constexpr char const* memberName()
{
    return std::remove_cvref_t<decltype(boost::hana::first(boost::hana::at_c<I>(boost::hana::accessors<T>())))>::c_str();
}

constexpr SchemaKind kindOfShape(Shape shape)
{
    switch (shape) {
        case Shape::boolean: return SchemaKind::boolean;
        case Shape::text: return SchemaKind::text;
        case Shape::time: return SchemaKind::time;
        case Shape::duration: return SchemaKind::duration;
        case Shape::optional: return SchemaKind::optional;
        case Shape::sequence: return SchemaKind::sequence;
        case Shape::set: return SchemaKind::set;
        case Shape::map: return SchemaKind::map;
        case Shape::array: return SchemaKind::array;
        case Shape::variant: return SchemaKind::variant;
        case Shape::aggregate: return SchemaKind::aggregate;
        case Shape::record: return SchemaKind::record;
        default: return SchemaKind::tuple;
    }
}

/// `Within` are the structs that it lies in, the innermost first.
template <class T, class... Within>
Schema makeSchema();
template <class... Within, class... Ts>
void addParts(Schema& schema, TypeList<Ts...>)
{
    schema.parts.reserve(sizeof...(Ts));
    (schema.parts.push_back(makeSchema<Ts, Within...>()), ...);
}
template <class T, class... Within>
Schema makeSchema()
{
    constexpr auto shape = shapeOf<T>();
    Schema schema;
    if constexpr (shape == Shape::byUser) {
        return makeSchema<EncodedType<T>, Within...>();
    } else if constexpr (shape == Shape::number) {
        schema.kind = numberKind<T>();
    } else if constexpr ((std::is_same_v<T, Within> || ...)) {
        schema.kind = SchemaKind::enclosing;
        bool found = false;
        ((found = found || std::is_same_v<T, Within>, schema.count += found ? 0 : 1), ...);
    } else {
        schema.kind = kindOfShape(shape);
        if constexpr (shape == Shape::array) schema.count = arrayLength<T>;
        if constexpr (shape == Shape::duration) {
            schema.count = static_cast<std::uint64_t>(T::period::num);
            schema.divisor = static_cast<std::uint64_t>(T::period::den);
        }
        if constexpr (shape == Shape::record) {
            [&schema]<std::size_t... I>(std::index_sequence<I...>) {
                (schema.names.push_back(std::string{memberName<T, I>()}), ...);
            }(std::make_index_sequence<hanaSize<T>>{});
        }
        if constexpr (isStruct(shape)) addParts<T, Within...>(schema, PartsOf<T>{});
        else addParts<Within...>(schema, PartsOf<T>{});
    }
    return schema;
}

}  // namespace detail

/// What has a binary form, which `encode` writes:
///
/// - `bool`, `char`, integers and floating point numbers of up to 64 bits, enums; `Time`, `std::chrono::duration`
/// - `std::string`, `std::string_view`
/// - pairs, tuples, arrays, optionals, variants; unique_ptr and shared_ptr, as optionals of what they point to
/// - vector, deque, list, set, map, unordered ones, and what is like them
/// - structs adapted to Boost.Hana, member by member with their names; other plain structs (aggregates), member by member
/// - trees of those, up to 256 levels deep
/// - what `EncodedAs` was specialised for
///
/// Pointers, references, `wchar_t`, `long double` have none, nor have classes that hide their members.
///
/// ```cpp
/// static_assert(Encodable<std::vector<std::optional<std::string_view>>>);
/// CHECK(!Encodable<char const*>);
/// ```
template <class T>
concept Encodable = detail::isEncodable<std::remove_cvref_t<T>>();

/// What `decode` makes of bytes: what is encodable, owns what it shows (text that is a view comes back as its `Owned` type), and can
/// be made without arguments.
///
/// ```cpp
/// static_assert(Decodable<std::pair<std::string_view, int>>);
/// CHECK(!Decodable<std::span<int const>>);
/// ```
template <class T>
concept Decodable = Encodable<T> && !std::is_array_v<std::remove_cvref_t<T>> && detail::isDecodable<Owned<T>>();

/// The schema of a type, made once: that of a view is that of its `Owned` type.
///
/// ```cpp
/// CHECK(schemaOf<std::pair<std::string_view, int>>().toString() == "(text, int32)");
/// CHECK(schemaOf<std::pair<std::string, int>>() == schemaOf<std::pair<std::string_view, int>>());
/// ```
template <class T>
    requires Encodable<T>
[[nodiscard]] Schema const& schemaOf()
{
    static Schema const schema = detail::makeSchema<std::remove_cvref_t<T>>();
    return schema;
}

}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/codec/binary_form.ipp>
#endif
