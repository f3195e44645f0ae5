#pragma once

#include <sluice/batch/macros.hpp>

#include <new>

namespace sluice::inline SLUICE_ABI::detail {

/// A value or none, as far as the parts of the library hand one to another: a batch, where there is one. A std::optional does the same
/// and, for each type, four times the functions, which each program that uses the library would compile.
template <class T>
class Maybe {
public:
    Maybe() : has_(false) {}
    Maybe(T value) : value_(static_cast<T&&>(value)), has_(true) {}  // NOLINT: implicit, it is one
    Maybe(Maybe&& other) : has_(other.has_)
    {
        if (has_) ::new (static_cast<void*>(&value_)) T(static_cast<T&&>(other.value_));
    }
    Maybe& operator=(Maybe&& other)
    {
        reset();
        if (other.has_) emplace(static_cast<T&&>(other.value_));
        return *this;
    }
    ~Maybe() { reset(); }

    void emplace(T value)
    {
        reset();
        ::new (static_cast<void*>(&value_)) T(static_cast<T&&>(value));
        has_ = true;
    }
    void reset()
    {
        if (!has_) return;
        has_ = false;
        value_.~T();
    }

    explicit operator bool() const noexcept { return has_; }
    T& operator*() & noexcept { return value_; }
    T const& operator*() const& noexcept { return value_; }
    T&& operator*() && noexcept { return static_cast<T&&>(value_); }
    T* operator->() noexcept { return &value_; }
    T const* operator->() const noexcept { return &value_; }

private:
    union {
        T value_;
    };
    bool has_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
