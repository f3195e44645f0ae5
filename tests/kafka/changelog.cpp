#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include "broker.hpp"
#include "errors.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace sluice;
using namespace std::literals;
using detail::KafkaChangelog;
using detail::KafkaChangelogReader;
using detail::KafkaCopy;
using detail::KafkaEntries;
using detail::KafkaSchemas;
using detail::KafkaTopics;
using kafka_test::brokers;
using kafka_test::errorOf;
using kafka_test::has;
using kafka_test::theWriter;
using kafka_test::Writer;

namespace {

/// A state that is a map, and knows what has changed of it.
template <class K, class V>
struct MapPart final : detail::CheckpointedPart {
    [[nodiscard]] Label const& label() const override { return of; }
    [[nodiscard]] std::string name() const override { return "sums"; }
    [[nodiscard]] std::string keySchema() const override { return schemaOf<K>().encoded(); }
    [[nodiscard]] std::string valueSchema() const override { return schemaOf<V>().encoded(); }
    void open(Time, std::string_view keys, std::string_view values) override
    {
        CHECK(keys == keySchema());
        decoder.emplace(Schema::decode(values));
    }
    void load(std::string_view key, std::string_view value) override
    {
        CHECK(entries.emplace(decode<K>(key), (*decoder)(value)).second);
        if (decoder->converts()) changed.push_back(decode<K>(key));
    }
    void save(Time, bool, detail::CheckpointSink&) override {}
    void forget(detail::CheckpointedKeys const& keys) override
    {
        std::erase_if(entries, [&](auto const& entry) { return keys.include(encode(entry.first)); });
    }
    void saveChanges(detail::CheckpointSink& to) override
    {
        for (auto const& key : changed) {
            auto const at = entries.find(key);
            if (at != entries.end()) to.put(encode(key), encode(at->second));
            else to.remove(encode(key));
        }
        changed.clear();
    }

    void set(K const& key, V const& value)
    {
        entries[key] = value;
        changed.push_back(key);
    }
    void erase(K const& key)
    {
        entries.erase(key);
        changed.push_back(key);
    }

    Label of{"mapWithState", CallSite::here()};
    std::map<K, V> entries;
    std::vector<K> changed;
    std::optional<Decoder<V>> decoder;
};

/// What a changelog writes goes to a topic, by a writer of the test's.
struct Sent final : detail::KafkaChanges {
    Sent(Writer const& writer, std::string topic) : to(writer), name(std::move(topic)) {}
    bool send(detail::KafkaBytes key, detail::KafkaBytes value, std::int32_t partition) override
    {
        auto const text = [](detail::KafkaBytes bytes) -> std::optional<std::string> {
            if (bytes.data == nullptr) return std::nullopt;
            return std::string{static_cast<char const*>(bytes.data), bytes.size};
        };
        to.send(name, partition, {.key = text(key), .value = text(value)});
        return true;
    }
    Writer const& to;
    std::string name;
};

/// In memory.
struct Kept final : detail::KafkaChanges {
    bool send(detail::KafkaBytes key, detail::KafkaBytes value, std::int32_t partition) override
    {
        std::string const name{static_cast<char const*>(key.data), key.size};
        if (value.data == nullptr) {
            copies[static_cast<std::size_t>(partition)]->entries.remove(name);
            ++removed;
        } else {
            copies[static_cast<std::size_t>(partition)]->entries.put(name, {static_cast<char const*>(value.data), value.size});
        }
        return true;
    }
    std::vector<std::unique_ptr<KafkaCopy>> copies;
    int removed = 0;
};

Label const test{"kafka::distribute", CallSite::here()};

std::unique_ptr<KafkaTopics> topicsOf(testing::Harness& harness)
{
    return std::make_unique<KafkaTopics>(harness.context().core(), test, brokers(), 30s, kafka_test::Settings{});
}

using Part = MapPart<std::string, std::int64_t>;
using Map = std::map<std::string, std::int64_t>;

}  // namespace

