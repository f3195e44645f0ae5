#include <sluice/batch/text_scan.hpp>

#include <doctest/doctest.h>

#include <cctype>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

using namespace sluice::detail;
using namespace std::literals;

namespace {

using Pieces = std::vector<std::string_view>;

/// Memory in front of which and behind which no byte can be read.
class Guarded {
public:
    Guarded() : size_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)))
    {
        memory_ = static_cast<char*>(::mmap(nullptr, 3 * size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        REQUIRE(memory_ != MAP_FAILED);
        REQUIRE(::mprotect(memory_ + size_, size_, PROT_READ | PROT_WRITE) == 0);
    }
    Guarded(Guarded const&) = delete;
    Guarded& operator=(Guarded const&) = delete;
    ~Guarded() { ::munmap(memory_, 3 * size_); }

    std::string_view atBegin(std::string_view text) { return at(memory_ + size_, text); }
    std::string_view atEnd(std::string_view text) { return at(memory_ + 2 * size_ - text.size(), text); }

private:
    static std::string_view at(char* where, std::string_view text)
    {
        text.copy(where, text.size());
        return {where, text.size()};
    }

    std::size_t size_;
    char* memory_;
};

// As slowly as can be.

Pieces wordsOf(std::string_view text)
{
    Pieces found;
    for (std::size_t i = 0; i < text.size();) {
        auto const begin = i;
        while (i < text.size() && std::isspace(static_cast<unsigned char>(text[i])) == 0) ++i;
        if (i > begin) found.push_back(text.substr(begin, i - begin));
        else ++i;
    }
    return found;
}

Pieces linesOf(std::string_view text)
{
    Pieces found;
    for (std::size_t i = 0; i < text.size();) {
        auto const lf = text.find('\n', i);
        auto line = text.substr(i, lf - i);
        i = lf == text.npos ? text.size() : lf + 1;
        if (lf != text.npos && line.ends_with('\r')) line.remove_suffix(1);
        found.push_back(line);
    }
    return found;
}

Pieces fieldsOf(std::string_view text, char separator)
{
    Pieces found;
    for (std::size_t i = 0; i <= text.size();) {
        auto const at = text.find(separator, i);
        found.push_back(text.substr(i, at - i));
        i = at == text.npos ? text.size() + 1 : at + 1;
    }
    return found;
}

Pieces linesWith(std::string_view text, std::string_view what)
{
    Pieces found;
    for (auto const line : linesOf(text)) {
        if (line.find(what) != line.npos) found.push_back(line);
    }
    return found;
}

/// The very same: also where they lie.
void checkSame(Pieces const& found, Pieces const& expected)
{
    REQUIRE(found.size() == expected.size());
    bool same = true;
    for (std::size_t i = 0; i < found.size(); ++i)
        same = same && found[i].data() == expected[i].data() && found[i].size() == expected[i].size();
    REQUIRE(same);
}

template <class Kernel>
Pieces all(std::string_view text, Kernel const& cut)
{
    Pieces found;
    CHECK(eachPiece(text.data(), text.data() + text.size(), cut, [&](std::string_view piece) {
        found.push_back(piece);
        return true;
    }));
    return found;
}

/// All kernels of an instruction set.
struct Kernels {
    std::size_t set;
    CutWords::Cut* words = CutWords::inSets[set];
    CutLines::Cut* lines = CutLines::inSets[set];
    CutFields::Cut* fields = CutFields::inSets[set];
    CutLinesWith::Cut* linesWith = CutLinesWith::inSets[set];
};

std::vector<Kernels> kernelsHere()
{
    std::vector<Kernels> kernels;
    for (std::size_t set = 0; set < textSetsHere(); ++set) kernels.push_back(Kernels{set});
    return kernels;
}

void checkAll(Kernels const& kernels, std::string_view text, std::vector<std::string> const& needles)
{
    CAPTURE(kernels.set);
    CAPTURE(std::string{text});
    checkSame(all(text, kernels.words), wordsOf(text));
    checkSame(all(text, kernels.lines), linesOf(text));
    if (text.empty() || text.back() != ',') {
        auto const cut = [&](char const* from, char const* end, char const** bounds) { return kernels.fields(from, end, ',', bounds); };
        checkSame(all(text, cut), fieldsOf(text, ','));
    }
    for (auto const& what : needles) {
        CAPTURE(what);
        auto const needle = needleOf(what);
        if (needle.inLines) {
            auto const found = kernels.linesWith(text.data(), text.data() + text.size(), what.data(), needle, nullptr).count != 0;
            REQUIRE(found == (text.find(what) != text.npos));
        }
        auto const cut = [&](char const* from, char const* end, char const** bounds) {
            return kernels.linesWith(from, end, what.data(), needle, bounds);
        };
        checkSame(all(text, cut), linesWith(text, what));
    }
}

std::string randomText(std::mt19937& random, std::size_t size, std::string_view bytes)
{
    std::string text(size, ' ');
    for (char& c : text) c = bytes[random() % bytes.size()];
    return text;
}

/// Texts of little, of much and of nothing but what is looked for.
constexpr std::string_view alphabets[] = {
    "ab \n,"sv, "abcdefghijklmnopqrstuvwxyz \r\n,"sv, "aab\r\n"sv, "\xff\xa0\x89\x1f!\x00 \t\v\f,"sv, "a"sv, " \n"sv};

}  // namespace

