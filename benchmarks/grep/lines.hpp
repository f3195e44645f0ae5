#pragma once

#include "../runner.hpp"
#include "../simd.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace grep {

inline constexpr std::string_view needle = "connection reset";

/// Lines of 100 bytes, their ends included, of small letters in words; so many of 1000 have the needle somewhere.
struct Lines {
    std::string bytes;
    std::vector<std::string_view> pieces;  // cut at lines, as the text would come from a socket or a file
    std::size_t count;

    Lines(std::size_t lines, unsigned matching) : count(lines)
    {
        bench::Random random{matching + 1};
        bytes.reserve(lines * 100 + bench::simd::slack);
        for (std::size_t i = 0; i < lines; ++i) {
            char line[100];
            for (std::size_t k = 0; k < 99;) {
                for (auto bits = random(); k < 99 && bits != 0; bits >>= 5) {
                    auto const letter = bits & 31;
                    line[k++] = letter < 26 ? static_cast<char>('a' + letter) : ' ';
                }
            }
            line[99] = '\n';
            if (random() % 1000 < matching) needle.copy(line + random() % (99 - needle.size()), needle.size());
            bytes.append(line, 100);
        }
        auto const all = std::string_view{bytes}.substr(0, lines * 100);
        for (std::size_t at = 0; at < all.size(); at += 262'100) pieces.push_back(all.substr(at, 262'100));
        bytes.append(bench::simd::slack, '\n');
    }
    [[nodiscard]] std::string_view view() const { return {bytes.data(), count * 100}; }
};

}  // namespace grep
