#pragma once

#include "shapes.hpp"

// The cells of batches: `operatorOfWhat<R>()`, for each operator, and each place that a record of type R can have in it. Its
// name begins with the operator's. tests/sweep.py reads this file: each cell is a template and a body.

namespace sweep {

using namespace sluice;

// ---- narrow ------------------------------------------------------------------------------------------------------------

template <class R>
void mapOfRecords()
{
    gives<R>(records<R>() | map(numberOf), {{103, 101, 102, 101}});
}
template <class R>
void filterOfRecords()
{
    gives<R>(records<R>() | filter([](R const& r) { return numberOf(r) > 0; }), {{103, 101, 102, 101}});
}
template <class R>
void flatMapOfRecords()
{
    gives<R>(records<R>() | flatMap([](R const& r) { return std::vector(2, numberOf(r)); }), {{103, 103, 101, 101, 102, 102, 101, 101}});
}
template <class R>
void flatMapToRecords()
{
    gives<R>(texts() | flatMap([](std::string const& text) { return std::array<R, 1>{Make<R>{}(text)}; }), {{103, 101, 102, 101}});
}
template <class R>
void flatMapEmittingRecords()
{
    gives<R>(texts() | flatMap<R>([](std::string const& text, auto emit) { emit(Make<R>{}(text)); }), {{103, 101, 102, 101}});
}
template <class R>
void mapPartitionsOfRecords()
{
    gives<R>(records<R>() | mapPartitions([](auto part) { return part | map(numberOf); }), {{103, 101, 102, 101}});
}
template <class R>
void mapPartitionsToRecords()
{
    gives<R>(texts() | mapPartitions([](auto part) { return part | map(Make<R>{}); }), {{103, 101, 102, 101}});
}
template <class R>
void mapPartitionsWithIndexOfRecords()
{
    gives<R>(records<R>() | mapPartitionsWithIndex([](std::size_t, auto part) { return part | map(numberOf); }), {{103, 101, 102, 101}});
}
template <class R>
void mapValuesOfKeys()
{
    gives<R>(keyed<R>() | mapValues([](int n) { return n + 1; }), {{103, 4, 101, 2, 102, 3, 101, 2}});
}
template <class R>
void mapValuesOfValues()
{
    gives<R>(valued<R>() | mapValues(numberOf), {{3, 103, 1, 101, 2, 102, 1, 101}});
}
template <class R>
void flatMapValuesOfKeys()
{
    gives<R>(keyed<R>() | flatMapValues([](int n) { return std::vector(2, n); }),
             {{103, 3, 103, 3, 101, 1, 101, 1, 102, 2, 102, 2, 101, 1, 101, 1}});
}
template <class R>
void flatMapValuesOfValues()
{
    gives<R>(valued<R>() | flatMapValues([](R const& r) { return std::optional{numberOf(r)}; }), {{3, 103, 1, 101, 2, 102, 1, 101}});
}
template <class R>
void glomOfRecords()
{
    gives<R>(records<R>() | glom(), {{103, 101, 102, 101}});
}
template <class R>
void keyByOfRecords()
{
    gives<R>(records<R>() | keyBy(numberOf), {{103, 103, 101, 101, 102, 102, 101, 101}});
}
template <class R>
void keyByToKeys()
{
    gives<R>(texts() | keyBy(Make<R>{}), {{103, 103, 101, 101, 102, 102, 101, 101}, {100, 103, 100, 101, 100, 102, 100, 101}});
}
template <class R>
void keysOfKeys()
{
    gives<R>(keyed<R>() | keys(), {{103, 101, 102, 101}});
}
template <class R>
void keysOfValues()
{
    gives<R>(valued<R>() | keys(), {{3, 1, 2, 1}});
}
template <class R>
void valuesOfKeys()
{
    gives<R>(keyed<R>() | values(), {{3, 1, 2, 1}});
}
template <class R>
void valuesOfValues()
{
    gives<R>(valued<R>() | values(), {{103, 101, 102, 101}});
}
template <class R>
void sampleOfRecords()
{
    gives<R>(records<R>() | sample(false, 1.0), {{103, 101, 102, 101}});
}
template <class R>
void coalesceOfRecords()
{
    gives<R>(records<R>() | coalesce(1), {{103, 101, 102, 101}});
}
template <class R>
void splitOfRecords()
{
    gives<R>(records<R>() | flatMap(split()), {{}});
}
template <class R>
void splitLinesOfRecords()
{
    gives<R>(records<R>() | flatMap(splitLines()), {{}});
}
template <class R>
void containsOfRecords()
{
    gives<R>(records<R>() | filter(contains("x")), {{}});
}
template <class R>
void unionWithOfRecords()
{
    gives<R>(records<R>() | unionWith(records<R>()), {{103, 101, 102, 101, 103, 101, 102, 101}});
}
template <class R>
void unionAllOfRecords()
{
    gives<R>(unionAll(records<R>(), records<R>()), {{103, 101, 102, 101, 103, 101, 102, 101}});
}
template <class R>
void zipWithIndexOfRecords()
{
    gives<R>(records<R>() | zipWithIndex(), {{103, 0, 101, 1, 102, 2, 101, 3}});
}

// ---- wide --------------------------------------------------------------------------------------------------------------

template <class R>
void reduceByKeyOfKeys()
{
    gives<R>(keyed<R>() | reduceByKey(std::plus{}, 1), {{103, 3, 101, 2, 102, 2}, {100, 7}});
}
template <class R>
void reduceByKeyOfValues()
{
    gives<R>(valued<R>() | reduceByKey(Larger{}, 1), {{3, 103, 1, 101, 2, 102}});
}
template <class R>
void foldByKeyOfKeys()
{
    gives<R>(keyed<R>() | foldByKey(0, std::plus{}, 1), {{103, 3, 101, 2, 102, 2}, {100, 7}});
}
template <class R>
void foldByKeyOfValues()
{
    gives<R>(valued<R>() | foldByKey(lasting<R>(100), Larger{}, 1), {{3, 103, 1, 101, 2, 102}});
}
template <class R>
void aggregateByKeyOfKeys()
{
    gives<R>(keyed<R>() | aggregateByKey(0, std::plus{}, std::plus{}, 1), {{103, 3, 101, 2, 102, 2}, {100, 7}});
}
template <class R>
void aggregateByKeyOfValues()
{
    gives<R>(valued<R>() | aggregateByKey(0, AddNumber{}, std::plus{}, 1), {{3, 3, 1, 2, 2, 2}, {3, 0, 1, 0, 2, 0}});
}
template <class R>
void combineByKeyOfKeys()
{
    gives<R>(keyed<R>() | combineByKey([](int n) { return n; }, std::plus{}, std::plus{}, 1), {{103, 3, 101, 2, 102, 2}, {100, 7}});
}
template <class R>
void combineByKeyOfValues()
{
    gives<R>(valued<R>() | combineByKey([](R const& r) { return numberOf(r) - 100; }, AddNumber{}, std::plus{}, 1),
             {{3, 3, 1, 2, 2, 2}, {3, 0, 1, 0, 2, 0}});
}
template <class R>
void combineByKeyToRecords()
{
    gives<R>(valued<R>() | combineByKey([](R const& r) -> R const& { return r; }, Larger{}, Larger{}, 1), {{3, 103, 1, 101, 2, 102}});
}
template <class R>
void countByKeyOfKeys()
{
    gives<R>(keyed<R>() | countByKey(1), {{103, 1, 101, 2, 102, 1}, {100, 4}});
}
template <class R>
void countByKeyOfValues()
{
    gives<R>(valued<R>() | countByKey(1), {{3, 1, 1, 2, 2, 1}});
}
template <class R>
void countByValueOfRecords()
{
    gives<R>(records<R>() | countByValue(1), {{103, 1, 101, 2, 102, 1}, {100, 4}});
}
template <class R>
void groupByKeyOfKeys()
{
    gives<R>(keyed<R>() | groupByKey(1), {{103, 3, 101, 1, 1, 102, 2}, {100, 3, 1, 2, 1}});
}
template <class R>
void groupByKeyOfValues()
{
    gives<R>(valued<R>() | groupByKey(1), {{3, 103, 1, 101, 101, 2, 102}});
}
template <class R>
void groupByOfRecords()
{
    gives<R>(records<R>() | groupBy(numberOf, 1), {{103, 103, 101, 101, 101, 102, 102}, {100, 100, 100, 100, 100}});
}
template <class R>
void groupByToKeys()
{
    gives<R>(texts() | groupBy(Make<R>{}, 1), {{103, 103, 101, 101, 101, 102, 102}, {100, 103, 101, 102, 101}});
}
template <class R>
void distinctOfRecords()
{
    gives<R>(records<R>() | distinct(1), {{103, 101, 102}, {100}});
}
template <class R>
void cogroupOfKeys()
{
    gives<R>(keyed<R>() | cogroup(keyed<R>(), 1), {{103, 3, 3, 101, 1, 1, 1, 1, 102, 2, 2}, {100, 3, 1, 2, 1, 3, 1, 2, 1}});
}
template <class R>
void cogroupOfValues()
{
    gives<R>(valued<R>() | cogroup(valued<R>(), 1), {{3, 103, 103, 1, 101, 101, 101, 101, 2, 102, 102}});
}
template <class R>
void joinOfKeys()
{
    gives<R>(keyed<R>() | join(keyed<R>(), 1), {{103, 3, 3, 101, 1, 1, 101, 1, 1, 101, 1, 1, 101, 1, 1, 102, 2, 2}, metAll()});
}
template <class R>
void joinOfValues()
{
    gives<R>(valued<R>() | join(valued<R>(), 1), {{3, 103, 103, 1, 101, 101, 1, 101, 101, 1, 101, 101, 1, 101, 101, 2, 102, 102}});
}
template <class R>
void leftOuterJoinOfKeys()
{
    gives<R>(keyed<R>() | leftOuterJoin(keyed<R>(), 1), {{103, 3, 3, 101, 1, 1, 101, 1, 1, 101, 1, 1, 101, 1, 1, 102, 2, 2}, metAll()});
}
template <class R>
void leftOuterJoinOfValues()
{
    gives<R>(valued<R>() | leftOuterJoin(valued<R>(), 1), {{3, 103, 103, 1, 101, 101, 1, 101, 101, 1, 101, 101, 1, 101, 101, 2, 102, 102}});
}
template <class R>
void rightOuterJoinOfKeys()
{
    gives<R>(keyed<R>() | rightOuterJoin(keyed<R>(), 1), {{103, 3, 3, 101, 1, 1, 101, 1, 1, 101, 1, 1, 101, 1, 1, 102, 2, 2}, metAll()});
}
template <class R>
void rightOuterJoinOfValues()
{
    gives<R>(valued<R>() | rightOuterJoin(valued<R>(), 1),
             {{3, 103, 103, 1, 101, 101, 1, 101, 101, 1, 101, 101, 1, 101, 101, 2, 102, 102}});
}
template <class R>
void fullOuterJoinOfKeys()
{
    gives<R>(keyed<R>() | fullOuterJoin(keyed<R>(), 1), {{103, 3, 3, 101, 1, 1, 101, 1, 1, 101, 1, 1, 101, 1, 1, 102, 2, 2}, metAll()});
}
template <class R>
void fullOuterJoinOfValues()
{
    gives<R>(valued<R>() | fullOuterJoin(valued<R>(), 1), {{3, 103, 103, 1, 101, 101, 1, 101, 101, 1, 101, 101, 1, 101, 101, 2, 102, 102}});
}
template <class R>
void subtractByKeyOfKeys()
{
    gives<R>(keyed<R>() | subtractByKey(keyed<R>() | filter([](auto const& r) { return r.second == 1; }), 1), {{103, 3, 102, 2}, {}});
}
template <class R>
void subtractByKeyOfValues()
{
    gives<R>(valued<R>() | subtractByKey(rdd({std::pair{1, 0}}), 1), {{3, 103, 2, 102}});
}
template <class R>
void subtractOfRecords()
{
    gives<R>(records<R>() | subtract(records<R>() | filter([](R const& r) { return numberOf(r) == 101; }), 1),
             {{103, 102}, {100, 100, 100, 100}});
}
template <class R>
void intersectionOfRecords()
{
    gives<R>(records<R>() | intersection(records<R>(), 1), {{103, 101, 102}, {100}});
}
template <class R>
void sortByOfRecords()
{
    gives<R>(records<R>() | sortBy(numberOf, true, 1), {{101, 101, 102, 103}});
}
template <class R>
void sortByToRecords()
{
    gives<R>(texts() | sortBy(Make<R>{}, true, 1), {{101, 101, 102, 103}, {103, 101, 102, 101}});
}
template <class R>
void sortByKeyOfKeys()
{
    gives<R>(keyed<R>() | sortByKey(true, 1), {{101, 1, 101, 1, 102, 2, 103, 3}, {100, 3, 100, 1, 100, 2, 100, 1}});
}
template <class R>
void sortByKeyOfValues()
{
    gives<R>(valued<R>() | sortByKey(true, 1), {{1, 101, 1, 101, 2, 102, 3, 103}});
}
template <class R>
void partitionByOfKeys()
{
    gives<R>(keyed<R>() | partitionBy(1), {{103, 3, 101, 1, 102, 2, 101, 1}});
}
template <class R>
void partitionByOfValues()
{
    gives<R>(valued<R>() | partitionBy(1), {{3, 103, 1, 101, 2, 102, 1, 101}});
}
template <class R>
void repartitionOfRecords()
{
    gives<R>(records<R>() | repartition(1), {{103, 101, 102, 101}});
}

// ---- actions -----------------------------------------------------------------------------------------------------------

template <class R>
void countOfRecords()
{
    gives<R>(records<R>() | count(), {{4}});
}
template <class R>
void isEmptyOfRecords()
{
    gives<R>(records<R>() | isEmpty(), {{0}});
}
template <class R>
void reduceOfRecords()
{
    gives<R>(records<R>() | reduce(Larger{}), {{103}});
}
template <class R>
void foldOfRecords()
{
    gives<R>(records<R>() | fold(lasting<R>(100), Larger{}), {{103}});
}
template <class R>
void unorderedOfRecords()
{
    gives<R>(records<R>() | reduce(unordered, Larger{}), {{103}});
}
template <class R>
void aggregateOfRecords()
{
    gives<R>(records<R>() | aggregate(0, AddNumber{}, std::plus{}), {{7}, {0}});
}
template <class R>
void aggregateToRecords()
{
    gives<R>(records<R>() | aggregate(lasting<R>(100), Larger{}, Larger{}), {{103}});
}
template <class R>
void sumOfRecords()
{
    gives<R>(records<R>() | sum(), {{}});
}
template <class R>
void meanOfRecords()
{
    gives<R>(records<R>() | mean(), {{}});
}
template <class R>
void statsOfRecords()
{
    gives<R>(records<R>() | stats() | map([](auto const& all) { return all.max(); }), {{}});
}
template <class R>
void minOfRecords()
{
    gives<R>(records<R>() | min(), {{101}});
}
template <class R>
void maxOfRecords()
{
    gives<R>(records<R>() | max(), {{103}});
}
template <class R>
void minByFunction()
{
    gives<R>(records<R>() | min(IsSmaller{}), {{101}});
}
template <class R>
void maxByFunction()
{
    gives<R>(records<R>() | max(IsSmaller{}), {{103}});
}
template <class R>
void firstOfRecords()
{
    gives<R>(records<R>() | first(), {{103}});
}
template <class R>
void collectOfRecords()
{
    gives<R>(records<R>() | collect(), {{103, 101, 102, 101}});
}
template <class R>
void collectIntoOfRecords()
{
    std::vector<Owned<R>> all;
    records<R>() | collectInto(all);
    gives<R>(std::move(all), {{103, 101, 102, 101}});
}
template <class R>
void takeOfRecords()
{
    gives<R>(records<R>() | take(3), {{103, 101, 102}});
}
template <class R>
void collectAsMapOfKeys()
{
    gives<R>(keyed<R>() | collectAsMap(), {{101, 1, 102, 2, 103, 3}, {100, 1}});
}
template <class R>
void collectAsMapOfValues()
{
    gives<R>(valued<R>() | collectAsMap(), {{1, 101, 2, 102, 3, 103}});
}
template <class R>
void lookupOfKeys()
{
    gives<R>(keyed<R>() | lookup(lasting<R>(101)), {{1, 1}, {3, 1, 2, 1}});
}
template <class R>
void lookupOfValues()
{
    gives<R>(valued<R>() | lookup(1), {{101, 101}});
}
template <class R>
void takeOrderedOfRecords()
{
    gives<R>(records<R>() | takeOrdered(2), {{101, 101}});
}
template <class R>
void takeOrderedByFunction()
{
    gives<R>(records<R>() | takeOrdered(2, IsSmaller{}), {{101, 101}});
}
template <class R>
void topOfRecords()
{
    gives<R>(records<R>() | top(2), {{103, 102}});
}
template <class R>
void topByFunction()
{
    gives<R>(records<R>() | top(2, IsSmaller{}), {{103, 102}});
}
template <class R>
void foreachOfRecords()
{
    std::vector<int> got;
    records<R>() | foreach ([&](R const& r) { got.push_back(numberOf(r)); });
    same<R>(got, {{103, 101, 102, 101}});
}
template <class R>
void foreachPartitionOfRecords()
{
    std::vector<int> got;
    records<R>() | foreachPartition([&](auto part) { part | foreach ([&](R const& r) { got.push_back(numberOf(r)); }); });
    same<R>(got, {{103, 101, 102, 101}});
}
template <class R>
void saveAsTextFileOfRecords()
{
    Scratch const scratch;
    records<R>() | saveAsTextFile(scratch.path() + "/out");
    if (contentOf(scratch.path() + "/out/part-00001") != linesOf<R>({102, 101})) fail("another text");
}

// ---- any batch, and batches of records that are there --------------------------------------------------------------------

template <class R>
void rddOfLasting()
{
    std::vector<R> all;
    all.push_back(lasting<R>(103));
    all.push_back(lasting<R>(101));
    gives<R>(rdd(all) | map(numberOf), {{103, 101}});
    gives<R>(rdd(std::move(all)) | map(numberOf), {{103, 101}});
}
template <class R>
void rddAnyOfRecords()
{
    RDD<R> const any = records<R>();
    gives<R>(any | map(numberOf), {{103, 101, 102, 101}});
}
template <class R>
void rddAnyOfKeys()
{
    RDD<std::pair<R, int>> const any = keyed<R>();
    gives<R>(any | reduceByKey(std::plus{}, 1), {{103, 3, 101, 2, 102, 2}, {100, 7}});
}
template <class R>
void rddAnyOfValues()
{
    RDD<std::pair<int, R>> const any = valued<R>();
    gives<R>(any | groupByKey(1), {{3, 103, 1, 101, 101, 2, 102}});
}
template <class R>
void rddAnyBehindExchange()
{
    RDD<std::pair<int, R>> const any = valued<R>() | partitionBy(1);
    gives<R>(any | values(), {{103, 101, 102, 101}});
}
template <class R>
void rddAnyBeforeExchange()
{
    RDD<R> const any = records<R>();
    gives<R>(any | repartition(1), {{103, 101, 102, 101}});
}

}  // namespace sweep
