/*
 * YAML files that people write, as a tree of nodes that know their place (libfyaml). A thin layer:
 * it gives every loader one way to read a mapping by a table of keys and to report unknown,
 * missing, duplicate and mistyped ones with a place and a suggestion. Nodes, their texts, the name
 * of the file and its text are copied into the arena, so all lives as long as the arena does.
 *
 * Limits: 4 MiB a file, depth 32, 200,000 nodes (at most 64 MiB of arena). Anchors, aliases, merge
 * keys and tags are refused: a file of a thousand bytes must not become a million nodes, and what
 * a value is must be seen where it stands. So are a second document, keys that are no plain text,
 * control characters (also as escapes) and bytes that are not UTF-8. Tabs never indent.
 */
#ifndef LETHE_SCHEMAS_YAML_H
#define LETHE_SCHEMAS_YAML_H

#include "core/arena.h"
#include "core/diagnostics.h"

enum {
    YAML_SIZE_LIMIT = 4 * 1024 * 1024,
    YAML_DEPTH_LIMIT = 32,
    YAML_NODE_LIMIT = 200000,
    YAML_NAME_LIMIT = 64, /* bytes of what yaml_name reads */
};

enum yaml_type { YAML_NULL, YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_type type;
    bool quoted;        /* a scalar in quotes or a block: a string, whatever it looks like */
    struct slice text;  /* of a scalar, decoded */
    struct slice key;   /* as a mapping's value: its key */
    struct place place; /* of the value; of its key where there is nothing after it */
    struct place key_place;
    struct yaml_node *first; /* children, in the file's order */
    struct yaml_node *next;
    size_t count;
    bool visited; /* asked for by yaml_get: what is not, is reported by yaml_unknown_keys */
};

/* Parses the whole text; syntax errors and aliases go to diagnostics and give NULL. Duplicate keys
 * of a mapping, anchors and tags are errors too, and the tree is given so that a loader can report
 * what else is wrong. An empty file is a YAML_NULL node. */
struct yaml_node *yaml_parse(const char *file, struct slice text, struct arena *arena,
                             struct diagnostics *diagnostics);

/* Reads the file (at most 4 MiB) and parses it. */
struct yaml_node *yaml_load(const char *path, struct arena *arena, struct diagnostics *diagnostics);

/* A mapping's value by key, or NULL; marks it visited. NULL nodes give NULL. */
struct yaml_node *yaml_get(struct yaml_node *mapping, const char *key);

/* As yaml_get; where it is missing, an error at the mapping's place: "`where` needs `key`". */
struct yaml_node *yaml_need(struct yaml_node *mapping, const char *key, const char *where,
                            struct diagnostics *diagnostics);

/* Reports every key of the mapping that no yaml_get asked for, with the nearest of `known` (a
 * NULL-ended list; may be NULL). */
void yaml_unknown_keys(struct yaml_node *mapping, const char *where, const char *const *known,
                       struct diagnostics *diagnostics);

/* Refuses those of the keys (a NULL-ended list) that the mapping has, as "`where`: `key` is not in
 * this version", and marks them visited. */
void yaml_refuse_keys(struct yaml_node *mapping, const char *where, const char *const *keys,
                      struct diagnostics *diagnostics);

/* The part of a text that fits into a message: SLICE_FORMAT(yaml_shown(text)). */
struct slice yaml_shown(struct slice text);

/* Typed reading; each reports what it expected at the node's place and returns false. A NULL node
 * gives false without a report. */
bool yaml_is_mapping(struct yaml_node *node, const char *where, struct diagnostics *diagnostics);
bool yaml_is_sequence(struct yaml_node *node, const char *where, struct diagnostics *diagnostics);
bool yaml_text(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
               struct slice *out);
/* A text of 1 to YAML_NAME_LIMIT letters, digits, `_`, `-` and `.`, that begins with one of the
 * first two: what is given a name in a configuration shows it in paths, headers and metrics. */
bool yaml_name(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
               struct slice *out);
bool yaml_is_name(struct slice text);
bool yaml_u64(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
              uint64_t minimum, uint64_t maximum, uint64_t *out);
bool yaml_boolean(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
                  bool *out);
bool yaml_duration(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
                   int64_t *out);
bool yaml_size(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
               uint64_t *out);

/* A scalar that must be one of `words` (NULL-ended): its index, or -1 after an error with the list
 * and the nearest word. */
int yaml_word(struct yaml_node *node, const char *where, const char *const *words,
              struct diagnostics *diagnostics);

#endif
