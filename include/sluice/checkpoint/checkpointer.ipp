#pragma once

#include <sluice/checkpoint/checkpointer.hpp>
#include <sluice/checkpoint/rates_keeper.hpp>

#include <algorithm>

namespace sluice::inline SLUICE_ABI::detail {

/// What a commit says of its batch, beside the states: the grid that it belongs to.
struct CheckpointedGrid {
    std::int64_t interval;
    std::int64_t zero;

    [[nodiscard, gnu::cold]] std::string encoded() const
    {
        std::string bytes;
        BinaryWriter writer{bytes};
        writer.size(1);  // the version
        writer.number(interval);
        writer.number(zero);
        writer.finish();
        return bytes;
    }
    [[nodiscard, gnu::cold]] static CheckpointedGrid decode(std::string_view bytes, std::string const& directory)
    {
        BinaryReader reader{bytes};
        return reader.guard(directory, [&] {
            if (reader.size() != 1) BinaryReader::fail(bytes.data(), "a version that this program does not know");
            auto const period = reader.number<std::int64_t>();
            return CheckpointedGrid{period, reader.number<std::int64_t>()};
        });
    }
};

[[gnu::cold]] inline Checkpointer::Checkpointer(GraphCore& graph, std::string directory, CheckpointOptions options, Label const& label)
    : graph_(graph),
      options_(std::move(options)),
      label_(label),
      directory_(std::move(directory)),
      every_(options_.interval.value_or(graph.interval()))
{
    if (every_ <= Duration{0} || every_ % graph.interval() != Duration{0}) {
        throw InvalidArgument{
            concat({where(label_), ": CheckpointOptions::interval must be a positive multiple of the batch interval, which is ",
                    toString(graph.interval()), ", got ", toString(every_)})};
    }
    try {
        store_.emplace(
            directory_, [this](std::string const& text) { graph_.log({LogLevel::warning, label_, {}, text}); },
            CheckpointStore::Settings{.compression = graph_.compression()});
    } catch (IllegalState const& error) {
        throw IllegalState{concat({where(label_), ": ", error.what()})};
    } catch (StreamError const& error) {
        std::throw_with_nested(StreamError{label_, error.what()});
    }
}

[[gnu::cold]] inline Checkpointer::~Checkpointer()
{
    try {
        stop();
    } catch (...) {  // it has been told already, or nobody is left who could be told
    }
}

[[gnu::cold]] inline Checkpointing::Grid Checkpointer::start(GraphCore&, Time zero)
{
    findParts();
    requireKept();
    requireAttempts();
    auto const& found = store_->found();
    grid_ = found.empty() ? Grid{zero, zero + graph_.interval()} : restore(found, zero + graph_.interval());
    last_ = grid_.next - graph_.interval();
    store_->forget();
    openLog();
    writer_ = io::startThread("sluice-checkpoint",
                              graph_.owner() != nullptr ? graph_.owner()->config().onThreadStart : Callback<void(std::string const&)>{},
                              [this] { write(); });
    // So that what the first batches had is known by a grid.
    beginGathering(last_);
    for (auto const& state : dropped_) {
        gathered_->begin(state);
        gathered_->reset();
    }
    // What inputs know before their first batch: what comes between is new, also where no batch of this process is done.
    for (std::size_t i = 0; i < inputs_; ++i) {
        gathered_->begin(parts_[i].state);
        parts_[i].part->save(last_, false, *gathered_);
    }
    postGathered(last_);
    awaitBegun(last_);  // what comes when start() has returned is new for the next process, too
    return grid_;
}

// ---- what is kept -------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline void Checkpointer::findParts()
{
    auto const add = [this](Counted<CheckpointedPart> part) {
        CheckpointedState state{part->name(), part->keySchema(), part->valueSchema()};
        parts_.push_back({std::move(part), std::move(state)});
    };
    for (auto const& input : graph_.inputs()) {
        if (auto part = input->checkpointed()) add(std::move(part));
        else if (input->keeper == nullptr)
            graph_.log({LogLevel::warning,
                        input->label,
                        {},
                        "a checkpoint does not know where it stands: after a crash it begins anew, and what unfinished batches had of it "
                        "is lost"});
    }
    inputs_ = parts_.size();
    for (auto const& part : graph_.checkpointed()) add(part);
    if (RatesKeeper::areIn(graph_)) add(makeCounted<RatesKeeper>(graph_, label_));
}

[[gnu::cold]] inline void Checkpointer::requireKept() const
{
    std::vector<CheckpointedPart const*> parts;
    for (auto const& named : parts_) parts.push_back(named.part.get());
    requireAllKept(graph_, label_, parts);
}

/// What a job has added that fails cannot be told from what others add at the same time.
[[gnu::cold]] inline void Checkpointer::requireAttempts() const
{
    if (graph_.owner() == nullptr) return;
    auto const& config = graph_.owner()->config();
    auto const& told = config.onBatchFailure;
    if (config.concurrentJobs <= 1 || (told.retries == 0 && told.last.value_or(BatchFailure::stop) == BatchFailure::stop)) return;
    for (auto const& named : parts_) {
        if (!named.part->toldAttempts()) continue;
        throw IllegalState{concat({where(named.part->label()), ": what a job adds that fails would count, since Config::concurrentJobs is ",
                                   Digits{config.concurrentJobs}.text(),
                                   " and Config::onBatchFailure does not stop at once: set concurrentJobs = 1, or "
                                   "onBatchFailure = stop"})};
    }
}

[[gnu::cold]] inline Checkpointing::Grid Checkpointer::restore(CheckpointReader const& found, Time first)
{
    auto const interval = graph_.interval();
    auto const last = found.last().time;
    auto const before = CheckpointedGrid::decode(found.last().positions, directory_);
    Grid grid{Time{Duration{before.zero}}, last + interval};
    if (before.interval != interval.count()) {
        if (!found.unfinished().empty()) {
            throw IllegalState{concat({where(label_), ": the batch interval of ", directory_, " was ", toString(Duration{before.interval}),
                                       ", and batches of it are not finished: start the program once with that interval, and stop it "
                                       "gracefully, before it becomes ",
                                       toString(interval)})};
        }
        grid.zero = last;
    }
    std::string unknown;
    for (auto const& state : found.states()) {
        auto const has = [&](Named const& named) { return named.state.name == state.name; };
        if (std::any_of(parts_.begin(), parts_.end(), has)) continue;
        bool empty = true;
        found.each(state.name, [&](std::string_view, std::string_view) { empty = false; });
        if (empty) continue;
        auto const& drop = options_.drop;
        if (state.name == RatesKeeper::known || std::find(drop.begin(), drop.end(), state.name) != drop.end()) dropped_.push_back(state);
        else unknown += concat({unknown.empty() ? "\"" : "\", \"", state.name});
    }
    requireKnown(unknown);
    if (grid.next > first) {
        graph_.log({LogLevel::warning,
                    label_,
                    {},
                    concat({"the clock is behind the last batch of ", directory_, ": the next one is at ", grid.next.toString(), ", ",
                            toString(grid.next - first), " after the first that this clock would have"})});
    }
    for (auto& named : parts_) load(found, named);
    for (auto const& batch : found.unfinished()) replay(batch);
    auto const unfinished = found.unfinished().size();
    graph_.log({LogLevel::info,
                label_,
                {},
                concat({"it goes on behind the batch at ", last.toString(), ", ", Digits{unfinished}.text(), " batches had begun since"})});
    return grid;
}

[[gnu::cold]] inline void Checkpointer::requireKnown(std::string const& unknown) const
{
    if (unknown.empty()) return;
    throw IllegalState{concat({where(label_), ": ", directory_, " knows ", unknown,
                               "\", which the program does not have: what has another name now is to keep that one, what is not needed any "
                               "more is named in CheckpointOptions::drop"})};
}

[[gnu::cold]] inline void Checkpointer::load(CheckpointReader const& found, Named& named)
{
    auto const& states = found.states();
    auto const known =
        std::find_if(states.begin(), states.end(), [&](CheckpointedState const& state) { return state.name == named.state.name; });
    if (known == states.end()) return;  // it is new
    try {
        named.part->open(found.last().time, known->keySchema, known->stateSchema);
        found.each(known->name, [&](std::string_view key, std::string_view value) { named.part->load(key, value); });
        named.part->loaded();
    } catch (...) {
        std::throw_with_nested(StreamError{
            named.part->label(), concat({"what ", directory_, " has of it cannot be used: ", errorText(std::current_exception())})});
    }
}

[[gnu::cold]] inline void Checkpointer::replay(CheckpointedBatch const& batch)
{
    BinaryReader reader{batch.positions};
    reader.guard(directory_, [&] {
        while (reader.left() > 0) {
            auto const name = reader.text();
            auto const position = reader.text();
            for (auto const& named : parts_) {
                if (named.state.name == name) named.part->replay(batch.time, position);
            }
        }
    });
}

// ---- what is received ---------------------------------------------------------------------------------------------------

/// What is there of streams that the program does not have is refused as other things are that it does not have.
[[gnu::cold]] inline void Checkpointer::openLog()
{
    std::vector<ReceivedPart*> parts;
    for (auto const& named : parts_) {
        if (auto* const part = named.part->received()) parts.push_back(part);
    }
    if (parts.empty() && WriteAheadLog::filesIn(directory_).empty()) return;
    auto const warn = [this](std::string const& text) { graph_.log({LogLevel::warning, label_, {}, text}); };
    log_ = makeCounted<WriteAheadLog>(directory_, options_.writeAheadLog, warn, [this] { return graph_.owner()->now(); });
    for (auto* const part : parts) log_->addStream(part->name(), part->schema());
    std::string unknown;
    log_->read([&](FoundBlock const& block) {
        for (auto* const part : parts) {
            if (part->name() != block.stream) continue;
            try {
                return part->found(block);
            } catch (...) {
                std::throw_with_nested(StreamError{
                    part->label(),
                    concat({"what the log in ", directory_, " has of it cannot be used: ", errorText(std::current_exception())})});
            }
        }
        auto const& drop = options_.drop;
        if (std::find(drop.begin(), drop.end(), block.stream) != drop.end()) return false;
        unknown = block.stream;
        return true;
    });
    if (!unknown.empty()) requireKnown(concat({"\"", unknown}));
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i]->begin(log_, i);
}

