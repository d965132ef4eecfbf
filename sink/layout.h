/*
 * Where everything lies below a root, and what it is called:
 *
 *     ROOT/recipients/NAME/<32 hex>.ndjson.zst         0644 less the umask: a part
 *     ROOT/recipients/NAME/<32 hex>.manifest.json      what the recipient may know of it
 *     ROOT/private/audit/audit.ndjson                  0600, below 0700
 *     ROOT/private/quarantine/<32 hex>.sealed.ndjson   0600
 *     ROOT/private/quarantine/<32 hex>.ended           0600, empty: it was past its retention
 *
 * A file that is not whole yet is called `.NAME.partial` and lies in the same directory. In a
 * directory that lanes of several processes share it is called `.NAME.TAG.partial`: the tag is its
 * owner's, 16 hex digits, and recovery touches nobody else's.
 */
#ifndef LETHE_SINK_LAYOUT_H
#define LETHE_SINK_LAYOUT_H

#include "core/rc.h"
#include "core/slice.h"

#define LAYOUT_RECIPIENTS "recipients"
#define LAYOUT_PRIVATE    "private"
#define LAYOUT_AUDIT      "private/audit"
#define LAYOUT_AUDIT_FILE "private/audit/audit.ndjson"
#define LAYOUT_QUARANTINE "private/quarantine"

enum {
    FILE_STEM_SIZE = 33, /* 32 hex digits and NUL */
    FILE_NAME_SIZE = 96,
    FILE_OWNER_SIZE = 17, /* 16 hex digits and NUL */
};

enum file_kind {
    FILE_STRAY = 0, /* none of ours */
    FILE_PART,
    FILE_MANIFEST,
    FILE_QUARANTINE,
    FILE_ENDED,     /* what is left of a quarantine file that was past its retention: its name */
    FILE_TEMPORARY, /* of any of these */
    FILE_KIND_COUNT
};

/* The name of a part, manifest or quarantine file, or of what is left of one. */
void layout_name(enum file_kind kind, const char *stem, char out[static FILE_NAME_SIZE]);

/* The tag of an owner: a hash of its name. */
void layout_owner(struct slice name, char out[static FILE_OWNER_SIZE]);

/* The name that it has until it is whole. `owner` is a tag, or NULL. */
void layout_temporary_name(const char *name, const char *owner, char out[static FILE_NAME_SIZE]);

/* Is there anything of that name in an open directory, or of that kind and stem? Links are not
 * followed. */
bool layout_has_name(int directory, const char *name);
bool layout_has(int directory, enum file_kind kind, const char *stem);

/* What a name in a directory stands for; of all but a stray file *stem is set. Of a
 * temporary file `stem` is set and *of, if not NULL, is the kind that it was to become. */
enum file_kind layout_kind(const char *name, char stem[static FILE_STEM_SIZE], enum file_kind *of);

/* Is it a temporary name with this tag? NULL: with none. */
bool layout_is_owned_by(const char *name, const char *owner);

/* May a recipient be called this? Letters, digits, `-`, `_` and `.`, not first a `.`, at most 64
 * bytes: what is a file name everywhere. */
bool layout_recipient_name_is_usable(struct slice name);

/*
 * Makes the directories of a fresh root, durably: the recipients' (0755) and private/ (0700). A
 * root in which `recipients`, `private/audit` or `private/quarantine` hold anything is RC_EXISTS,
 * and nothing is made. RC_REFUSED where a recipient's name cannot be a directory's. Called once,
 * before audit_create and the lanes' file_sink_new.
 */
LETHE_CHECKED enum rc layout_create(const char *root, const struct slice *recipients, size_t count);

/* Opens a directory of ROOT; RC_REFUSED for a symbolic link. `name` "" is ROOT itself, which may be
 * one. */
LETHE_CHECKED enum rc layout_open(const char *root, const char *name, int *descriptor);

/* The same below an open directory; never follows a link. */
LETHE_CHECKED enum rc layout_open_at(int directory, const char *name, int *descriptor);

/* fsync of an open directory; RC_OK on file systems that cannot do it. */
LETHE_CHECKED enum rc layout_sync(int directory);

#endif
