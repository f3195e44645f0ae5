#pragma once

#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// Records of every shape, each of which holds one number, most of them as a text. What reads the number back reads all
// that the record shows, so that what looks at freed memory is found.

namespace sweep {

using namespace std::literals;

/// Long enough to lie in memory of its own: a view into a text that is gone is then an error that ASan sees.
inline std::string textOf(int number) { return "the text of record number " + std::to_string(number); }

/// The number of such a text; -1 where it is another one.
inline int readText(std::string_view text)
{
    if (text.size() != textOf(100).size()) return -1;
    int number = 0;
    for (char c : text.substr(text.size() - 3)) number = 10 * number + (c - '0');
    return text == textOf(number) ? number : -1;
}

/// The number that two parts of a record agree on.
inline int both(int a, int b) { return a == b ? a : -1; }

/// Of each shape: make(number, text), which may look into the text, and read(record). A shape has as many types as are asked for,
/// by number: a compiler tells what is wrong with a type once, so cells that are refused have types of their own.
template <class R>
struct Shape;

struct NumberOf {
    template <class R>
    int operator()(R const& record) const
    {
        return Shape<R>::read(record);
    }
};
inline constexpr NumberOf numberOf{};

template <int Own = 0>
struct Plain {
    int number;
    double half;
    std::string text;
};
template <int Own>
struct Shape<Plain<Own>> {
    static Plain<Own> make(int n, std::string_view text) { return {n, n / 2.0, std::string{text}}; }
    static int read(Plain<Own> const& r) { return both(r.number, both(readText(r.text), static_cast<int>(r.half * 2))); }
};

template <int Own = 0>
struct View {
    std::string_view text;
    int number;
};
template <int Own>
struct Shape<View<Own>> {
    static View<Own> make(int n, std::string_view text) { return {text, n}; }
    static int read(View<Own> const& r) { return both(r.number, readText(r.text)); }
};

template <int Own = 0>
struct Nested {
    struct Inner {
        char grade;
        std::string_view text;
    };
    int number;
    Inner inner;
};
template <int Own>
struct Shape<Nested<Own>> {
    static Nested<Own> make(int n, std::string_view text) { return {n, {'a', text}}; }
    static int read(Nested<Own> const& r) { return both(r.number, readText(r.inner.text)); }
};

template <int Own = 0>
struct InOptional {
    int number;
    std::optional<std::string_view> text;
};
template <int Own>
struct Shape<InOptional<Own>> {
    static InOptional<Own> make(int n, std::string_view text) { return {n, text}; }
    static int read(InOptional<Own> const& r) { return both(r.number, readText(r.text.value())); }
};

template <int Own = 0>
struct InVector {
    std::vector<std::string_view> texts;
    int number;
};
template <int Own>
struct Shape<InVector<Own>> {
    static InVector<Own> make(int n, std::string_view text) { return {{text, text}, n}; }
    static int read(InVector<Own> const& r) { return both(r.number, both(readText(r.texts.at(0)), readText(r.texts.at(1)))); }
};

template <int Own = 0>
struct InPair {
    std::pair<int, std::string_view> pair;
    std::tuple<std::string_view, char> tuple;
};
template <int Own>
struct Shape<InPair<Own>> {
    static InPair<Own> make(int n, std::string_view text) { return {{n, text}, {text, 'b'}}; }
    static int read(InPair<Own> const& r) { return both(r.pair.first, both(readText(r.pair.second), readText(std::get<0>(r.tuple)))); }
};

/// A view of a kind that the library does not know how to own.
template <int Own = 0>
struct Span {
    std::span<char const> text;
    int number;
};
template <int Own>
struct Shape<Span<Own>> {
    static Span<Own> make(int n, std::string_view text) { return {text, n}; }
    static int read(Span<Own> const& r) { return both(r.number, readText({r.text.data(), r.text.size()})); }
};

/// It may be a view, and is one.
template <int Own = 0>
class PrivateView {
public:
    explicit PrivateView(std::string_view text) : text_(text) {}
    [[nodiscard]] std::string_view text() const { return text_; }

private:
    std::string_view text_;
};
template <int Own>
struct Shape<PrivateView<Own>> {
    static PrivateView<Own> make(int, std::string_view text) { return PrivateView<Own>{text}; }
    static int read(PrivateView<Own> const& r) { return readText(r.text()); }
};

/// It has a destructor: it is taken to own what it holds.
template <int Own = 0>
class PrivateOwner {
public:
    explicit PrivateOwner(std::string_view text) : text_(text) {}
    [[nodiscard]] std::string const& text() const { return text_; }

private:
    std::string text_;
};
template <int Own>
struct Shape<PrivateOwner<Own>> {
    static PrivateOwner<Own> make(int, std::string_view text) { return PrivateOwner<Own>{text}; }
    static int read(PrivateOwner<Own> const& r) { return readText(r.text()); }
};

template <int Own = 0>
struct MoveOnly {
    std::unique_ptr<int> number;
    std::string text;
};
template <int Own>
struct Shape<MoveOnly<Own>> {
    static MoveOnly<Own> make(int n, std::string_view text) { return {std::make_unique<int>(n), std::string{text}}; }
    static int read(MoveOnly<Own> const& r) { return both(*r.number, readText(r.text)); }
};

template <int Own = 0>
struct Const {
    int const number;
    std::string const text;
};
template <int Own>
struct Shape<Const<Own>> {
    static Const<Own> make(int n, std::string_view text) { return {n, std::string{text}}; }
    static int read(Const<Own> const& r) { return both(r.number, readText(r.text)); }
};

template <int Own = 0>
struct ConstView {
    int const number;
    std::string_view const text;
};
template <int Own>
struct Shape<ConstView<Own>> {
    static ConstView<Own> make(int n, std::string_view text) { return {n, text}; }
    static int read(ConstView<Own> const& r) { return both(r.number, readText(r.text)); }
};

template <int Own = 0>
struct Arrays {
    int numbers[2];
    char text[32];
    std::array<double, 2> halves;
};
template <int Own>
struct Shape<Arrays<Own>> {
    static Arrays<Own> make(int n, std::string_view text)
    {
        Arrays<Own> r{{n, n}, {}, {n / 2.0, n / 2.0}};
        text.copy(r.text, sizeof r.text);
        return r;
    }
    static int read(Arrays<Own> const& r)
    {
        return both(both(r.numbers[0], r.numbers[1]), both(readText(r.text), static_cast<int>(r.halves.at(1) * 2)));
    }
};

template <int Own = 0>
struct ArraysOfViews {
    std::string_view texts[2];
    std::array<std::string_view, 2> more;
};
template <int Own>
struct Shape<ArraysOfViews<Own>> {
    static ArraysOfViews<Own> make(int, std::string_view text) { return {{text, text}, {text, text}}; }
    static int read(ArraysOfViews<Own> const& r)
    {
        return both(both(readText(r.texts[0]), readText(r.texts[1])), both(readText(r.more[0]), readText(r.more[1])));
    }
};

template <int Own = 0>
struct Empty {};
template <int Own>
struct Shape<Empty<Own>> {
    static Empty<Own> make(int, std::string_view) { return {}; }
    static int read(Empty<Own> const&) { return 100; }
};

template <int Own = 0>
struct Base {
    std::string_view text;
};
template <int Own = 0>
struct Derived : Base<Own> {
    int number;
};
template <int Own>
struct Shape<Derived<Own>> {
    static Derived<Own> make(int n, std::string_view text) { return {{text}, n}; }
    static int read(Derived<Own> const& r) { return both(r.number, readText(r.text)); }
};

/// All that hold views: what is right of this one is right of each of its members.
template <int Own = 0>
struct AllViews {
    View<Own> view;
    Nested<Own> nested;
    InOptional<Own> inOptional;
    InVector<Own> inVector;
    InPair<Own> inPair;
    ArraysOfViews<Own> arrays;
    std::optional<View<Own>> optional;
    std::vector<View<Own>> vector;
};
template <int Own>
struct Shape<AllViews<Own>> {
    struct Part {
        int n;
        std::string_view text;
        template <class R>
        operator R() const
        {
            return Shape<R>::make(n, text);
        }
    };
    static AllViews<Own> make(int n, std::string_view text)
    {
        Part const part{n, text};
        View<Own> const view = part;
        return {view, part, part, part, part, part, view, {view, view}};
    }
    static int read(AllViews<Own> const& r)
    {
        auto const& [view, nested, inOptional, inVector, inPair, arrays, optional, vector] = r;
        int number = numberOf(view);
        number = both(number, numberOf(nested));
        number = both(number, numberOf(inOptional));
        number = both(number, numberOf(inVector));
        number = both(number, numberOf(inPair));
        number = both(number, numberOf(arrays));
        number = both(number, numberOf(optional.value()));
        return both(number, both(numberOf(vector.at(0)), numberOf(vector.at(1))));
    }
};

// ---- what came, and what was to come -----------------------------------------------------------------------------------

template <class T>
concept Shaped = requires { sizeof(Shape<T>); };

template <class T>
void flat(std::vector<int>& out, T const& x)
{
    if constexpr (Shaped<T>) out.push_back(Shape<T>::read(x));
    else if constexpr (std::is_arithmetic_v<T>) out.push_back(static_cast<int>(x));
    else if constexpr (std::is_convertible_v<T const&, std::string_view>) out.push_back(readText(x));
    else if constexpr (requires { x.has_value(); }) {
        if (x) flat(out, *x);
        else out.push_back(-2);
    } else if constexpr (requires { x.begin(); }) {
        for (auto const& element : x) flat(out, element);
    } else {
        std::apply([&out](auto const&... members) { (flat(out, members), ...); }, x);
    }
}

struct Numbers {
    std::vector<int>* out;
    template <class T>
    void operator()(T const& record) const
    {
        flat(*out, record);
    }
};

struct Rows {
    std::vector<std::vector<int>>* out;
    template <class T>
    void operator()(T const& record) const
    {
        flat(out->emplace_back(), record);
    }
};

/// The cell that runs, for what is said of it.
inline std::string cell;
inline int failures = 0;

inline void fail(std::string const& what)
{
    ++failures;
    std::fprintf(stderr, "FAIL %s: %s\n", cell.c_str(), what.c_str());
}

/// The numbers that a cell of R is to give. Of a record that holds nothing there is one only, whose number is 100: whereEmpty
/// is what that makes of it, where it is not each record's own number.
struct Want {
    std::vector<int> numbers;
    std::vector<int> whereEmpty{-1};
};

template <class R>
void same(std::vector<int> const& got, Want want)
{
    if (std::is_empty_v<R> && want.whereEmpty != std::vector{-1}) {
        want.numbers = want.whereEmpty;
    } else if (std::is_empty_v<R>) {
        for (int& n : want.numbers) n = n > 100 ? 100 : n;
    }
    if (got == want.numbers) return;
    std::string text = "gives";
    for (int n : got) text += ' ' + std::to_string(n);
    text += ", expected";
    for (int n : want.numbers) text += ' ' + std::to_string(n);
    fail(text);
}

/// What a join of keys that are all one gives.
inline std::vector<int> metAll()
{
    std::vector<int> all;
    for (int a : {3, 1, 2, 1}) {
        for (int b : {3, 1, 2, 1}) all.insert(all.end(), {100, a, b});
    }
    return all;
}

/// Where cells are asked for their types alone, nobody loops over what they give: it is all that tells whether they are refused,
/// and a third of the work.
#ifdef SWEEP_TYPES_ALONE
inline constexpr bool typesAlone = true;
#else
inline constexpr bool typesAlone = false;
#endif
struct Nobody : sluice::detail::OutputBase, sluice::detail::Needs<> {
    sluice::Label label{"nobody", {}};

