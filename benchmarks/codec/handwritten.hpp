#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The pairs to bytes and back, as fast as we can write it for just this: the size of all is told first, bytes are written where they
// belong, and what is read is believed.

namespace codec {

using Pair = std::pair<std::string, std::int64_t>;
using Pairs = std::vector<Pair>;

inline void write(Pairs const& pairs, std::string& out)
{
    std::size_t bytes = 8;
    for (auto const& pair : pairs) bytes += 4 + pair.first.size() + 8;
    out.resize(bytes);
    char* at = out.data();
    auto const put = [&at](void const* from, std::size_t size) {
        std::memcpy(at, from, size);
        at += size;
    };
    std::uint64_t const count = pairs.size();
    put(&count, sizeof count);
    for (auto const& [text, number] : pairs) {
        auto const size = static_cast<std::uint32_t>(text.size());
        put(&size, sizeof size);
        put(text.data(), size);
        put(&number, sizeof number);
    }
}

inline void read(std::string_view bytes, Pairs& pairs)
{
    char const* at = bytes.data();
    auto const get = [&at](auto& value) {
        std::memcpy(&value, at, sizeof value);
        at += sizeof value;
    };
    std::uint64_t count = 0;
    get(count);
    pairs.clear();
    pairs.reserve(count);
    for (; count > 0; --count) {
        std::uint32_t size = 0;
        get(size);
        auto& pair = pairs.emplace_back(std::piecewise_construct, std::forward_as_tuple(at, size), std::forward_as_tuple());
        at += size;
        get(pair.second);
    }
}

}  // namespace codec
