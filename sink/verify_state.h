/*
 * What verify has found so far. Internal to verify*.c: verify.c walks the directories,
 * verify_part.c looks into files, verify_audit.c holds them against the audit.
 */
#ifndef LETHE_SINK_VERIFY_STATE_H
#define LETHE_SINK_VERIFY_STATE_H

#include "core/arena.h"
#include "core/json_scan.h"
#include "sink/checksum.h"
#include "sink/layout.h"
#include "sink/verify.h"

/* A part or quarantine file that lies there, or what is left of one. */
struct found_file {
    enum file_kind kind;
    char stem[FILE_STEM_SIZE];
    struct slice recipient; /* of its directory */
    struct slice schema;    /* as its manifest says, or empty */
    char checksum[CHECKSUM_SIZE];
    uint64_t rows, bytes, stored_bytes; /* counted, not as stated */
    bool readable;
    bool named; /* by the audit */
};

struct verify {
    struct verify_report *report;
    struct buffer *out;
    struct arena arena;
    const char *directory;  /* DIR */
    bool whole;             /* DIR is a root */
    struct slice recipient; /* where DIR is one recipient's */
    struct found_file *files;
    size_t file_count, file_capacity;
    struct json_names names;
};

/* A directory below DIR, as it is called in findings. */
struct verify_place {
    int descriptor;
    const char *path;       /* below DIR; "" is DIR itself */
    struct slice recipient; /* or empty */
};

/* One finding: "PATH/NAME: sentence". What could harm a terminal in a name is written as `?`. */
void verify_finding(struct verify *verify, const struct verify_place *place, const char *name,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Looks into a part, or a quarantine file, and adds it to verify->files. */
LETHE_CHECKED enum rc verify_part(struct verify *verify, const struct verify_place *place,
                                  const char *stem);
LETHE_CHECKED enum rc verify_quarantine(struct verify *verify, const struct verify_place *place,
                                        const char *stem);

/* A quarantine file was there until its retention was over. */
LETHE_CHECKED enum rc verify_ended(struct verify *verify, const char *stem);

/* After all files were found. */
LETHE_CHECKED enum rc verify_audit(struct verify *verify, const char *path);

#endif
