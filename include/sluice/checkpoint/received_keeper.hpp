#pragma once

#include <sluice/checkpoint/received_part.hpp>
#include <sluice/codec/binary.hpp>
#include <sluice/input/store_node.hpp>
#include <sluice/input/text_store.hpp>

#include <map>

namespace sluice::inline SLUICE_ABI::detail {

/// What writes down what a node receives: the part that is the same for all of them.
template <class Node, class Blocks>
class ReceivedKeeperBase : public ReceivedPart {
public:
    explicit ReceivedKeeperBase(Node& node) : node_(node) {}
    [[nodiscard]] Label const& label() const final { return node_.label; }

protected:
    [[nodiscard]] GraphCore const& graph() const final { return *node_.graph; }
    [[nodiscard]] SLUICE_COLD bool blocksOf(Time t, Ids& ids) const final
    {
        auto const batch = node_.memo.find(t);
        if (!batch) return false;
        ids.assign(batch->logged.begin(), batch->logged.end());
        return true;
    }
    /// As a batch would take it.
    SLUICE_COLD void flush() final
    {
        Blocks left;
        node_.store.moveTo(left);
    }

    Node& node_;
};

/// Of records: each is encoded when it is stored, and those that were stored one by one go to the log together.
template <class T, class Node>
class ReceivedRecords final : public ReceivedKeeperBase<Node, RecordBlocks<T>>, public RecordLog<T> {
    using Base = ReceivedKeeperBase<Node, RecordBlocks<T>>;
    using Ids = ReceivedPart::Ids;

public:
    using Base::Base;

    [[nodiscard]] std::string schema() const override { return schemaOf<T>().encoded(); }

    SLUICE_COLD bool giveAgain(Time t, RecordBlocks<T>& batch) override
    {
        auto const ids = this->unfinishedAt(t);
        if (!ids) return false;
        auto block = gathered(*ids);
        auto const bytes = bytesOfAll(*block);
        this->node_.store.space().add(bytes);
        for (auto const id : *ids) batch.logged.push_back(id);
        if (!block->records.empty()) batch.add(std::move(block), bytes);
        return true;
    }
    void moved(RecordBlocks<T>& batch) override
    {
        postPending();
        batch.logged.swap(open_);
        open_.clear();
    }
    void take(T const& record) override
    {
        if (pending_.empty()) pending_ = this->block();
        BinaryWriter writer{pending_.bytes()};
        encode(record, writer);
        writer.finish();
        pending_.add(1);
        if (pending_.bytes().size() >= much && this->hasLog()) postPending();
    }
    SLUICE_COLD bool keep(std::vector<T> const& records, std::string_view const* position, void (*put)(void*, std::uint64_t),
                          void* context) override
    {
        auto block = this->block(position);
        BinaryWriter writer{block.bytes()};
        for (auto const& record : records) encode(record, writer);
        writer.finish();
        block.add(records.size());
        return this->store(std::move(block), position, put, context);
    }
    void entered(std::uint64_t number) override
    {
        postPending();  // they lie before it
        open_.push_back(number);
    }

private:
    static constexpr std::size_t much = std::size_t{1} << 20;

    void postPending()
    {
        if (pending_.empty()) return;
        open_.makeRoom();
        open_.push_back(this->post(std::exchange(pending_, {})));
    }

    SLUICE_COLD void keepFound(FoundBlock const& block) override
    {
        auto& records = found_[block.id];
        Decoder<T> decoder{Schema::decode(block.schema)};
        BinaryReader reader{block.bytes};
        for (std::uint64_t i = 0; i < block.records; ++i) records.push_back(decoder(reader));
    }
    SLUICE_COLD void putBack(Ids const& ids) override
    {
        if (ids.empty()) return;
        auto block = gathered(ids);
        auto const bytes = bytesOfAll(*block);
        List<std::uint64_t> open;
        for (auto const id : ids) open.push_back(id);
        for (auto const id : open_) open.push_back(id);
        open_.swap(open);
        this->node_.store.putBack(std::move(block), bytes);
    }
    void standsAt(std::string const& position) override { this->node_.store.setPosition(position); }

