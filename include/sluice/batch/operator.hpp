#pragma once

#include <sluice/batch/owned.hpp>

#include <boost/hana/at.hpp>
#include <boost/hana/tuple.hpp>

#include <concepts>

// An operator is defined once, on a batch. It has
//
//   Needs<…>                                                its base: what it asks of the batch before it (needs.hpp)
//   template <class S> static consteval void misplaced();   says where it belongs, if it has no meaning behind S, a batch
//                                                           or a stream, and there is more to say than its kind says
//   Label label;
//
// and is one of
//
//   Narrow   Record<Up>, stored<Up>, stable<Up>, resumable, before(next): a step in the loop of one partition;
//            keepsKeys where the keys of pairs stay as they are; oneForOne where it hands on one record for each that it takes
//   Partwise on(up, shared operator): another expression; for operators that see whole partitions, or their numbers
//   Wide     Exchange<Ups...>, whose plan(shared operator, ups...) says what is to meet, and whose prepare() runs the loops
//            below it; and Batch<Ups...>, the expression of what it made
//   Action   run(up): a value; where it has a meaning in a stream also onNoRdd (does no RDD give no RDD?) and
//            runInStream(up): its value, or nothing, as an optional
//   Output   attach(node): registers it with the stream's graph
//   StreamOp attach(node): another stream; has a meaning on streams alone. Its Needs are asked about the stream's node where it
//            is a NodeOp, and looks at what stands before it, not at its records
//   BatchOp  on(up): another expression; has a meaning on batches alone
//
// and operators never repeat what follows: who applies them, and what becomes of those that are refused.

namespace sluice::inline SLUICE_ABI {

template <class T, class Node>
class RDD;

namespace detail {

struct OperatorBase {};
struct NarrowBase : OperatorBase {};
struct PartwiseBase : OperatorBase {};
struct WideBase : OperatorBase {};
struct ActionBase : OperatorBase {};
struct OutputBase : OperatorBase {};
struct StreamOpBase : OperatorBase {};
struct NodeOpBase : StreamOpBase {};
struct BatchOpBase : OperatorBase {};

/// The functions that make operators: `map`, `filter`, … derive from it, so that one without its call is explained.
struct OperatorFnBase {};

/// `count()`: nothing is told but where it stands.
template <class Op>
struct Maker : OperatorFnBase {
    [[nodiscard]] constexpr Op operator()(CallSite at = CallSite::here()) const { return Op{at}; }
};

/// `take(n)`: of a number.
template <class Op>
struct NumberMaker : OperatorFnBase {
    [[nodiscard]] constexpr Op operator()(std::size_t n, CallSite at = CallSite::here()) const { return Op{n, at}; }
};

/// `map(f)`: of one function.
template <template <class> class Op>
struct FunctionMaker : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr Op<F> operator()(F f, CallSite at = CallSite::here()) const
    {
        return Op<F>{std::move(f), at};
    }
};

/// Operators whose types may be said, as in `flatMap<U>(f)`, are function templates. Each has an overload from Uncalled to
/// Uncalled: of all that the name alone stands for, a pipe takes this one.
struct Uncalled {};
using UncalledFn = Uncalled (*)(Uncalled);

template <class T>
concept AnyOperator = std::derived_from<std::remove_cvref_t<T>, OperatorBase>;
template <class T>
concept OutputOperator = std::derived_from<std::remove_cvref_t<T>, OutputBase>;
template <class T>
concept OperatorFn = std::derived_from<std::remove_cvref_t<T>, OperatorFnBase>;

// Never defined. Compilers report a call of it once nothing else is wrong, so it is the second error of no program.
[[gnu::error("sluice: an operator or source of this pipe was refused, and did not say why: please report it")]] void
refusedWithoutAWord() noexcept;

/// What a refused operator gives. It absorbs the rest of the pipe, so that one mistake is one error. Where that error is
/// missing, the end of what absorbed, at the user's line, is one: no program does nothing without a word.
struct Refused {
    static constexpr bool refused = true;

    constexpr Refused() = default;
    constexpr Refused(Refused const&) = default;
    Refused& operator=(Refused const&) = delete;
    [[gnu::always_inline]] constexpr ~Refused()
    {
        if (!std::is_constant_evaluated()) refusedWithoutAWord();
    }

