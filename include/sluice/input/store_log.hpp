#pragma once

#include <sluice/input/blocks.hpp>
#include <sluice/stream/time.hpp>

#include <string_view>
#include <vector>

// What writes down what stores take, so that it outlasts the process: <sluice/checkpoint.hpp> has one, for the inputs that ask for it. A
// store knows its blocks there by numbers, and so does the batch that they go to.

namespace sluice::inline SLUICE_ABI::detail {

template <class Blocks>
struct StoreLog {
    /// Batch t gets what it had in the process before; false: it had not begun.
    virtual bool giveAgain(Time t, Blocks& batch) = 0;
    /// All that lies open goes to a batch, which is told its numbers. Under the store's lock.
    virtual void moved(Blocks& batch) = 0;

protected:
    ~StoreLog() = default;
};

template <class T>
struct RecordLog : StoreLog<RecordBlocks<T>> {
    /// A record is put into the open block; it lasts before its batch has effects. Under the store's lock.
    virtual void take(T const& record) = 0;

    /// Returns when records last, with a position, where there is one: then put(context, number) has been called, which puts them into
    /// the open block. False: nothing is stored any more.
    virtual bool keep(std::vector<T> const& records, std::string_view const* position, void (*put)(void* context, std::uint64_t number),
                      void* context) = 0;
    /// put() has that block. Under the store's lock.
    virtual void entered(std::uint64_t number) = 0;

protected:
    ~RecordLog() = default;
};

}  // namespace sluice::inline SLUICE_ABI::detail