    SLUICE_COLD Counted<RecordBlock<T>> gathered(Ids const& ids)
    {
        auto block = makeCounted<RecordBlock<T>>();
        for (auto const id : ids) {
            auto const at = found_.find(id);
            for (auto& record : at->second) block->records.push_back(std::move(record));
            found_.erase(at);
        }
        return block;
    }
    static std::size_t bytesOfAll(RecordBlock<T> const& block)
    {
        std::size_t bytes = 0;
        for (auto const& record : block.records) bytes += bytesOf(record);
        return bytes;
    }

    LogBlock pending_;          // of records in the open block,
    List<std::uint64_t> open_;  // behind these
    std::map<std::uint64_t, std::vector<T>> found_;
};

/// Of text: whole lines, as they came, when their batch takes them.
template <class Node>
class ReceivedLines final : public ReceivedKeeperBase<Node, TextBlocks>, public StoreLog<TextBlocks> {
    using Base = ReceivedKeeperBase<Node, TextBlocks>;
    using Ids = ReceivedPart::Ids;

public:
    using Base::Base;

    [[nodiscard]] std::string schema() const override { return schemaOf<std::string>().encoded(); }

    SLUICE_COLD bool giveAgain(Time t, TextBlocks& batch) override
    {
        auto const ids = this->unfinishedAt(t);
        if (!ids) return false;
        gather(*ids, batch);
        this->node_.store.space().add(batch.bytes);
        for (auto const id : *ids) batch.logged.push_back(id);
        return true;
    }
    SLUICE_COLD void moved(TextBlocks& batch) override
    {
        auto const post = [&](LogBlock& block) { batch.logged.push_back(this->post(std::exchange(block, {}))); };
        LogBlock block;
        std::string buffer;
        for (auto const& segment : batch.segments) {
            if (block.empty()) block = this->block();
            BinaryWriter writer{block.bytes()};
            writer.text({segment.text(buffer), segment.size()});
            writer.finish();
            block.add(1);
            if (block.bytes().size() >= much) post(block);
        }
        if (!block.empty()) post(block);
        if (!waiting_.segments.empty()) putWaiting(batch);
    }

private:
    static constexpr std::size_t much = std::size_t{16} << 20;

    /// What no batch of the process before has had, in front of what is new; whatever the rate.
    SLUICE_COLD void putWaiting(TextBlocks& batch)
    {
        for (auto& segment : batch.segments) waiting_.segments.push_back(std::move(segment));
        for (auto const id : batch.logged) waiting_.logged.push_back(id);
        batch.segments.swap(waiting_.segments);
        batch.logged.swap(waiting_.logged);
        batch.lines += waiting_.lines;
        batch.bytes += waiting_.bytes;
        batch.unprocessed += waiting_.bytes;
        waiting_.clear();
    }

    SLUICE_COLD void keepFound(FoundBlock const& block) override { found_[block.id] = std::string{block.bytes}; }
    SLUICE_COLD void putBack(Ids const& ids) override
    {
        gather(ids, waiting_);
        for (auto const id : ids) waiting_.logged.push_back(id);
        this->node_.store.space().add(waiting_.bytes);
    }
    void standsAt(std::string const&) override {}

    SLUICE_COLD void gather(Ids const& ids, TextBlocks& batch)
    {
        for (auto const id : ids) {
            auto const at = found_.find(id);
            BinaryReader reader{at->second};
            reader.guard("text that was received", [&] {
                while (reader.left() > 0) add(reader.text(), batch);
            });
            found_.erase(at);
        }
    }
    SLUICE_COLD static void add(std::string_view text, TextBlocks& batch)
    {
        auto chunk = makeCounted<TextChunk>(text.size());
        std::memcpy(chunk->data, text.data(), text.size());
        batch.lines += static_cast<std::int64_t>(countLf(text.data(), text.size())) + (text.empty() || text.back() == '\n' ? 0 : 1);
        batch.bytes += text.size();
        batch.unprocessed += text.size();
        auto const* const begin = chunk->data;
        batch.segments.push_back({std::move(chunk), begin, begin + text.size()});
    }

    TextBlocks waiting_;
    std::map<std::uint64_t, std::string> found_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
