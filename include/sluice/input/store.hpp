#pragma once

#include <sluice/input/blocks.hpp>
#include <sluice/input/bytes_of.hpp>
#include <sluice/input/room.hpp>
#include <sluice/input/store_log.hpp>
#include <sluice/stream/rate_limit.hpp>

#include <mutex>
#include <optional>
#include <string>

// One file although it is long: what is stored, by whichever call, is counted, limited and handed over by the same steps.

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Who writes to a disk what comes beyond the bound. All under the lock of the store, of which it is told the open block.
template <class T>
struct RecordSpill : RefCounted {
    virtual ~RecordSpill() = default;

    /// Counts so many bytes, whether they fit or what is open goes to the disk. False: they are to wait.
    [[nodiscard]] virtual bool admits(std::size_t bytes, Counted<RecordBlock<T>>& open, std::size_t& openBytes) = 0;
    /// A batch takes what lies in front of the open block.
    virtual void moveTo(RecordBlocks<T>& batch, RecordBlock<T>& open, std::size_t& openBytes) = 0;
    [[noreturn]] virtual void refuse(Label const& input) const = 0;

    std::size_t records = 0;  // in front of the open block
};

}  // namespace detail

/// Where a receiver, or the host's own code, puts records of an input: those that are stored before a tick belong to
/// its batch. Any thread may store; records of one thread keep their order.
///
/// `store(record)` waits while more than `Config::maxReceivedBytes` are received and not yet processed, until a batch
/// is done, and while the batch has all that `Config::receiverMaxRate` allows; it answers whether the record was taken
/// (no: the context has stopped, which ends the waiting, too). `store.all(range)` waits until all of its records fit, and
/// puts them into one batch: more than a batch may have pass when they are alone. `store.all(range, description)` says
/// what they are, too: listeners read it in the `StreamInputInfo::description` of that batch, a line for each call, also
/// where the range is empty; it counts as received with its bytes. `store.upTo(range, position)` says where the source stands behind
/// them: see `receiverStream`. `store.tryStore(record)` does not wait: false, and the record is untouched, where it does not fit now.
/// Where the stream spills (`spill`) what does not fit goes to a disk.
///
/// ```cpp
/// Store<int> store{3 * sizeof(int)};
/// CHECK(store(1));
/// CHECK(store.all(std::vector{2, 3}));
/// CHECK(!store.tryStore(4));
/// ```
template <class T>
class Store {
public:
    explicit Store(std::size_t bound, detail::Counted<detail::RateLimit> limit = {}) : space_(bound), limit_(std::move(limit)) {}

    bool operator()(T record)
    {
        auto const era = space_.era();
        auto const bytes = bytesOf(record);
        if (!spills(bytes, era) && !space_.enter(bytes, era)) return false;
        std::unique_lock lock{mutex_};
        if (limit_) awaitShare(lock, 1, era);
        return put(static_cast<T&&>(record), bytes, era);
    }

    bool tryStore(T&& record)
    {
        auto const bytes = bytesOf(record);
        return tryPut(static_cast<T&&>(record), bytes);
    }
    bool tryStore(T const& record)
        requires std::copy_constructible<T>
    {
        auto const bytes = bytesOf(record);
        return tryPut(record, bytes);
    }

    template <class Range>
    bool all(Range&& range, std::string_view description = {})
    {
        auto const era = space_.era();
        return putAll(asRecords(static_cast<Range&&>(range)), description, nullptr, era);
    }

    template <class Range>
    bool upTo(Range&& range, std::string_view position)
    {
        auto const era = space_.era();
        return putAll(asRecords(static_cast<Range&&>(range)), {}, &position, era);
    }

