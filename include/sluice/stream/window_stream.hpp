#pragma once

#include <sluice/stream/combine.hpp>
#include <sluice/stream/keyed_window.hpp>
#include <sluice/stream/memo.hpp>
#include <sluice/stream/once.hpp>
#include <sluice/stream/stage.hpp>

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

/// One batch of a keyed window: the step that it takes, and, on its grid, its result.
template <class Node>
struct WindowStep : RefCounted {
    using Entry = typename Node::Entry;

    Node* node = nullptr;  // until it is done
    Time time;
    bool emits = false;
    bool givenUp = false;
    std::optional<typename Node::UpBatch> up;
    Partitioning partitioning;
    EnginePlace place;
    std::vector<std::vector<Entry>> parts;  // their memory is used again
    Slack slack;
    Once once;

    void prepare()
    {
        once.run([this] {
            if (givenUp || node == nullptr) throw StreamError{"sluice: a window that could not be brought up to this batch"};
            node->run(*this);
            node = nullptr;
        });
    }
    void clear()
    {
        up.reset();
        std::size_t entries = 0;
        for (auto& part : parts) {
            entries += part.size();
            part.clear();
        }
        if (slack.isFar(entries * sizeof(Entry))) std::vector<std::vector<Entry>>{}.swap(parts);
        givenUp = false;
        once.reset();
    }
};

template <class Step>
class WindowBatch {
public:
    using Record = typename Step::Entry const&;
    static constexpr bool stored = true;
    static constexpr bool stable = true;
    static constexpr bool bySpans = true;

    explicit WindowBatch(Counted<Step> step) : step_(std::move(step)) {}

    [[nodiscard]] static constexpr bool resumable() { return true; }
    [[nodiscard]] std::size_t partitions() const { return step_->parts.size(); }
    [[nodiscard]] Partitioning partitioning() const { return step_->partitioning; }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return step_->once.done() && step_->parts[p].empty(); }
    [[nodiscard]] EnginePlace place() const { return step_->place; }
    void prepare() const { step_->prepare(); }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return eachSpan(p, from, [&sink](auto const* entries, std::size_t size) { return pushSpan(entries, size, sink); });
    }

    template <class F>
    std::size_t eachSpan(std::size_t p, std::size_t from, F&& f) const
    {
        auto const& part = step_->parts[p];
        return from < part.size() ? from + f(part.data() + from, part.size() - from).count : from;
    }

private:
    Counted<Step> step_;
};

struct KeepAll {
};

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

/// The node of a window over batches of which each key stands in one partition, always the same one, once.
template <class Op, class Up>
struct KeyedWindowNode final : LastingNode {
    using UpBatch = typename Up::Batch;
    using K = Owned<FirstOf<UpBatch>>;
    using V = Owned<SecondOf<UpBatch>>;
    using Entry = std::pair<K, V>;
    using Step = WindowStep<KeyedWindowNode>;
    using Batch = WindowBatch<Step>;
    using Window = KeyedWindow<K, V, WindowFns<Op>>;

    KeyedWindowNode(Counted<GraphCore> const& owner, Op operation, Up upstream)
        : LastingNode(owner, operation.label), up(static_cast<Up&&>(upstream)), op(makeCounted<Box<Op>>(static_cast<Op&&>(operation))),
          slides(op->value.grid.over(label, up.slide()))
    {
    }
    ~KeyedWindowNode() override
    {
        if (current) current->node = nullptr;
        for (Window* window : windows) delete window;
    }

    [[nodiscard]] std::optional<Batch> at(Time t)
    {
        auto step = memo.find(t);
        if (!step) {
            if (t <= latest) return std::nullopt;  // forgotten
            graph->requireReached(label, t);
            auto batch = up.at(t);
            step = memo.findOr(t, [&](Step& fresh) { describe(fresh, t, std::move(batch)); });
            if (current) current->node = nullptr;
            current = step;
            latest = t;
        }
        if (step == current && !due && !step->once.done()) {
            graph->addDue(*this);
            due = true;
            step->givenUp = false;
        }
        if (!step->emits) return std::nullopt;
        return Batch{std::move(step)};
    }

