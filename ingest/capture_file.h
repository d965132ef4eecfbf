/*
 * One capture file as a stream of bytes, plain or zstd. Internal to ingest: capture_file.c opens
 * and reads what is stored, capture_zstd.c decompresses it.
 */
#ifndef LETHE_INGEST_CAPTURE_FILE_H
#define LETHE_INGEST_CAPTURE_FILE_H

#include "core/rc.h"
#include "core/slice.h"

struct capture_zstd;

struct capture_file {
    int descriptor;
    bool is_standard_input; /* not ours to close */
    char *input;            /* stored bytes that were read and not used yet: [at, length) */
    size_t at, length;
    uint64_t stored;           /* bytes read so far, as stored */
    struct capture_zstd *zstd; /* NULL: plain */
};

/* Can it be opened, and is it no directory? Opens no pipe, whose writer would notice. A regular
 * file has a size that is known before it is read; of anything else *size is 0. */
LETHE_CHECKED enum rc capture_file_check(const char *path, bool *has_size, uint64_t *size);

/* Opens it and looks at the first bytes. `path` "-" is standard input. After a failure there is
 * nothing to close. */
LETHE_CHECKED enum rc capture_file_open(struct capture_file *file, const char *path);
void capture_file_close(struct capture_file *file);

/*
 * Reads and, where need be, decompresses at least one byte and at most `capacity` (not 0). RC_END
 * after the last byte; RC_TRUNCATED where a zstd frame is cut, RC_CORRUPT where it is damaged,
 * RC_LIMIT where its window is too large, RC_IO, RC_NO_MEMORY.
 */
LETHE_CHECKED enum rc capture_file_read(struct capture_file *file, char *to, size_t capacity,
                                        size_t *count);

/* Reads stored bytes into file->input, after what is there is used. RC_END at the end. */
LETHE_CHECKED enum rc capture_file_fill(struct capture_file *file);

/* Do the bytes begin with a zstd frame's magic number, or a skippable frame's (RFC 8878)? */
bool capture_is_zstd(struct slice head);

struct capture_zstd *capture_zstd_new(void);
void capture_zstd_free(struct capture_zstd *zstd);
LETHE_CHECKED enum rc capture_zstd_read(struct capture_file *file, char *to, size_t capacity,
                                        size_t *count);

#endif
