#pragma once

#include "../runner.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

// Words to count, and the plain way to do it.

namespace word_count {

using Counts = std::unordered_map<std::string, std::int64_t>;

/// Words as the C locale sees them, one by one.
template <class F>
void forEachWord(std::string_view text, F&& f)
{
    auto const space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    for (std::size_t i = 0; i < text.size();) {
        while (i < text.size() && space(text[i])) ++i;
        auto const begin = i;
        while (i < text.size() && !space(text[i])) ++i;
        if (i > begin) f(text.substr(begin, i - begin));
    }
}

/// The plain way, to compare with.
inline void countPlainly(std::string_view text, Counts& counts, std::int64_t times = 1)
{
    forEachWord(text, [&](std::string_view word) { counts[std::string(word)] += times; });
}

/// Lines of words whose frequencies follow Zipf's law.
inline std::vector<std::string> makeLines(std::size_t lines, std::size_t distinct, std::uint64_t seed)
{
    bench::Random random(seed);
    std::vector<std::string> words;
    for (std::size_t i = 0; i < distinct; ++i) {
        std::string word;
        for (auto left = i * 7919 + 26; left > 0; left /= 26) word += static_cast<char>('a' + left % 26);
        words.push_back(std::move(word));
    }
    std::vector<double> upTo;
    double sum = 0;
    for (std::size_t i = 0; i < distinct; ++i) upTo.push_back(sum += 1 / static_cast<double>(i + 1));
    std::vector<std::string> made;
    for (std::size_t i = 0; i < lines; ++i) {
        std::string line;
        for (auto n = 5 + random() % 4; n > 0; --n) {
            auto const at = std::lower_bound(upTo.begin(), upTo.end(), random.unit() * sum) - upTo.begin();
            if (!line.empty()) line += ' ';
            line += words[static_cast<std::size_t>(at) % distinct];
        }
        made.push_back(std::move(line));
    }
    return made;
}

}  // namespace word_count