TEST_CASE("of each key the last value is kept, in no more memory than twice what that takes")
{
    KafkaEntries entries;
    std::map<std::string, std::string> oracle;
    std::minstd_rand random{1};
    entries.put("", "");
    oracle[""] = "";
    for (int i = 0; i < 200'000; ++i) {
        auto const key = "key " + std::to_string(random() % 3000);
        if (random() % 4 == 0) {
            entries.remove(key);
            oracle.erase(key);
        } else {
            std::string const value(random() % 1500, static_cast<char>('a' + i % 20));
            entries.put(key, value);
            oracle[key] = value;
        }
    }
    std::map<std::string, std::string> found;
    entries.each([&](std::string_view key, std::string_view value) { found.emplace(key, value); });
    CHECK((found == oracle));
    CHECK(entries.size() == oracle.size());
    CHECK(entries.bytes() < 30'000'000);
}

TEST_CASE("what stands before a value says what it is; keys of another type, and what is no such value, are refused")
{
    KafkaSchemas const now{schemaOf<std::string>().encoded(), schemaOf<std::int64_t>().encoded()};
    KafkaSchemas const before{schemaOf<std::string>().encoded(), schemaOf<std::int32_t>().encoded()};
    KafkaSchemas const other{schemaOf<std::int32_t>().encoded(), schemaOf<std::int64_t>().encoded()};
    CHECK(now.keysAreText());
    CHECK(!other.keysAreText());
    CHECK(now.valueOf(now.before() + "bytes").bytes == "bytes");
    CHECK(now.valueOf(before.before() + "old").schema == before.valueSchema());
    CHECK(now.valueOf(before.before() + "old").bytes == "old");
    has(errorOf([&] { static_cast<void>(now.valueOf(other.before() + "x")); }), "keys were written as int32, and are text now");
    has(errorOf([&] { static_cast<void>(now.valueOf("")); }), "what an application keeps in a topic");
    has(errorOf([&] { static_cast<void>(now.valueOf("\x07rest")); }), "a version that this program does not know");
    // The form is a promise.
    CHECK(now.before() == "\x01\x01\x0d\x01\x06");
}

TEST_CASE("a state goes through a changelog and back, partition by partition")
{
    Part part;
    KafkaChangelog changelog{part, "app-sums-changelog", 4};
    changelog.begin(Time{1s});
    Kept kept;
    for (std::int32_t p = 0; p < 4; ++p) kept.copies.push_back(std::make_unique<KafkaCopy>(kafka::TopicPartition{changelog.topic(), p}));
    for (int i = 0; i < 300; ++i) part.set("key " + std::to_string(i), i);
    part.set("", 5);
    part.set(std::string(300, 'x'), 7);
    CHECK(changelog.save(kept, {0, 1, 2, 3}) == 302);
    for (int i = 0; i < 300; i += 3) part.erase("key " + std::to_string(i));
    CHECK(changelog.save(kept, {0, 1, 2, 3}) == 100);
    CHECK(kept.removed == 100);
    CHECK(changelog.save(kept, {0, 1, 2, 3}) == 0);
    Map const all = part.entries;
    std::size_t inAll = 0;
    for (auto const& copy : kept.copies) {
        CHECK(copy->entries.size() > 20);
        inAll += copy->entries.size();
    }
    CHECK(inAll == all.size());

    // A key that belongs to another process is not written.
    part.set("key 1", 1000);
    auto const stray = static_cast<std::int32_t>(kafka::KeyPartitioner{4}.partition("key 1"sv));
    auto const refused = errorOf([&] { changelog.save(kept, {(stray + 1) % 4}); });
    has(refused, "sluice::mapWithState (");
    has(refused, "a state has a key of partition " + std::to_string(stray) + " of 4, which this process does not have");
    part.set("key 1", 1);

    // Those of two partitions go, and are as they were when they come back, in this process or another one.
    changelog.forget({1, 2});
    CHECK(part.entries.size() == kept.copies[0]->entries.size() + kept.copies[3]->entries.size());
    Part second;
    KafkaChangelog other{second, changelog.topic(), 4};
    other.begin(Time{1s});
    other.load(Time{5s}, *kept.copies[1]);
    other.load(Time{5s}, *kept.copies[2]);
    Map both = part.entries;
    for (auto const& entry : second.entries) CHECK(both.insert(entry).second);
    CHECK(both == all);
    for (auto const& [key, value] : second.entries) {
        auto const p = kafka::KeyPartitioner{4}.partition(key);  // as a topic by the same keys has them
        CHECK((p == 1 || p == 2));
    }
}

