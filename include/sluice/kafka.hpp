#pragma once

// Topics of Kafka as streams, by librdkafka, which nobody needs who does not include this: link with -lrdkafka.

#include <sluice/kafka/application.hpp>
#include <sluice/kafka/changelog.hpp>
#include <sluice/kafka/client.hpp>
#include <sluice/kafka/connection.hpp>
#include <sluice/kafka/direct_source.hpp>
#include <sluice/kafka/direct_stream.hpp>
#include <sluice/kafka/distribute.hpp>
#include <sluice/kafka/distribute_options.hpp>
#include <sluice/kafka/entries.hpp>
#include <sluice/kafka/key_partitioner.hpp>
#include <sluice/kafka/keyed_steps.hpp>
#include <sluice/kafka/member.hpp>
#include <sluice/kafka/messages.hpp>
#include <sluice/kafka/offset_range.hpp>
#include <sluice/kafka/options.hpp>
#include <sluice/kafka/partitioned_by_key.hpp>
#include <sluice/kafka/producer.hpp>
#include <sluice/kafka/producer_options.hpp>
#include <sluice/kafka/producer_record.hpp>
#include <sluice/kafka/record.hpp>
#include <sluice/kafka/repartition.hpp>
#include <sluice/kafka/schemas.hpp>
#include <sluice/kafka/shares.hpp>
#include <sluice/kafka/standby.hpp>
#include <sluice/kafka/subscription.hpp>
#include <sluice/kafka/topic.hpp>
#include <sluice/kafka/topics.hpp>
#include <sluice/kafka/typed_stream.hpp>
#include <sluice/kafka/write_to.hpp>
#include <sluice/kafka/writer.hpp>
