#pragma once

#include <sluice/io/monitor.hpp>
#include <sluice/io/thread.hpp>
#include <sluice/kafka/changelog.hpp>

#include <memory>
#include <thread>

namespace sluice::inline SLUICE_ABI::detail {

/// Copies of partitions of changelogs that other processes write, each of which is followed by a thread of its own here: so that what is to be
/// read when one is taken over is the rest alone. Without it all is as it is, but slower: what it fails with is logged, and it begins anew.
class KafkaStandby {
public:
    SLUICE_COLD KafkaStandby(Counted<GraphCore> const& graph, Label const& label, std::string const& brokers, Duration timeout,
                             std::vector<std::pair<std::string, std::string>> const& properties,
                             Callback<void(std::string const&)> onThreadStart)
        : reader_(makeCounted<KafkaChangelogReader>(graph, label, brokers, timeout, timeout, properties)),
          thread_(io::startThread("sluice-standby", std::move(onThreadStart), [this] { run(); }))
    {
    }
    KafkaStandby(KafkaStandby const&) = delete;
    KafkaStandby& operator=(KafkaStandby const&) = delete;
    SLUICE_COLD ~KafkaStandby()
    {
        {
            Turn const turn{*this};
            stopping_ = true;
        }
        thread_.join();
    }

    /// These are followed from now on, those that were already from where they stand; others are let go of.
    SLUICE_COLD void follow(std::vector<kafka::TopicPartition> const& all)
    {
        Turn const turn{*this};
        std::vector<std::unique_ptr<KafkaCopy>> next;
        for (auto const& of : all) {
            auto known = taken(of);
            if (!known) has_changed_ = true;
            next.push_back(known ? std::move(known) : std::make_unique<KafkaCopy>(of));
        }
        has_changed_ = has_changed_ || !copies_.empty();
        copies_ = std::move(next);
    }

    /// The copy of a partition, which is followed no longer; null where there is none.
    [[nodiscard]] SLUICE_COLD std::unique_ptr<KafkaCopy> take(kafka::TopicPartition const& of)
    {
        Turn const turn{*this};
        auto copy = taken(of);
        if (copy) has_changed_ = true;
        return copy;
    }

    /// How many keys it has, and how many partitions it has read to an end that they had.
    struct Held {
        std::size_t keys = 0;
        std::size_t whole = 0;
    };
    [[nodiscard]] SLUICE_COLD Held held()
    {
        Turn const turn{*this};
        Held all;
        for (auto const& copy : copies_) {
            all.keys += copy->entries.size();
            all.whole += copy->isWhole ? 1 : 0;
        }
        return all;
    }

private:
    static constexpr int patience = 50;  // milliseconds, which whoever wants its turn may have to wait

    /// What is here is one's own while it lasts, and not the thread's.
    class Turn {
    public:
        explicit Turn(KafkaStandby& of) : of_(of), lock_(of.monitor_)
        {
            ++of_.waiting_;
            of_.monitor_.wait([this] { return !of_.is_busy_; });
        }
        Turn(Turn const&) = delete;
        Turn& operator=(Turn const&) = delete;
        ~Turn()
        {
            --of_.waiting_;
            of_.monitor_.notifyAll();
        }

    private:
        KafkaStandby& of_;
        std::unique_lock<io::Monitor> lock_;
    };

    [[nodiscard]] SLUICE_COLD std::unique_ptr<KafkaCopy> taken(kafka::TopicPartition const& of)
    {
        for (auto& copy : copies_) {
            if (copy->of != of) continue;
            auto found = std::move(copy);
            copy = std::move(copies_.back());
            copies_.pop_back();
            return found;
        }
        return {};
    }

    SLUICE_COLD void run()
    {
        for (std::unique_lock lock{monitor_};;) {
            monitor_.wait([this] { return stopping_ || (waiting_ == 0 && (has_changed_ || !copies_.empty())); });
            if (stopping_) return;
            is_busy_ = true;
            lock.unlock();
            bool const failed = !step();
            lock.lock();
            is_busy_ = false;
            monitor_.notifyAll();
            if (failed) monitor_.waitUntil(io::Monitor::after(std::chrono::seconds{1}), [this] { return stopping_; });
        }
    }
    SLUICE_COLD bool step()
    {
        try {
            std::vector<KafkaCopy*> all;
            for (auto const& copy : copies_) all.push_back(copy.get());
            if (std::exchange(has_changed_, false)) reader_->begin(all);
            if (!all.empty()) reader_->take(patience, all);
            return true;
        } catch (...) {
            reader_->tell(LogLevel::warning, concat({"standby copies of states begin anew: ", errorText(std::current_exception())}));
        }
        for (auto& copy : copies_) copy = std::make_unique<KafkaCopy>(copy->of);
        has_changed_ = true;
        return false;
    }

    Counted<KafkaChangelogReader> reader_;
    io::Monitor monitor_;
    // Of whose turn it is:
    std::vector<std::unique_ptr<KafkaCopy>> copies_;
    bool has_changed_ = false;
    // Under the lock:
    bool is_busy_ = false;  // the thread's turn
    bool stopping_ = false;
    unsigned waiting_ = 0;

    std::thread thread_;  // the last: it begins when all else is there
};

}  // namespace sluice::inline SLUICE_ABI::detail
