/*
 * Sealing: what could not be processed is encrypted to an offline public key (libsodium sealed
 * boxes, X25519 and XSalsa20-Poly1305), so that the worker itself cannot read it back. The envelope
 * (reason, source, partition, offset, time) is inside the sealed part too, so that a moved or
 * relabelled one is found when it is opened.
 *
 * Keys are files of one line: `lethe quarantine public key 1 <64 hex>`, and for the secret one the
 * same with `secret`, mode 0600, never on the worker's host. Both belong to us or to root; nobody
 * else can write the public one (who could, could have everything sealed to a key of their own).
 *
 * The length of what is sealed shows the length of the content; nothing else of it is seen.
 */
#ifndef LETHE_ANONYMIZE_SEAL_H
#define LETHE_ANONYMIZE_SEAL_H

#include "core/arena.h"
#include "core/buffer.h"
#include "core/rc.h"
#include "schemas/clean_record.h"
#include "schemas/reason.h"

enum { SEAL_KEY_BYTES = 32 };

struct seal_key {
    unsigned char public_key[SEAL_KEY_BYTES];
    char id[17]; /* 16 hex digits of the hash of the public key */
};

LETHE_CHECKED enum rc seal_key_load(const char *path, struct seal_key *out, struct buffer *reason);

/* Makes a pair; refuses to overwrite either file. */
LETHE_CHECKED enum rc seal_key_make(const char *public_path, const char *secret_path,
                                    struct buffer *reason);

/* What the lane knows of the thing that it seals. */
struct seal_envelope {
    enum quarantine_reason reason;
    struct slice source;
    int32_t partition;
    int64_t offset;
    int64_t now;          /* rounded down to the hour before it is written anywhere */
    struct slice topic;   /* inside the sealed part only: what opening must restore */
    int64_t message_time; /* likewise, or TIME_NONE */
};

/*
 * Appends the ciphertext to `out` and describes it in *sealed, whose slices point into `out` (until
 * it grows), the envelope and the key. On failure `out` is as it was; RC_LIMIT where it does not
 * fit. Allocates nothing but what `out` grows by.
 */
LETHE_CHECKED enum rc seal(const struct seal_key *key, const struct seal_envelope *envelope,
                           struct slice content, struct buffer *out, struct sealed_record *sealed);

struct seal_secret; /* in guarded memory */

LETHE_CHECKED enum rc seal_secret_load(const char *path, struct seal_secret **out,
                                       struct buffer *reason);
void seal_secret_release(struct seal_secret *secret);

/*
 * Opens one: appends a capture's envelope line ({"topic":...,"value":"..."} and a newline, with the
 * content as a string, for the content is not well formed; see ingest/capture.h) to `out`. Bytes
 * that are not UTF-8 come out as U+FFFD each, since a string cannot hold them. RC_CORRUPT where the
 * sealed part cannot be opened with this key or does not agree with the envelope outside.
 */
LETHE_CHECKED enum rc seal_open(const struct seal_secret *secret,
                                const struct sealed_record *sealed, struct buffer *out);

#endif
