#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/batch/list.hpp>
#include <sluice/batch/owned.hpp>
#include <sluice/batch/radix_sort.hpp>
#include <sluice/batch/slab.hpp>
#include <sluice/batch/slack.hpp>
#include <sluice/batch/sparse.hpp>
#include <sluice/state/lasting.hpp>
#include <sluice/state/window_notes.hpp>
#include <sluice/stream/time.hpp>

// One value for each key of the batches in a window, kept up to date as batches enter and leave. What is kept of a batch
// is its partial result: one value for each of its keys.
//
// Without an inverse: DABA Lite (Tangwongsan, Hirzel, Schneider, "In-order sliding-window aggregation in worst-case
// constant time", VLDB Journal 30, 2021, section 6): a constant number of combinations for each batch that enters or
// leaves, in the worst case, too, and only of neighbours in time: f must be associative, nothing else. It is the paper's
// queue with its borders L, R, A and B (F is 0, E the number of batches); its fixup is `settle` here. What is ours is that
// the elements of the queue are tables:
//
//   - each key has a number, and what is combined is kept by number (`back_`, `front_`, `middle_`, `side_`): the paper's
//     aggB, the front's aggregate, aggRA, and the aggregate at A. A step over a batch is a loop over its keys alone;
//   - a batch does not keep the aggregate from itself on, but from behind itself on (`later`), and only for its keys: when it
//     leaves, that is the front's value of each of them, without a search for the next batch that has the key. So what is
//     kept is two values for each key of each batch, however many keys the others have;
//   - where the paper's flip makes the back the front's, the front's values of all keys are combined with the back's: one
//     combination for each key, as giving the result is, once in a flip.
//
// With an inverse: the total by number, out of which what leaves is taken.
//
// A batch enters last, when nothing else can fail: until commit() it can be undone. The rest may throw in the middle of a
// loop, and goes on from there the next time: which batches are in the window does not depend on it.
//
// One file although it is long: the steps share what is said here, and hold only together.

namespace sluice::inline SLUICE_ABI::detail {

struct NoInverse {};

template <class Window>
class KeyedWindowImage;  // what a checkpoint has of it

template <class K, class V, class Fns>
class KeyedWindow final : public LastingTable {
    static constexpr bool inverse = Fns::inverse;

public:
    using Entry = std::pair<K, V>;

    /// `kept`: somebody writes what it notes.
    explicit KeyedWindow(Fns const& fns, bool kept = false) : fns_(fns), notes_(kept ? new WindowNotes : nullptr) {}
    SLUICE_COLD ~KeyedWindow() override
    {
        delete notes_;
        delete fresh_;
        for (Part* part : parts_) delete part;
        for (Part* part : spare_) delete part;
    }

    /// Lets go of the batches up to this time.
    void evict(Time upTo)
    {
        settle();
        while (!parts_.empty() && parts_[0]->time <= upTo) evictFirst();
    }

    /// A batch enters: begin, add for each of its keys, enter.
    void begin(Time t, std::size_t keys)
    {
        if (fresh_ == nullptr) {
            parts_.reserve(parts_.size() + 1);
            spare_.reserve(parts_.size() + spare_.size() + 1);
            if (spare_.empty()) spare_.push_back(new Part);
            fresh_ = spare_.back();
            spare_.pop_back();
        }
        fresh_->time = t;
        if (fresh_->numbers.capacity() > few && fresh_->numbers.capacity() / 16 > keys) fresh_->release();
        fresh_->numbers.clear();
        fresh_->values.clear();
        fresh_->later.clear();
        fresh_->numbers.reserve(keys);
        fresh_->values.reserve(keys);
        if constexpr (!inverse) fresh_->later.reserve(keys);
        before_.clear();
        before_.reserve(keys);
    }
    template <class Q, class U>
    void add(std::uint32_t tag, Q const& key, U const& value)
    {
        auto const number = find(tag, key);
        V mine(own(value));
        staged_.put(number != KeyIndex::none ? number : addKey(tag, key), static_cast<V&&>(mine));
    }

