/*
 * A directory of epoch keys, read whole and checked whole, for the keyring and for the commands.
 *
 * The directory itself is opened without following a link, must belong to us or to root and must
 * give no right to group or others. It is locked (flock) for as long as it is open: shared by the
 * keyring while it reads, exclusive by the commands, so that two that rotate at once make one key.
 *
 * Names that begin with `epoch-` and are no key's are refused: an editor's copy of a key would
 * outlive the key. Other names are none of our business, but for the `.tmp-` files that a crash
 * left behind, which the commands destroy.
 */
#ifndef LETHE_ANONYMIZE_KEY_DIRECTORY_H
#define LETHE_ANONYMIZE_KEY_DIRECTORY_H

#include "anonymize/key_file.h"

enum { KEY_RECORD_LIMIT = 65536 /* keys and records of destruction together */ };

enum key_directory_use { KEY_DIRECTORY_READ, KEY_DIRECTORY_CHANGE };

struct key_directory {
    const char *path; /* borrowed */
    int descriptor;
    struct key_record *keys; /* by number; malloc */
    size_t count;
    size_t capacity;
    size_t living;          /* keys without a record: those that have a secret */
    unsigned char *secrets; /* guarded; KEY_BYTES for each key by index, zeros without one */
    char *page;             /* guarded; SECRET_FILE_LIMIT, for reading and writing one file */
};

/* On failure nothing is open, and `reason` has one sentence. RC_NOT_FOUND where there is none. */
LETHE_CHECKED enum rc key_directory_open(const char *path, enum key_directory_use use,
                                         struct key_directory *out, struct buffer *reason);
void key_directory_close(struct key_directory *directory);

static inline const unsigned char *key_directory_secret(const struct key_directory *directory,
                                                        size_t index)
{
    return directory->secrets + index * KEY_BYTES;
}

static inline bool key_record_living(const struct key_record *key)
{
    return key->key_file && !key->record_file;
}

/* Refuses what no good directory holds: overlapping times and equal keys. Part of opening. */
LETHE_CHECKED enum rc key_directory_check(const struct key_directory *directory,
                                          struct buffer *reason);

/* Writes a file of a new random key and notes it in `keys` (not in `secrets`). RC_LIMIT where there
 * are too many. */
LETHE_CHECKED enum rc key_directory_make(struct key_directory *directory, struct key_record key,
                                         struct buffer *reason);

/* Records that the key is destroyed, then destroys it: what was interrupted is finished the next
 * time, and a key with a record is not used. */
LETHE_CHECKED enum rc key_directory_destroy(struct key_directory *directory, size_t index,
                                            int64_t now, struct buffer *reason);

/* What a crash left under temporary names. */
LETHE_CHECKED enum rc key_directory_sweep(struct key_directory *directory, struct buffer *reason);

#endif
