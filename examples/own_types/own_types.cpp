// Structs of one's own as records: printed, counted, joined, sorted, in windows and in state.

#include <sluice/sluice.hpp>

#include <boost/hana/adapt_struct.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sl = sluice;
using namespace std::chrono_literals;

/// A plain struct needs nothing. Its views are kept alive wherever records live as long as a batch or a window does.
struct Hit {
    std::string_view url;
    int status;
};

/// "/index 200"
Hit parse(std::string_view line)
{
    auto const blank = line.find(' ');
    return {line.substr(0, blank), std::stoi(std::string{line.substr(blank + 1)})};
}

/// A state outlives all batches: what is in it owns its text.
struct Page {
    std::string lastUrl;
    int hits = 0;
};

/// Private members have no text and no hash, and cannot be looked at: what is copied byte by byte may be a view, and one line
/// says that it is none.
class Millis {
public:
    explicit Millis(int count) : count_(count) {}
    [[nodiscard]] int count() const { return count_; }
    friend bool operator<(Millis a, Millis b) { return a.count_ < b.count_; }

private:
    int count_;
};
template <>
inline constexpr bool sluice::holdsNoViews<Millis> = true;
template <>
struct sluice::KeyMembers<Millis> {
    static auto of(Millis m) { return m.count(); }
};
template <>
struct sluice::TextOf<Millis> {
    static void append(std::string& out, Millis m) { sluice::appendText(out, m.count()), out += " ms"; }
};

/// A view of one's own, and what is stored instead of it where the record outlives its batch.
class Host {
public:
    explicit Host(std::string_view name) : name_(name) {}
    [[nodiscard]] std::string_view name() const { return name_; }

private:
    std::string_view name_;
};
template <>
struct sluice::OwnedAs<Host> {
    using type = std::string;
    static type own(Host host) { return type{host.name()}; }
};

/// Adapted to Hana: the same for a class with private members, or to choose which members count.
class User {
public:
    User() = default;
    User(std::string name, int age) : name_(std::move(name)), age_(age) {}
    [[nodiscard]] std::string const& name() const { return name_; }
    [[nodiscard]] int age() const { return age_; }

private:
    std::string name_;
    int age_ = 0;
};
BOOST_HANA_ADAPT_ADT(User, (name, [](User const& u) -> std::string const& { return u.name(); }),
                     (age, [](User const& u) { return u.age(); }));

int main()
{
    sl::IntervalClock clock{1s};
    sl::RDDQueue<std::string> lines;
    auto const hits = sl::queueStream(clock, lines) | sl::map(parse);

    // As a record: printed, with the names of its type; in a window, whose views look into memory that lives with it.
    hits | sl::print();
    hits | sl::window(2s) | sl::map(&Hit::url) | sl::countByValue(1) | sl::print();

    // As a key: its hash and its equality are those of its members.
    hits | sl::countByValue(1) | sl::print();

    // Sorted: in the order of its members, or of one of them.
    hits | sl::transform([](auto batch) { return batch | sl::sortBy([](Hit hit) { return std::pair{hit.status, hit.url}; }, true, 1); }) |
        sl::print();

    // In a join, as what is joined.
    auto const byUrl = hits | sl::keyBy(&Hit::url);
    auto const owners = sl::constantStream(clock, sl::rdd({std::pair<std::string, User>{"/index", {"Ada", 36}}}));
    byUrl | sl::join(owners, 1) | sl::print();

    // In state: the key is owned, and the state is a struct that owns.
    byUrl | sl::mapWithState(sl::StateSpec{[](std::string_view url, std::optional<Hit>, sl::State<Page>& state) {
                                 auto page = state.getOption().value_or(Page{});
                                 page.lastUrl = url;
                                 ++page.hits;
                                 state.update(page);
                                 return page;
                             }}.numPartitions(1)) |
        sl::print();

    // Classes with private members.
    hits | sl::map([](Hit hit) { return Millis{hit.status * 3}; }) | sl::window(1s) | sl::countByValue(1) | sl::print();
    hits | sl::map([](Hit hit) { return Host{hit.url}; }) | sl::cache() | sl::print();

    lines.push({"/index 200", "/faq 404", "/index 200"});
    lines.push({"/index 500"});
    clock.poll(sl::Time{0s});
    clock.poll(sl::Time{2s});
}
