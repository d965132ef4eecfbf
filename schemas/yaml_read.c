/* Reading nodes: mappings by key, scalars by type. The other half of yaml.h. */
#include "schemas/yaml.h"

#include "core/ascii.h"
#include "core/time_text.h"

#include <inttypes.h>
#include <stdio.h>

enum { SHOWN_LIMIT = 100, LIST_LIMIT = 400 };

struct slice yaml_shown(struct slice text)
{
    return slice_head(text, SHOWN_LIMIT);
}

struct yaml_node *yaml_get(struct yaml_node *mapping, const char *key)
{
    if (!mapping || mapping->type != YAML_MAPPING)
        return NULL;
    for (struct yaml_node *node = mapping->first; node; node = node->next) {
        if (slice_equal(node->key, slice_from_string(key))) {
            node->visited = true;
            return node;
        }
    }
    return NULL;
}

struct yaml_node *yaml_need(struct yaml_node *mapping, const char *key, const char *where,
                            struct diagnostics *diagnostics)
{
    struct yaml_node *node = yaml_get(mapping, key);
    if (!node && mapping && mapping->type == YAML_MAPPING)
        diagnose(diagnostics, SEVERITY_ERROR, mapping->place, "`%s` needs `%s`", where, key);
    return node;
}

static struct slice word_at(const void *words, size_t index)
{
    return slice_from_string(((const char *const *)words)[index]);
}

static void suggest(struct slice word, const char *const *known, struct diagnostics *diagnostics)
{
    size_t count = 0;
    while (known && known[count])
        count++;
    diagnose_suggestion(diagnostics, nearest_word(word, count, word_at, known));
}

void yaml_unknown_keys(struct yaml_node *mapping, const char *where, const char *const *known,
                       struct diagnostics *diagnostics)
{
    if (!mapping || mapping->type != YAML_MAPPING)
        return;
    for (struct yaml_node *node = mapping->first; node; node = node->next) {
        bool is_known = node->visited;
        for (size_t i = 0; !is_known && known && known[i]; i++)
            is_known = slice_equal(node->key, slice_from_string(known[i]));
        if (is_known)
            continue;
        diagnose(diagnostics, SEVERITY_ERROR, node->key_place, "unknown key `%.*s` in `%s`",
                 SLICE_FORMAT(yaml_shown(node->key)), where);
        suggest(node->key, known, diagnostics);
    }
}

void yaml_refuse_keys(struct yaml_node *mapping, const char *where, const char *const *keys,
                      struct diagnostics *diagnostics)
{
    for (size_t i = 0; keys[i]; i++) {
        struct yaml_node *node = yaml_get(mapping, keys[i]);
        if (node)
            diagnose(diagnostics, SEVERITY_ERROR, node->key_place,
                     "`%s` of `%s` is not in this version", keys[i], where);
    }
}

static bool expected(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
                     const char *what)
{
    diagnose(diagnostics, SEVERITY_ERROR, node->place, "`%s` must be %s", where, what);
    return false;
}

bool yaml_is_mapping(struct yaml_node *node, const char *where, struct diagnostics *diagnostics)
{
    if (!node)
        return false;
    return node->type == YAML_MAPPING ||
           expected(node, where, diagnostics, "a mapping of keys to values");
}

bool yaml_is_sequence(struct yaml_node *node, const char *where, struct diagnostics *diagnostics)
{
    if (!node)
        return false;
    return node->type == YAML_SEQUENCE ||
           expected(node, where, diagnostics, "a list, such as [a, b]");
}

bool yaml_text(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
               struct slice *out)
{
    if (!node)
        return false;
    if (node->type != YAML_SCALAR || node->text.length == 0)
        return expected(node, where, diagnostics, "a text");
    *out = node->text;
    return true;
}

bool yaml_is_name(struct slice text)
{
    if (text.length == 0 || text.length > YAML_NAME_LIMIT || !ascii_is_alphanumeric(text.data[0]))
        return false;
    for (size_t i = 1; i < text.length; i++) {
        if (!ascii_is_alphanumeric(text.data[i]) && !memchr("_-.", text.data[i], 3))
            return false;
    }
    return true;
}

bool yaml_name(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
               struct slice *out)
{
    if (!node)
        return false;
    if (node->type != YAML_SCALAR || !yaml_is_name(node->text))
        return expected(node, where, diagnostics,
                        "a name of at most 64 letters, digits, `_`, `-` and `.`");
    *out = node->text;
    return true;
}

bool yaml_u64(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
              uint64_t minimum, uint64_t maximum, uint64_t *out)
{
    if (!node)
        return false;
    uint64_t number;
    if (node->type == YAML_SCALAR && !node->quoted && slice_to_u64(node->text, &number) &&
        number >= minimum && number <= maximum) {
        *out = number;
        return true;
    }
    char what[100];
    snprintf(what, sizeof what, "a whole number from %" PRIu64 " to %" PRIu64, minimum, maximum);
    return expected(node, where, diagnostics, what);
}

bool yaml_boolean(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
                  bool *out)
{
    if (!node)
        return false;
    bool is_true = node->type == YAML_SCALAR && slice_equal(node->text, SLICE("true"));
    bool is_false = node->type == YAML_SCALAR && slice_equal(node->text, SLICE("false"));
    if (node->quoted || (!is_true && !is_false))
        return expected(node, where, diagnostics, "true or false");
    *out = is_true;
    return true;
}

bool yaml_duration(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
                   int64_t *out)
{
    if (!node)
        return false;
    return (node->type == YAML_SCALAR && duration_parse(node->text, out)) ||
           expected(node, where, diagnostics,
                    "a duration: a whole number and one of ms, s, m, h, d, w, such as 60s");
}

bool yaml_size(struct yaml_node *node, const char *where, struct diagnostics *diagnostics,
               uint64_t *out)
{
    if (!node)
        return false;
    return (node->type == YAML_SCALAR && size_parse(node->text, out)) ||
           expected(node, where, diagnostics,
                    "a size: a whole number and one of KiB, MiB, GiB, kB, MB, GB, such as 512KiB");
}

int yaml_word(struct yaml_node *node, const char *where, const char *const *words,
              struct diagnostics *diagnostics)
{
    if (!node)
        return -1;
    for (int i = 0; node->type == YAML_SCALAR && words[i]; i++) {
        if (slice_equal(node->text, slice_from_string(words[i])))
            return i;
    }
    char list[LIST_LIMIT] = "";
    size_t length = 0;
    for (size_t i = 0; words[i] && length < sizeof list - 1; i++) {
        int added =
            snprintf(list + length, sizeof list - length, "%s`%s`", i ? ", " : "", words[i]);
        length += added > 0 ? (size_t)added : 0;
    }
    diagnose(diagnostics, SEVERITY_ERROR, node->place, "`%s` must be %s%s", where,
             words[0] && words[1] ? "one of " : "", list);
    if (node->type == YAML_SCALAR)
        suggest(node->text, words, diagnostics);
    return -1;
}
