/*
 * Batches in Kafka transactions, with files in them where a recipient has a directory.
 *
 * One publication is one transaction. It carries
 *
 *     rows of recipients with a topic      a row a message, or lines packed to about 64 KiB
 *     what was quarantined                 to the quarantine topic: the lines of quarantine_file.h
 *     the audit's entry                    last, to the audit topic (publication.h, audit_line.h)
 *     the input offsets of all it covers   to the consumer group
 *
 * and its commit is the only commit point: parts are prepared and fsynced before it and renamed
 * after it. Where no recipient has a directory every batch is a publication. Where one has, topic
 * rows of several batches go into one open transaction, until a part reaches its bytes or the
 * publication its age (file_sink.h); transaction.timeout.ms is then the longest such age and 60 s.
 *
 * Nothing that two recipients could join on: rows are shuffled for each recipient by the system's
 * random numbers (unless their order is kept), partitions are random, message times are the full
 * hour. Rows with a key (struct row) go to the partition of their key as Java's default partitioner
 * chooses it. A row that does not fit into a message is counted and discarded before anything is
 * produced, and so is a sealed record. Message headers, all text:
 *
 *     lethe.policy   default/7             lethe.schema   click/3
 *     lethe.epochs   42,43 (of pseudonyms in it; not there if none)
 *     lethe.label    pseudonymised
 *
 * Failures, by kafka/failure.h: a retriable one is tried again with the same arguments; what
 * requires an abort is flushed and aborted, and commit returns RC_AGAIN; anything else ends the
 * sink (RC_IO), and whether the publication was committed is then not known: its prepared parts
 * stay, and the next start decides by what the committed audit names. A producer whose commit or
 * abort took longer than socket.timeout.ms, that met disturbances meanwhile, or that could not be
 * flushed, is replaced before the next transaction, inside the sink.
 *
 * Recovery, at the start: only files with this lane's owner tag. What the audit names is published,
 * what it does not name is removed; where the audit does not reach back to a file's time the file
 * is kept and reported; of the chain's last publication, a part that is neither prepared nor
 * visible is reported as missing (a lost disk, or its recipient took it).
 *
 * The chain of a lane goes on over restarts: its last entry is read from the audit topic. Where
 * there is none the chain begins with an entry `chain_begins`.
 */
#ifndef LETHE_SINK_KAFKA_SINK_H
#define LETHE_SINK_KAFKA_SINK_H

#include <stdatomic.h>

#include "kafka/client.h"
#include "sink/description.h"
#include "sink/recovery.h"
#include "sink/sink.h"

/* Everything but the transactional id is borrowed and must outlive the sink, the description until
 * the next one. */
struct kafka_sink_options {
    const struct kafka_settings *settings;
    const char *transactional_id; /* and the chain's id */
    const char *group;
    const char *audit_topic;
    const char *quarantine_topic; /* NULL: sealed records are RC_INTERNAL */
    const struct sink_description *description;
    unsigned lane;
    const char *const *topics; /* event topics, by origin number */
    size_t topic_count;
    size_t message_limit;    /* smallest max.message.bytes of the topics written to */
    int compression_level;   /* of parts; 1 where 0 */
    const char *version;     /* of the program, for `chain_begins` */
    const atomic_bool *stop; /* ends waiting for the cluster in kafka_sink_new; may be NULL */
};

/* Transactions by how long send_offsets and commit took: below 10, 20, 50, 100, 200, 500 ms, 1, 2,
 * 5, 10, 30 s, and above. */
enum { KAFKA_SINK_BUCKETS = 12 };
extern const int64_t
    kafka_sink_bucket_ms[KAFKA_SINK_BUCKETS]; /* upper bounds; the last INT64_MAX */

enum kafka_sink_abort {
    KAFKA_SINK_ABORT_ASKED = 0, /* discard */
    KAFKA_SINK_ABORT_FENCED,    /* the group has moved on: generation, member id */
    KAFKA_SINK_ABORT_DELIVERY,  /* a message was not acknowledged */
    KAFKA_SINK_ABORT_FILES,     /* a part could not be written */
    KAFKA_SINK_ABORT_OTHER,
    KAFKA_SINK_ABORT_COUNT
};

/* Committed things only, aborts and discards apart. */
struct kafka_sink_recipient_counts {
    uint64_t rows, bytes; /* clean bytes */
    uint64_t messages;    /* of a topic */
    uint64_t parts, stored_bytes;
    uint64_t below_minimum;
    uint64_t too_large; /* rows discarded */
};

struct kafka_sink_counts {
    uint64_t transactions;
    uint64_t aborts[KAFKA_SINK_ABORT_COUNT];
    uint64_t replaced; /* producers */
    uint64_t commit_buckets[KAFKA_SINK_BUCKETS];
    int64_t commit_ns; /* sum */
    uint64_t quarantined, quarantine_too_large;
    bool failed;    /* it must be closed and made anew */
    bool uncertain; /* since nobody knows how its last transaction ended */
    struct recovery_report recovery;
    uint64_t chain_entries;
    size_t recipient_count;
};

/*
 * One per lane. Waits for the cluster (init_transactions), reads the chain's last entry, recovers.
 * RC_NOT_FOUND where a topic or directory is missing, RC_REFUSED where the cluster does not permit,
 * RC_IO where it cannot be reached in a minute, RC_END where it was stopped. `reason`: one
 * sentence.
 */
LETHE_CHECKED enum rc kafka_sink_new(const struct kafka_sink_options *options, struct sink **out,
                                     struct buffer *reason);

/* The transaction.timeout.ms that such a description needs: with parts a transaction stays open for
 * as long as they collect rows. 0: the user's, or the default. */
int64_t kafka_sink_transaction_timeout(const struct sink_description *description);

/* From any thread, between kafka_sink_new and sink_close. `recipients` has room for
 * `capacity`; both may be NULL or 0. */
void kafka_sink_counts(const struct sink *sink, struct kafka_sink_counts *out,
                       struct kafka_sink_recipient_counts *recipients, size_t capacity);

#endif