TEST_CASE("a later version of the program converts what the one before has written, and refuses what it cannot, by its name")
{
    using Old = MapPart<std::string, std::int16_t>;
    Kept kept;
    kept.copies.push_back(std::make_unique<KafkaCopy>(kafka::TopicPartition{"app-sums-changelog", 0}));
    Old old;
    KafkaChangelog before{old, "app-sums-changelog", 1};
    old.set("a", 1);
    old.set("b", 2);
    before.save(kept, {0});
    Part part;
    KafkaChangelog now{part, "app-sums-changelog", 1};
    part.set("b", 20);
    part.set("c", 30);
    now.save(kept, {0});
    part.entries.clear();
    now.load(Time{1s}, *kept.copies[0]);
    CHECK(part.entries == Map{{"a", 1}, {"b", 20}, {"c", 30}});
    CHECK(part.changed == std::vector<std::string>{"a"});  // it is written again
    // The version before does not know what the later one has written.
    MapPart<std::string, std::string> text;
    KafkaChangelog third{text, "app-sums-changelog", 1};
    auto const refused = errorOf([&] { third.load(Time{1s}, *kept.copies[0]); });
    has(refused, "sluice::mapWithState (");
    has(refused, "what topic app-sums-changelog, partition 0, has of it cannot be used: ");
    MapPart<std::int32_t, std::int64_t> numbers;
    KafkaChangelog fourth{numbers, "app-sums-changelog", 1};
    has(errorOf([&] { fourth.load(Time{1s}, *kept.copies[0]); }), "keys were written as text, and are int32 now");
}