    // For the input that owns it.
    void close()
    {
        {
            std::lock_guard const lock{mutex_};
            space_.close();
        }
        if (limit_) limit_->close();  // wakes who waits for a share: it must see that there is none to come
    }
    /// Who waits is woken, and nothing is stored until it is resumed: both are called by one thread at a time.
    SLUICE_COLD void pause()
    {
        {
            std::lock_guard const lock{mutex_};
            space_.pause();
        }
        if (limit_) limit_->wake();  // as in close
    }
    SLUICE_COLD void resume()
    {
        std::lock_guard const lock{mutex_};
        space_.resume();
    }
    void moveTo(detail::RecordBlocks<T>& batch)
    {
        std::lock_guard const lock{mutex_};
        if (limit_) limit_->open();
        if (!open_) return;
        blocks_.makeRoom();
        batch.parts.makeRoom();
        if (log_ != nullptr) log_->moved(batch);
        if (spill_) spill_->moveTo(batch, *open_, openBytes_);
        batch.add(open_, openBytes_);  // from here on nothing throws
        batch.description.swap(description_);
        blocks_.push_back(std::move(open_));
        open_ = {};
        openBytes_ = 0;
    }
    [[nodiscard]] bool hasWaiting() const
    {
        std::lock_guard const lock{mutex_};
        return static_cast<bool>(open_);
    }
    [[nodiscard]] std::int64_t received() const
    {
        std::lock_guard const lock{mutex_};
        return received_;
    }
    /// Records that came and belong to no batch yet.
    [[nodiscard]] std::int64_t waiting() const
    {
        std::lock_guard const lock{mutex_};
        return static_cast<std::int64_t>(openRecords());
    }
    [[nodiscard]] detail::Room& space() { return space_; }
    /// Where the source stands, as it was told with what was stored last, also in the process before; none where it never was.
    [[nodiscard]] SLUICE_COLD std::optional<std::string> position() const
    {
        std::lock_guard const lock{mutex_};
        return position_;
    }
    SLUICE_COLD void setPosition(std::string position)
    {
        std::lock_guard const lock{mutex_};
        position_ = std::move(position);
    }
    SLUICE_COLD void setLog(detail::RecordLog<T>& log)
    {
        std::lock_guard const lock{mutex_};
        log_ = &log;
        if (!open_) return;
        for (auto const& record : open_->records) log.take(record);
    }
    SLUICE_COLD void setSpill(detail::Counted<detail::RecordSpill<T>> spill)
    {
        std::lock_guard const lock{mutex_};
        spill_ = std::move(spill);
    }
    [[nodiscard]] detail::RecordSpill<T>* spill() const { return spill_.get(); }
    /// Records that came before all that is there.
    SLUICE_COLD void putBack(detail::Counted<detail::RecordBlock<T>> block, std::size_t bytes)
    {
        std::lock_guard const lock{mutex_};
        if (open_) {
            for (auto& record : open_->records) block->records.push_back(static_cast<T&&>(record));
            open_->records.clear();
        }
        open_ = std::move(block);
        openBytes_ += bytes;
        space_.add(bytes);
    }

private:
    template <class Range>
    static std::vector<T> asRecords(Range&& range)
    {
        if constexpr (std::is_same_v<Range, std::vector<T>>) {
            return static_cast<Range&&>(range);
        } else {
            std::vector<T> records;
            for (auto&& record : range) records.push_back(T(static_cast<decltype(record)>(record)));
            return records;
        }
    }

    bool putAll(std::vector<T> records, std::string_view description, std::string_view const* position, unsigned era)
    {
        std::size_t bytes = description.size();
        for (auto const& record : records) bytes += bytesOf(record);
        if (records.empty() && description.empty() && position == nullptr) return !space_.isOver(era);
        if (!spills(bytes, era) && !space_.enter(bytes, era)) return false;
        std::unique_lock lock{mutex_};
        if (limit_) awaitShare(lock, records.size(), era);
        return entered(bytes, [&] {
            auto const put = [&] { putOpen(records, bytes, description, position); };
            if (log_ != nullptr) return logged(lock, records, bytes, position, era, put);
            if (!opened(bytes, era)) return false;
            put();
            return true;
        });
    }

    /// Under the lock, where there is a block to write to.
    void putOpen(std::vector<T>& records, std::size_t bytes, std::string_view description, std::string_view const* position)
    {
        auto& stored = open_->records;
        auto const all = stored.size() + records.size();
        if (stored.capacity() < all) stored.reserve(all < 2 * stored.size() ? 2 * stored.size() : all);
        if (!description.empty()) describe(description);
        if (position != nullptr) position_.emplace(*position);
        for (auto& record : records) stored.push_back(static_cast<T&&>(record));
        count(records.size(), bytes);
    }

    /// They are put when they last: by then they belong to a batch whatever has become of the receiver. Where the store is closed that is
    /// one of another process.
    template <class Put>
    SLUICE_COLD bool logged(std::unique_lock<std::mutex>& lock, std::vector<T> const& records, std::size_t bytes,
                            std::string_view const* position, unsigned era, Put const& put)
    {
        bool const over = space_.isOver(era);
        lock.unlock();
        auto putLogged = [&](std::uint64_t number) {
            std::lock_guard const again{mutex_};
            if (space_.closed()) return space_.leave(bytes);
            if (!open_) open_ = spare();
            log_->entered(number);
            put();
        };
        auto const call = [](void* f, std::uint64_t number) { (*static_cast<decltype(putLogged)*>(f))(number); };
        if (!over && log_->keep(records, position, call, &putLogged)) return true;
        space_.leave(bytes);
        return false;
    }

