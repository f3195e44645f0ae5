#pragma once

#include <sluice/operators/detail/over_time.hpp>
#include <sluice/state/windowed_records.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Op, class Up>
struct WindowNode final : LastingNode {
    using UpBatch = typename Up::Batch;
    using R = typename KeptOf<UpBatch>::type;
    using Batch = StoredBatch<WindowedRecords<R>>;

    WindowNode(Counted<GraphCore> const& owner, Op const& op, Up upstream)
        : LastingNode(owner, op.label), up(static_cast<Up&&>(upstream)), length(op.grid.length), slides(op.grid.over(label, up.slide()))
    {
    }

    SLUICE_COLD void rename(char const* name) override
    {
        label.name = name;
        nameWithin(stepId, up, name);
    }

    [[nodiscard]] Maybe<Batch> at(Time t)
    {
        if (t > asked) {
            graph->requireReached(label, t);
            take(t, up.at(t));
            asked = t;
        }
        if (t == asked && !due && !fresh.empty()) {
            graph->addDue(*this);
            due = true;
        }
        if (!graph->isValid(t, slides)) return {};
        if (auto known = memo.find(t)) {
            if (due) known->abandoned = false;
            return Batch{std::move(known)};
        }
        if (t != asked) return {};  // forgotten
        return Batch{memo.findOr(t, [&](WindowedRecords<R>& window) {
            for (auto const& one : kept) window.batches.push_back(one.batch);
            for (auto const& batch : fresh) window.batches.push_back(batch);
            window.plan(graph->place());
        })};
    }

    [[nodiscard]] Duration slide() const { return slides; }
    void evict(Time upTo) override { memo.evict(upTo); }

    void update() override
    {
        if (windows) windows->prepare();
        windows.reset();
        for (auto const& batch : fresh) batch->prepare();
        kept.reserve(kept.size() + fresh.size());
        for (auto& batch : fresh) {
            auto const records = batch->records();
            keptRecords += records;
            kept.push_back({asked, records, std::move(batch)});
        }
        fresh.clear();
        due = false;
    }
    void abandon() override
    {
        due = false;
        if (auto window = memo.find(asked)) window->abandoned = true;
    }
    [[nodiscard]] StreamHeldInfo held() const override
    {
        std::size_t bytes = 0;
        if constexpr (!passes<R>) bytes = keptRecords * sizeof(typename R::Entry);
        else
            for (auto const& one : kept) bytes += one.batch->bytesInMemory();
        return heldInfo(keptRecords, bytes);
    }

    struct KeptBatch {
        Time time;
        std::size_t records;
        Counted<R> batch;
    };

    Up up;
    Duration length;
    Duration slides;
    List<KeptBatch> kept;  // of the window, in the order of time
    std::size_t keptRecords = 0;
    List<Counted<R>> fresh;  // of the batch that was asked for last
    Maybe<UpBatch> windows;  // that they come from, if they do
    List<Counted<R>> spare;
    Time asked{Duration::min()};
    bool due = false;
    Memo<WindowedRecords<R>> memo;

private:
    void take(Time t, Maybe<UpBatch> batch)
    {
        while (!kept.empty() && kept[0].time <= t - length) {
            keptRecords -= kept[0].records;
            recycle(std::move(kept[0].batch));
            kept.pop_front();
        }
        fresh.clear();  // a batch that failed is missing
        windows.reset();
        if (!batch) return;
        if constexpr (requires { batch->owner()->batches; }) {
            for (auto const& one : batch->owner()->batches) fresh.push_back(one);
            windows = std::move(batch);
        } else if constexpr (!std::is_same_v<R, CachedRecords<UpBatch>>) {
            fresh.push_back(batch->owner());
        } else {
            if (spare.empty()) spare.push_back(makeCounted<R>());
            fresh.push_back(std::move(spare.back()));
            spare.pop_back();
            fresh[0]->plan(*std::move(batch));
        }
    }

    void recycle(Counted<R> batch)
    {
        if constexpr (std::is_same_v<R, CachedRecords<UpBatch>>) {
            if (!batch.unique() || spare.size() >= 4) return;
            batch->clear();
            spare.push_back(std::move(batch));
        }
    }
};

struct Window : StreamOpBase, Needs<need::Storable> {
    WindowGrid grid;
    Label label;

    constexpr Window(WindowGrid over, Label const& where) : grid(over), label(where) {}
    constexpr Window(WindowGrid over, CallSite at) : Window(over, Label{"window", at}) {}

    template <class Node>
    auto attach(Node node) const
    {
        return nodeStream<WindowNode>(*this, std::move(node));
    }
};

}  // namespace detail

/// The records of a sliding window: `window(30s)`, every 10 s `window(30s, 10s)`.
///
/// Over time. The batch at time t has the records of the stream's batches in (t − W, t], in the order of batches; before that
/// many batches there is what there is, and where there is nothing the batch is empty. Tumbling where the slide is W;
/// batches between are left out where it is longer. W and the slide must be multiples of the stream's slide, or
/// `Duration::max()`, which is for ever: `InvalidArgument` at the call. Partitions are those of the batches, one after another;
/// where all are partitioned by key alike, so is the window. Records are kept owned: text comes as `std::string`; a plain struct
/// stays what it is, and its views look at a copy of their text, which lives as long as the window. An empty batch, *no RDD* and
/// a batch that failed bring nothing. With `| named("…") | checkpoint()` behind it the window outlasts the process: what is
/// written in a batch are its records.
///
/// ```cpp
/// auto out = testing::runBatches<int>({{1}, {2}, {3}}, [](auto in) { return in | window(2s); });
/// CHECK(out == testing::Batches<int>{{1}, {1, 2}, {2, 3}});
/// ```
inline constexpr detail::WindowMaker<detail::Window> window{};

}  // namespace sluice::inline SLUICE_ABI
