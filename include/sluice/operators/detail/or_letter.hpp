#pragma once

#include <sluice/batch/dead_letter.hpp>
#include <sluice/operators/detail/record_function.hpp>

#include <optional>

namespace sluice::inline SLUICE_ABI::detail {

/// Whether a record can become a letter.
template <class T, class R>
inline constexpr bool isLetter = std::is_constructible_v<T, R const&>;
template <class T>
struct BecomesLetter {
    template <class Up>
    static constexpr bool holds = isLetter<T, ValueOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (std::is_same_v<T, ValueOf<Up>>) {
            static_assert(holds<Up>, "sluice::deadLetters<T>(context): what is to be a letter must be copyable");
        } else {
            static_assert(holds<Up>,
                          "sluice::deadLetters<T>(context): T must be the type of the records for which f throws: text is a "
                          "std::string");
        }
    }
};

/// Up, whose records are looked at where they lie: they may become letters.
template <class Up>
struct LookedAt {
    using Record = ValueOf<Up> const&;
    static constexpr bool stored = Up::stored;
    static constexpr bool stable = Up::stable;
};
/// The function takes nothing out of the record, which may still become a letter; and what it returns can be kept.
template <class Op>
struct LeavesRecord {
    template <class Up>
    static consteval bool answers()
    {
        if constexpr (!Op::template accepts<LookedAt<Up>>) return false;
        else {
            using Result = typename Op::template ResultOf<ValueOf<Up> const&>;
            return std::is_constructible_v<std::remove_cvref_t<Result>, Result>;
        }
    }
    template <class Up>
    static constexpr bool holds = answers<Up>();

    template <class O, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice::deadLetters<T>(context): f takes a record, or its value, as const&, and what it returns, or what "
                      "that refers to, must be copyable or movable");
    }
};

template <class Op, class Next>
struct OrLetterStep {
    Op const* op;
    [[no_unique_address]] Next next;

    template <class R>
    bool operator()(R&& record)
    {
        auto result = op->attempt(std::as_const(record));
        using Result = typename Op::template ResultOf<R>;
        return !result || op->give([&]() -> Result { return *std::move(result); }, static_cast<R&&>(record), next);
    }
};

/// Op, and a record for which its function throws is a letter: the whole one, also where f takes a value.
template <class Op, class T>
struct OrLetter : Op {
    DeadLetters<T> letters;

    OrLetter(Op op, DeadLetters<T> to) : Op(std::move(op)), letters(std::move(to)) {}

    template <class Up>
    using Broken = typename Op::template And<BecomesLetter<T>, LeavesRecord<Op>>::template Broken<Up>;
    template <class Up>
    static constexpr bool accepts = std::is_void_v<Broken<Up>>;

    /// It is kept until what stands behind is called: what that throws makes no letter.
    template <class R>
    using ResultOf = std::remove_cvref_t<typename Op::template ResultOf<std::remove_cvref_t<R> const&>>;
    template <class Up>
    using Record = typename Op::template Pushed<RecordOf<Up>, ResultOf<RecordOf<Up>>>;
    template <class Up>
    static constexpr bool stable = Op::template lasts<Up, ResultOf<RecordOf<Up>>>;

    template <class R>
    std::optional<ResultOf<R>> attempt(R const& record) const
    {
        try {
            return std::optional<ResultOf<R>>{std::in_place, call(this->f, Op::argument(record))};
        } catch (...) {
            auto const error = std::current_exception();
            try {
                letters.put({T(record), errorText(error), this->label.at});
            } catch (...) {
                failIn(this->label);
            }
            return std::nullopt;
        }
    }

    template <class Next>
    auto before(Next next) const
    {
        return OrLetterStep<OrLetter, Next>{this, static_cast<Next&&>(next)};
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
