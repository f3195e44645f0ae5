#pragma once

#include <sluice/batch/arena.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Values in the order in which they came, one by one in an arena: of the few that a key has, none takes memory of its own. Nothing
/// destroys them. A Chain is good for as long as the arena is not cleared.
template <class V>
class Chain {
    static_assert(std::is_trivially_destructible_v<V> && alignof(V) <= Arena::alignment);

    struct Node {
        V value;
        Node* next;
    };

public:
    using value_type = V;

    class Iterator {
    public:
        explicit Iterator(Node const* node) : node_(node) {}
        [[nodiscard]] V const& operator*() const { return node_->value; }
        Iterator& operator++()
        {
            node_ = node_->next;
            return *this;
        }
        friend bool operator==(Iterator, Iterator) = default;

    private:
        Node const* node_;
    };

    [[nodiscard]] bool empty() const { return first_ == nullptr; }
    [[nodiscard]] Iterator begin() const { return Iterator{first_}; }
    [[nodiscard]] Iterator end() const { return Iterator{nullptr}; }

    void add(Arena& arena, V value)
    {
        Node* const node = ::new (arena.takeAligned(sizeof(Node))) Node{static_cast<V&&>(value), nullptr};
        (first_ != nullptr ? last_->next : first_) = node;
        last_ = node;
    }
    /// The values of another one behind these, in no time.
    void append(Chain other)
    {
        if (other.empty()) return;
        (first_ != nullptr ? last_->next : first_) = other.first_;
        last_ = other.last_;
    }

private:
    Node* first_ = nullptr;
    Node* last_ = nullptr;
};

}  // namespace sluice::inline SLUICE_ABI::detail
