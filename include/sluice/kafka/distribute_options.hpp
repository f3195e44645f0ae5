#pragma once

#include <sluice/stream/time.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::kafka {

/// How `kafka::distribute` divides an application among processes.
///
/// ```cpp
/// kafka::DistributeOptions const options{.brokers = "localhost:9092", .applicationId = "counts"};
/// CHECK(options.sessionTimeout == 6s);
/// ```
struct DistributeOptions {
    /// The brokers that are asked first, `host:port,host:port`: they name the others.
    std::string brokers{};
    /// The same in each process of the application, and no other application's: the name of its group, and the beginning of the names of its
    /// topics and of its transactional ids.
    std::string applicationId{};
    /// What tells this process from the others, behind `applicationId` in its transactional id: where it is the same after a restart, as the
    /// number of a replica, the new process ends at once what the old one has left open. A second process with the same one replaces the
    /// first. Empty: a random one.
    std::string instanceId{};
    /// How long the group hears nothing of a process until it gives its partitions to others. Brokers have bounds for it
    /// (`group.min.session.timeout.ms`, 6 s).
    Duration sessionTimeout{std::chrono::seconds{6}};
    /// How long a batch may take, and how far apart batches may be, until the group gives the partitions of the process to others, although
    /// it is heard; and how long others wait for it when partitions are divided anew. No less than `sessionTimeout`, and longer than the
    /// batch interval.
    Duration maxPollInterval{std::chrono::minutes{5}};
    /// How long a batch may take from the first record that it writes to its commit, and how long what a process has left open that died
    /// keeps who takes its place from going on, where it has another instance id. Unset: ten batch intervals, and 10 s at least.
    std::optional<Duration> transactionTimeout{};
    /// How partitions are divided: `range`, by which those of equal numbers of all topics go to the same process, or `roundrobin`.
    std::string assignmentStrategy = "range";
    /// Whether the process follows the states of partitions that others have, in memory, so that a take-over reads the rest alone: each process has
    /// all states then, a part of them as bytes.
    bool standby = false;
    /// How long brokers may keep silent before the start or a batch fails.
    Duration timeout{std::chrono::seconds{30}};
    /// What librdkafka is to be told beside, of all that the application has: `{"security.protocol", "ssl"}`.
    std::vector<std::pair<std::string, std::string>> properties{};
    /// And of its producer alone, by which all outputs write: `{"compression.type", "lz4"}`.
    std::vector<std::pair<std::string, std::string>> producerProperties{};
};

}  // namespace sluice::inline SLUICE_ABI::kafka
