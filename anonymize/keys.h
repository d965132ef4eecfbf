/*
 * Epoch keys: 32 random bytes each, made ahead of time, never derived from each other, destroyed on
 * schedule. The worker reads them and never makes one.
 *
 * A directory (mode 0700) holds one file a key, `epoch-000042.key`, mode 0600 or 0400:
 *
 *     lethe epoch key 1
 *     number 42
 *     begins 2026-11-23T00:00:00Z
 *     ends 2026-11-30T00:00:00Z
 *     key 9f86d081...64 hex digits
 *
 * and for each that was destroyed a `epoch-000042.destroyed` that says the same without the key,
 * and when. Files are opened with O_NOFOLLOW; owner (us or root), mode (no group, no others), exact
 * length and form are checked; a key of zeros, two equal keys, overlapping times, a number that is
 * not the name's, and any other name that begins with `epoch-` are refused. A record of destruction
 * outweighs a key that is still there. Keys live in guarded, locked memory and are wiped when
 * released; where the system does not let us lock, keyring_is_locked says so.
 *
 * The directory is locked (flock) while it is read or changed.
 *
 * An epoch is chosen by the event's time. A key is due to be destroyed `keep` after its epoch's
 * end; one that is due is not even taken. An open keyring stays as it is: who follows keys that
 * come and go opens it anew (worker/generation.h). The event's time of an epoch whose key is gone,
 * or that never had one, finds no key.
 */
#ifndef LETHE_ANONYMIZE_KEYS_H
#define LETHE_ANONYMIZE_KEYS_H

#include "core/buffer.h"
#include "core/rc.h"
#include "core/time_text.h"

enum { KEY_BYTES = 32, KEY_LIMIT = 4096 /* keys of one directory */ };

enum key_state { KEY_FUTURE, KEY_CURRENT, KEY_KEPT, KEY_DUE, KEY_DESTROYED };

const char *key_state_name(enum key_state state);

struct epoch_key {
    uint32_t number; /* from 1 */
    int64_t begins, ends;
    int64_t destroyed; /* when, or TIME_NONE */
    enum key_state state;
};

struct keyring;

/* How keys are shaped when they are made, and when they are destroyed. */
struct key_schedule {
    int64_t epoch; /* length of one, an hour to a hundred years */
    int64_t keep;  /* after its end, at most a hundred years */
};

/*
 * Reads a directory for use by the engine. On failure `reason` gets one sentence with the file's
 * name (never a byte of a key).
 */
LETHE_CHECKED enum rc keyring_open(const char *directory, struct key_schedule schedule, int64_t now,
                                   struct keyring **out, struct buffer *reason);

/*
 * Throw-away keys for a what-if: epochs of the schedule's length, counted from 1970, for every time
 * from `now` - keep - epoch to `now` + epoch. With a seed they derive from it, without they are
 * random. Nothing is written.
 */
LETHE_CHECKED enum rc keyring_throw_away(struct key_schedule schedule, int64_t now,
                                         const uint64_t *seed, struct keyring **out);

void keyring_release(struct keyring *keyring);

/* The number of the epoch that this time falls into and has a key, or 0. */
uint32_t keyring_epoch(const struct keyring *keyring, int64_t event_time);

/* How long, from now, there are keys without a gap; 0 where there is none for now. */
int64_t keyring_ahead(const struct keyring *keyring, int64_t now);

/* Are the secrets kept from being swapped out? False where RLIMIT_MEMLOCK is too small: the
 * operator is to be told. */
bool keyring_is_locked(const struct keyring *keyring);

size_t keyring_count(const struct keyring *keyring);
const struct epoch_key *keyring_at(const struct keyring *keyring, size_t index);

/* The secret of an epoch, or NULL. In guarded memory; valid until release. Only
 * pseudonym.c may call it. */
const unsigned char *keyring_secret(const struct keyring *keyring, uint32_t epoch);

/* What `lethe keys` does. All write through key files as above and report through `reason`. */

/* Makes the directory and keys for now and `ahead` epochs more. RC_EXISTS where keys are there. */
LETHE_CHECKED enum rc keys_init(const char *directory, struct key_schedule schedule, int64_t now,
                                unsigned ahead, struct buffer *reason);

/*
 * Makes what is coming (so that `ahead` whole epochs lie ahead) and destroys what is due. Epochs
 * follow one another without a gap, on the schedule's grid (time_floor). A number is never used
 * twice. Where the current key was destroyed early, a new one begins at its destruction.
 */
LETHE_CHECKED enum rc keys_rotate(const char *directory, struct key_schedule schedule, int64_t now,
                                  unsigned ahead, unsigned *made, unsigned *destroyed,
                                  struct buffer *reason);

/*
 * Destroys one epoch's key, or all (number 0): recorded, overwritten in place, fsynced, unlinked,
 * in this order, so that a crash leaves nothing that could be used: rotate and destroy finish what
 * was interrupted. RC_NOT_FOUND for a number that never was.
 */
LETHE_CHECKED enum rc keys_destroy(const char *directory, uint32_t number, int64_t now,
                                   unsigned *destroyed, struct buffer *reason);

/* Every key, destroyed ones included, in order of number; one whose destruction was interrupted is
 * KEY_DUE. The caller frees *out with free(). */
LETHE_CHECKED enum rc keys_list(const char *directory, struct key_schedule schedule, int64_t now,
                                struct epoch_key **out, size_t *count, struct buffer *reason);

#endif