[[gnu::cold]] inline void Checkpointer::closeLog()
{
    if (!log_) return;
    std::exception_ptr error;
    try {
        for (auto const& named : parts_) {
            if (auto* const part = named.part->received()) part->flush();
        }
        log_->sync();
    } catch (...) {
        error = std::current_exception();
    }
    log_->close();
    if (error != nullptr) std::rethrow_exception(error);
}

[[gnu::cold]] inline void Checkpointer::tellLasting(Time t)
{
    if (!log_) return;
    for (auto const& named : parts_) named.part->lasts(t);
}

// ---- batches ------------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline void Checkpointer::begun(Time t)
{
    CheckpointedBatch batch{t, {}};
    {
        BinaryWriter writer{batch.positions};
        for (auto const& named : parts_) {
            std::string position;
            if (!named.part->begun(t, position)) continue;
            writer.text(named.state.name);
            writer.text(position);
        }
    }
    std::lock_guard const lock{monitor_};
    requireWriting();
    waiting_.emplace_back(std::move(batch));
    monitor_.notifyAll();
}

[[gnu::cold]] inline void Checkpointer::awaitBegun(Time t)
{
    std::unique_lock lock{monitor_};
    monitor_.wait([&] { return lasting_ >= t || failure_ != nullptr || ends_; });
    if (failure_ == nullptr) return;
    failureTold_ = true;
    std::rethrow_exception(failure_);
}

