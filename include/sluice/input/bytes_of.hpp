#pragma once

#include <sluice/batch/owned.hpp>

#include <iterator>

namespace sluice::inline SLUICE_ABI {

/// How many bytes a record of a type of your own occupies, with what it holds elsewhere: specialise it with
/// `static std::size_t of(T const&)`. It is what `Config::maxReceivedBytes` counts.
///
/// Known are text, numbers, pairs, tuples, arrays, optionals, variants, smart pointers, containers, plain structs (aggregates) and
/// classes adapted to Boost.Hana, of anything known. Any other type counts as its `sizeof`: where it holds much more, the bound
/// is no bound.
///
/// ```cpp
/// CHECK(bytesOf(std::pair{1, "ab"s}) == sizeof(int) + sizeof(std::string) + 2);
/// CHECK(bytesOf(std::optional{"ab"s}) == sizeof(std::optional<std::string>) + 2);
/// ```
template <class T>
struct BytesOf;

namespace detail {

template <class T>
concept SizedByUser = requires(T const& record) { BytesOf<T>::of(record); };
template <class T>
concept VariantLike = requires(T const& record) { record.valueless_by_exception(); };
/// A path consists of paths: no end of them.
template <class T>
concept HoldsOthers = requires(T const& range) {
    std::begin(range) != std::end(range);
    requires !std::is_same_v<std::remove_cvref_t<decltype(*std::begin(range))>, T>;
};

}  // namespace detail

/// Bytes that a record occupies, as far as its type is known: see `BytesOf`.
///
/// ```cpp
/// CHECK(bytesOf(7) == sizeof(int));
/// CHECK(bytesOf(std::vector<int>(5)) == sizeof(std::vector<int>) + 5 * sizeof(int));
/// ```
template <class T>
[[nodiscard]] std::size_t bytesOf(T const& record)
{
    auto const beside = [](auto const& part) { return bytesOf(part) - sizeof(part); };  // what it holds elsewhere
    std::size_t bytes = sizeof(T);
    if constexpr (detail::SizedByUser<T>) {
        bytes = BytesOf<T>::of(record);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    } else if constexpr (std::is_convertible_v<T const&, std::string_view>) {
        bytes += std::string_view{record}.size();
    } else if constexpr (detail::isTuple<T>) {
        bytes = std::apply([](auto const&... member) { return (bytesOf(member) + ... + std::size_t{0}); }, record);
    } else if constexpr (detail::OptionalOf<T>::value) {
        if (record) bytes += beside(*record);
    } else if constexpr (detail::VariantLike<T>) {
        if (!record.valueless_by_exception()) bytes += visit(beside, record);
    } else if constexpr (detail::OwningPointer<T>) {
        if (record) bytes += bytesOf(*record);
    } else if constexpr (std::is_array_v<T> || requires { std::tuple_size<T>::value; }) {
        for (auto const& element : record) bytes += beside(element);
    } else if constexpr (detail::HoldsOthers<T>) {
        for (auto const& element : record) bytes += bytesOf(element);
    } else if constexpr (detail::HanaStruct<T>) {
        detail::forMembers<T>([&](auto const& get) { bytes += beside(get(record)); });
    } else if constexpr (detail::SeenThrough<T>) {
        detail::visitMembers(record, [&](auto const&... member) { ((bytes += beside(member)), ...); });
    }
    return bytes;
}

}  // namespace sluice::inline SLUICE_ABI
