/*
 * A file that is not visible yet: written under its temporary name, made durable, and then given
 * its name or removed. Its checksum is taken on the way.
 *
 *     pending_file_open, pending_file_write ..., pending_file_prepare    durable, still hidden
 *     pending_file_publish                                               visible
 *     pending_file_discard, at any point before                          gone
 */
#ifndef LETHE_SINK_PENDING_FILE_H
#define LETHE_SINK_PENDING_FILE_H

#include "sink/checksum.h"
#include "sink/layout.h"

struct pending_file {
    int directory;  /* borrowed: open for as long as the file is pending */
    int descriptor; /* -1: not open */
    bool there;     /* the temporary file exists and is ours to remove */
    char name[FILE_NAME_SIZE], temporary[FILE_NAME_SIZE];
    uint64_t stored; /* bytes written */
    struct checksum checksum;
};

/* A zeroed one is valid for pending_file_release only. */
LETHE_CHECKED enum rc pending_file_init(struct pending_file *file);
void pending_file_release(struct pending_file *file); /* discards what is pending */

/* Creates the temporary file (O_EXCL, O_NOFOLLOW; mode less the umask), with this owner's tag in
 * its name (layout.h), or none where it is NULL. */
LETHE_CHECKED enum rc pending_file_open(struct pending_file *file, int directory, const char *name,
                                        const char *owner, unsigned mode);

LETHE_CHECKED enum rc pending_file_write(struct pending_file *file, struct slice bytes);

/* Sets its times to `now` rounded down to the hour, fsyncs and closes it. */
LETHE_CHECKED enum rc pending_file_prepare(struct pending_file *file, int64_t now);

/* Gives it its name, which must be free. Where that fails the prepared file stays as it is. */
LETHE_CHECKED enum rc pending_file_publish(struct pending_file *file);

/* Closes and removes the temporary file, if it is there. */
void pending_file_discard(struct pending_file *file);

/* Closes it and leaves it where it is: whoever recovers decides. */
void pending_file_abandon(struct pending_file *file);

/* Gives DIRECTORY/FROM the name TO without ever replacing one that is there. */
LETHE_CHECKED enum rc rename_without_replacing(int directory, const char *from, const char *to);

#endif