    template <class R>
    bool tryPut(R&& record, std::size_t bytes)
    {
        auto const era = space_.era();
        if (!spills(bytes, era) && !space_.tryEnter(bytes, era)) return false;
        std::lock_guard const lock{mutex_};
        if (!limit_ || fits(1, limit_->shareByNow())) return put(static_cast<R&&>(record), bytes, era);
        space_.leave(bytes);
        return false;
    }

    /// Under the lock.
    template <class R>
    bool put(R&& record, std::size_t bytes, unsigned era)
    {
        return entered(bytes, [&] {
            if (!opened(bytes, era)) return false;
            if (log_ != nullptr) [[unlikely]]
                log_->take(record);
            open_->records.push_back(static_cast<R&&>(record));
            count(1, bytes);
            return true;
        });
    }

    /// What put() throws is stored nowhere: its bytes leave.
    template <class Put>
    bool entered(std::size_t bytes, Put&& put)
    {
        try {
            return put();
        } catch (...) {
            space_.leave(bytes);
            throw;
        }
    }

    /// Whether there is one who spills, and has counted them.
    [[nodiscard]] bool spills(std::size_t bytes, unsigned era)
    {
        if (!spill_) return false;
        std::lock_guard const lock{mutex_};
        return !space_.isOver(era) && spill_->admits(bytes, open_, openBytes_);
    }
    /// Of the batch that is open. Under the lock.
    [[nodiscard]] std::size_t openRecords() const
    {
        auto const inFront = spill_ ? spill_->records : 0;
        return open_ ? inFront + open_->records.size() : inFront;
    }

    /// Whether the open batch may have so many more; also too many, where it has none.
    [[nodiscard]] SLUICE_COLD bool fits(std::size_t more, std::int64_t shareByNow) const
    {
        auto const has = openRecords();
        auto const share = static_cast<std::size_t>(shareByNow);
        return has + more <= share || (has == 0 && more > 1 && share > 0);
    }

    SLUICE_COLD void awaitShare(std::unique_lock<std::mutex>& lock, std::size_t more, unsigned era)
    {
        for (;;) {
            auto const epoch = limit_->epoch();
            auto const share = limit_->shareByNow();
            if (space_.isOver(era) || fits(more, share)) return;
            lock.unlock();
            {
                detail::Room::Waiting const mark{space_.waiters()};
                limit_->wait(epoch, share);
            }
            lock.lock();
        }
    }

    /// Whether there is a block to write to. False: closed meanwhile, and nobody would look for it any more, or paused; the
    /// bytes that have entered leave again.
    bool opened(std::size_t bytes, unsigned era)
    {
        if (space_.isOver(era)) {
            space_.leave(bytes);
            return false;
        }
        if (!open_) open_ = spare();
        return true;
    }
    SLUICE_COLD void describe(std::string_view text)
    {
        if (!description_.empty()) description_ += '\n';
        description_ += text;
    }
    void count(std::size_t records, std::size_t bytes)
    {
        openBytes_ += bytes;
        received_ += static_cast<std::int64_t>(records);
    }

    /// A block that no batch holds any more.
    detail::Counted<detail::RecordBlock<T>> spare()
    {
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            if (!blocks_[i].unique()) continue;
            auto block = std::move(blocks_[i]);
            blocks_[i] = std::move(blocks_.back());
            blocks_.pop_back();
            for (; i < blocks_.size(); ++i) {
                if (blocks_[i].unique()) blocks_[i]->clear();  // not needed this time
            }
            return block;
        }
        return detail::makeCounted<detail::RecordBlock<T>>();
    }

    detail::Room space_;
    detail::Counted<detail::RateLimit> limit_;
    mutable std::mutex mutex_;
    detail::Counted<detail::RecordBlock<T>> open_;
    std::size_t openBytes_ = 0;
    std::string description_;
    std::optional<std::string> position_;
    detail::RecordLog<T>* log_ = nullptr;
    std::int64_t received_ = 0;
    detail::Counted<detail::RecordSpill<T>> spill_;
    detail::List<detail::Counted<detail::RecordBlock<T>>> blocks_;
};

}  // namespace sluice::inline SLUICE_ABI