    template <class T>
    constexpr operator T() const;  // never defined: the program does not compile anyway
};

template <class T>
inline constexpr bool isRefused = std::is_same_v<std::remove_cvref_t<T>, Refused>;

/// The operator of a narrow node: the user's `rdd | op` holds it, the batch of a stream refers to its stream's.
template <class Op>
struct Held {
    [[no_unique_address]] Op op;
    constexpr Op const& get() const { return op; }
};
template <class Op>
struct Borrowed {
    Op const* op;
    constexpr Op const& get() const { return *op; }
};

/// What an expression says of records that it pushes as another one does.
template <class Up>
struct RecordsAs {
    using Record = typename Up::Record;
    static constexpr bool stored = Up::stored;
    static constexpr bool stable = Up::stable;
    static constexpr bool bySpans = requires { requires Up::bySpans; };
};

/// The one expression of all narrow operators: a step before the next sink of the same loop.
template <class Up, class Op, template <class> class Holder = Held>
class Narrow {
public:
    using Record = typename Op::template Record<Up>;
    static constexpr bool stored = Op::template stored<Up>;
    static constexpr bool stable = Op::template stable<Up>;
    static constexpr bool bySpans = Op::resumable && requires { requires Up::bySpans; };

    constexpr Narrow(Up&& up, Holder<Op>&& op) : up_(static_cast<Up&&>(up)), op_(static_cast<Holder<Op>&&>(op)) {}
    constexpr Narrow(Up const& up, Holder<Op>&& op) : up_(up), op_(static_cast<Holder<Op>&&>(op)) {}

    // What it consists of.
    [[nodiscard]] constexpr Up const& before() const { return up_; }
    [[nodiscard]] constexpr Op const& last() const { return op_.get(); }

    [[nodiscard]] constexpr bool resumable() const { return Op::resumable && up_.resumable(); }
    [[nodiscard]] constexpr std::size_t partitions() const { return up_.partitions(); }
    [[nodiscard]] constexpr bool isEmpty(std::size_t p) const { return up_.isEmpty(p); }
    [[nodiscard]] constexpr decltype(auto) place() const { return up_.place(); }
    constexpr void prepare() const { up_.prepare(); }
    [[nodiscard]] constexpr bool views(void const* from, void const* to) const { return viewsMemory(up_, from, to); }

    /// What leaves keys alone leaves records where their keys are.
    [[nodiscard]] auto partitioning() const
        requires(requires(Up const& up) { up.partitioning(); } && requires { requires Op::keepsKeys; })
    {
        return up_.partitioning();
    }

    template <class Sink>
    constexpr std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        auto step = op_.get().before(static_cast<Sink&&>(sink));
        auto const at = up_.each(p, from, step);
        sink = static_cast<Sink&&>(step.next);
        return at;
    }

private:
    [[no_unique_address]] Up up_;
    [[no_unique_address]] Holder<Op> op_;
};

/// Whether an operator is not one that somebody wrote, but belongs to the one before it.
template <class Op>
inline constexpr bool isWithin = requires { Op::within; };

/// Several operators without a source: what `op | op` gives.
template <class... Ops>
struct Pipeline : OperatorBase {
    [[no_unique_address]] boost::hana::tuple<Ops...> ops;
    constexpr explicit Pipeline(boost::hana::tuple<Ops...> all) : ops(static_cast<boost::hana::tuple<Ops...>&&>(all)) {}
};

template <class T>
inline constexpr bool isPipeline = isA<Pipeline, T>;

/// Whether nothing can stand behind it.
template <class T>
inline constexpr bool endsPipeline = OutputOperator<T>;
template <class... Ops>
inline constexpr bool endsPipeline<Pipeline<Ops...>> = (OutputOperator<Ops> || ...);

template <class... Ops>
constexpr auto pipelineOf(boost::hana::tuple<Ops...> ops)
{
    return Pipeline<Ops...>{static_cast<boost::hana::tuple<Ops...>&&>(ops)};
}

/// Two tuples as one: hana::concat, without the 0.1 s that its header costs.
template <class... As, class... Bs>
constexpr auto joined(boost::hana::tuple<As...> as, boost::hana::tuple<Bs...> bs)
{
    return [&]<std::size_t... I, std::size_t... J>(std::index_sequence<I...>, std::index_sequence<J...>) {
        return boost::hana::tuple<As..., Bs...>{boost::hana::at_c<I>(std::move(as))..., boost::hana::at_c<J>(std::move(bs))...};
    }(std::index_sequence_for<As...>{}, std::index_sequence_for<Bs...>{});
}

template <class Op>
constexpr auto asTuple(Op&& op)
{
    if constexpr (isPipeline<std::remove_cvref_t<Op>>) return static_cast<Op&&>(op).ops;
    else return boost::hana::tuple<std::remove_cvref_t<Op>>{static_cast<Op&&>(op)};
}

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