TEST_CASE("every kernel that this processor has cuts as the slow ones do, and reads no byte outside of the text")
{
    std::vector<std::string> const needles{"",
                                           "a",
                                           "b",
                                           "ab",
                                           "aab",
                                           "ba\n",
                                           "a\r",
                                           "\r",
                                           "\n",
                                           "z,",
                                           "aaaaaaaaaaaaaaaaaaaaaaaab",
                                           std::string(70, 'a'),
                                           "ab aab",
                                           "\xff\xa0",
                                           std::string("\0", 1)};
    Guarded memory;
    for (auto const& kernels : kernelsHere()) {
        std::mt19937 random{1};
        for (std::size_t size = 0; size <= 300; ++size) {
            for (auto const alphabet : alphabets) {
                auto const text = randomText(random, size, alphabet);
                checkAll(kernels, memory.atBegin(text), needles);
                checkAll(kernels, memory.atEnd(text), needles);
            }
        }
    }
}

TEST_CASE("where a text lies makes no difference")
{
    Guarded memory;
    std::mt19937 random{2};
    for (auto const& kernels : kernelsHere()) {
        for (std::size_t offset = 0; offset < 64; ++offset) {
            auto const text = memory.atBegin(randomText(random, 400, alphabets[offset % 4]));
            checkAll(kernels, text.substr(offset, 130 + offset), {"a", "ab", "aab"});
        }
    }
}

TEST_CASE("texts that have more pieces than there is room for, and pieces that are longer than any room")
{
    std::mt19937 random{3};
    for (auto const& kernels : kernelsHere()) {
        for (auto const* const unit : {"a ", "a\n", "\n", ",", "a", " ", "ab\r\n", "a, b\n"}) {
            std::string text;
            while (text.size() < 5000) text += unit;
            checkAll(kernels, text, {"a", "b", "ab"});
            checkAll(kernels, text + "x", {"x", "ax"});
        }
        for (int round = 0; round < 50; ++round) {
            std::string text;
            while (text.size() < 20'000) text += std::string(random() % 1000, 'a') + " ,\n\r"[random() % 4];
            checkAll(kernels, text + "a", {"a,", "a\r", "aa\ra"});
        }
    }
}

TEST_CASE("a CR that ends 64 bytes belongs to the LF that begins the next ones")
{
    for (auto const& kernels : kernelsHere()) {
        for (std::size_t size = 60; size < 70; ++size) {
            checkAll(kernels, std::string(size, 'x') + "\r\n" + std::string(80, 'y') + "\r\n", {"x", "y"});
            checkAll(kernels, std::string(size, '\r') + "\n", {"\r\r"});
        }
    }
}

TEST_CASE("a text in which a needle nearly is at each byte is searched in linear time")
{
    std::string const text(std::size_t{1} << 20, 'a');
    auto const what = std::string(1000, 'a') + 'b' + std::string(1000, 'a');
    auto needle = needleOf(what);
    needle.first = 0;  // where all seems to match
    needle.second = 2000;
    auto const other = text + what + text;
    for (auto const& kernels : kernelsHere()) {
        auto const found = [&](std::string const& all) {
            return kernels.linesWith(all.data(), all.data() + all.size(), what.data(), needle, nullptr).count != 0;
        };
        CHECK_FALSE(found(text));
        CHECK(found(other));
        auto const cut = [&](char const* from, char const* end, char const** bounds) {
            return kernels.linesWith(from, end, what.data(), needle, bounds);
        };
        checkSame(all(other, cut), {other});
    }
}

TEST_CASE("of a needle its rarest bytes are looked at")
{
    constexpr auto error = needleOf("an ERROR");
    static_assert("an ERROR"sv[error.first] != ' ' && "an ERROR"sv[error.second] != 'a');
    constexpr auto one = needleOf("e");
    static_assert(one.size == 1 && one.first == 0 && one.second == 0);
    constexpr auto same = needleOf("ee");
    static_assert(same.first != same.second);
    static_assert(needleOf("a b").inLines && needleOf("\ra").inLines);
    static_assert(!needleOf("").inLines && !needleOf("a\nb").inLines && !needleOf("a\r").inLines);
}

TEST_CASE("who has enough is given no more")
{
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "word\n";
    for (auto const& kernels : kernelsHere()) {
        int seen = 0;
        CHECK_FALSE(eachPiece(text.data(), text.data() + text.size(), kernels.words, [&](std::string_view) { return ++seen < 77; }));
        CHECK(seen == 77);
    }
}

TEST_CASE("the best kernels are used, and are the same for all")
{
    CHECK((textKernel<CutWords>() == CutWords::inSets[textSetsHere() - 1]));
    CHECK((textKernel<CutLinesWith>() == CutLinesWith::inSets[textSetsHere() - 1]));
    CHECK((usedKernel<CutWords> == CutWords::inSets[textSetsHere() - 1]));
}

TEST_CASE("LFs are counted, whatever stands between them and wherever they lie")
{
    std::mt19937 random{1};
    for (std::size_t size = 0; size < 300; ++size) {
        std::string text(size, 'x');
        std::size_t expected = 0;
        for (auto& c : text) {
            c = random() % 4 == 0 ? '\n' : static_cast<char>(random());
            expected += c == '\n' ? 1 : 0;
        }
        CHECK(countLf(text.data(), size) == expected);
    }
    std::string const lfs(100'000, '\n');
    CHECK(countLf(lfs.data(), lfs.size()) == lfs.size());
    CHECK(countLf(lfs.data() + 3, 5'000) == 5'000);
}
