#include "consent/table.h"

#include "consent/buckets.h"
#include "consent/merge.h"

#include <sodium.h>
#include <stdatomic.h>
#include <sys/mman.h>

enum {
    /* Room beyond the limit: what comes while the table is full is kept, so that nothing was lost
     * once there is room again. What does not fit here either blocks for good. */
    SPARE_SUBJECTS = 1024,
    BLOCKED_KEY_LIMIT = 1024,
    HASH_KEY_LENGTH = crypto_shorthash_siphashx24_KEYBYTES,
};

#define SUBJECT_LIMIT_MOST ((uint64_t)1 << 30)

/* Every member of struct consent_counts but those that the buckets know. */
#define COUNT_TABLE(X)                                                                             \
    X(messages)                                                                                    \
    X(applied)                                                                                     \
    X(tombstones)                                                                                  \
    X(old_seq)                                                                                     \
    X(same)                                                                                        \
    X(conflicts)                                                                                   \
    X(split)                                                                                       \
    X(unreadable_values)                                                                           \
    X(unreadable_keys)                                                                             \
    X(no_form)                                                                                     \
    X(placeholders)                                                                                \
    X(ignored_members)                                                                             \
    X(full)                                                                                        \
    X(subjects)                                                                                    \
    X(split_subjects)                                                                              \
    X(bytes)

struct shared_counts {
#define COUNT_MEMBER(name) _Atomic uint64_t name;
    COUNT_TABLE(COUNT_MEMBER)
#undef COUNT_MEMBER
};

struct consent_table {
    struct buckets buckets;
    uint64_t subject_limit;
    unsigned char id_key[HASH_KEY_LENGTH];
    unsigned char blocked_key[HASH_KEY_LENGTH]; /* of its own, so that the two never meet */
    struct subject_key blocked[BLOCKED_KEY_LIMIT];
    size_t blocked_count;
    bool blocked_for_good; /* a key more than can be remembered */
    bool lost;             /* a subject that did not even fit into the spare room */
    _Atomic unsigned block;
    struct shared_counts counts;
};

static struct subject_key hash_bytes(const unsigned char *key, const void *bytes, size_t length)
{
    struct subject_key out;
    _Static_assert(sizeof out == crypto_shorthash_siphashx24_BYTES, "128 bits");
    crypto_shorthash_siphashx24((unsigned char *)&out, bytes, length, key);
    return out;
}

/* Over the category's number and the id, so that the same text in two categories is two subjects.
 */
static struct subject_key hash_id(const struct consent_table *table, enum category category,
                                  struct slice id)
{
    unsigned char bytes[2 + CANONICAL_LIMIT];
    bytes[0] = (unsigned char)category;
    bytes[1] = (unsigned char)(category >> 8);
    memcpy(bytes + 2, id.data, id.length);
    return hash_bytes(table->id_key, bytes, 2 + id.length);
}

/* No id that anybody could have given consent for. */
static bool is_no_id(enum category category, struct slice id)
{
    return category == CATEGORY_NONE || (unsigned)category >= CATEGORY_COUNT || id.length == 0 ||
           id.length > CANONICAL_LIMIT;
}

enum rc consent_table_new(uint64_t subject_limit, const unsigned char key[16],
                          struct consent_table **out)
{
    static const char label[] = "lethe/blocked";
    *out = NULL;
    if (subject_limit == 0 || subject_limit > SUBJECT_LIMIT_MOST)
        return RC_LIMIT;
    if (sodium_init() < 0)
        return RC_INTERNAL;
    struct consent_table *table =
        mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (table == MAP_FAILED)
        return RC_NO_MEMORY;
    (void)madvise(table, sizeof *table, MADV_DONTDUMP);
    enum rc rc = buckets_init(&table->buckets, subject_limit + SPARE_SUBJECTS);
    if (rc != RC_OK) {
        munmap(table, sizeof *table);
        return rc;
    }
    table->subject_limit = subject_limit;
    if (key)
        memcpy(table->id_key, key, sizeof table->id_key);
    else
        randombytes_buf(table->id_key, sizeof table->id_key);
    struct subject_key derived = hash_bytes(table->id_key, label, sizeof label);
    memcpy(table->blocked_key, &derived, sizeof table->blocked_key);
    *out = table;
    return RC_OK;
}

void consent_table_free(struct consent_table *table)
{
    if (!table)
        return;
    buckets_release(&table->buckets);
    sodium_memzero(table, sizeof *table);
    munmap(table, sizeof *table);
}

/* Only the writer writes; the others may read at any time. */
static void add(_Atomic uint64_t *count, uint64_t number)
{
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + number,
                          memory_order_relaxed);
}

/* What readers ask about, from what only the writer knows. A block is seen by whoever sees any
 * later change. */
