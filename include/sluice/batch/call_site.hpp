#pragma once

#include <sluice/batch/macros.hpp>

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
    [[nodiscard]] static constexpr CallSite here(char const* inFile = __builtin_FILE(), int atLine = __builtin_LINE(),
                                                 char const* inFunction = __builtin_FUNCTION()) noexcept
    {
        return {inFile, atLine, inFunction};
    }
};

/// What errors and pages call an operator: its kind, where it was written, and the name that the user gave it. Copied
/// with every expression, and dissolved by the compiler there: that it is trivial is what short batches live on.
///
/// ```cpp
/// auto doubled = map([](int x) { return 2 * x; });
/// CHECK(std::string_view{doubled.label.kind} == "map");
/// CHECK(doubled.label.at.line > 0);
/// ```
struct Label {
    char const* kind = "";       ///< `map`, `reduceByKey`, …
    CallSite at{};               ///< where it was written
    char const* name = nullptr;  ///< what `| named("…")` gave it, as text that lasts; null without
};

}  // namespace sluice::inline SLUICE_ABI
