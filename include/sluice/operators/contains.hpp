#pragma once

#include <sluice/batch/text_scan.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// A short text of its own, also while compiling.
template <std::size_t capacity>
struct FixedText {
    char bytes[capacity]{};
    std::size_t length = 0;

    constexpr explicit FixedText(char const (&text)[capacity]) noexcept
    {
        while (length < capacity && text[length] != 0) {
            bytes[length] = text[length];
            ++length;
        }
    }
    [[nodiscard]] constexpr char const* data() const noexcept { return bytes; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return length; }
};

/// A predicate that owns what it looks for.
template <class Text>
class Contains : public OfText {
public:
    constexpr explicit Contains(Text text) : text_(std::move(text)), needle_(needleOf({text_.data(), text_.size()})) {}

    [[nodiscard]] constexpr bool operator()(std::string_view record) const noexcept
    {
        if (std::is_constant_evaluated() || !needle_.inLines) {
            return record.find(std::string_view{text_.data(), text_.size()}) != std::string_view::npos;
        }
        return textKernel<CutLinesWith>()(record.data(), record.data() + record.size(), text_.data(), needle_, nullptr).count != 0;
    }

    /// The kernel that finds the lines of a text which contain it.
    [[nodiscard]] auto linesWith() const noexcept
    {
        return [this, kernel = textKernel<CutLinesWith>()](char const* from, char const* end, char const** bounds) {
            return kernel(from, end, text_.data(), needle_, bounds);
        };
    }

private:
    Text text_;
    Needle needle_;
};

struct ContainsFn {
    template <std::size_t size>
    [[nodiscard]] constexpr auto operator()(char const (&text)[size]) const noexcept
    {
        return Contains<FixedText<size>>{FixedText<size>{text}};
    }
    template <class T>
        requires(std::is_convertible_v<T const&, std::string_view> && !std::is_array_v<T>)
    [[nodiscard]] auto operator()(T const& text) const
    {
        return Contains<std::string>{std::string{static_cast<std::string_view>(text)}};
    }
};

}  // namespace detail

/// Whether a text contains another, as bytes: `contains(text)`, for `filter`, or alone.
///
/// Gives a predicate of a `std::string_view` that keeps a copy of the text: a literal up to its first zero, or any string, of any length.
/// The empty text is contained in each. Behind a source of lines, or behind `flatMap(splitLines())`, `filter(contains(text))` searches all
/// lines at once, and cuts those alone that have it.
///
/// ```cpp
/// auto lines = rdd({"INFO up"sv, "ERROR disk 3"sv, "INFO down"sv});
/// CHECK((lines | filter(contains("ERROR")) | count()) == 1);
/// CHECK(contains("own"s)("INFO down"));
/// ```
inline constexpr detail::ContainsFn contains{};

}  // namespace sluice::inline SLUICE_ABI
