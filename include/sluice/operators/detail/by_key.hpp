#pragma once

#include <sluice/exchange/combine.hpp>

// Wide operators that are told nothing but the partitions. `Kind` says which, and has
//
//   spelled
//   Combined<V>, create, add, merge   what is made of each key: as Combine asks
//   Kept                              the need of what is made of the values of pairs

namespace sluice::inline SLUICE_ABI::detail {

/// Of the values of pairs.
template <class Kind, class By>
struct ValuesByKey : CombineBase<ValuesByKey<Kind, By>>,
                     ByKeyOp<Kind, By>,
                     PairShape,
                     Kind,
                     Needs<need::Pairs, need::HashedKey, need::Placed<By>, typename Kind::Kept> {
    using ByKeyOp<Kind, By>::ByKeyOp;
};

/// Of whole records, which are the keys.
template <class Kind, class By>
struct RecordsByKey : CombineBase<RecordsByKey<Kind, By>>,
                      ByKeyOp<Kind, By>,
                      KeyShape,
                      Kind,
                      Needs<need::HashedRecord, need::PlacedRecord<By>, need::Movable> {
    using ByKeyOp<Kind, By>::ByKeyOp;
};

}  // namespace sluice::inline SLUICE_ABI::detail