    [[nodiscard]] Duration slide() const { return slides; }
    SLUICE_COLD void rename(char const* name) override
    {
        label.name = op->value.label.name = name;
        nameWithin(stepId, up, name);
    }
    void evict(Time upTo) override
    {
        if (current && latest <= upTo && current->once.done()) current = {};
        memo.evict(upTo);
    }

    void update() override { current->prepare(); due = false; }
    void abandon() override
    {
        due = false;
        current->givenUp = true;
    }
    [[nodiscard]] StreamHeldInfo held() const override
    {
        std::size_t keys = 0;
        std::size_t bytes = 0;
        for (Window const* window : windows) {
            keys += window->keys();
            bytes += window->bytes();
        }
        return heldInfo(keys, bytes);
    }

    /// All partitions take the step, or none.
    void run(Step& step)
    {
        if (step.up) step.up->prepare();
        addWindows(step.parts.size());
        try {
            step.place.run(
                windows.size(), [&](std::size_t p) { return windows[p]->empty() && (!step.up || step.up->isEmpty(p)); },
                [&](std::size_t p) { take(step, p); });
        } catch (...) {
            for (Window* window : windows) window->undo();
            for (auto& part : step.parts) part.clear();
            throw;
        }
        for (Window* window : windows) window->commit();
        step.up.reset();
    }

private:
    void describe(Step& step, Time t, std::optional<UpBatch> batch)
    {
        step.node = this;
        step.time = t;
        step.emits = graph->isValid(t, slides);
        step.place = graph->place();
        if (batch) {
            auto const given = partitioningOf(*batch);
            auto const partitions = batch->partitions();
            if (known && (partitions != known || !(given == partitioning))) {
                throw StreamError{label, "its batches must be partitioned alike from first to last: give it a number of partitions"};
            }
            known = partitions;
            partitioning = given;
        }
        step.partitioning = partitioning;
        step.parts.resize(known);
        step.up = std::move(batch);
    }

    SLUICE_COLD void addWindows(std::size_t partitions)
    {
        windows.reserve(partitions);
        while (windows.size() < partitions) windows.push_back(new Window{WindowFns<Op>{op}});
    }

    void take(Step& step, std::size_t p)
    {
        auto& window = *windows[p];
        window.evict(step.time - op->value.grid.length);
        if (step.up) enter(window, step, p);
        if (step.emits) give(window, step.parts[p]);
    }

    void enter(Window& window, Step& step, std::size_t p)
    {
        if constexpr (requires { step.up->owner()->table(p); }) {
            auto const& table = step.up->owner()->table(p);
            window.begin(step.time, table.entries().size());
            window.addAll(table);
        } else {
            EntrySink sink{{}};
            step.up->each(p, 0, sink);
            window.begin(step.time, sink.entries.size());
            for (auto const& [key, value] : sink.entries) window.add(static_cast<std::uint32_t>(hashOfKey(key)), key, value);
        }
        window.enter();
    }

    struct EntrySink {
        std::vector<Entry> entries;

        template <class R>
        bool operator()(R&& record)
        {
            entries.emplace_back(own(std::get<0>(static_cast<R&&>(record))), own(std::get<1>(static_cast<R&&>(record))));
            return true;
        }
    };

    void give(Window& window, std::vector<Entry>& part)
    {
        part.clear();
        part.reserve(window.keys());
        auto const& kept = op->value;
        window.result([&](K const& key, auto&& value) {
            part.emplace_back(key, static_cast<decltype(value)>(value));
            bool const wanted = kept.keep(part.back());
            if (!wanted) part.pop_back();
            return wanted;
        });
    }

    Up up;
    Counted<Box<Op>> op;
    Duration slides;
    std::size_t known = 0;  // partitions; 0: not yet
    Partitioning partitioning;
    List<Window*> windows;
    Memo<Step> memo;
    Counted<Step> current;  // the newest step
    Time latest{Duration::min()};
    bool due = false;
};

}  // namespace sluice::inline SLUICE_ABI::detail
