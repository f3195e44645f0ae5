#pragma once

#include <sluice/batch/call_site.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// An argument that cannot be: a wrong duration, an empty list, the reduction of an empty batch.
///
/// ```cpp
/// CHECK_THROWS_AS(rdd(std::vector<int>{}) | reduce(std::plus{}), InvalidArgument);
/// ```
class InvalidArgument : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

/// A call at the wrong time: a stream that is used after its context stopped, a second context while one is active.
///
/// ```cpp
/// CHECK_THROWS_AS(throw IllegalState{"stopped"}, std::logic_error);
/// ```
class IllegalState : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// A call that cannot be served in this place at all.
///
/// ```cpp
/// CHECK_THROWS_AS(throw Unsupported{"not here"}, std::logic_error);
/// ```
class Unsupported : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

namespace detail {

/// A number for a message. Messages are put together by these few functions: whatever else of std::string is used is
/// compiled anew in each file.
class Digits {
public:
    [[gnu::cold]] explicit Digits(std::int64_t number) noexcept;
    explicit Digits(std::size_t number) noexcept : Digits(static_cast<std::int64_t>(number)) {}
    explicit Digits(int number) noexcept : Digits(std::int64_t{number}) {}

    [[nodiscard]] std::string_view text() const noexcept { return {digits_ + begin_, sizeof digits_ - begin_}; }

private:
    char digits_[20];
    std::size_t begin_ = sizeof digits_;
};

[[gnu::cold]] std::string concat(std::initializer_list<std::string_view> parts);

/// `sluice::map "name" (file:line)`.
[[gnu::cold]] std::string where(Label const& label);

}  // namespace detail

/// What went wrong while batches ran. The text names the operator, the user's source line, the batch time and the
/// partition, as far as they are known; what the user's function threw is nested (`std::rethrow_if_nested`).
///
/// ```cpp
/// auto bad = rdd({1, 0}) | map([](int x) { return x == 0 ? throw std::runtime_error{"zero"} : 1 / x; });
/// CHECK_THROWS_AS(bad | collect(), StreamError);
/// ```
class StreamError : public std::runtime_error {
public:
    static constexpr std::int64_t unknown = -1;

    [[gnu::cold]] explicit StreamError(std::string const& text);

    /// The failure of the function of one operator.
    [[gnu::cold]] StreamError(Label const& label, std::string const& cause);
    [[gnu::cold]] StreamError(StreamError const& other);
    [[gnu::cold]] StreamError(StreamError&& other) noexcept;
    [[gnu::cold]] StreamError& operator=(StreamError const& other);
    [[gnu::cold]] StreamError& operator=(StreamError&& other) noexcept;
    [[gnu::cold]] ~StreamError() override;

    [[nodiscard]] char const* what() const noexcept override { return text_.empty() ? std::runtime_error::what() : text_.c_str(); }

    /// The operator whose function threw; its `kind` is empty where that is not known.
    [[nodiscard]] Label const& label() const noexcept { return label_; }

    /// The partition that failed, or `unknown`.
    [[nodiscard]] std::int64_t partition() const noexcept { return partition_; }

    /// The batch time in microseconds since the epoch, or `unknown`.
    [[nodiscard]] std::int64_t batchTime() const noexcept { return batchTime_; }

    /// Failures of later partitions of the same loop, in partition order.
    [[nodiscard]] std::vector<std::exception_ptr> const& others() const noexcept { return others_; }

    // The engine adds what it knows on the way out; what is known already stays.
    void atPartition(std::size_t partition)
    {
        if (partition_ == unknown) partition_ = static_cast<std::int64_t>(partition);
        compose();
    }

    void atBatch(std::int64_t microseconds)
    {
        if (batchTime_ == unknown) batchTime_ = microseconds;
        compose();
    }

    template <class Errors = std::vector<std::exception_ptr>>
    void attach(Errors others)
    {
        others_ = static_cast<Errors&&>(others);
    }

private:
    /// Where there is no memory for it, the text stays as it is.
    [[gnu::cold]] void compose() noexcept;
    [[gnu::cold]] void composeAll();

    Label label_{};
    std::string cause_;
    std::string text_;
    std::int64_t partition_ = unknown;
    std::int64_t batchTime_ = unknown;
    std::vector<std::exception_ptr> others_;
};

namespace detail {

/// Called in a catch block: `an exception of type Name, `, and the rest.
[[nodiscard]] [[gnu::cold]] std::string thrownType(std::string_view rest);

/// As errorText: it throws where there is no memory for the text.
[[nodiscard]] [[gnu::cold]] std::string wholeTextOf(std::exception_ptr const& error);

/// What is said where there is no memory for more: a std::string holds it within itself.
inline constexpr char const* outOfMemory = "out of memory";

/// What an exception has to say: its text, or the text or number that was thrown itself.
[[nodiscard]] [[gnu::cold]] std::string errorText(std::exception_ptr const& error) noexcept;

/// Called in a catch block: what is caught leaves as a StreamError that names the operator.
[[noreturn]] [[gnu::cold]] void failIn(Label const& label);

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/batch/error.ipp>
#endif
