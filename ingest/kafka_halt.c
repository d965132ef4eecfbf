#include "ingest/kafka_source.h"

static const struct {
    const char *name, *sentence;
} halts[KAFKA_HALT_KIND_COUNT] = {
    [KAFKA_HALT_NONE] = {"none", "the source has not halted"},
    [KAFKA_HALT_NO_COMMIT] =
        {"no_commit", "the group has no committed offset for this partition, but the audit says "
                      "that it has read it; set the group's offset to where the audit ends (or "
                      "name a new group), and start again"},
    [KAFKA_HALT_CORRUPT] = {"corrupt",
                            "a batch at this offset is damaged; repair the topic, set the group's "
                            "offset behind the batch, or set source.poison to skip"},
    [KAFKA_HALT_DECOMPRESSION] = {"decompression",
                                  "a batch at this offset cannot be decompressed: it is a bomb, or "
                                  "broken; set the group's offset behind it, or set source.poison "
                                  "to skip"},
    [KAFKA_HALT_FORMAT] = {"format",
                           "a batch at this offset has a format or a compression that this client "
                           "does not know; set the group's offset behind it, or set source.poison "
                           "to skip"},
    [KAFKA_HALT_TOO_LARGE] = {"too_large",
                              "a batch at this offset is larger than receive.message.max.bytes; "
                              "raise it, set the group's offset behind the batch, or set "
                              "source.poison to skip"},
    [KAFKA_HALT_BEFORE_START] =
        {"before_start", "the broker has deleted messages that were not read yet; set the group's "
                         "offset to the start of the partition, or set source.poison to skip"},
    [KAFKA_HALT_BEYOND_END] =
        {"beyond_end", "the group's offset lies beyond the end of the partition: the topic was "
                       "made anew, or has lost messages; set the group's offset by hand"},
    [KAFKA_HALT_NOT_ALLOWED] = {"not_allowed", "the broker refuses this user the topic or the "
                                               "group; it needs Read on both"},
    [KAFKA_HALT_FENCED] = {"fenced", "another process uses the same group.instance.id; give each "
                                     "its own worker.instance"},
    [KAFKA_HALT_CLIENT] = {"client", "the Kafka client gave up; it is made anew on restart"},
};

const char *kafka_halt_name(enum kafka_halt_kind kind)
{
    return halts[kind < KAFKA_HALT_KIND_COUNT ? kind : KAFKA_HALT_CLIENT].name;
}

const char *kafka_halt_sentence(enum kafka_halt_kind kind)
{
    return halts[kind < KAFKA_HALT_KIND_COUNT ? kind : KAFKA_HALT_CLIENT].sentence;
}
