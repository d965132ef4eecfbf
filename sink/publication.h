/*
 * The audit's entry of a publication: everything that a lane makes visible at once. Its members:
 *
 *     "lane":0,
 *     "parts":[{"recipient":"analytics","schema":"click","file":"<32 hex>.ndjson.zst",
 *               "checksum":"xxh3-128:<32 hex>","rows":18022,"bytes":5120000,
 *               "stored_bytes":740011,"key_epochs":[42,43]},...],
 *     "quarantine":{"file":"<32 hex>.sealed.ndjson","checksum":"...","records":3,
 *                   "stored_bytes":900,"reasons":{"malformed":2,"utf8":1}},      (or null)
 *     "input":[{"origin":0,"source":"day.ndjson","partition":0,"ranges":[[1,4000],[8001,9000]]}],
 *     "consent":[1200,1350]
 *
 * Of `run` (kafka_sink.h) moreover, at the end, and quarantine as messages:
 *
 *     "quarantine":{"topic":"lethe.quarantine","records":3,"bytes":900,"reasons":{...}}  (or null)
 *     "topics":[{"recipient":"analytics","schema":"click","topic":"clean.analytics","rows":18022,
 *                "bytes":5120000,"messages":80,"key_epochs":[42]},...],
 *     "group":"lethe","policy":"default","policy_version":7,"label":"pseudonymised",
 *     "consent_offsets":[[1200,17],[1350,18]]           by partition of the consent topic, or []
 *
 * `source` is then the event topic, and ranges are offsets.
 *
 * `input` is what was read since the lane's last publication, whether or not anything of it was
 * released, so that over all publications the ranges tile what was read. `consent` is the number of
 * consent messages that had been applied at the first and at the last batch in it.
 */
#ifndef LETHE_SINK_PUBLICATION_H
#define LETHE_SINK_PUBLICATION_H

#include "core/json_document.h"
#include "schemas/reason.h"
#include "sink/batch.h"
#include "sink/checksum.h"
#include "sink/epoch_set.h"
#include "sink/layout.h"

#define PUBLICATION_EVENT "publication"

/* Writing: called in the order of the members above. */

struct publication_part {
    struct slice recipient, schema;
    const char *file, *checksum;
    uint64_t rows, bytes, stored_bytes;
    const struct epoch_set *epochs;
};

/* Either a file with its checksum, or a topic. */
struct publication_quarantine {
    const char *file, *checksum;
    const char *topic;
    uint64_t records, stored_bytes; /* of a topic: bytes of the messages */
    uint64_t by_reason[QUARANTINE_REASON_COUNT];
};

void publication_begin(struct buffer *out, unsigned lane);
void publication_add_part(struct buffer *out, const struct publication_part *part);
void publication_add_quarantine(struct buffer *out, const struct publication_quarantine *file);
void publication_end(struct buffer *out, const struct input_range *ranges, size_t range_count,
                     const struct slice *origins, const uint64_t consent[2]);

/* For `run`, after publication_end. */

struct publication_topic {
    struct slice recipient, schema;
    const char *topic;
    uint64_t rows, bytes, messages;
    const struct epoch_set *epochs;
};

struct publication_context {
    struct slice group, policy;
    uint32_t policy_version;
    enum label label;
    const int64_t *consent_offsets[2]; /* at the first and the last batch */
    size_t consent_partitions[2];
};

void publication_begin_topics(struct buffer *out);
void publication_add_topic(struct buffer *out, const struct publication_topic *topic);
void publication_end_topics(struct buffer *out, const struct publication_context *context);

/* Reading. */

/* A file that an entry names. Of a quarantine file, recipient and schema are empty and `rows` are
 * its records. */
struct publication_file {
    enum file_kind kind; /* FILE_PART or FILE_QUARANTINE */
    char stem[FILE_STEM_SIZE];
    struct slice recipient, schema, checksum;
    uint64_t rows, bytes, stored_bytes;
};

struct publication_range {
    uint64_t origin;
    struct slice source;
    int64_t partition, first, last;
};

/* false stops. */
typedef bool publication_file_visitor(void *context, const struct publication_file *file);
typedef bool publication_range_visitor(void *context, const struct publication_range *range);

/* RC_CORRUPT where the entry is not of the form above; names are safe to open when they come. What
 * went to topics is no file. */
LETHE_CHECKED enum rc publication_files(const struct json_value *entry,
                                        publication_file_visitor *visit, void *context);
LETHE_CHECKED enum rc publication_ranges(const struct json_value *entry,
                                         publication_range_visitor *visit, void *context);

#endif
