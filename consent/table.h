/*
 * The consent table: what is known of every subject, in memory.
 *
 * Stores keyed hashes of ids (SipHash-2-4 with 128 bits of output, under a random key per process),
 * never ids. At most 64 bytes a subject with three purposes at 10 million subjects, load factor
 * included (buckets.h; 56.9 bytes at the limit); what is rare (a fourth purpose, an `until`, an
 * erasure, a long seq) lies in records of 64 bytes beside it. A look-up waits for one access to
 * memory in the usual case: two neighbouring cache lines, fetched together.
 *
 * One writer, lock-free readers: the thread that applies messages is the only one that writes;
 * lanes read at the same time and get either the state before or the state after a message, never a
 * mixture. The memory is sized for `subject_limit` when the table is made and does not move.
 * It is excluded from core dumps (MADV_DONTDUMP).
 *
 * Partitions. A key has one writer and so one partition of the topic; within it messages have an
 * order. Where producers disagree about the partition (Java's default partitioner is murmur2,
 * librdkafka's is CRC32: give the latter `partitioner=murmur2_random`) a subject's messages lie in
 * two, and nothing tells which came last: compaction keeps the last of each, and seq is no help
 * where one of the writers has lost count. So the table remembers the partition of a subject's
 * first message. A message from another one makes the stricter join of both and marks the subject
 * split: from then on every message about it, whatever its seq, is joined, a tombstone as a state
 * in which nothing is known. A split subject can only lose; it stays until the table is made anew,
 * and is whole again once one of the two partitions holds a tombstone only, or nothing, of that
 * key. (A tombstone that came before the other partition's message has left nothing to compare: a
 * withdrawal is written as a state.)
 */
#ifndef LETHE_CONSENT_TABLE_H
#define LETHE_CONSENT_TABLE_H

#include "consent/message.h"

struct consent_table;

/* Reserves address space for the limit; pages are touched as subjects come. `key` NULL: random; a
 * key of one's own is for tests. RC_LIMIT for a limit of 0 or above 2^30. */
LETHE_CHECKED enum rc consent_table_new(uint64_t subject_limit, const unsigned char key[16],
                                        struct consent_table **out);
void consent_table_free(struct consent_table *table);

enum consent_apply_result {
    CONSENT_APPLIED = 0,
    CONSENT_OLD_SEQ,  /* lower than what is there: ignored */
    CONSENT_SAME,     /* the same again; also a tombstone for what is not there */
    CONSENT_CONFLICT, /* an equal seq with another content: the stricter of both stays */
    CONSENT_SPLIT,    /* of a subject in two partitions: the stricter of both stays */
    CONSENT_FULL,     /* beyond the limit: the table is blocked until there is room */
};

/*
 * The writer's call. A tombstone forgets the subject and its seq: after it any message applies. The
 * stricter of both is subject_consent_join (merge.h); how seq orders unreadable values is said in
 * message.h. A key that no record could have (no category, an empty id) changes nothing.
 *
 * Beyond the limit up to 1024 subjects more are kept, so that nothing was lost when tombstones have
 * made room and the block ends by itself; a subject more than that blocks for good. What is known
 * already always has room.
 */
enum consent_apply_result consent_table_apply(struct consent_table *table,
                                              const struct consent_key *key,
                                              const struct consent_message *message);

/*
 * A message as it comes: parses key and value, applies, and keeps the counts below. An unreadable
 * key blocks the table until a tombstone with the same key bytes comes in the same partition, since
 * from another one it would not delete the message (the key's keyed hash is kept, never the key; at
 * most 1024 of them, then the table is blocked for good). A tombstone for an unreadable key that is
 * not among them hides nothing. `partition` below CONSENT_PARTITION_LIMIT; higher ones are taken as
 * the highest. Returns what the key was like.
 */
enum consent_key_result consent_table_message_from(struct consent_table *table,
                                                   struct consent_reader *reader,
                                                   unsigned partition, struct slice key,
                                                   struct slice value);

/* For sources without partitions. */
static inline enum consent_key_result consent_table_message(struct consent_table *table,
                                                            struct consent_reader *reader,
                                                            struct slice key, struct slice value)
{
    return consent_table_message_from(table, reader, 0, key, value);
}

/* As consent_table_message for a key that cannot be read: blocks until its tombstone comes. For
 * sources that know that these bytes are no key, whatever they look like. */
void consent_table_block_key(struct consent_table *table, struct slice key);

/* What blocks the release of anything, or CONSENT_BLOCK_NONE. Any thread. */
enum consent_block {
    CONSENT_BLOCK_NONE = 0,
    CONSENT_BLOCK_KEY,  /* a key of no known category, which may hide a withdrawal */
    CONSENT_BLOCK_FULL, /* a subject did not fit, which may hide a withdrawal */
};

enum consent_block consent_table_block(const struct consent_table *table);
const char *consent_block_sentence(enum consent_block block);

/* The readers' call; any thread. False (and an initialised, unknown *out) where nothing is known.
 * The id must be canonical. No allocation, no lock. */
bool consent_table_find(const struct consent_table *table, enum category category, struct slice id,
                        struct subject_consent *out);

/*
 * The same in two steps, for who has several ids: the first asks for the memory of one, the second
 * waits for it, and while it waits that of the others comes. What was found is as of the second
 * step.
 */
struct consent_seek {
    uint64_t key[2]; /* the id's keyed hash */
    bool is_id;
};

void consent_table_seek(const struct consent_table *table, enum category category, struct slice id,
                        struct consent_seek *out);
bool consent_table_found(const struct consent_table *table, const struct consent_seek *seek,
                         struct subject_consent *out);

struct consent_counts {
    uint64_t messages, applied, tombstones, old_seq, same, conflicts, split;
    uint64_t unreadable_values, unreadable_keys, no_form, placeholders, ignored_members, full;
    uint64_t subjects;       /* known now */
    uint64_t split_subjects; /* among them; denied where their partitions disagree */
    uint64_t bytes;          /* of memory touched, overflow included */
};

/* Any thread; numbers that belong together may be one message apart. */
void consent_table_counts(const struct consent_table *table, struct consent_counts *out);

#endif
