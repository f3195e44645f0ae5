#pragma once

#include <sluice/codec/schema.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI::detail {

/// The types of keys and values in a topic of an application. They stand before each value, so that a later version of the program knows what
/// it reads: a byte, the version of that form; the two schemas, as text; and the value in its binary form.
class KafkaSchemas {
public:
    SLUICE_COLD KafkaSchemas(std::string keySchema, std::string valueSchema)
        : key_(std::move(keySchema)), value_(std::move(valueSchema)), keys_are_text_(Schema::decode(key_).kind == SchemaKind::text)
    {
        BinaryWriter writer{before_};
        writer.number(version);
        writer.text(key_);
        writer.text(value_);
        writer.finish();
    }

    /// What stands before a value.
    [[nodiscard]] std::string const& before() const { return before_; }
    [[nodiscard]] std::string const& keySchema() const { return key_; }
    [[nodiscard]] std::string const& valueSchema() const { return value_; }
    [[nodiscard]] bool keysAreText() const { return keys_are_text_; }

    struct Value {
        std::string_view schema;
        std::string_view bytes;
    };
    /// What a message has. Keys of another type stand where they would not be looked for: they are refused, as is what is no such message,
    /// by an error.
    [[nodiscard]] Value valueOf(std::string_view message) const
    {
        if (message.substr(0, before_.size()) == before_) return {value_, message.substr(before_.size())};
        return otherOf(message);
    }

private:
    static constexpr std::uint8_t version = 1;

    [[nodiscard]] SLUICE_COLD Value otherOf(std::string_view message) const
    {
        BinaryReader reader{message};
        Value value{};
        std::string_view key;
        reader.guard("what an application keeps in a topic", [&] {
            if (reader.number<std::uint8_t>() != version) BinaryReader::fail(message.data(), "a version that this program does not know");
            key = reader.text();
            value.schema = reader.text();
            value.bytes = message.substr(message.size() - reader.left());
        });
        if (key == key_) return value;
        throw StreamError{concat({"keys were written as ", Schema::decode(key).toString(), ", and are ", Schema::decode(key_).toString(),
                                  " now, for which other partitions are chosen: what has other keys is to have another name"})};
    }

    std::string key_;
    std::string value_;
    bool keys_are_text_;
    std::string before_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
