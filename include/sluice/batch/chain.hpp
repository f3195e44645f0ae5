#pragma once

#include <sluice/batch/arena.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Values in the order in which they came, in blocks in an arena, each of which has room for twice as many as the one before it: of
/// the few that most keys have none takes memory of its own, and the many of another lie side by side. Nothing destroys them. A Chain is
/// good for as long as the arena is not cleared.
template <class V>
class Chain {
    static_assert(std::is_trivially_destructible_v<V> && alignof(V) <= Arena::alignment);

    struct Block {
        Block* next;
        std::uint32_t size;
        std::uint32_t room;

        [[nodiscard]] V* values() { return reinterpret_cast<V*>(this + 1); }
        [[nodiscard]] V const* values() const { return reinterpret_cast<V const*>(this + 1); }
    };

public:
    using value_type = V;

    class Iterator {
    public:
        explicit Iterator(Block const* block) : block_(block) {}
        [[nodiscard]] V const& operator*() const { return block_->values()[at_]; }
        Iterator& operator++()
        {
            if (++at_ == block_->size) {
                block_ = block_->next;
                at_ = 0;
            }
            return *this;
        }
        friend bool operator==(Iterator, Iterator) = default;

    private:
        Block const* block_;
        std::uint32_t at_ = 0;
    };

    [[nodiscard]] bool empty() const { return first_ == nullptr; }
    [[nodiscard]] Iterator begin() const { return Iterator{first_}; }
    [[nodiscard]] Iterator end() const { return Iterator{nullptr}; }

    void add(Arena& arena, V value)
    {
        if (last_ == nullptr || last_->size == last_->room) addBlock(arena);
        ::new (last_->values() + last_->size++) V(static_cast<V&&>(value));
    }
    /// The values of another one behind these, in no time.
    void append(Chain other)
    {
        if (other.empty()) return;
        (first_ != nullptr ? last_->next : first_) = other.first_;
        last_ = other.last_;
    }

private:
    static constexpr std::uint32_t most = 1024;

    void addBlock(Arena& arena)
    {
        std::uint32_t const room = last_ == nullptr ? 1 : last_->room < most ? 2 * last_->room : most;
        auto* const block = ::new (arena.takeAligned(sizeof(Block) + room * sizeof(V))) Block{nullptr, 0, room};
        (first_ != nullptr ? last_->next : first_) = block;
        last_ = block;
    }

    Block* first_ = nullptr;
    Block* last_ = nullptr;
};

}  // namespace sluice::inline SLUICE_ABI::detail