static void publish(struct consent_table *table)
{
    enum consent_block block = CONSENT_BLOCK_NONE;
    if (table->blocked_count > 0 || table->blocked_for_good)
        block = CONSENT_BLOCK_KEY;
    else if (table->lost || table->buckets.used > table->subject_limit)
        block = CONSENT_BLOCK_FULL;
    atomic_store_explicit(&table->block, (unsigned)block, memory_order_release);
    atomic_store_explicit(&table->counts.subjects, table->buckets.used, memory_order_relaxed);
    atomic_store_explicit(&table->counts.bytes, buckets_bytes(&table->buckets) + sizeof *table,
                          memory_order_relaxed);
}

static void put_back(struct consent_table *table, struct subject_key key,
                     const struct subject_consent *subject)
{
    struct slot_image image;
    slot_encode(subject, &image);
    buckets_put(&table->buckets, key, &image);
    publish(table);
}

/* Nothing tells which of two partitions spoke last, so both are heeded. */
static enum consent_apply_result join_split(struct consent_table *table, struct subject_key key,
                                            const struct subject_consent *stored,
                                            const struct subject_consent *incoming)
{
    struct subject_consent joined = *stored;
    subject_consent_join(&joined, incoming);
    if (incoming->seq > joined.seq)
        joined.seq = incoming->seq;
    joined.split = true;
    if (stored->split && subject_consent_equal(&joined, stored))
        return CONSENT_SAME;
    if (!stored->split)
        add(&table->counts.split_subjects, 1);
    put_back(table, key, &joined);
    return CONSENT_SPLIT;
}

static enum consent_apply_result forget(struct consent_table *table, struct subject_key key,
                                        unsigned partition)
{
    struct slot_image image;
    struct subject_consent stored;
    struct subject_consent nothing;
    if (!buckets_find(&table->buckets, key, &image))
        return CONSENT_SAME;
    slot_decode(&image, &stored);
    if (stored.split || stored.partition != partition) {
        subject_consent_init(&nothing);
        subject_consent_settle(&nothing);
        return join_split(table, key, &stored, &nothing);
    }
    buckets_remove(&table->buckets, key);
    publish(table);
    return CONSENT_APPLIED;
}

static enum consent_apply_result add_subject(struct consent_table *table, struct subject_key key,
                                             struct slot_image *image)
{
    if (!buckets_put(&table->buckets, key, image))
        table->lost = true;
    publish(table);
    return table->buckets.used > table->subject_limit ? CONSENT_FULL : CONSENT_APPLIED;
}

static enum consent_apply_result apply(struct consent_table *table, struct subject_key key,
                                       const struct consent_message *message)
{
    struct slot_image image;
    struct subject_consent stored;
    if (message->tombstone)
        return forget(table, key, message->partition);
    struct subject_consent incoming = message->subject;
    subject_consent_settle(&incoming);
    incoming.partition = message->partition;
    incoming.split = false;
    if (!buckets_find(&table->buckets, key, &image)) {
        slot_encode(&incoming, &image);
        return add_subject(table, key, &image);
    }
    slot_decode(&image, &stored);
    if (stored.split || stored.partition != incoming.partition)
        return join_split(table, key, &stored, &incoming);
    if (incoming.unreadable && incoming.seq == 0)
        incoming.seq = stored.seq;
    if (incoming.seq < stored.seq)
        return CONSENT_OLD_SEQ;
    enum consent_apply_result result = CONSENT_APPLIED;
    if (incoming.seq == stored.seq) {
        if (subject_consent_equal(&incoming, &stored))
            return CONSENT_SAME;
        subject_consent_join(&incoming, &stored);
        result = CONSENT_CONFLICT;
    }
    put_back(table, key, &incoming);
    return result;
}

enum consent_apply_result consent_table_apply(struct consent_table *table,
                                              const struct consent_key *key,
                                              const struct consent_message *message)
{
    if (is_no_id(key->category, key->id))
        return CONSENT_SAME;
    return apply(table, hash_id(table, key->category, key->id), message);
}

static size_t find_blocked(const struct consent_table *table, struct subject_key key)
{
    size_t i = 0;
    while (i < table->blocked_count && memcmp(&table->blocked[i], &key, sizeof key) != 0)
        i++;
    return i;
}

/* Two keyed hashes: that of the bytes, and one over it and the partition. */
static struct subject_key hash_blocked(const struct consent_table *table, unsigned partition,
                                       struct slice key)
{
    struct subject_key place[2] = {
        hash_bytes(table->blocked_key, key.length ? key.data : "", key.length), {{partition, 0}}};
    return hash_bytes(table->blocked_key, place, sizeof place);
}

static void block_key(struct consent_table *table, unsigned partition, struct slice key)
{
    struct subject_key hash = hash_blocked(table, partition, key);
    add(&table->counts.unreadable_keys, 1);
    if (find_blocked(table, hash) == table->blocked_count) {
        if (table->blocked_count < BLOCKED_KEY_LIMIT)
            table->blocked[table->blocked_count++] = hash;
        else
            table->blocked_for_good = true;
    }
    publish(table);
}