    template <class Node>
    void attach(Node const&) const
    {
    }
};

/// What an operator has given: a batch, or the value of an action. Nothing is said of what is refused, as to whoever writes
/// the rest of a pipe.
template <class R, class X>
void gives(X&& result, Want const& want)
{
    if constexpr (sluice::detail::isRefused<X> || typesAlone) {
    } else {
        std::vector<int> got;
        if constexpr (sluice::detail::isRDD<std::remove_cvref_t<X>>) {
            static_cast<X&&>(result) | sluice::foreach (Numbers{&got});
        } else {
            flat(got, result);
        }
        same<R>(got, want);
    }
}

// ---- what the cells begin with -----------------------------------------------------------------------------------------

struct Text {
    std::string operator()(int number) const { return textOf(number); }
};
template <class R>
struct Make {
    R operator()(std::string const& text) const { return Shape<R>::make(readText(text), text); }
};
template <class R>
struct MakeKeyed {
    std::pair<R, int> operator()(std::string const& text) const { return {Shape<R>::make(readText(text), text), readText(text) - 100}; }
};
template <class R>
struct MakeValued {
    std::pair<int, R> operator()(std::string const& text) const { return {readText(text) - 100, Shape<R>::make(readText(text), text)}; }
};

/// What the functions of the cells do with records.
struct AddNumber {
    template <class R>
    int operator()(int sum, R const& record) const
    {
        return sum + Shape<R>::read(record) - 100;
    }
};
struct IsSmaller {
    template <class R>
    bool operator()(R const& a, R const& b) const
    {
        return Shape<R>::read(a) < Shape<R>::read(b);
    }
};
struct Larger {
    template <class R>
    R const& operator()(R const& a, R const& b) const
    {
        return Shape<R>::read(a) < Shape<R>::read(b) ? b : a;
    }
};

/// A record of a text that lives as long as the program.
template <class R>
R lasting(int number)
{
    static std::string const texts[] = {textOf(100), textOf(101), textOf(102), textOf(103)};
    return Shape<R>::make(number, texts[number - 100]);
}

/// 103 101 | 102 101, as texts that live no longer than the push, and records that may look into them.
inline auto texts() { return sluice::rdd(std::vector{103, 101, 102, 101}, 2) | sluice::map(Text{}); }
template <class R>
auto records()
{
    return texts() | sluice::map(Make<R>{});
}
/// (record, its number - 100)
template <class R>
auto keyed()
{
    return texts() | sluice::map(MakeKeyed<R>{});
}
/// (its number - 100, record)
template <class R>
auto valued()
{
    return texts() | sluice::map(MakeValued<R>{});
}

/// The same as a stream: 103 101 in its first batch, 102 101 in its second one, nothing in its third.
class Live {
public:
    sluice::IntervalClock clock{1s};
    std::vector<int> got;

