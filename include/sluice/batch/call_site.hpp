#pragma once

#include <sluice/batch/counted.hpp>

#include <cstddef>
#include <string>

namespace sluice::inline SLUICE_ABI {

/// A place in the user's source: where an operator, a source or an output was written.
///
/// It is the last parameter of each of them and fills itself; errors, names and drawings show it.
///
/// ```cpp
/// CallSite const here = CallSite::here();
/// CHECK(here.line > 0);
/// ```
struct CallSite {
    char const* file = "";      ///< the file's name as the compiler was given it
    int line = 0;               ///< from 1; 0 where nothing is known
    char const* function = "";  ///< the function's name

    // constexpr, not consteval: clang 14 evaluates the latter where the default argument is declared.
    [[nodiscard]] static constexpr CallSite here(char const* inFile = __builtin_FILE(),
                                                 int atLine = __builtin_LINE(),
                                                 char const* inFunction = __builtin_FUNCTION()) noexcept
    {
        return {inFile, atLine, inFunction};
    }
};

/// What the user called an operator; it reads as a text, or as null where no name was given. Copies share it, so that
/// a batch or an error that outlives everything else still has it.
///
/// ```cpp
/// CHECK(Name{} == nullptr);
/// CHECK(std::string_view{Name{"counts"}} == "counts");
/// ```
class Name {
public:
    constexpr Name() = default;
    constexpr Name(std::nullptr_t) {}                              // NOLINT: none
    Name(char const* text) : Name(std::string(text)) {}            // NOLINT: a text is a name
    explicit Name(std::string text) : text_(detail::makeCounted<detail::Box<std::string>>(std::move(text))) {}

    constexpr operator char const*() const { return text_ ? text_->value.c_str() : nullptr; }  // NOLINT: it reads as one

private:
    detail::Counted<detail::Box<std::string>> text_;
};

/// What errors and pages call an operator: its kind, where it was written, and the name that the user gave it.
///
/// ```cpp
/// auto doubled = map([](int x) { return 2 * x; });
/// CHECK(std::string_view{doubled.label.kind} == "map");
/// CHECK(doubled.label.at.line > 0);
/// ```
struct Label {
    char const* kind = "";       ///< `map`, `reduceByKey`, …
    CallSite at{};               ///< where it was written
    Name name{};            ///< what `| named("…")` gave it
};

}  // namespace sluice::inline SLUICE_ABI
