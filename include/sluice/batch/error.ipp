#pragma once

#include <sluice/batch/error.hpp>

#include <cstdlib>

#include <cxxabi.h>  // for the names of types that somebody throws

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY Digits::Digits(std::int64_t number) noexcept
{
    auto rest = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    do {
        digits_[--begin_] = static_cast<char>('0' + rest % 10);
    } while ((rest /= 10) != 0);
    if (number < 0) digits_[--begin_] = '-';
}

SLUICE_COLD SLUICE_BODY std::string concat(std::initializer_list<std::string_view> parts)
{
    std::string text;
    for (auto const part : parts) text.append(part.data(), part.size());
    return text;
}

SLUICE_COLD SLUICE_BODY std::string where(Label const& label)
{
    char const* const name = label.name;
    Digits const line{label.at.line};
    bool const named = name != nullptr;
    bool const placed = label.at.line > 0;
    return concat({"sluice", label.kind[0] != '\0' ? "::" : "", label.kind, named ? " \"" : "", named ? name : "", named ? "\"" : "",
                   placed ? " (" : "", placed ? label.at.file : "", placed ? ":" : "", placed ? line.text() : "", placed ? ")" : ""});
}

}  // namespace sluice::inline SLUICE_ABI::detail

namespace sluice::inline SLUICE_ABI {

SLUICE_COLD SLUICE_BODY StreamError::StreamError(std::string const& text) : std::runtime_error(text), text_(text) {}

SLUICE_COLD SLUICE_BODY StreamError::StreamError(Label const& label, std::string const& cause)
    : std::runtime_error(cause), label_(label), cause_(cause)
{
    compose();
}

SLUICE_INLINE StreamError::StreamError(StreamError const& other) = default;
SLUICE_INLINE StreamError::StreamError(StreamError&& other) noexcept = default;
SLUICE_INLINE StreamError& StreamError::operator=(StreamError const& other) = default;
SLUICE_INLINE StreamError& StreamError::operator=(StreamError&& other) noexcept = default;
SLUICE_INLINE StreamError::~StreamError() = default;

SLUICE_COLD SLUICE_BODY void StreamError::compose() noexcept
{
    try {
        composeAll();
    } catch (...) {
    }
}

SLUICE_COLD SLUICE_BODY void StreamError::composeAll()
{
    if (cause_.empty() && label_.kind[0] == '\0') return;
    detail::Digits const milliseconds{batchTime_ / 1000};
    detail::Digits const micro{1000 + batchTime_ % 1000};
    detail::Digits const partition{partition_};
    bool const inBatch = batchTime_ != unknown;
    bool const fraction = inBatch && batchTime_ % 1000 != 0;
    bool const inPartition = partition_ != unknown;
    text_ = detail::concat({detail::where(label_), inBatch ? ", batch " : "", inBatch ? milliseconds.text() : "", fraction ? "." : "",
                            fraction ? micro.text().substr(1) : "", inBatch ? " ms" : "", inPartition ? ", partition " : "",
                            inPartition ? partition.text() : "", ": ", cause_});
}

}  // namespace sluice::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY std::string thrownType(std::string_view rest)
{
    auto const* const type = abi::__cxa_current_exception_type();
    char const* const mangled = type != nullptr ? type->name() : "(unknown)";
    char* const readable = abi::__cxa_demangle(mangled, nullptr, nullptr, nullptr);
    auto text = concat({"an exception of type ", readable != nullptr ? readable : mangled, ", ", rest});
    std::free(readable);  // NOLINT: __cxa_demangle allocates so
    return text;
}

SLUICE_COLD SLUICE_BODY std::string wholeTextOf(std::exception_ptr const& error)
{
    std::string_view constexpr none = "without a text";
    auto const said = [&](std::string_view text) { return text.empty() ? thrownType(none) : concat({text}); };
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& e) {
        char const* const text = e.what();
        return said(text != nullptr ? text : "");
    } catch (std::string const& text) {
        return said(text);
    } catch (std::string_view text) {
        return said(text);
    } catch (char const* text) {
        return said(text != nullptr ? text : "");
    } catch (int number) {
        Digits const digits{number};
        return concat({"the int ", digits.text(), " was thrown"});
    } catch (...) {
        return thrownType("which is no std::exception");
    }
}

SLUICE_COLD SLUICE_BODY std::string errorText(std::exception_ptr const& error) noexcept
{
    try {
        return wholeTextOf(error);
    } catch (...) {
        return outOfMemory;
    }
}

SLUICE_COLD SLUICE_BODY void failIn(Label const& label)
{
    try {
        throw;
    } catch (StreamError const& error) {
        if (error.label().kind[0] != '\0') throw;  // named already, by an operator further in
        std::throw_with_nested(StreamError{label, error.what()});
    } catch (...) {
        std::throw_with_nested(StreamError{label, errorText(std::current_exception())});
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