    auto texts() { return sluice::testing::literalStream<int>(clock, {{103, 101}, {102, 101}, {}}) | sluice::map(Text{}); }
    template <class R>
    auto records()
    {
        return texts() | sluice::map(Make<R>{});
    }
    template <class R>
    auto keyed()
    {
        return texts() | sluice::map(MakeKeyed<R>{});
    }
    template <class R>
    auto valued()
    {
        return texts() | sluice::map(MakeValued<R>{});
    }

    /// The output that keeps the numbers of all batches.
    auto out()
    {
        if constexpr (typesAlone) return Nobody{};
        else
            return sluice::foreachRDD(
                [into = &got](auto batch) { static_cast<decltype(batch)&&>(batch) | sluice::foreach (Numbers{into}); });
    }

    /// The same for batches whose records stand in no particular order.
    auto outSorted()
    {
        if constexpr (typesAlone) return Nobody{};
        else
            return sluice::foreachRDD([into = &got](auto batch) {
                std::vector<std::vector<int>> rows;
                static_cast<decltype(batch)&&>(batch) | sluice::foreach (Rows{&rows});
                std::sort(rows.begin(), rows.end());
                flat(*into, rows);
            });
    }

    void run()
    {
        for (int second = 0; second <= 3; ++second) clock.poll(sluice::Time{std::chrono::seconds{second}});
    }
    template <class R>
    void gives(Want const& want)
    {
        run();
        same<R>(got, want);
    }
};

/// However many blocks a receiver makes of what it takes, their records come one after the other: cells keep what they see in a
/// vector.
inline sluice::Config oneThread() { return {.master = "inline"}; }

/// What sends two lines to those who connect.
struct Server {
    sluice::io::Wakeup wake;
    sluice::io::Listener listener;
    sluice::testing::Harness harness{oneThread()};

