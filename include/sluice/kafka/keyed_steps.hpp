#pragma once

#include <sluice/batch/error.hpp>
#include <sluice/stream/graph.hpp>

#include <string_view>
#include <vector>

// Where keys are divided among processes, as the drawn graph tells it: an operator by key is right in an application where all records of a key
// are in one process, and so stands behind what brings them there.

namespace sluice::inline SLUICE_ABI::detail {

/// The operators of a graph, and behind which of them each one's keys stand.
class KafkaKeyedSteps {
public:
    static constexpr char const* repartition = "kafka::repartition";
    static constexpr char const* partitionedByKey = "kafka::partitionedByKey";

    SLUICE_COLD explicit KafkaKeyedSteps(GraphCore const& graph)
    {
        for (auto const& step : graph.steps()) steps_.push_back({step.kind, step.label});
        for (auto const& [from, to] : graph.edges()) steps_[to].behind.push_back(from);
        for (auto& step : steps_) divide(step);
    }

    /// `IllegalState` for the first operator that would give something else than in one process: it names that, and says what to write. `by` is
    /// who asks for it.
    SLUICE_COLD void require(Label const& by) const
    {
        for (auto const& step : steps_) {
            auto const keys = keysOf(step);
            if (keys == Keys::global) {
                refuse(by, step,
                       {"gives one result for all records, of which each process has a part: give one key to what is to meet, and write "
                        "`| kafka::repartition(\"…\", {.partitions = 1}) | reduceByKey(…)`, or do it in foreachRDD for the part of a "
                        "process"});
            }
            bool const needs = keys == Keys::needed || keys == Keys::used || keys == Keys::equal || keys == Keys::counted;
            if (!needs || !step.roots.empty()) continue;
            if (auto const* const lost = lostBehind(step)) {
                refuse(
                    by, step,
                    {"needs all records of a key in one process, and behind ", where(lost->label),
                     " they may have another key than that by which they were divided: write `| kafka::repartition(\"…\", {.partitions = "
                     "8})` behind it"});
            }
            if (keys == Keys::equal || keys == Keys::counted) {
                refuse(
                    by, step,
                    {"needs all records that are equal in one process, and they are in several: map each to a pair of it and 1, and write "
                     "`| kafka::repartition(\"…\", {.partitions = 8}) | reduceByKey(…)`"});
            }
            refuse(by, step,
                   {"needs all records of a key in one process, and they are in several: write `| kafka::repartition(\"…\", {.partitions = "
                    "8})` before it, or `| kafka::partitionedByKey()` where the topics are partitioned by that key already"});
        }
    }

    /// The steps by which the keys before an operator were divided, kafka::repartition and kafka::partitionedByKey, in their order; none: they
    /// are not.
    [[nodiscard]] std::vector<std::size_t> const& rootsOf(std::size_t step) const { return steps_[step].roots; }

    /// The inputs from which a step's records come, with operators of one record alone between, so that a partition of the batch is one of
    /// theirs; none: there are others between.
    [[nodiscard]] SLUICE_COLD std::vector<std::size_t> inputsOf(std::size_t step) const
    {
        for (;;) {
            auto const& one = steps_[step];
            if (one.kind == DrawnStep::input) return {step};
            if (one.behind.size() != 1 || (one.kind != DrawnStep::narrow && one.label.kind != std::string_view{"cache"})) return {};
            step = one.behind[0];
        }
    }

private:
    /// What an operator does with keys that stand where they belong.
    enum class Keys {
        lost,     // its records may have others
        kept,     // its records have them, too
        made,     // from here on they do
        needed,   // it is right with them alone, and its records have them
        used,     // it is right with them alone, and its records may have others
        equal,    // as needed; equal records must meet
        counted,  // as used; equal records must meet
        global,   // all records must meet
    };

    struct Step {
        DrawnStep::Kind kind;
        Label label;
        std::vector<std::size_t> behind{};
        std::vector<std::size_t> roots{};  // of the keys before it
        std::vector<std::size_t> after{};  // and behind it
    };