[[gnu::cold]] inline void Checkpointer::committed(Time t)
{
    if (closed_.load(std::memory_order_acquire)) return;
    bool const whole = isDue(t);
    try {
        gatherFrom(t, whole);
        last_ = t;
        if (whole) postGathered(t);
    } catch (...) {
        fail(std::current_exception());  // a part of what it has changed must not be committed with a later one
        throw;
    }
}

/// Nothing is committed any more, and no batch has effects.
[[gnu::cold]] inline void Checkpointer::fail(std::exception_ptr error)
{
    close();
    gathered_.reset();
    std::lock_guard const lock{monitor_};
    failureTold_ = true;
    if (failure_ == nullptr) failure_ = std::move(error);
    monitor_.notifyAll();
}

[[gnu::cold]] inline void Checkpointer::beginGathering(Time t)
{
    gathered_.emplace(t);
    gathered_->memory = &memory_;
}

[[gnu::cold]] inline void Checkpointer::gatherFrom(Time t, bool whole)
{
    if (!gathered_) beginGathering(t);
    for (auto const& named : parts_) {
        gathered_->begin(named.state);
        named.part->save(t, whole, *gathered_);
    }
}

[[gnu::cold]] inline void Checkpointer::postGathered(Time t)
{
    gathered_->setTime(t);
    gathered_->positions = CheckpointedGrid{graph_.interval().count(), grid_.zero.microseconds()}.encoded();
    auto const bytes = gathered_->close();
    auto commit = *std::move(gathered_);
    gathered_.reset();
    std::unique_lock lock{monitor_};
    monitor_.wait([&] { return waitingBytes_ < mostWaiting || failure_ != nullptr || ends_; });
    requireWriting();
    waiting_.emplace_back(std::move(commit));
    waitingBytes_ += bytes;
    monitor_.notifyAll();
}

