/*
 * The source of `lethe run`: one lane's member of a consumer group on the event topics.
 *
 * It keeps its own account of every partition that it holds: `next`, the first offset that it has
 * not handed out, and `settled`, the first that no commit covers. librdkafka's own positions are
 * used for nothing. A message covers [first, offset]: Kafka leaves gaps where a transaction was
 * aborted, where markers stand, where compaction took records out, and where poison was stepped
 * over, and the message behind a gap covers it. So what was committed tiles the partition.
 *
 * Rebalance (eager, `range`). The callback only takes notes; everything else happens in source_poll
 * on the lane's own thread:
 *
 * - POLL_ASSIGNED: start offsets are known, the group's metadata is taken (source_membership), and
 *   messages may come.
 * - POLL_REVOKED: the group wants the partitions back and we are still its member: the lane commits
 *   or discards, and calls source_release. Nothing else comes before that.
 * - POLL_LOST: they are somebody else's already: the lane discards and calls source_release.
 *
 * Membership is the snapshot that was taken with the assignment. One with an empty member id is
 * refused, since such a commit would be fenced by nothing; the source then gives the assignment
 * back and waits for the next.
 *
 * Where a partition starts. At the group's committed offset. Where there is none, the question is
 * asked twice, with a pause; if both answers agree, `may_start` is asked (has this group an audit
 * entry of the partition?), the first or the end offset is resolved, and committed at once, so that
 * `latest` means the same after a crash before the first batch. Where `may_start` objects the
 * source halts. auto.offset.reset is `error`.
 *
 * Poison is what the client library cannot read: a batch whose checksum is wrong, an unknown codec
 * or format, a bomb beyond receive.message.max.bytes. And an offset that the broker no longer has.
 * The source halts (POLL_FAILED, kafka_source_halted says where and why), or with `skip_poison`
 * steps over the whole batch, which loses what else is in it. While it looks for the batch's end,
 * other partitions go on. It never steps over an offset beyond the end: the topic is not the one
 * that was read. Everything is counted per partition. After a bad checksum librdkafka 2.0.2 makes
 * offsets and error text of payload bytes, so neither is looked at. Errors of the connection are no
 * poison.
 *
 * What bounds a bomb: zstd, and anything on the wire, by receive.message.max.bytes.
 * librdkafka 2.0.2 has no bound for gzip (at most 1032 times) and lz4 (at most 255 times the
 * batch); there the topic's max.message.bytes is the bound.
 *
 * The prefetch queue is small. A full one leaves the broker's thread asleep, so now and then a
 * request for the end offsets goes to the leaders, only to wake it.
 *
 * Threads: a source belongs to one lane's thread. kafka_source_report and kafka_source_halted may
 * be called by any thread until source_close.
 */
#ifndef LETHE_INGEST_KAFKA_SOURCE_H
#define LETHE_INGEST_KAFKA_SOURCE_H

#include "core/buffer.h"
#include "ingest/source.h"

struct kafka_settings; /* kafka/client.h */

enum {
    KAFKA_SOURCE_TOPIC_LIMIT = 64,
    KAFKA_SOURCE_PARTITION_LIMIT = 10000, /* that one source has ever held */
    KAFKA_SOURCE_CLOSE_TIME = 10000,      /* ms; then the consumer is left behind */
};

/* Is a partition without a committed offset new to this group? RC_REFUSED: it has been read before
 * (the audit has an entry), so its offset was lost, and to start anew would publish twice: the
 * source halts. Any other code: nobody knows, and the source fails with it, without a halt. */
typedef enum rc kafka_source_may_start(void *context, const char *topic, int32_t partition);

/* Borrowed until kafka_source_new returns; settings, may_start and its context until source_close.
 */
struct kafka_source_options {
    const struct kafka_settings *settings;
    const char *group;
    const char *const *topics; /* message.origin_number is the index into it */
    size_t topic_count;
    const char *instance; /* the client's id; NULL: librdkafka's default */
    const char *member;   /* group.instance.id, unique in the group; NULL: dynamic membership */
    bool start_latest;    /* a partition without a commit starts at the end; else at the start */
    bool skip_poison;
    kafka_source_may_start *may_start; /* NULL: always */
    void *context;
};

LETHE_CHECKED enum rc kafka_source_new(const struct kafka_source_options *options,
                                       struct source **out, struct buffer *reason);

/* Why a source halted: what an operator has to decide. In every case a new source of the same group
 * halts again, until something was done. */
enum kafka_halt_kind {
    KAFKA_HALT_NONE = 0,
    KAFKA_HALT_NO_COMMIT,     /* no committed offset, but the audit has entries of this group */
    KAFKA_HALT_CORRUPT,       /* the checksum or the form of a batch is wrong */
    KAFKA_HALT_DECOMPRESSION, /* a bomb, or broken */
    KAFKA_HALT_FORMAT,        /* a codec or a batch format that this client does not know */
    KAFKA_HALT_TOO_LARGE,     /* a batch above receive.message.max.bytes */
    KAFKA_HALT_BEFORE_START,  /* the committed offset was deleted by retention */
    KAFKA_HALT_BEYOND_END,    /* the committed offset is not there yet: topic made anew, or cut */
    KAFKA_HALT_NOT_ALLOWED,   /* the broker refuses to let us read the topic or join the group */
    KAFKA_HALT_FENCED,        /* another process has our group.instance.id */
    KAFKA_HALT_CLIENT,        /* the client library gave up (a fatal error of its own) */
    KAFKA_HALT_KIND_COUNT,
};

struct kafka_source_halt {
    enum kafka_halt_kind kind;
    const char *topic; /* a name of the options; NULL: not about one partition */
    int32_t partition;
    int64_t offset; /* our own `next` there; never one out of a broken batch. -1: none */
};

/* Stable lower-case name; and one sentence that says what happened and how to go on. */
const char *kafka_halt_name(enum kafka_halt_kind kind);
const char *kafka_halt_sentence(enum kafka_halt_kind kind);

/* Fills *out where the source has halted; false where not. */
bool kafka_source_halted(struct source *source, struct kafka_source_halt *out);

struct kafka_partition_report {
    uint32_t topic; /* index into the options' topics */
    int32_t partition;
    bool held;              /* ours now; the numbers below are of when it last was */
    int64_t position;       /* next offset to hand out; -1: not known yet */
    int64_t end;            /* high watermark, as last heard; -1: not known yet */
    uint64_t poison;        /* batches stepped over, or 1 where the source halted at one */
    int64_t poison_offset;  /* our `next` at the last of them; -1: none */
    uint64_t poison_length; /* offsets stepped over, in all */
};

struct kafka_source_counts {
    uint64_t messages, bytes;
    uint64_t assignments, revocations, losses, rewinds;
    uint64_t refused_memberships; /* assignments given back, since the member id was empty */
    uint64_t started;             /* partitions started without a commit */
    uint64_t wake_ups;
    uint64_t transport_errors; /* connections, time-outs, coordinators */
    uint64_t other_errors;     /* neither these nor poison */
    uint32_t consecutive_errors;
    size_t partitions; /* how many kafka_source_report could fill in */
};

/*
 * Copies what is known of up to `capacity` partitions to `partitions` and returns how many that
 * were; *counts may be NULL. At most a second old while the lane polls.
 */
size_t kafka_source_report(struct source *source, struct kafka_source_counts *counts,
                           struct kafka_partition_report *partitions, size_t capacity);

#endif
