#pragma once

#include "words.hpp"

// What somebody writes in an afternoon: a map that finds words as views and copies each once.

namespace word_count {

struct ViewHash : std::hash<std::string_view> {
    using is_transparent = void;
};
using StdMap = std::unordered_map<std::string, std::int64_t, ViewHash, std::equal_to<>>;

inline void countInStdMap(std::string_view text, StdMap& counts)
{
    forEachWord(text, [&](std::string_view word) {
        if (auto const at = counts.find(word); at != counts.end()) ++at->second;
        else counts.emplace(word, 1);
    });
}

}  // namespace word_count