[[gnu::cold]] inline void Checkpointer::close() noexcept { closed_.store(true, std::memory_order_release); }

[[gnu::cold]] inline void Checkpointer::stop()
{
    if (!store_) return;
    std::exception_ptr error;
    try {
        closeLog();
        // What waited for the end of its interval.
        if (gathered_ && !closed_.load(std::memory_order_acquire)) {
            gatherFrom(last_, true);
            postGathered(last_);
        }
    } catch (...) {
        error = std::current_exception();
    }
    {
        std::lock_guard const lock{monitor_};
        ends_ = true;
        monitor_.notifyAll();
    }
    if (writer_.joinable()) writer_.join();
    store_.reset();
    if (failure_ != nullptr && !failureTold_) error = failure_;
    if (error != nullptr) std::rethrow_exception(error);
}

// ---- the thread that writes ---------------------------------------------------------------------------------------------

/// With the lock.
[[gnu::cold]] inline void Checkpointer::requireWriting()
{
    if (failure_ == nullptr) return;
    failureTold_ = true;
    std::rethrow_exception(failure_);
}

[[gnu::cold]] inline void Checkpointer::write() noexcept
{
    std::unique_lock lock{monitor_};
    for (;;) {
        monitor_.wait([&] { return !waiting_.empty() || ends_; });
        if (waiting_.empty()) return;
        std::deque<Item> items;
        items.swap(waiting_);
        waitingBytes_ = 0;
        monitor_.notifyAll();
        lock.unlock();
        std::exception_ptr error;
        try {
            writeAll(items);
        } catch (...) {
            error = std::current_exception();
        }
        items.clear();
        lock.lock();
        if (error == nullptr) continue;
        if (failure_ == nullptr) failure_ = error;
        waiting_.clear();
        monitor_.notifyAll();
        return;
    }
}

[[gnu::cold]] inline void Checkpointer::writeAll(std::deque<Item>& items)
{
    if (log_) log_->sync();     // what batches and commits tell of it
    std::optional<Time> begun;  // the last that stands in the log and is not synced
    std::optional<Time> committed;
    while (!items.empty()) {
        auto item = std::move(items.front());
        items.pop_front();
        if (auto const* const batch = std::get_if<CheckpointedBatch>(&item)) {
            store_->begun(*batch);
            begun = batch->time;
        } else {
            auto& commit = std::get<CheckpointCommit>(item);
            committed = commit.time();
            store_->commit(std::move(commit), [&] { writeBegunAhead(items, begun); });
        }
    }
    store_->sync();
    if (committed) tellLasting(*committed);
    if (begun) lastsUpTo(*begun);
    if (committed) lastsUpTo(*committed);
}

/// Of those that wait behind the commit that is being written.
[[gnu::cold]] inline void Checkpointer::writeBegunAhead(std::deque<Item>& items, std::optional<Time>& begun)
{
    std::deque<CheckpointedBatch> ahead;
    auto const take = [&ahead](std::deque<Item>& from) {
        std::erase_if(from, [&](Item& item) {
            auto* const batch = std::get_if<CheckpointedBatch>(&item);
            if (batch != nullptr) ahead.push_back(std::move(*batch));
            return batch != nullptr;
        });
    };
    take(items);
    {
        std::lock_guard const lock{monitor_};
        take(waiting_);
    }
    if (log_ && !ahead.empty()) log_->sync();
    for (auto const& batch : ahead) {
        store_->begun(batch);
        begun = batch.time;
    }
    if (!begun) return;
    store_->sync();
    lastsUpTo(*begun);
    begun.reset();
}

[[gnu::cold]] inline void Checkpointer::lastsUpTo(Time t)
{
    std::lock_guard const lock{monitor_};
    lasting_ = std::max(lasting_, t);
    monitor_.notifyAll();
}

}  // namespace sluice::inline SLUICE_ABI::detail
