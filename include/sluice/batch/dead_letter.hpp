#pragma once

#include <sluice/batch/call_site.hpp>
#include <sluice/batch/counted.hpp>

#include <string>
#include <utility>

namespace sluice::inline SLUICE_ABI {

/// A record for which a function threw, and what it said. `deadLetters` gives a stream of them.
///
/// ```cpp
/// DeadLetter<int> const letter{7, "no seven", {}};
/// CHECK(letter.error == "no seven");
/// ```
template <class T>
struct DeadLetter {
    T record;
    std::string error;  ///< what() of the exception
    CallSite at;        ///< where the operator was written
};

namespace detail {

template <class T>
struct LetterBox : Disposable {
    virtual void put(DeadLetter<T> letter) = 0;
};

}  // namespace detail

/// Where records go for which a function throws, instead of failing their batch: behind f, `map`, `filter`, `flatMap`,
/// `mapValues`, `flatMapValues` and `keyBy` take it. A handle: copies put into the same stream, from any thread.
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto [letters, failed] = deadLetters<int>(clock);
/// letters.put({7, "no seven", CallSite::here()});
/// std::int64_t seen = 0;
/// failed | foreachRDD([&](auto batch) { seen += batch | count(); });
/// clock.poll(Time{0s});
/// clock.poll(Time{1s});
/// CHECK(seen == 1);
/// ```
template <class T>
class DeadLetters {
public:
    explicit DeadLetters(detail::Counted<detail::LetterBox<T>> box) : box_(std::move(box)) {}

    void put(DeadLetter<T> letter) const { box_->put(std::move(letter)); }

private:
    detail::Counted<detail::LetterBox<T>> box_;
};

}  // namespace sluice::inline SLUICE_ABI
