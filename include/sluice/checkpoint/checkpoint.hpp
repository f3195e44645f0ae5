#pragma once

#include <sluice/checkpoint/accumulator_keeper.hpp>
#include <sluice/checkpoint/checkpointer.hpp>
#include <sluice/checkpoint/keyed_window_keeper.hpp>
#include <sluice/checkpoint/received_keeper.hpp>
#include <sluice/checkpoint/state_keeper.hpp>
#include <sluice/checkpoint/window_keeper.hpp>
#include <sluice/io/local_path.hpp>
#include <sluice/operators/count_by_window.hpp>
#include <sluice/operators/group_by_key_and_window.hpp>
#include <sluice/stream/dstream.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// What has to be kept of the operator that ends in this node, and by whom: nothing, where no later batch depends on it.
template <class Node>
struct KeptBy {
    static constexpr bool any = false;
};
template <class Impl, class By>
struct KeptNode {
    using Keeper = By;
    static constexpr bool any = true;
    static Impl& of(SharedNode<Impl> const& node) { return node.impl(); }
};
template <class Impl>
    requires requires(Impl& impl, Time t) { impl.openKept(t); }
struct KeptBy<SharedNode<Impl>> : KeptNode<Impl, StateKeeper<Impl>> {};
template <class Op, class Up>
struct KeptBy<SharedNode<WindowNode<Op, Up>>> : KeptNode<WindowNode<Op, Up>, WindowKeeper<WindowNode<Op, Up>>> {};
template <class Op, class Up>
struct KeptBy<SharedNode<KeyedWindowNode<Op, Up>>> : KeptNode<KeyedWindowNode<Op, Up>, KeyedWindowKeeper<KeyedWindowNode<Op, Up>>> {};
// Operators whose window is not their last step.
template <class By, class Up>
struct KeptBy<SharedNode<WideNode<JoinGroups<By>, Up>>> : KeptBy<Up> {
    static auto& of(SharedNode<WideNode<JoinGroups<By>, Up>> const& node) { return KeptBy<Up>::of(std::get<0>(node.impl().ups)); }
};
template <class Up>
struct KeptBy<SharedNode<ActionNode<SumCounts, Up>>> : KeptBy<Up> {
    static auto& of(SharedNode<ActionNode<SumCounts, Up>> const& node) { return KeptBy<Up>::of(std::get<0>(node.impl().ups)); }
};
template <class Up>
struct KeptBy<Stage<Up, Map<ValueOfKey>>> : KeptBy<Up> {
    static auto& of(Stage<Up, Map<ValueOfKey>> const& stage) { return KeptBy<Up>::of(stage.up()); }
};

/// What writes down what is received through such a store.
template <class Node, class Blocks>
struct KeeperOf;
template <class Node, class T>
struct KeeperOf<Node, Received<T>> : std::type_identity<ReceivedRecords<T, Node>> {
    static constexpr bool hasForm = Encodable<T> && Decodable<T>;
};
template <class Node>
struct KeeperOf<Node, ReceivedText> : std::type_identity<ReceivedLines<Node>> {
    static constexpr bool hasForm = true;
};

/// Whether it is an input that is fed through a store.
template <class Node>
inline constexpr bool isReceived = requires(Node& node) {
    node.impl().store.hasWaiting();
    node.impl().log;
};

/// Behind what lasts from batch to batch, or what is received.
struct BehindLasting {
    template <class Node>
    static constexpr bool holds = KeptBy<Node>::any || isReceived<Node>;

    template <class Op, class Node>
    static consteval void explain()
    {
        static_assert(holds<Node>,
                      "sluice::checkpoint(): must stand right behind an operator whose later batches depend on earlier ones, or behind its "
                      "name: mapWithState, updateStateByKey, and those over a window; or behind what is received: receiverStream, "
                      "socketTextStream, socketStream, channelStream");
    }
};

/// And that can be written down.
struct HasForm {
    template <class Node>
    static consteval bool hasForm()
    {
        if constexpr (KeptBy<Node>::any) {
            using Keeper = typename KeptBy<Node>::Keeper;
            return Decodable<typename Keeper::Key> && Decodable<typename Keeper::State>;
        } else {
            using Impl = std::remove_reference_t<decltype(std::declval<Node const&>().impl())>;
            return KeeperOf<Impl, typename Impl::Batch>::hasForm;
        }
    }
    template <class Node>
    static constexpr bool holds = hasForm<Node>();

