#pragma once

#include <sluice/batch/owned.hpp>

#include <charconv>
#include <concepts>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>

namespace sluice::inline SLUICE_ABI {

/// The text form of a type of your own: specialise it with `static void append(std::string& out, T const& record)`,
/// which writes behind what stands in `out`. It wins over every form that the library knows.
///
/// ```cpp
/// // template <>
/// // struct sluice::TextOf<Celsius> {
/// //     static void append(std::string& out, Celsius const& c) { appendText(out, c.degrees); out += " °C"; }
/// // };
/// CHECK(textOf(std::pair{"Oslo"s, 4.5}) == "(Oslo,4.5)");
/// ```
template <class T>
struct TextOf;

namespace detail {

// No alias in the signature: g++ would list what it stands for behind the type.
template <class T>
constexpr char const* textPrettyName()
{
    return __PRETTY_FUNCTION__;
}

/// The name of a class, without what it lies in and without template arguments; empty where it has none.
template <class T>
consteval std::string_view textTypeName()
{
    // What a compiler writes around the type is the same for every type.
    std::string_view const around = textPrettyName<int>();
    auto const before = around.rfind("int");
    std::string_view name = textPrettyName<T>();
    name = name.substr(before, name.size() - (around.size() - 3));

    // From the end: in front of the name there may stand anything (functions, lambdas, operator<).
    if (name.ends_with('>')) {
        std::size_t depth = 0;
        do {
            if (name.back() == '>') ++depth;
            if (name.back() == '<') --depth;
            name.remove_suffix(1);
        } while (depth > 0 && !name.empty());
    }
    auto const inName = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               static_cast<unsigned char>(c) >= 0x80;
    };
    auto begin = name.size();
    while (begin > 0 && inName(name[begin - 1])) --begin;
    return name.substr(begin);
}

template <class T>
concept CustomText = requires(std::string& out, T const& record) { TextOf<T>::append(out, record); };

template <class T>
inline constexpr bool isTextNumber = std::is_arithmetic_v<T> && !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char8_t> &&
                                     !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t>;

template <class T>
concept TextBytes = std::is_convertible_v<T const&, std::string_view> && !std::is_null_pointer_v<T>;

template <class T>
using TextElement = std::iter_value_t<decltype(std::begin(std::declval<T const&>()))>;

// A path is a range of paths: what consists of itself has no text.
template <class T>
concept TextRange = requires(T const& range) {
    typename TextElement<T>;
    std::begin(range) != std::end(range);
} && !std::is_same_v<TextElement<T>, T>;

/// `Within` are the structs that a T is in.
template <class T, class... Within>
consteval bool isTextual();
template <class... Within, class... Ts>
consteval bool areTextual(TypeList<Ts...>)
{
    return (isTextual<std::remove_cvref_t<Ts>, Within...>() && ...);
}

template <class T, class... Within>
consteval bool isTextual()
{
    if constexpr (CustomText<T> || (std::is_same_v<T, Within> || ...)) return true;
    else if constexpr (isTextNumber<T> || std::is_enum_v<T> || TextBytes<T>) return true;
    else if constexpr (isTuple<T>) return areTextual<Within...>(typename ElementsOf<T>::type{});
    else if constexpr (OptionalOf<T>::value) return isTextual<typename OptionalOf<T>::Element, Within...>();
    else if constexpr (HanaStruct<T>) return areTextual<T, Within...>(typename HanaMembers<T>::type{});
    else if constexpr (TextRange<T>) return isTextual<TextElement<T>, Within...>();
    else if constexpr (SeenThrough<T>) return areTextual<T, Within...>(MemberTypes<T>{});
    else return false;
}

void appendPart(std::string& out, std::string_view part);
inline void appendPart(std::string& out, char part) { appendPart(out, std::string_view{&part, 1}); }
void appendInteger(std::string& out, std::uint64_t value, bool negative);
template <std::integral T>
void appendNumber(std::string& out, T value)
{
    auto const bits = static_cast<std::uint64_t>(value);
    appendInteger(out, value < T{0} ? 0 - bits : bits, value < T{0});
}

template <std::floating_point T>
void appendFloating(std::string& out, T value)
{
    if (value != value) {
        out += "NaN";
    } else if (value > std::numeric_limits<T>::max()) {
        out += "Infinity";
    } else if (value < std::numeric_limits<T>::lowest()) {
        out += "-Infinity";
    } else {
        // to_chars takes the shorter form, which is 1e+05 for a hundred thousand: whole numbers that people read as
        // such keep their digits.
        constexpr auto readable = static_cast<T>(1e16);
        bool const whole = value > -readable && value < readable && value == static_cast<T>(static_cast<long long>(value));
        char buffer[64];
        char* const last = buffer + sizeof buffer;
        char* const end = whole ? std::to_chars(buffer, last, value, std::chars_format::fixed).ptr : std::to_chars(buffer, last, value).ptr;
        out.append(buffer, end);
        if (std::string_view{buffer, static_cast<std::size_t>(end - buffer)}.find_first_of(".e") == std::string_view::npos) {
            out += ".0";
        }
    }
}

template <class T>
void appendBytes(std::string& out, T const& bytes)
{
    if constexpr (std::is_array_v<T>) {  // a field of fixed size need not end in a zero
        std::string_view const all{bytes, std::extent_v<T>};
        appendPart(out, all.substr(0, all.find('\0')));
    } else if constexpr (std::is_pointer_v<T>) {
        appendPart(out, bytes == nullptr ? std::string_view{"null"} : std::string_view{bytes});
    } else {
        appendPart(out, static_cast<std::string_view>(bytes));
    }
}

template <class T>
void appendForm(std::string& out, T const& record)
{
    [[maybe_unused]] std::string_view between;
    if constexpr (CustomText<T>) {
        TextOf<T>::append(out, record);
    } else if constexpr (std::is_same_v<T, bool>) {
        appendPart(out, record ? "true" : "false");
    } else if constexpr (std::is_same_v<T, char>) {
        appendPart(out, record);
    } else if constexpr (std::is_floating_point_v<T>) {
        appendFloating(out, record);
    } else if constexpr (isTextNumber<T>) {
        appendNumber(out, +record);
    } else if constexpr (std::is_enum_v<T>) {
        appendNumber(out, +static_cast<std::underlying_type_t<T>>(record));
    } else if constexpr (TextBytes<T>) {
        appendBytes(out, record);
    } else if constexpr (isTuple<T>) {
        appendPart(out, '(');
        std::apply([&](auto const&... member) { ((appendPart(out, between), appendForm(out, member), between = ","), ...); }, record);
        appendPart(out, ')');
    } else if constexpr (OptionalOf<T>::value) {
        if (record) {
            appendPart(out, "Some(");
            appendForm(out, *record);
            appendPart(out, ')');
        } else {
            appendPart(out, "None");
        }
    } else if constexpr (HanaStruct<T>) {
        appendPart(out, textTypeName<T>());
        appendPart(out, '(');
        forMembers<T>([&](auto const& field) {
            appendPart(out, between);
            appendForm(out, field(record));
            between = ",";
        });
        appendPart(out, ')');
    } else if constexpr (!TextRange<T>) {
        appendPart(out, textTypeName<T>());
        appendPart(out, '(');
        visitMembers(record, [&](auto const&... member) { ((appendPart(out, between), appendForm(out, member), between = ","), ...); });
        appendPart(out, ')');
    } else {
        appendPart(out, '[');
        auto const end = std::end(record);
        for (auto i = std::begin(record); i != end; ++i) {
            appendPart(out, between);
            appendForm<TextElement<T>>(out, *i);  // its value: vector<bool> shows proxies
            between = ", ";
        }
        appendPart(out, ']');
    }
}

}  // namespace detail

