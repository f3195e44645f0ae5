#pragma once

#include <sluice/stream/store_node.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Where to store, shared by all copies.
template <class Node>
class StoreHandle {
public:
    explicit StoreHandle(Counted<Node> node) : node_(std::move(node)) {}

    template <class T>
    bool operator()(T&& record) const
    {
        return node_->store(static_cast<T&&>(record));
    }

private:
    Counted<Node> node_;
};

template <class T>
struct StoreStream {
    StoreHandle<RecordNode<T>> store;
    DStream<T, SharedNode<RecordNode<T>>> stream;
};

}  // namespace detail

/// A source that the program's own code feeds, from any thread: `auto [store, stream] = storeStream<T>(context)`.
///
/// `store(record)` puts it into the next batch; it waits while more than `Config::maxReceivedBytes` are received and
/// not yet processed, and answers false once the context has stopped. A batch in which nothing was stored is empty.
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto [store, words] = storeStream<std::string>(clock);
/// words | print();
/// CHECK(store("hello"));
/// ```
template <class T>
[[nodiscard]] auto storeStream(Graph const& graph, CallSite at = CallSite::here())
{
    auto const node = detail::addInput<detail::RecordNode<T>>(graph, {"storeStream", at});
    return detail::StoreStream<T>{detail::StoreHandle<detail::RecordNode<T>>{node},
                                  detail::streamOf(detail::SharedNode<detail::RecordNode<T>>{node})};
}

}  // namespace sluice::inline SLUICE_ABI