    template <class Op, class Node>
    static consteval void explain()
    {
        if constexpr (KeptBy<Node>::any) {
            static_assert(holds<Node>,
                          "sluice::checkpoint(): keys, states and what a window keeps must have a binary form: specialise "
                          "sluice::EncodedAs for what has none");
        } else {
            static_assert(holds<Node>,
                          "sluice::checkpoint(): records that are received must have a binary form to be written down: specialise "
                          "sluice::EncodedAs for what has none");
        }
    }
};

struct KeptOperator : NodeOpBase, Needs<BehindLasting, HasForm> {
    Label label;

    constexpr explicit KeptOperator(CallSite at) : label{"checkpoint", at} {}

    template <class Node>
    auto attach(Node node) const
    {
        using Kept = KeptBy<Node>;
        if constexpr (Kept::any) {
            auto& impl = Kept::of(node);
            requireNew(impl.keeper);
            auto kept = makeCounted<typename Kept::Keeper>(impl);
            impl.keeper = kept.get();
            node.graph()->addCheckpointed(std::move(kept));
        } else {
            keepInput(node.impl(), *node.graph());
        }
        return streamOf(static_cast<Node&&>(node));
    }

private:
    template <class Impl>
    SLUICE_COLD void keepInput(Impl& impl, GraphCore& graph) const
    {
        requireNew(impl.keeper);
        auto const keeper = makeCounted<typename KeeperOf<Impl, typename Impl::Batch>::type>(impl);
        graph.addCheckpointed(Counted<CheckpointedPart>{keeper});
        impl.keeper = keeper.get();
        impl.log = keeper.get();
        impl.store.setLog(*keeper);
    }
    void requireNew(void const* keeper) const
    {
        if (keeper != nullptr) throw InvalidArgument{concat({where(label), ": it is kept already"})};
    }
};

struct CheckpointFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(CallSite at = CallSite::here()) const { return KeptOperator{at}; }

    SLUICE_COLD void operator()(StreamingContext& context, std::string const& directory, CheckpointOptions options = {},
                                CallSite at = CallSite::here()) const
    {
        Label const label{"checkpoint", at};
        if (directory.empty()) throw InvalidArgument{concat({where(label), ": the directory has no name"})};
        auto& graph = *context.core();
        graph.requireBuilding(label);
        graph.setCheckpointing(makeCounted<Checkpointer>(graph, io::localPath(label, directory), std::move(options), label), label);
    }

    template <class A>
    SLUICE_COLD void operator()(StreamingContext& context, Accumulator<A> const& accumulator, CallSite at = CallSite::here()) const
    {
        constexpr bool hasForm = Encodable<A> && Decodable<A>;
        static_assert(hasForm,
                      "sluice::checkpoint(context, accumulator): what is accumulated must have a binary form, and be made of it again: "
                      "specialise sluice::EncodedAs for its type");
        if constexpr (hasForm) {
            Label const label{"accumulator", at, lastingName(accumulator.name())};
            auto& graph = *context.core();
            graph.requireBuilding(label);
            if (accumulator.name().empty()) {
                throw InvalidArgument{
                    concat({where(label), ": what is kept is found again by its name, and this accumulator was made without one"})};
            }
            if (accumulator.state()->attempted) throw InvalidArgument{concat({where(label), ": it is kept already"})};
            graph.addCheckpointed(makeCounted<AccumulatorKeeper<A>>(accumulator.state(), label));
            graph.addState();
        }
    }
};

}  // namespace detail

