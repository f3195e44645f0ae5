#pragma once

#include <cstring>
#include <string_view>

// What somebody writes in an afternoon.

namespace grep {

/// f(line) for each that matches.
template <class F>
void eachFound(std::string_view text, std::string_view needle, F&& f)
{
    for (std::size_t at = 0; at < text.size();) {
        auto const end = std::min(text.find('\n', at), text.size());
        auto const line = text.substr(at, end - at);
        if (line.find(needle) != std::string_view::npos) f(line);
        at = end + 1;
    }
}

}  // namespace grep