    template <std::size_t N>
    [[nodiscard]] static bool isOne(std::string_view kind, std::string_view const (&of)[N])
    {
        for (auto const& one : of) {
            if (one == kind) return true;
        }
        return false;
    }

    [[nodiscard]] SLUICE_COLD static Keys keysOf(Step const& step)
    {
        static constexpr std::string_view keeping[] = {"filter",    "mapValues", "flatMapValues", "sample",   "cache",       "spill",
                                                       "unionWith", "unionAll",  "partitionBy",   "coalesce", "repartition", "window"};
        static constexpr std::string_view byKey[] = {
            "reduceByKey",        "foldByKey",     "aggregateByKey", "combineByKey",     "groupByKey",
            "countByKey",         "cogroup",       "join",           "leftOuterJoin",    "rightOuterJoin",
            "fullOuterJoin",      "subtractByKey", "stateSnapshots", "updateStateByKey", "reduceByKeyAndWindow",
            "groupByKeyAndWindow"};
        static constexpr std::string_view seen[] = {"transform", "transformWith", "transformAll"};
        static constexpr std::string_view equal[] = {"distinct", "subtract", "intersection"};
        static constexpr std::string_view counted[] = {"countByValue", "countByValueAndWindow"};
        std::string_view const kind{step.label.kind};
        if (step.kind == DrawnStep::input || step.kind == DrawnStep::output) return Keys::lost;
        if (kind == repartition || kind == partitionedByKey) return Keys::made;
        if (isOne(kind, keeping)) return Keys::kept;
        if (isOne(kind, byKey)) return Keys::needed;
        if (kind == "mapWithState") return Keys::used;
        if (isOne(kind, equal)) return Keys::equal;
        if (isOne(kind, counted)) return Keys::counted;
        // What a function of the user's does with a batch is as that of foreachRDD: it has the part of its process.
        return step.kind == DrawnStep::narrow || isOne(kind, seen) ? Keys::lost : Keys::global;
    }

    /// Those before it are known.
    SLUICE_COLD void divide(Step& step)
    {
        bool const ofState = step.label.kind == std::string_view{"stateSnapshots"};
        for (std::size_t i = 0; i < step.behind.size(); ++i) {
            auto const& before = steps_[step.behind[i]];
            auto const& roots = ofState ? before.roots : before.after;
            if (roots.empty()) {
                step.roots.clear();
                break;
            }
            for (auto const root : roots) {
                std::size_t at = 0;
                while (at < step.roots.size() && step.roots[at] < root) ++at;
                if (at == step.roots.size() || step.roots[at] != root)
                    step.roots.insert(step.roots.begin() + static_cast<std::ptrdiff_t>(at), root);
            }
        }
        switch (keysOf(step)) {
            case Keys::kept:
            case Keys::needed:
            case Keys::equal: step.after = step.roots; break;
            case Keys::made: step.after = {static_cast<std::size_t>(&step - steps_.data())}; break;
            case Keys::lost:
            case Keys::used:
            case Keys::counted:
            case Keys::global: break;
        }
    }

    /// The operator before one at which keys have been lost; null: they never stood where they belong.
    [[nodiscard]] SLUICE_COLD Step const* lostBehind(Step const& step) const
    {
        for (auto const i : step.behind) {
            auto const& before = steps_[i];
            if (!before.after.empty()) continue;
            if (!before.roots.empty()) return &before;
            if (auto const* const lost = lostBehind(before)) return lost;
        }
        return nullptr;
    }

    [[noreturn]] SLUICE_COLD static void refuse(Label const& by, Step const& step, std::initializer_list<std::string_view> why)
    {
        throw IllegalState{concat({where(by), ": ", where(step.label), " ", concat(why)})};
    }

    std::vector<Step> steps_;
};

/// The step of the operator that a part is of.
[[nodiscard]] SLUICE_COLD inline std::size_t stepOf(GraphCore const& graph, CheckpointedPart const& part)
{
    for (auto const* const node : graph.holding()) {
        if (node->keeper == &part) return node->stepId;
    }
    throw StreamError{concat({where(part.label()), ": it is no operator of this context"})};
}

}  // namespace sluice::inline SLUICE_ABI::detail