    /// All entries of a table. Its keys are looked up, and new ones numbered, in the order of hashes: then the numbers of this
    /// batch, the index and the table stand in one order, and memory is run through, not jumped about in.
    template <class T>
    void addAll(T const& table)
    {
        missing_.clear();
        bool unknown = index_.crowds();
        if (!unknown) {
            table.inHashOrder([&](std::uint32_t tag, std::uint32_t entry, auto const& key, auto const& value) {
                auto const number = index_.find(tag, [&](std::uint32_t n) { return T::sameAs(key, known_[n].key); });
                if (number != KeyIndex::none) staged_.put(number, V(own(value)));
                else if (entry != T::unknown) missing_.push_back(std::uint64_t{tag} << 32 | entry);
                else unknown = true;
            });
        }
        if (unknown) stage(table.entries());
        radixSort(missing_, room_, ~std::uint32_t{0});
        reserveIndex(missing_.size());  // in the order of hashes they crowd where it grows from key to key
        for (auto const one : missing_) {
            auto const& [key, value] = table.entries()[static_cast<std::uint32_t>(one)];
            add(static_cast<std::uint32_t>(one >> 32), key, value);
        }
    }

    /// In the order of numbers: whatever is done with a batch from now on runs straight through memory.
    void enter()
    {
        Part& part = *fresh_;
        if (notes_ != nullptr) notes_->entered.push_back({part.time, {parts_.size(), l_, r_, a_, b_}});
        for (auto at = staged_.next(0); at < staged_.size(); at = staged_.next(at + 1)) {
            auto const number = static_cast<std::uint32_t>(at);
            V value(staged_.take(at));
            if (back_.has(at)) {
                V sum(fns_.add(back_[at], value));
                before_.put(part.numbers.size(), back_.take(at));
                back_.put(at, static_cast<V&&>(sum));
            } else {
                back_.put(at, V(std::as_const(value)));
            }
            part.values.put(part.numbers.size(), static_cast<V&&>(value));  // room was made
            part.numbers.push_back(number);
            ++known_[number].batches;
        }
    }

    /// The value of each key, in the order of numbers: emit(key, value) answers whether it is wanted. A key that no batch has,
    /// and whose value stays all the same, leaves where it is not.
    template <class Emit>
    void result(Emit&& emit)
    {
        unwanted_.clear();
        known_.eachRun([&](std::uint32_t number, Known const* known, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i, ++number) {
                bool const back = back_.has(number);
                if constexpr (inverse) {
                    if (back && !emit(known[i].key, back_[number]) && known[i].batches == 0) unwanted_.push_back(number);
                } else {
                    bool const front = front_.has(number);
                    if (front && back) emit(known[i].key, V(fns_.add(front_[number], back_[number])));
                    else if (front || back) emit(known[i].key, front ? front_[number] : back_[number]);
                }
            }
        });
    }

    /// The batch has entered.
    void commit() noexcept override
    {
        if (fresh_ != nullptr) {
            parts_.push_back(std::exchange(fresh_, nullptr));
            ++pending_;
        }
        for (auto const number : unwanted_) {
            back_.drop(number);
            forget(number);
        }
        unwanted_.clear();
        purge();
        if (slack_.isFar(known_.size() * bytesAKey, known_.end() * bytesAKey)) compact();
    }

    /// All is as it was before begin().
    SLUICE_COLD void undo() noexcept override
    {
        unwanted_.clear();
        staged_.clear();
        if (fresh_ == nullptr) return purge();
        for (auto i = fresh_->numbers.size(); i-- > 0;) {
            auto const number = fresh_->numbers[i];
            if (before_.has(i)) back_.put(number, before_.take(i));
            else back_.drop(number);
            if (--known_[number].batches == 0) gone_.push_back(number);
        }
        spare_.push_back(std::exchange(fresh_, nullptr));
        purge();
    }

    [[nodiscard]] bool empty() const noexcept { return parts_.empty() && known_.size() == 0; }
    [[nodiscard]] std::size_t size() const noexcept override { return known_.size(); }
    [[nodiscard]] std::size_t bytes() const override
    {
        auto sum = known_.bytes() + index_.bytes();
        for (auto const* values : {&staged_, &before_, &back_, &front_, &middle_, &side_}) sum += values->bytes();
        for (auto const* part : parts_) sum += part->bytes();
        for (auto const* part : spare_) sum += part->bytes();
        return sum;
    }

private:
    template <class Window>
    friend class KeyedWindowImage;

    static constexpr std::size_t few = 1024;
    static constexpr std::size_t bytesAKey = 64;  // one number for all keys: where keys stand is the same on each machine

    struct Known {
        K key;
        std::uint32_t tag;
        std::uint32_t batches;  // of the window that have it
    };
    struct Part {
        Time time;
        List<std::uint32_t> numbers;
        Sparse<V> values;  // all of them
        Sparse<V> later;

