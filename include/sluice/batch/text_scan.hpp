#pragma once

#include <sluice/batch/sink.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

// Text is cut by kernels that look at 64 bytes at a time. They are compiled for several instruction sets, and the best one that the
// processor has is taken at run time; what they answer is the same. They read no byte outside of the text.
//
// A kernel knows no type of the user's: it writes where pieces begin and end, of as many as fit, and the loop over these is the user's.
// So there is one call for many pieces, and none within the user's loop.

namespace sluice::inline SLUICE_ABI::detail {

/// What functions of text that the library has are.
struct OfText {
    static constexpr bool ofText = true;

    // A text in a pipe, within a function of the user's. What is meant is given, so that this is the one error.
    template <std::convertible_to<std::string_view> Text, std::derived_from<OfText> F>
    friend constexpr auto operator|(Text&& text, F const& f)
    {
        static_assert(std::is_void_v<Text>,
                      "sluice: before | stands a batch or a stream; a text is given to a function of text by a call, as in split()(text)");
        return f(text);
    }
};

/// White space in the C locale: space, \t, \n, \v, \f, \r. Most bytes of a text are decided by the first comparison.
constexpr bool isSpace(char c) noexcept
{
    auto const byte = static_cast<unsigned char>(c);
    return byte <= ' ' && (byte == ' ' || (byte >= '\t' && byte <= '\r'));
}

/// What was found out about bytes that are searched for.
struct Needle {
    std::size_t size;
    // Where the two of its bytes lie that are rarest in texts: only where both are found it is compared.
    std::size_t first;
    std::size_t second;
    /// Whether it is in a line where it is in the text: not if it has an LF or could end in a CR before one, or is everywhere.
    bool inLines;
};

constexpr Needle needleOf(std::string_view text) noexcept
{
    constexpr std::string_view rarestFirst = "\t\"()=_/;QZXJKVYWGUBHFPMLDNORCIASTE:-,98765432.10zqjxkvbpygfwmucldrhsnioate ";
    auto const isRarer = [&](std::size_t i, std::size_t j) { return rarestFirst.find(text[i]) + 1 < rarestFirst.find(text[j]) + 1; };
    Needle needle{text.size(), 0, 0, !text.empty() && text.back() != '\r' && text.find('\n') == std::string_view::npos};
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (isRarer(i, needle.first)) needle.first = i;
    }
    if (needle.first == 0 && !text.empty()) needle.second = text.size() - 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i != needle.first && isRarer(i, needle.second)) needle.second = i;
    }
    return needle;
}

/// How many bounds were written, two for each piece, and where to go on: behind the last piece, or at the end of the text.
struct Bounds {
    std::size_t count;
    char const* stop;
};

/// A kernel has cut enough once it has written so many bounds, which it looks at once for each 64 bytes: so many it may write.
inline constexpr std::size_t cutEnough = 128;
inline constexpr std::size_t cutRoom = cutEnough + std::size_t{3} * 64;

// The kernels: what each does, as `Cut`, and for each instruction set, the best one last. A program has those that it calls.

/// The words of [from, end): runs of what is not white space.
struct CutWords {
    using Cut = Bounds(char const* from, char const* end, char const** bounds);
    static Cut* const inSets[];
};
/// Its lines, which end at LF or CRLF; a last line without end is one.
struct CutLines {
    using Cut = Bounds(char const* from, char const* end, char const** bounds);
    static Cut* const inSets[];
};
/// What stands before, between and behind separators. At the end of a text that is not empty there stands none.
struct CutFields {
    using Cut = Bounds(char const* from, char const* end, char separator, char const** bounds);
    static Cut* const inSets[];
};
/// Those of its lines in which these bytes are, which the needle tells about. Without bounds, and of a needle that is `inLines`: none
/// if they are not in the text.
struct CutLinesWith {
    using Cut = Bounds(char const* from, char const* end, char const* bytes, Needle const& needle, char const** bounds);
    static Cut* const inSets[];
};

/// How many of the sets this processor can run.
std::size_t textSetsHere() noexcept;

/// The kernel that is used; until somebody needs it, none is.
template <class Kernel>
inline constinit typename Kernel::Cut* usedKernel = nullptr;

template <class Kernel>
SLUICE_COLD typename Kernel::Cut* chooseKernel() noexcept
{
    auto* const best = Kernel::inSets[textSetsHere() - 1];
    __atomic_store_n(&usedKernel<Kernel>, best, __ATOMIC_RELAXED);
    return best;
}
template <class Kernel>
[[nodiscard]] typename Kernel::Cut* textKernel() noexcept
{
    auto* const used = __atomic_load_n(&usedKernel<Kernel>, __ATOMIC_RELAXED);
    return used != nullptr ? used : chooseKernel<Kernel>();
}

/// How many LFs there are; by vectors of 16 bytes, which g++ -O2 does not make by itself.
std::size_t countLf(char const* bytes, std::size_t size) noexcept;

/// Lines that a lone CR ends, too: a kernel as any other, but by bytes.
Bounds cutAtLoneCr(char const* from, char const* end, char const** bounds) noexcept;

/// f(piece) for each piece of [from, end) that cut(from, end, bounds) finds, in order, while f answers that it wants more. Whether it
/// still does.
template <class Kernel, class F>
[[gnu::always_inline]] inline bool eachPiece(char const* from, char const* end, Kernel const& cut, F&& f)
{
    char const* bounds[cutRoom];
    do {
        auto const found = cut(from, end, bounds);
        for (std::size_t i = 0; i < found.count; i += 2) {
            if (!f(std::string_view{bounds[i], static_cast<std::size_t>(bounds[i + 1] - bounds[i])})) return false;
        }
        from = found.stop;
    } while (from != end);
    return true;
}

/// Where the line behind one begins that ends there, before LF, CRLF or a CR.
constexpr char const* behindLine(char const* at, char const* end) noexcept
{
    if (at != end && *at++ == '\r' && at != end && *at == '\n') ++at;
    return at;
}

/// The lines that cut finds, into a sink; how many bytes of the text that were.
template <class Kernel, class Sink>
[[gnu::always_inline]] inline Taken pushCutLines(char const* begin, char const* end, Kernel const& cut, Sink& sink)
{
    auto const* stop = end;
    bool const more = eachPiece(begin, end, cut, [&](std::string_view line) {
        if (sink(line)) return true;
        stop = behindLine(line.data() + line.size(), end);
        return false;
    });
    return {static_cast<std::size_t>(stop - begin), more};
}

/// A sink of lines that is faster if it is given a text of lines at once: sink.takeLines(begin, end) does what taking them one by one
/// does, of lines that end at LF or CRLF. Who pushes lines asks for it; so a rule of such a kind stands where the sink is.
template <class Sink>
concept TakesLines = requires(Sink& sink, char const* at) {
    { sink.takeLines(at, at) } -> std::same_as<Taken>;
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/batch/text_scan.ipp>
#endif
