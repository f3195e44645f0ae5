#pragma once

#include "../runner.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Rows whose keys are drawn at random from so many, all as likely.

namespace reduce_by_key {

using IntegerRow = std::pair<std::int64_t, std::int64_t>;
using TextRow = std::pair<std::string_view, std::int64_t>;

inline std::vector<IntegerRow> integerRows(std::size_t rows, std::size_t keys)
{
    bench::Random random{1};
    std::vector<IntegerRow> made;
    made.reserve(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        made.emplace_back(static_cast<std::int64_t>(random() % keys) * 1'000'003, static_cast<std::int64_t>(random() % 100));
    }
    return made;
}

/// Keys as "user1234567", one behind the other as a file has them; 16 bytes are readable from where each begins.
struct TextRows {
    std::string bytes;
    std::vector<TextRow> rows;

    TextRows(std::size_t count, std::size_t keys)
    {
        bench::Random random{1};
        std::vector<std::uint32_t> begins;
        for (std::size_t i = 0; i < count; ++i) {
            begins.push_back(static_cast<std::uint32_t>(bytes.size()));
            bytes += "user";
            bytes += std::to_string(random() % keys);
        }
        begins.push_back(static_cast<std::uint32_t>(bytes.size()));
        bytes.append(16, ' ');
        rows.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            rows.emplace_back(std::string_view{bytes.data() + begins[i], begins[i + 1] - begins[i]},
                              static_cast<std::int64_t>(random() % 100));
        }
    }
};

}  // namespace reduce_by_key
