#pragma once

#include <doctest/doctest.h>

#include <exception>
#include <string>
#include <string_view>

namespace kafka_test {

/// What it says of why it could not.
template <class F>
std::string errorOf(F const& f)
{
    try {
        f();
    } catch (std::exception const& error) {
        return error.what();
    }
    return "nothing was thrown";
}
/// Whether that is said; it is checked.
inline bool has(std::string const& text, std::string_view part)
{
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
    return text.find(part) != std::string::npos;
}

}  // namespace kafka_test