void consent_table_block_key(struct consent_table *table, struct slice key)
{
    block_key(table, 0, key);
}

static void unblock_key(struct consent_table *table, unsigned partition, struct slice key)
{
    struct subject_key hash = hash_blocked(table, partition, key);
    size_t at = find_blocked(table, hash);
    if (at < table->blocked_count)
        table->blocked[at] = table->blocked[--table->blocked_count];
    publish(table);
}

static void count_result(struct consent_table *table, enum consent_apply_result result)
{
    switch (result) {
    case CONSENT_APPLIED:
        add(&table->counts.applied, 1);
        break;
    case CONSENT_OLD_SEQ:
        add(&table->counts.old_seq, 1);
        break;
    case CONSENT_SAME:
        add(&table->counts.same, 1);
        break;
    case CONSENT_CONFLICT:
        add(&table->counts.conflicts, 1);
        break;
    case CONSENT_SPLIT:
        add(&table->counts.split, 1);
        break;
    case CONSENT_FULL:
        add(&table->counts.full, 1);
        break;
    }
}

/* The line of the subject's bucket is on its way while the value is being read. */
static void apply_value(struct consent_table *table, struct consent_reader *reader,
                        unsigned partition, const struct consent_key *key, struct slice value)
{
    struct consent_message message;
    struct subject_key hash = hash_id(table, key->category, key->id);
    buckets_prefetch(&table->buckets, hash);
    consent_message_read(reader, value, &message);
    message.partition = (uint16_t)partition;
    add(&table->counts.ignored_members, message.ignored);
    if (message.tombstone)
        add(&table->counts.tombstones, 1);
    else if (message.subject.unreadable)
        add(&table->counts.unreadable_values, 1);
    count_result(table, apply(table, hash, &message));
}

enum consent_key_result consent_table_message_from(struct consent_table *table,
                                                   struct consent_reader *reader,
                                                   unsigned partition, struct slice key,
                                                   struct slice value)
{
    struct consent_key parsed;
    if (partition >= CONSENT_PARTITION_LIMIT)
        partition = CONSENT_PARTITION_LIMIT - 1;
    enum consent_key_result result = consent_key_parse(key, &parsed);
    add(&table->counts.messages, 1);
    switch (result) {
    case CONSENT_KEY_OK:
        apply_value(table, reader, partition, &parsed, value);
        break;
    case CONSENT_KEY_NO_FORM:
        add(&table->counts.no_form, 1);
        break;
    case CONSENT_KEY_PLACEHOLDER:
        add(&table->counts.placeholders, 1);
        break;
    case CONSENT_KEY_UNREADABLE:
        if (consent_value_is_tombstone(value)) {
            add(&table->counts.tombstones, 1);
            unblock_key(table, partition, key);
        } else {
            block_key(table, partition, key);
        }
        break;
    }
    return result;
}

enum consent_block consent_table_block(const struct consent_table *table)
{
    return (enum consent_block)atomic_load_explicit(&table->block, memory_order_acquire);
}

const char *consent_block_sentence(enum consent_block block)
{
    switch (block) {
    case CONSENT_BLOCK_NONE:
        return "nothing blocks";
    case CONSENT_BLOCK_KEY:
        return "a consent message's key is of no known category and may hide a withdrawal; delete "
               "that key by a tombstone";
    case CONSENT_BLOCK_FULL:
        return "the consent table is full and may lack a withdrawal; raise the limit of subjects";
    }
    return "unknown";
}

void consent_table_seek(const struct consent_table *table, enum category category, struct slice id,
                        struct consent_seek *out)
{
    out->is_id = !is_no_id(category, id);
    if (!out->is_id)
        return;
    struct subject_key key = hash_id(table, category, id);
    memcpy(out->key, key.words, sizeof out->key);
    buckets_prefetch(&table->buckets, key);
}

bool consent_table_found(const struct consent_table *table, const struct consent_seek *seek,
                         struct subject_consent *out)
{
    struct slot_image image;
    if (seek->is_id) {
        struct subject_key key = {{seek->key[0], seek->key[1]}};
        if (buckets_find(&table->buckets, key, &image)) {
            slot_decode(&image, out);
            return true;
        }
    }
    subject_consent_init(out);
    return false;
}

bool consent_table_find(const struct consent_table *table, enum category category, struct slice id,
                        struct subject_consent *out)
{
    struct consent_seek seek;
    consent_table_seek(table, category, id, &seek);
    return consent_table_found(table, &seek, out);
}

void consent_table_counts(const struct consent_table *table, struct consent_counts *out)
{
#define COUNT_READ(name)                                                                           \
    out->name = atomic_load_explicit(&table->counts.name, memory_order_relaxed);
    COUNT_TABLE(COUNT_READ)
#undef COUNT_READ
}
