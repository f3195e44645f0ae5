#pragma once

#include <sluice/batch/stored_batch.hpp>
#include <sluice/exchange/combine.hpp>
#include <sluice/state/keyed_window.hpp>
#include <sluice/state/lasting.hpp>
#include <sluice/stream/stage.hpp>

#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// The length of a window, and how often there is one.
struct WindowGrid {
    Duration length;
    std::optional<Duration> slide{};  // unset: the stream's

    /// Both must be multiples of the stream's slide, or `Duration::max()`: for ever. How often there is one then.
    [[nodiscard]] SLUICE_COLD Duration over(Label const& label, Duration parent) const
    {
        require(label, "window duration", length, parent);
        if (slide) require(label, "slide duration", *slide, parent);
        return slide.value_or(parent);
    }

private:
    SLUICE_COLD static void require(Label const& label, std::string_view what, Duration d, Duration parent)
    {
        if (d == Duration::max() || (d.count() > 0 && d % parent == Duration{0})) return;
        throw InvalidArgument{concat({where(label), ": the ", what, " must be a positive multiple of the slide duration of its stream, ",
                                      "which is ", toString(parent), ", got ", toString(d)})};
    }
};

struct KeepAll {};

/// What a keyed window is told: how values meet, how one is taken away again, and which results are wanted.
template <class F, class Inv = NoInverse, class Filter = KeepAll>
struct WindowOp {
    static constexpr bool inverse = !std::is_same_v<Inv, NoInverse>;

    [[no_unique_address]] F f;
    [[no_unique_address]] Inv inverseOf;
    [[no_unique_address]] Filter filter;
    WindowGrid grid;
    bool compatible;  // a key stays when no batch of the window has it
    Label label;

    template <class Entry>
    [[nodiscard]] bool keep(Entry const& entry) const
    {
        if constexpr (std::is_same_v<Filter, KeepAll>) return true;
        else return static_cast<bool>(callIn(label, filter, entry));
    }
};

template <class Op>
struct WindowFns {
    static constexpr bool inverse = Op::inverse;

    Counted<Box<Op>> op;

    [[nodiscard]] bool keeps() const { return op->value.compatible; }
    template <class V>
    [[nodiscard]] V add(V const& a, V const& b) const
    {
        return static_cast<V>(combineIn(op->value.label, op->value.f, a, b));
    }
    template <class V>
    [[nodiscard]] V subtract(V const& sum, V const& a) const
    {
        return static_cast<V>(combineIn(op->value.label, op->value.inverseOf, sum, a));
    }
};

/// Windows that were there before the first batch, which says how they are partitioned now.
struct LoadedWindows {
    /// Divides them so, if they are not.
    virtual void divide(std::size_t partitions, Partitioning const& partitioning) = 0;

protected:
    ~LoadedWindows() = default;
};

/// The node of a window over batches of which each key stands in one partition, always the same one, once.
template <class Op, class Up>
struct KeyedWindowNode final : SteppedNode {
    using UpBatch = typename Up::Batch;
    using K = Owned<FirstOf<UpBatch>>;
    using V = Owned<SecondOf<UpBatch>>;
    using Entry = std::pair<K, V>;
    using Window = KeyedWindow<K, V, WindowFns<Op>>;
    /// On the grid of the window its parts are the result.
    using Step = PartsStep<LastingStep, ListOf<Entry>>;
    using Batch = StoredBatch<Step>;

    KeyedWindowNode(Counted<GraphCore> const& owner, Op operation, Up upstream)
        : SteppedNode(owner, operation.label, operation.grid.over(operation.label, upstream.slide()), memoKind<Step, LastingStep>),
          up(std::move(upstream)),
          op(makeCounted<Box<Op>>(std::move(operation)))
    {
    }

    [[nodiscard]] Maybe<Batch> at(Time t)
    {
        auto const step = stepOf(t);
        if (!step || !graph->isValid(t, slides)) return {};
        return Batch{Counted<Step>{static_cast<Step*>(step.get())}};
    }

    SLUICE_COLD void rename(char const* name) override
    {
        label.name = op->value.label.name = name;
        nameWithin(stepId, up, name);
    }

    [[nodiscard]] LastingTable* newTable() const
    {
        return new Window{WindowFns<Op>{op}, keeper != nullptr && graph->checkpointing() != nullptr};
    }
    [[nodiscard]] Window& windowAt(std::size_t p) const { return static_cast<Window&>(tables[p]); }

    Up up;
    Counted<Box<Op>> op;
    std::size_t known = 0;  // partitions; 0: not yet
    Partitioning partitioning;
    LoadedWindows* loaded = nullptr;  // until the first batch

private:
    Counted<LastingStep> ask(Time t) override
    {
        auto next = up.at(t);
        return newStep(t, [&](LastingStep& step) {
            if (next) {
                auto const given = partitioningOf(*next);
                auto const partitions = next->partitions();
                if (loaded != nullptr) {
                    loaded->divide(partitions, given);
                    loaded = nullptr;
                }
                if (known && (partitions != known || !(given == partitioning))) {
                    throw StreamError{label, "its batches must be partitioned alike from first to last: give it a number of partitions"};
                }
                known = partitions;
                partitioning = given;
            }
            step.cut = partitioning;
            step.count = known;
            batch = std::move(next);
        });
    }
    void begin(LastingStep& step) override
    {
        if (batch) batch->prepare();
        tables.fill(step.count, [this] { return newTable(); });
        static_cast<Step&>(step).makeParts();
    }
    [[nodiscard]] bool idle(LastingStep const&, std::size_t p) const override
    {
        return windowAt(p).empty() && (!batch || batch->isEmpty(p));
    }
    void take(LastingStep& step, std::size_t p) override
    {
        auto& window = windowAt(p);
        window.evict(step.time - op->value.grid.length);
        if (batch) enter(window, step.time, p);
        if (graph->isValid(step.time, slides)) give(window, static_cast<Step&>(step).part(p));
    }
    void done(LastingStep& step, bool taken) noexcept override
    {
        if (taken) batch.reset();
        else static_cast<Step&>(step).clearParts();
    }

    void enter(Window& window, Time t, std::size_t p)
    {
        if constexpr (requires { batch->owner()->table(p); }) {
            auto const& table = batch->owner()->table(p);
            window.begin(t, table.entries().size());
            window.addAll(table);
        } else {
            EntrySink sink{{}};
            batch->each(p, 0, sink);
            window.begin(t, sink.entries.size());
            for (auto const& [key, value] : sink.entries) window.add(tagOfKey(key), key, value);
        }
        window.enter();
    }

    struct EntrySink {
        std::vector<Entry> entries;

        template <class R>
        bool operator()(R&& record)
        {
            entries.push_back(Entry(own(std::get<0>(static_cast<R&&>(record))), own(std::get<1>(static_cast<R&&>(record)))));
            return true;
        }
    };

    void give(Window& window, ListOf<Entry>& part)
    {
        part.reserve(window.size());
        auto const& kept = op->value;
        window.result([&](K const& key, auto&& value) {
            part.push_back(Entry(key, static_cast<decltype(value)>(value)));
            bool const wanted = kept.keep(part.back());
            if (!wanted) part.pop_back();
            return wanted;
        });
    }

    Maybe<UpBatch> batch;  // of the newest step, until that is taken
};

}  // namespace sluice::inline SLUICE_ABI::detail