/// Keeps what lasts from batch to batch in a directory, so that the program goes on where it was after its process has ended, by a
/// stop, a crash, or for a new version: `checkpoint(context, directory, options)`, before `start`.
///
/// The program makes its streams on each start as on the first. What is kept are the batches that had begun, the states and windows
/// behind the last one that was done, by the names of their operators, and where pull sources stand. So each operator whose batches
/// depend on earlier ones is named, and `| checkpoint()` stands behind it: `mapWithState`, `updateStateByKey`, `window`, and all others
/// over a window. At `start` what lacks either is refused as `IllegalState`, which lists it. What has another name than before, or is
/// gone, is refused unless `CheckpointOptions::drop` names it; what is new begins anew. Keys, states and records are written in the binary
/// form (`encode`) with their schemas: see `Decoder` for what may change in a new version; the number of partitions and of workers may,
/// too, and the batch interval after a graceful stop.
///
/// Windows go on to the bit and in the same order, also where their functions round. What is written follows the batch that came and the
/// one that left, not the window: records as they are; by key a value for each key of the batch, and with an inverse what the keys have
/// become. Their length and slide may change in a new version: a window has those batches whose times are in it, of whichever interval;
/// where it was shorter there is what there is, as at the first start. A window by key may get another partitioner, which places the
/// keys anew; one that an operator before it was given is taken for that of the last start. An inverse may neither come nor go.
///
/// The first batches after a start are those that had begun, and those since the last, one for each interval. Outputs of batches that had
/// run run again: at least once, and with the same records where the sources give them again. A pull source has `std::string position()
/// const`, where it stands behind the batch that it has just given, and `void restore(std::string_view)`, called before it is asked for the
/// first; with `batch(Time, std::string_view end)` it gives a batch again that ended at a position, and so each batch that runs again has
/// the same records. File streams (`textFileStream`, `fileStream`, `binaryRecordsStream`) and `tailTextFileStream` go on where they were, with
/// a name: each file, and each line, belongs to one batch, and to that one again; what came while there was no process comes then. Other
/// inputs begin anew, and the log says so at the start: what unfinished batches had of them is lost.
///
/// `| named("…") | checkpoint()` behind what is received, by `receiverStream`, `socketTextStream`, `socketStream` or `channelStream`, writes it
/// down in the same directory, in the binary form of its records: batches that run again have the same, in the same order, and what was
/// stored and was in no batch is in the first one that begins. What is stored as a range, or up to a position, lasts when `store` has
/// returned: what the source sends again, since it was not told, comes twice, unless the receiver leaves it out by the position (`Receiver`).
/// So it is at least once. What is stored record by record, and text, lasts when its batch begins: the end of the process takes what came
/// since the last tick. See `CheckpointOptions::writeAheadLog`.
///
/// `checkpoint(context, accumulator)`, before `start`, keeps an accumulator that has a name: it goes on with what it had behind the last batch
/// that was done, and what a batch adds that runs again counts once. So does what a step of a batch adds that fails and is tried again
/// (`retry(n)`), or is gone on without (`proceed`): either is refused at `start` where `Config::concurrentJobs` is more than 1. The directory knows it as `accumulator ` and its name. What others than batches add,
/// as receivers do, counts with the next batch that is done. It is written whole with each batch that changes it, or at the end of each interval: a
/// collection grows. A type of one's own needs a binary form. No batch begins before the one before it is done, as with a state.
///
/// What back pressure has learned of an input that has a name is kept, too, without a word: the first batches after a start are bounded by
/// the limit that the process before had come to, also those of the time between, of which nothing is learned.
///
/// No output of a batch runs before it is on the disk what the batch has: that is one sync for each batch, by a thread of its own, and
/// the states of the batch before are written by the same. Where it fails the batch fails. The directory is made where it is not there; one
/// process at a time may have it, others are refused as `IllegalState` that names that process. Damaged files are named in the log and
/// passed over for older ones that are whole: two images are kept, and the logs since. Where nothing is whole: `StreamError`.
/// Images are compressed where `Config::compression` says so, and say it themselves; logs are not, since batches wait for them.
///
/// A batch that fails for good ends the context where `Config::onBatchFailure` says nothing else, and the log says that it is left to the next
/// start, which begins with it: nothing is lost.
///
/// Needs xxHash (`libxxhash-dev`), of which the header alone is used.
///
/// ```cpp
/// auto const run = [](Time begin, std::vector<std::pair<std::string, int>> rows) {
///     ManualClock clock{begin};
///     StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
///     checkpoint(ssc, "/tmp/sluice-checkpoint-example");
///     auto const sum = [](std::string_view, std::optional<int> value, State<int>& state) {
///         state.update(state.getOption().value_or(0) + value.value_or(0));
///         return state.get();
///     };
///     RDDQueue<std::pair<std::string, int>> queue;
///     std::vector<int> seen;
///     queueStream(ssc, queue) | mapWithState(StateSpec{sum}) | named("sums") | checkpoint() |
///         foreachRDD([&](auto batch) { seen = batch | collect(); });
///     queue.push(std::move(rows));
///     ssc.start();
///     clock.advance(1s);
///     ssc.stop();
///     return seen;
/// };
/// io::removeTree("/tmp/sluice-checkpoint-example");
/// CHECK(run(Time{0s}, {{"a", 1}, {"b", 2}}) == std::vector{1, 2});
/// CHECK(run(Time{1s}, {{"a", 10}}) == std::vector{11});
/// io::removeTree("/tmp/sluice-checkpoint-example");
/// ```
inline constexpr detail::CheckpointFn checkpoint{};

}  // namespace sluice::inline SLUICE_ABI
