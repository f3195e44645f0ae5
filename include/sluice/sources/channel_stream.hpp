#pragma once

#include <sluice/input/store_node.hpp>

namespace sluice::inline SLUICE_ABI {

/// Where the program's own threads put records of a `channelStream`. Copies are the same channel; any thread may use it,
/// and records of one thread keep their order. It is bounded by `Config::maxReceivedBytes`; on an
/// `IntervalClock`, which has no settings, by nothing.
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto [channel, numbers] = channelStream<int>(clock);
/// Channel<int> const same = channel;
/// CHECK(same.tryPush(1));
/// same.close();
/// CHECK(!channel.push(2));
/// ```
template <class T>
class Channel {
public:
    explicit Channel(detail::Counted<detail::RecordNode<T>> node) : node_(std::move(node)) {}

    /// Puts a record into the next batch. Waits while it does not fit, until a batch is done; false: the channel is
    /// closed, or the context has stopped, and the record is dropped. A job of the same context must not wait for a batch
    /// behind it: there use tryPush.
    bool push(T record) const { return node_->store(static_cast<T&&>(record)); }

    /// Puts a record into the next batch without waiting: false, and the record is untouched, also where it does not fit now.
    bool tryPush(T&& record) const { return node_->store.tryStore(static_cast<T&&>(record)); }
    bool tryPush(T const& record) const
        requires std::copy_constructible<T>
    {
        return node_->store.tryStore(record);
    }

    /// Nothing more is pushed; who waits in push is woken. What was pushed before is in the next batch.
    void close() const { node_->store.close(); }

private:
    detail::Counted<detail::RecordNode<T>> node_;
};

namespace detail {

template <class T>
struct ChannelStream {
    Channel<T> channel;
    DStream<T, SharedNode<RecordNode<T>>> stream;
};

template <class T, class X>
constexpr Refused operator|(ChannelStream<T> const&, X&&)
{
    static_assert(isRefused<X>,
                  "sluice::channelStream<T>(context) gives two, `auto [channel, stream] = …`: the pipe begins with the stream");
    return {};
}

}  // namespace detail

/// A source that the program's own code feeds, from any thread: `auto [channel, stream] = channelStream<T>(context)`.
///
/// What is pushed before a tick belongs to its batch. `channel.push(record)` waits while more than
/// `Config::maxReceivedBytes` are received and not yet processed, `channel.tryPush(record)` does not; both answer whether
/// the record was taken. `channel.close()` ends it. A batch in which nothing was pushed is empty.
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto [channel, words] = channelStream<std::string>(clock);
/// words | print();
/// CHECK(channel.push("hello"));
/// ```
template <class T>
[[nodiscard]] auto channelStream(Graph const& graph, CallSite at = CallSite::here())
{
    static_assert(detail::mayWait<T>(),
                  "sluice::channelStream<T>(context): records wait for their batch, and must own what they show: a std::string, not a "
                  "std::string_view");
    auto const node = detail::addInput<detail::RecordNode<T>>(graph, {"channelStream", at});
    return detail::ChannelStream<T>{Channel<T>{node}, detail::streamOf(detail::SharedNode<detail::RecordNode<T>>{node})};
}

}  // namespace sluice::inline SLUICE_ABI