        SLUICE_COLD ~Part() = default;
        void release() noexcept
        {
            numbers.clear();
            numbers.shrink();
            Sparse<V>{}.swap(values);
            Sparse<V>{}.swap(later);
        }
        [[nodiscard]] std::size_t bytes() const
        {
            return sizeof(Part) + numbers.capacity() * sizeof(std::uint32_t) + values.bytes() + later.bytes();
        }
    };

    template <class Q>
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, Q const& key) const
    {
        return index_.find(index_.tagFor(tag, key), [&](std::uint32_t number) { return sameKey(known_[number].key, key); });
    }

    /// What is not staged yet, and which keys have no number. A block of keys is looked up at a time, so that one need not wait for
    /// another's memory.
    template <class Entries>
    void stage(Entries const& entries)
    {
        missing_.clear();
        constexpr std::size_t block = 64;
        std::uint32_t tags[block];
        for (std::size_t begin = 0; begin < entries.size(); begin += block) {
            auto const n = entries.size() - begin < block ? entries.size() - begin : block;
            for (std::size_t i = 0; i < n; ++i) index_.prefetch(tags[i] = tagOfKey(entries[begin + i].first));
            for (std::size_t i = 0; i < n; ++i) {
                if (auto const number = index_.likely(tags[i]); number != KeyIndex::none) known_.prefetch(number);
            }
            for (std::size_t i = 0; i < n; ++i) {
                auto const& [key, value] = entries[begin + i];
                auto const number = find(tags[i], key);
                if (number == KeyIndex::none) missing_.push_back(std::uint64_t{tags[i]} << 32 | (begin + i));
                else if (!staged_.has(number)) staged_.put(number, V(own(value)));
            }
        }
    }

    template <class Q>
    std::uint32_t addKey(std::uint32_t tag, Q const& key)
    {
        auto const places = known_.end() + std::size_t{1};
        if (staged_.size() < places || gone_.capacity() < 2 * places) makeRoom(places);
        reserveIndex(1);
        auto const number = known_.add([&] { return Known{K(own(key)), tag, 0}; });
        index_.insert(index_.tagFor(tag, key), number);
        gone_.push_back(number);  // until it enters
        if (notes_ != nullptr) notes_->came(number, known_.end(), known_.freed().size());
        return number;
    }

    SLUICE_COLD void makeRoom(std::size_t places)
    {
        auto const grown = staged_.size() + staged_.size() / 2;
        for (auto* values : {&back_, &front_, &middle_, &side_, &staged_}) {  // staged_ last: by it addKey sees how much room there is
            if (!inverse || values == &back_ || values == &staged_) values->reserve(places > grown ? places : grown);
        }
        if (gone_.capacity() < 2 * places) gone_.reserve(4 * places);  // they may have come, or lost their last batch
    }
    void reserveIndex(std::size_t more)
    {
        index_.reserve(index_.size() + more, [this](std::uint32_t number) -> K const& { return known_[number].key; });
    }

    void purge() noexcept
    {
        for (auto const number : gone_) {
            if (known_.has(number) && known_[number].batches == 0 && !(inverse && back_.has(number))) forget(number);
        }
        gone_.clear();
    }
    [[gnu::noinline]] void forget(std::uint32_t number) noexcept
    {
        if (notes_ != nullptr) notes_->went(number);
        index_.erase(index_.tagFor(known_[number].tag, known_[number].key), number);
        known_.remove(number);
    }

    /// There have been many more keys than there are: those that are left take the first numbers, in their order. Where there is
    /// no memory for that, all stays as it is.
    SLUICE_COLD void compact() noexcept
    {
        if (stage_ != 0 || progress_ != 0) return;
        Row<std::uint32_t> numbers;  // by the old ones
        List<std::uint32_t> gone;
        try {
            Row<std::uint32_t>(known_.end()).swap(numbers);
            for (auto& number : numbers) number = KeyIndex::none;
            gone.reserve(4 * known_.size());
            if (notes_ != nullptr) notes_->live.reserve(known_.size());
            known_.compact([&](std::uint32_t old, std::uint32_t number) { numbers[old] = number; });
        } catch (...) {
            return;
        }
        index_.renumber(numbers.begin());
        if (notes_ != nullptr) notes_->renumber(numbers, KeyIndex::none);
        staged_.renumber(numbers, KeyIndex::none, known_.size());
        for (auto* values : {&back_, &front_, &middle_, &side_}) values->renumber(numbers, KeyIndex::none, staged_.size());
        for (Part* part : parts_) {
            for (auto& number : part->numbers) number = numbers[number];
        }
        gone_.swap(gone);
        unwanted_.shrink();
        for (auto* list : {&missing_, &room_}) List<std::uint64_t>{}.swap(*list);
        Sparse<V>{}.swap(before_);
        for (Part* part : spare_) delete part;
        spare_.clear();
    }

    void evictFirst()
    {
        if constexpr (inverse) {
            if (notes_ != nullptr) {
                for (auto const number : parts_[0]->numbers) notes_->left.push_back(number);
            }
        }
        leave(*parts_[0]);
        spare_.push_back(parts_[0]);
        parts_.pop_front();
        if constexpr (!inverse) --l_, --r_, --a_, --b_;
        ++pending_;
        settle();
    }

    /// The keys of the first batch without it.
    void leave(Part& part)
    {
        for (; progress_ < part.numbers.size(); ++progress_) {
            auto const number = part.numbers[progress_];
            bool const last = known_[number].batches == 1;
            if constexpr (inverse) {
                if (last && !fns_.keeps()) back_.drop(number);
                else back_.put(number, V(fns_.subtract(back_[number], part.values[progress_])));
            } else {
                if (part.later.has(progress_)) front_.put(number, part.later.take(progress_));
                else front_.drop(number);
            }
            --known_[number].batches;
            if (last) gone_.push_back(number);
        }
        progress_ = 0;
    }

    void settle()
    {
        if constexpr (inverse) pending_ = 0;
        for (; pending_ > 0; --pending_) fixup();
    }

    void fixup()
    {
        if (b_ == 0) {  // no front: one batch at most
            front_.swap(back_);
            l_ = r_ = a_ = b_ = parts_.size();
            return;
        }
        if (stage_ == 0) {
            if (l_ == b_) flip();
            if (l_ == r_) {
                ++l_, ++r_, ++a_;
                return;
            }
            stage_ = 1;
        }
        if (stage_ == 1) {
            auto& part = *parts_[l_];
            for (; progress_ < part.numbers.size(); ++progress_) {
                auto const number = part.numbers[progress_];
                if (middle_.has(number)) extend(part.later, progress_, middle_[number]);
            }
            progress_ = 0;
            ++l_;
            stage_ = 2;
        }
        auto& part = *parts_[a_ - 1];
        for (; progress_ < part.numbers.size(); ++progress_) {
            auto const number = part.numbers[progress_];
            V const& value = part.values[progress_];
            if (side_.has(number)) {
                V sum(fns_.add(value, side_[number]));
                part.later.put(progress_, side_.take(number));
                side_.put(number, static_cast<V&&>(sum));
            } else {
                side_.put(number, V(value));
            }
        }
        progress_ = 0;
        --a_;
        stage_ = 0;
    }

    /// The back joins the front.
    void flip()
    {
        for (; progress_ < known_.end(); ++progress_) {
            if (back_.has(progress_)) extend(front_, progress_, back_[progress_]);
        }
        progress_ = 0;
        middle_.swap(back_);
        back_.clear();
        side_.clear();
        l_ = 0;
        a_ = b_ = parts_.size();
    }

    void extend(Sparse<V>& values, std::size_t at, V const& by)
    {
        if (values.has(at)) values.put(at, V(fns_.add(values[at], by)));
        else values.put(at, V(by));
    }

    Fns fns_;
    Slab<Known> known_;
    KeyIndex index_;
    List<Part*> parts_;  // in the order of time
    List<Part*> spare_;
    Part* fresh_ = nullptr;         // what enters
    WindowNotes* notes_ = nullptr;  // where somebody keeps it
    Sparse<V> staged_;              // by number: its values, before it enters
    Sparse<V> before_;              // by its keys: what was in back_
    List<std::uint64_t> missing_;   // keys that have no number yet: tag, entry
    List<std::uint64_t> room_;
    Slack slack_;
    List<std::uint32_t> gone_;      // numbers that no batch has, perhaps
    List<std::uint32_t> unwanted_;  // by the result that is not yet one

    Sparse<V> back_;    // over [b_, end); with an inverse over all
    Sparse<V> front_;   // over [0, b_)
    Sparse<V> middle_;  // over [r_, b_), as the last flip left it
    Sparse<V> side_;    // over [a_, b_)
    std::size_t l_ = 0, r_ = 0, a_ = 0, b_ = 0;
    std::size_t pending_ = 0;   // batches that have come or gone since it was settled
    unsigned stage_ = 0;        // of the fixup that was interrupted
    std::size_t progress_ = 0;  // in its loop
};

}  // namespace sluice::inline SLUICE_ABI::detail
