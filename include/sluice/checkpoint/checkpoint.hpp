#pragma once

#include <sluice/checkpoint/checkpointer.hpp>
#include <sluice/checkpoint/state_keeper.hpp>
#include <sluice/io/local_path.hpp>
#include <sluice/stream/dstream.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Whether it is a node that has states, and what it needs to keep them.
template <class Node>
inline constexpr bool isKeepable = requires(Node& node, Time t) {
    node.impl().openKept(t);
    node.impl().keeper;
};

struct KeptState : StreamOpBase, Needs<> {
    Label label;

    constexpr explicit KeptState(CallSite at) : label{"checkpoint", at} {}

    template <class Node>
    auto attach(Node node) const
    {
        static_assert(
            isKeepable<Node>,
            "sluice::checkpoint(): must stand right behind an operator with state, or behind its name: mapWithState, updateStateByKey");
        if constexpr (isKeepable<Node>) {
            auto& impl = node.impl();
            using Keeper = StateKeeper<std::remove_cvref_t<decltype(impl)>>;
            static_assert(Decodable<typename Keeper::Key> && Decodable<typename Keeper::State>,
                          "sluice::checkpoint(): keys and states must have a binary form: specialise sluice::EncodedAs for what has none");
            if (impl.keeper != nullptr) throw InvalidArgument{concat({where(label), ": it is kept already"})};
            auto states = makeCounted<Keeper>(impl);
            impl.keeper = states.get();
            node.graph()->addCheckpointed(std::move(states));
        }
        return streamOf(static_cast<Node&&>(node));
    }
};

struct CheckpointFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(CallSite at = CallSite::here()) const { return KeptState{at}; }

    SLUICE_COLD void operator()(StreamingContext& context, std::string const& directory, CheckpointOptions options = {},
                                CallSite at = CallSite::here()) const
    {
        Label const label{"checkpoint", at};
        if (directory.empty()) throw InvalidArgument{concat({where(label), ": the directory has no name"})};
        auto& graph = *context.core();
        graph.requireBuilding(label);
        graph.setCheckpointing(makeCounted<Checkpointer>(graph, io::localPath(label, directory), std::move(options), label), label);
    }
};

}  // namespace detail

/// Keeps what lasts from batch to batch in a directory, so that the program goes on where it was after its process has ended, by a
/// stop, a crash, or for a new version: `checkpoint(context, directory, options)`, before `start`.
///
/// The program makes its streams on each start as on the first. What is kept are the batches that had begun, the states behind the last one
/// that was done, by the names of their operators, and where pull sources stand. So each operator with state is named, and
/// `| checkpoint()` stands behind it: `mapWithState`, `updateStateByKey`. At `start` what lacks either is refused as `IllegalState`, which
/// lists it; windows cannot be kept, and are refused, too. What has another name than before, or is gone, is refused unless
/// `CheckpointOptions::drop` names it; what is new begins anew. Keys and states are written in the binary form (`encode`) with their schemas:
/// see `Decoder` for what may change in a new version; the number of partitions and of workers may, too, and the batch interval after a
/// graceful stop.
///
/// The first batches after a start are those that had begun, and those since the last, one for each interval. Outputs of batches that had
/// run run again: at least once, and with the same records where the sources give them again. A pull source has `std::string position()
/// const`, where it stands behind the batch that it has just given, and `void restore(std::string_view)`, called before it is asked for the
/// first; with `batch(Time, std::string_view end)` it gives a batch again that ended at a position, and so each batch that runs again has
/// the same records. File streams (`textFileStream`, `fileStream`, `binaryRecordsStream`) and `tailTextFileStream` go on where they were, with
/// a name: each file, and each line, belongs to one batch, and to that one again; what came while there was no process comes then. Other
/// inputs begin anew, and the log says so at the start: what unfinished batches had of them is lost.
///
/// No output of a batch runs before it is on the disk what the batch has: that is one sync for each batch, by a thread of its own, and
/// the states of the batch before are written by the same. Where it fails the batch fails. The directory is made where it is not there; one
/// process at a time may have it, others are refused as `IllegalState` that names that process. Damaged files are named in the log and
/// passed over for older ones that are whole: two images are kept, and the logs since. Where nothing is whole: `StreamError`.
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
