#pragma once

#include <cstddef>
#include <functional>

// Sixteen results side by side, of which the compiler makes vectors; then they are combined in halves.

namespace lanes {

inline constexpr auto larger = [](auto a, auto b) { return a < b ? b : a; };

template <class T, class F, class Of>
[[gnu::always_inline]] inline T inLanes(T const* records, std::size_t size, T zero, F f, Of of)
{
    constexpr std::size_t width = 16;
    T lane[width];
    for (auto& x : lane) x = zero;
    std::size_t i = 0;
    for (; i + width <= size; i += width) {
        for (std::size_t k = 0; k < width; ++k) lane[k] = f(lane[k], of(records[i + k]));
    }
    for (std::size_t k = 0; i < size; ++i, ++k) lane[k] = f(lane[k], of(records[i]));
    for (auto half = width / 2; half > 0; half /= 2) {
        for (std::size_t k = 0; k < half; ++k) lane[k] = f(lane[k], lane[k + half]);
    }
    return lane[0];
}

/// The sum, or the largest, of 3x + 1.
template <class T>
[[gnu::noinline]] T sumOf(T const* records, std::size_t size)
{
    return inLanes(records, size, T{0}, std::plus<>{}, [](T x) { return 3 * x + 1; });
}
template <class T>
[[gnu::noinline]] T largestOf(T const* records, std::size_t size)
{
    return inLanes(records, size, 3 * records[0] + 1, larger, [](T x) { return 3 * x + 1; });
}

/// Those above 0 are written side by side first, without a branch: of half of them at random nobody foresees which.
template <class T>
[[gnu::noinline]] T sumOfPositive(T const* records, std::size_t size)
{
    constexpr std::size_t most = 512;
    T kept[most];
    constexpr std::size_t width = 16;
    T lane[width]{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < size;) {
        auto const room = most - count;
        auto const end = room < size - i ? i + room : size;
        for (; i < end; ++i) {
            T const x = 3 * records[i] + 1;
            kept[count] = x;
            count += x > 0 ? 1 : 0;
        }
        if (count < most) continue;
        for (std::size_t j = 0; j < most; j += width) {
            for (std::size_t k = 0; k < width; ++k) lane[k] += kept[j + k];
        }
        count = 0;
    }
    for (std::size_t j = 0; j < count; ++j) lane[j % width] += kept[j];
    for (auto half = width / 2; half > 0; half /= 2) {
        for (std::size_t k = 0; k < half; ++k) lane[k] += lane[k + half];
    }
    return lane[0];
}

}  // namespace lanes