TEST_SUITE("broker")
{
    TEST_CASE("topics are made as they are to be, and what is there is looked at, and never changed")
    {
        testing::Harness harness;
        auto const topics = topicsOf(harness);
        auto const name = "made-" + std::to_string(::getpid());
        topics->require({name, 3, "compact", {{"segment.ms", "100000"}}});
        topics->require({name, 3, "compact"});
        has(errorOf([&] { topics->require({name, 4, "compact", {}, -1, "sluice::mapWithState \"sums\""}); }),
            "topic " + name + ", of sluice::mapWithState \"sums\": it has 3 partitions, and the program asks for 4");
        has(errorOf([&] { topics->require({name, 3, "delete"}); }), "it has cleanup.policy = compact, and must have delete");
        has(errorOf([&] { topics->require({"no such name", 3, "delete"}); }), "topic no such name: it cannot be made: ");
        has(errorOf([&] { topics->require({name + "x", 3, "delete", {{"no.such", "1"}}}); }), "it cannot be made: ");
        has(errorOf([&] { topics->require({name + "y", 3, "delete", {}, 7}); }), "it cannot be made: ");
        // Several processes at once.
        std::vector<std::thread> others;
        std::vector<std::string> said(3);
        for (std::size_t i = 0; i < said.size(); ++i) {
            others.emplace_back([&, i] {
                testing::Harness own{{.log = silent}};
                said[i] = errorOf([&] { topicsOf(own)->require({name + "-raced", 5, "delete"}); });
            });
        }
        for (auto& other : others) other.join();
        CHECK(said == std::vector<std::string>(3, "nothing was thrown"));
    }

    TEST_CASE("a partition is read to its end: last values, without what was removed, aborted or is open")
    {
        testing::Harness harness{{.log = silent}};
        auto const topic = theWriter().topic("changelog", 2, {{"cleanup.policy", "compact"}});
        Part part;
        KafkaChangelog changelog{part, topic, 2};
        Writer const writer{{{"transactional.id", topic}, {"transaction.timeout.ms", "60000"}}};
        writer.initTransactions();
        Sent sent{writer, topic};
        auto const batch = [&](bool commits) {
            changelog.save(sent, {0, 1});
            writer.flush();
            if (commits) writer.commit();
            else writer.abort();
        };
        writer.begin();
        for (int i = 0; i < 500; ++i) part.set("key " + std::to_string(i), i);
        batch(true);
        writer.begin();
        for (int i = 0; i < 500; i += 2) part.erase("key " + std::to_string(i));
        part.set("key 1", 1000);
        part.set("", -1);
        batch(true);
        Map const committed = part.entries;
        writer.begin();
        for (int i = 0; i < 500; ++i) part.set("key " + std::to_string(i), -i);
        batch(false);

        KafkaChangelogReader reader{harness.context().core(), test, brokers(), 30s, 60s, {}};
        auto const restored = [&] {
            KafkaCopy first{{topic, 0}};
            KafkaCopy second{{topic, 1}};
            reader.read({&first, &second});
            Part found;
            KafkaChangelog to{found, topic, 2};
            to.load(Time{1s}, first);
            to.load(Time{1s}, second);
            return found.entries;
        };
        CHECK(restored() == committed);
        // What is open when it is asked for is waited for, however it ends.
        for (bool const commits : {false, true}) {
            writer.begin();
            part.entries = committed;
            part.set("late", 7);
            changelog.save(sent, {0, 1});
            writer.flush();
            std::thread ends{[&] {
                if (commits) writer.commit();
                else writer.abort();
            }};
            auto const after = restored();
            ends.join();
            CHECK(after.contains("late") == commits);
        }
        // Nothing comes: no end without a word.
        writer.begin();
        part.set("never", 7);
        changelog.save(sent, {0, 1});
        writer.flush();
        KafkaChangelogReader hasty{harness.context().core(), test, brokers(), 30s, 300ms, {}};
        KafkaCopy first{{topic, 0}};
        KafkaCopy second{{topic, 1}};
        has(errorOf([&] { hasty.read({&first, &second}); }), ": states are read up to offset ");
        writer.abort();
        // A copy goes on where it stands.
        hasty.read({&first, &second});
        auto const size = first.entries.size() + second.entries.size();
        CHECK(size == committed.size() + 1);
        hasty.read({&first, &second});
        CHECK(first.entries.size() + second.entries.size() == size);
    }

    TEST_CASE("standby copies are followed, and what is taken over goes on where they stand")
    {
        testing::Harness harness{{.log = silent}};
        auto const topic = theWriter().topic("standby", 3, {{"cleanup.policy", "compact"}});
        Part part;
        KafkaChangelog changelog{part, topic, 3};
        Sent sent{theWriter(), topic};
        auto const write = [&](int from, int to) {
            for (int i = from; i < to; ++i) part.set("key " + std::to_string(i), i);
            changelog.save(sent, {0, 1, 2});
            theWriter().flush();
        };
        write(0, 300);
        detail::KafkaStandby standby{harness.context().core(), test, brokers(), 30s, {}, {}};
        CHECK(standby.take({topic, 0}) == nullptr);
        standby.follow({{topic, 0}, {topic, 1}});
        auto const inFirstTwo = [&](int n) {
            std::size_t count = 0;
            for (int i = 0; i < n; ++i) count += kafka::KeyPartitioner{3}.partition("key " + std::to_string(i)) < 2 ? 1 : 0;
            return count;
        };
        harness.await("the first copies", [&] { return standby.held().keys == inFirstTwo(300) && standby.held().whole == 2; });
        write(300, 400);
        harness.await("what came since", [&] { return standby.held().keys == inFirstTwo(400); });
        auto const first = standby.take({topic, 0});
        REQUIRE(first != nullptr);
        CHECK(first->next > 0);
        CHECK(standby.take({topic, 0}) == nullptr);
        write(400, 500);
        KafkaChangelogReader reader{harness.context().core(), test, brokers(), 30s, 60s, {}};
        reader.read({first.get()});
        Part taken;
        KafkaChangelog to{taken, topic, 3};
        to.load(Time{1s}, *first);
        Map expected;
        for (auto const& [key, value] : part.entries) {
            if (kafka::KeyPartitioner{3}.partition(key) == 0) expected[key] = value;
        }
        CHECK(taken.entries == expected);
        // One that was lost is followed anew, beside one that was followed all the time.
        standby.follow({{topic, 1}, {topic, 2}});
        harness.await("the others", [&] { return standby.held().keys == 500 - expected.size() && standby.held().whole == 2; });
        standby.follow({});
        CHECK(standby.held().keys == 0);
        // What is not there is waited for, and said; the copies begin anew.
        standby.follow({{topic + "-not-there", 0}});
        CHECK(standby.held().keys == 0);
    }
}