/// A record that has a text form, which `print` and text files show:
///
/// - strings and views of them: their bytes; `char` is a character, every other integer a number, an enum its number
/// - floating point: the shortest digits that read back as the same number, with `.0` where it is whole; `Infinity`,
///   `-Infinity`, `NaN`
/// - `true`, `false`; pairs and tuples `(a,b)`; optionals `Some(a)` and `None`; ranges `[a, b]`
/// - plain structs (aggregates), and classes adapted to Boost.Hana: `Name(a,b)`
/// - what `TextOf` was specialised for
///
/// Pointers have none (apart from C strings, a null one being `null`), nor have wide and UTF character types.
///
/// ```cpp
/// static_assert(Textual<std::pair<std::string_view, int>> && !Textual<int*>);
/// CHECK(textOf(std::tuple{'c', true, std::optional{1}}) == "(c,true,Some(1))");
/// ```
template <class T>
concept Textual = detail::isTextual<std::remove_cvref_t<T>>();

/// Write the text form of a record behind what stands in `out`, whose memory is used again from record to record.
///
/// ```cpp
/// std::string line = "> ";
/// appendText(line, std::pair{"word"sv, 3});
/// CHECK(line == "> (word,3)");
/// ```
template <Textual T>
void appendText(std::string& out, T const& record)
{
    detail::appendForm(out, record);
}

/// The text form of a record.
///
/// ```cpp
/// CHECK(textOf(std::vector{1.0, 0.5}) == "[1.0, 0.5]");
/// CHECK(textOf(std::optional<int>{}) == "None");
/// ```
template <Textual T>
[[nodiscard]] std::string textOf(T const& record)
{
    std::string out;
    detail::appendForm(out, record);
    return out;
}

}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/codec/text.ipp>
#endif
