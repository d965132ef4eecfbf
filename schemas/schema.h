/*
 * A schema: what the fields of one kind of record *are*.
 *
 *     schema: click
 *     version: 3
 *     match: {topic: events.click}            # and/or {field: type, equals: click}
 *     time: {field: ts, format: unix_ms}      # optional: fallback: message, skew: 5m
 *     subjects: [user_id]                     # each one present must be granted
 *     vetoes: [device.android_id]             # these can refuse; unknown does not
 *     signals: {gpc: opt_out}                 # path: opt_out (true denies), opt_in (false denies)
 *     #        {consent.gpc: {name: gpc, means: opt_out}}     where the path differs from the name
 *     fields:
 *       ts: time.event
 *       user_id: account.user_id
 *       breadcrumbs[].data.url: web.url
 *       'tags[]': text.free
 *
 * `schema`, `version`, `time`, `subjects` and `fields` are required. Paths of the time, subjects
 * and vetoes must stand under `fields`, the time with a category `time.*`, the others with an
 * identifier's. Signals and the discriminator need not: then they are leaves of CATEGORY_NONE,
 * which nothing releases. Time and discriminator are outside arrays: there is one of each.
 *
 * A path is member names joined by dots, `[]` for every element of an array. A name that holds a
 * dot, a bracket or a quote is written in double quotes inside the path: '"app.version".code'; see
 * schema_path.h.
 *
 * Paths form a tree of nodes. A node is a leaf (it has a category, or is a signal or discriminator)
 * or a container, never both. Its index is the field's number on the tape, below FIELD_LIMIT.
 * A schema is immutable after loading; every lane reads it.
 */
#ifndef LETHE_SCHEMAS_SCHEMA_H
#define LETHE_SCHEMAS_SCHEMA_H

#include "core/arena.h"
#include "core/diagnostics.h"
#include "core/json_scan.h"
#include "core/name_map.h"
#include "core/time_text.h"
#include "schemas/category.h"

enum {
    FIELD_ROOT = 0,      /* the record itself */
    FIELD_NONE = 0xffff, /* no schema lists it */
    FIELD_LIMIT = 4096,  /* nodes of one schema */
    SUBJECT_LIMIT = 8,   /* subjects and vetoes of one schema, together */
    SIGNAL_LIMIT = 16,   /* signals of one configuration */
    SCHEMA_LIMIT = 64,   /* schemas of one configuration */
};

enum field_role {
    ROLE_TIME = 1,
    ROLE_SUBJECT = 2,
    ROLE_VETO = 4,
    ROLE_SIGNAL = 8,
    ROLE_DISCRIMINATOR = 16,
};

struct field {
    struct slice name;   /* decoded member name; empty for root and `[]` */
    struct slice quoted; /* `"name":` as it is written out; empty for root and `[]` */
    struct slice path;   /* for messages: breadcrumbs[].data.url */
    uint16_t parent;
    uint16_t element;                   /* the node of `[]` below this one, or FIELD_NONE */
    uint16_t first_child, next_sibling; /* members, in the file's order; FIELD_NONE ends */
    uint16_t child_count;
    enum category category; /* CATEGORY_NONE for containers */
    uint8_t roles;          /* of enum field_role */
    bool is_element;        /* this is `[]` of its parent */
    struct place place;     /* where the file lists it (of the root: the schema's name); for
                               `explain` and messages */
};

/* What is unusual about the value that denies. */
enum signal_meaning { SIGNAL_OPT_OUT, SIGNAL_OPT_IN };

struct schema_signal {
    uint16_t field;
    uint8_t signal; /* its number in the configuration's table of signal names */
    enum signal_meaning meaning;
};

struct schema {
    struct slice name;
    uint32_t version;
    struct slice match_topic;  /* empty: any topic */
    uint16_t match_field;      /* FIELD_NONE: no discriminator */
    struct slice match_equals; /* decoded string, or the text of a number or literal */
    uint16_t time_field;
    enum time_format time_format;
    bool time_fallback_message;
    int64_t time_skew; /* how far in the future an event may be; default 5 minutes */
    uint16_t subjects[SUBJECT_LIMIT];
    size_t subject_count;
    uint16_t vetoes[SUBJECT_LIMIT];
    size_t veto_count;
    struct schema_signal signals[SIGNAL_LIMIT];
    size_t signal_count;
    struct field *fields; /* [FIELD_ROOT] first */
    size_t field_count;
    struct name_map children; /* built by the loader; see schema_child */
    const char *file;
};

/* Names of signals over all schemas and the policy; the numbers are bits in a record's mask. */
struct signal_names {
    struct slice names[SIGNAL_LIMIT];
    size_t count;
};

/* The signal's number, added where it is new; -1 where the table is full. The name is borrowed. */
int signal_number(struct signal_names *signals, struct slice name);

/* The member of that (decoded) name below a container, or FIELD_NONE. No allocation; this is the
 * general look-up of the decoder. */
uint16_t schema_child(const struct schema *schema, uint16_t parent, struct slice name);

/* The field of that path, as schema_path.h defines it; FIELD_NONE where there is none. For what a
 * configuration or a command line names; no allocation. */
uint16_t schema_field(const struct schema *schema, struct slice path);

/*
 * Reads one file. Everything wrong with it goes to diagnostics in one pass; NULL where there was an
 * error. All memory, the text for diagnostics included, comes from the arena.
 */
struct schema *schema_load(const char *path, struct arena *arena, struct signal_names *signals,
                           struct diagnostics *diagnostics);

/* As schema_load, from memory (tests, fuzzing, drafts); `file` is for messages. */
struct schema *schema_parse(const char *file, struct slice text, struct arena *arena,
                            struct signal_names *signals, struct diagnostics *diagnostics);

/* Errors where two schemas have one name or could match the same record. */
void schemas_check_together(struct schema *const *schemas, size_t count,
                            struct diagnostics *diagnostics);

#endif