    void run()
    {
        harness.start();
        auto const socket = listener.accept(wake);
        socket.writeAll(textOf(103) + '\n' + textOf(101) + '\n');
        harness.awaitReceived(2);
        harness.advance(1s);
    }
};

/// A directory of one's own, gone at the end.
class Scratch {
public:
    Scratch() : path_("sweep-" + std::to_string(::getpid()))
    {
        sluice::io::removeTree(path_);
        ::mkdir(path_.c_str(), 0777);
    }
    ~Scratch() { sluice::io::removeTree(path_); }
    Scratch(Scratch const&) = delete;
    Scratch& operator=(Scratch const&) = delete;

    [[nodiscard]] std::string const& path() const { return path_; }

    /// A file that was written half a second after the beginning of time.
    void write(std::string const& name, std::string const& content) const
    {
        auto const file = path_ + '/' + name;
        std::FILE* const to = std::fopen(file.c_str(), "w");
        std::fwrite(content.data(), 1, content.size(), to);
        std::fclose(to);
        timespec const times[] = {{0, 500'000'000}, {0, 500'000'000}};
        ::utimensat(AT_FDCWD, file.c_str(), times, 0);
    }

private:
    std::string path_;
};

inline std::string contentOf(std::string const& path)
{
    std::string text;
    if (std::FILE* file = std::fopen(path.c_str(), "r")) {
        for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
        std::fclose(file);
    }
    return text;
}

/// The text of the records, a line each.
template <class R>
std::string linesOf(std::vector<int> const& numbers)
{
    std::string text;
    if constexpr (sluice::Textual<R>) {
        for (int n : numbers) text += sluice::textOf(lasting<R>(n)) + '\n';
    }
    return text;
}

}  // namespace sweep
