#pragma once

#include <sluice/batch/owned.hpp>
#include <sluice/batch/pages.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Bytes in chunks that stay where they are until clear, which keeps the memory for the next batch.
class Arena {
public:
    Arena() = default;
    constexpr Arena(Arena&& other) noexcept { swap(other); }
    constexpr Arena& operator=(Arena&& other) noexcept
    {
        swap(other);
        return *this;
    }
    constexpr ~Arena()  // within a loop that is computed while compiling it stands empty
    {
        while (first_ != nullptr) {
            auto* const chunk = std::exchange(first_, first_->next);
            releasePages(chunk, sizeof(Chunk) + chunk->size);
        }
    }

    [[nodiscard]] char* take(std::size_t bytes)
    {
        if (current_ == nullptr || current_->size < used_ + bytes) nextChunk(bytes);
        char* const at = current_->bytes() + used_;
        used_ += bytes;
        return at;
    }

    static constexpr std::size_t alignment = 8;
    [[nodiscard]] void* takeAligned(std::size_t bytes)
    {
        used_ = (used_ + alignment - 1) / alignment * alignment;
        if (current_ == nullptr || current_->size < used_ + bytes) nextChunk(bytes);
        char* const at = current_->bytes() + used_;
        used_ += bytes;
        return at;
    }

    void clear() noexcept
    {
        current_ = nullptr;
        used_ = 0;
    }

    /// Copies what the record looks at into the arena, and answers the same record looking there. A view that looks
    /// at `known` already is left alone: a combination often answers one of its arguments.
    template <class T>
    [[nodiscard]] T keep(T record, [[maybe_unused]] T const* known = nullptr)
    {
        if constexpr (holdOf<T>() == Hold::owns) {
            return record;
        } else if constexpr (std::is_same_v<T, std::string_view>) {
            if (record.empty()) return std::string_view{};
            if (known != nullptr && known->data() == record.data() && known->size() >= record.size()) return record;
            char* const at = take(record.size());
            __builtin_memcpy(at, record.data(), record.size());
            return {at, record.size()};
        } else if constexpr (isTuple<T>) {
            return keepMembers(static_cast<T&&>(record), known, std::make_index_sequence<std::tuple_size_v<T>>{});
        } else if constexpr (OptionalOf<T>::value) {
            if (record) *record = keep(*static_cast<T&&>(record), known != nullptr && *known ? &**known : nullptr);
            return record;
        } else if constexpr (canKeep<T>()) {
            keepIn(record, known);
            return record;
        } else {
            static_assert(canKeep<T>(), "sluice: bytes of this view type cannot be kept beyond the record");
        }
    }

private:
    static constexpr std::size_t leastBytes = std::size_t{64} << 10;  // of a chunk; each is twice as large as the one before, …
    static constexpr std::size_t mostBytes = std::size_t{2} << 20;    // … up to this

    // A chain, written out: as a vector of strings it would cost each file that includes this 0.01 s.
    struct Chunk {
        Chunk* next;
        std::size_t size;
        [[nodiscard]] char* bytes() { return reinterpret_cast<char*>(this + 1); }
    };

    /// Goes on to the next chunk with so much room; those in between are used again after clear.
    SLUICE_COLD void nextChunk(std::size_t bytes)
    {
        auto** link = current_ != nullptr ? &current_->next : &first_;
        while (*link != nullptr && (*link)->size < bytes) link = &(*link)->next;
        if (*link == nullptr) {
            auto size = current_ != nullptr && current_->size < mostBytes / 2 ? 2 * (sizeof(Chunk) + current_->size) : leastBytes;
            if (current_ != nullptr && current_->size >= mostBytes / 2) size = mostBytes;
            size = (size > sizeof(Chunk) + bytes ? size : sizeof(Chunk) + bytes);
            *link = ::new (allocatePages(size)) Chunk{nullptr, size - sizeof(Chunk)};
        }
        current_ = *link;
        used_ = 0;
    }

    constexpr void swap(Arena& other) noexcept
    {
        std::swap(first_, other.first_);
        std::swap(current_, other.current_);
        std::swap(used_, other.used_);
    }

    /// As keep(), in place, of a record that is ours: its members may be const, and are replaced as a whole.
    template <class T>
    void keepIn(T const& record, T const* known)
    {
        if constexpr (holdOf<T>() == Hold::owns) {
        } else if constexpr (std::is_same_v<T, std::string_view>) {
            ::new (static_cast<void*>(const_cast<std::string_view*>(&record))) std::string_view(keep(record, known));
        } else if constexpr (isTuple<T>) {
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                (keepIn(std::get<I>(record), known != nullptr ? &std::get<I>(*known) : nullptr), ...);
            }(std::make_index_sequence<std::tuple_size_v<T>>{});
        } else if constexpr (OptionalOf<T>::value) {
            if (record) keepIn(*record, known != nullptr && *known ? &**known : nullptr);
        } else if constexpr (std::is_array_v<T>) {
            for (std::size_t i = 0; i < std::extent_v<T>; ++i) keepIn(record[i], known != nullptr ? &(*known)[i] : nullptr);
        } else if constexpr (SequenceOf<T>::value || ArrayLike<T>) {
            for (auto const& element : record) keepIn<std::remove_cvref_t<decltype(element)>>(element, nullptr);
        } else {
            visitMembers(record, [&](auto const&... member) {
                if (known == nullptr) (keepIn(member, static_cast<decltype(&member)>(nullptr)), ...);
                else visitMembers(*known, [&](auto const&... same) { (keepIn(member, &same), ...); });
            });
        }
    }

    template <class T, std::size_t... I>
    T keepMembers(T&& record, T const* known, std::index_sequence<I...>)
    {
        return T{keep(std::get<I>(static_cast<T&&>(record)), known != nullptr ? &std::get<I>(*known) : nullptr)...};
    }

    Chunk* first_ = nullptr;
    Chunk* current_ = nullptr;  // none: the first one is next
    std::size_t used_ = 0;      // of the current one
};

}  // namespace sluice::inline SLUICE_ABI::detail
