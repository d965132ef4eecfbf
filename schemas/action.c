#include "schemas/action.h"

struct words {
    const char *name;
    const char *sentence;
};

static const struct words action_words[ACTION_COUNT] = {
#define ACTION_WORDS(code, name, sentence) [code] = {name, sentence},
    ACTION_TABLE(ACTION_WORDS)
#undef ACTION_WORDS
};

static const struct words kind_words[KIND_COUNT] = {
#define KIND_WORDS(code, name, sentence) [code] = {name, sentence},
    KIND_TABLE(KIND_WORDS)
#undef KIND_WORDS
};

/* What is not listed is never permitted; drop is permitted before the table is asked. */
static const enum permission permissions[KIND_COUNT][ACTION_COUNT] = {
    [KIND_FORBIDDEN] = {[ACTION_DROP] = PERMITTED_ALWAYS},
    [KIND_IDENTIFIER] =
        {[ACTION_REDACT] = PERMITTED_GRANTED, [ACTION_PSEUDONYM] = PERMITTED_GRANTED},
    [KIND_IP] = {[ACTION_REDACT] = PERMITTED_ALWAYS, [ACTION_TRUNCATE] = PERMITTED_ALWAYS},
    [KIND_URL] = {[ACTION_REDACT] = PERMITTED_ALWAYS, [ACTION_URL] = PERMITTED_ALWAYS},
    [KIND_PATH] = {[ACTION_REDACT] = PERMITTED_ALWAYS, [ACTION_PATH] = PERMITTED_ALWAYS},
    [KIND_POSITION] = {[ACTION_REDACT] = PERMITTED_ALWAYS, [ACTION_GENERALISE] = PERMITTED_ALWAYS},
    [KIND_TEXT] = {[ACTION_REDACT] = PERMITTED_GRANTED, [ACTION_SCRUB] = PERMITTED_GRANTED},
    [KIND_STACK] = {[ACTION_REDACT] = PERMITTED_ALWAYS, [ACTION_STACK] = PERMITTED_ALWAYS},
    [KIND_TIME] = {[ACTION_REDACT] = PERMITTED_ALWAYS,
                   [ACTION_KEEP] = PERMITTED_ALWAYS,
                   [ACTION_GENERALISE] = PERMITTED_ALWAYS},
    [KIND_NUMBER] = {[ACTION_REDACT] = PERMITTED_ALWAYS,
                     [ACTION_KEEP] = PERMITTED_ALWAYS,
                     [ACTION_GENERALISE] = PERMITTED_ALWAYS},
    [KIND_VERSION] = {[ACTION_REDACT] = PERMITTED_ALWAYS,
                      [ACTION_KEEP] = PERMITTED_ALWAYS,
                      [ACTION_GENERALISE] = PERMITTED_ALWAYS,
                      [ACTION_MASK] = PERMITTED_ALWAYS},
    [KIND_TOKEN] = {[ACTION_REDACT] = PERMITTED_ALWAYS,
                    [ACTION_KEEP] = PERMITTED_ALWAYS,
                    [ACTION_MASK] = PERMITTED_ALWAYS},
    [KIND_BOOLEAN] = {[ACTION_REDACT] = PERMITTED_ALWAYS, [ACTION_KEEP] = PERMITTED_ALWAYS},
};

const char *action_name(enum action action)
{
    return (unsigned)action < ACTION_COUNT ? action_words[action].name : "";
}

const char *action_description(enum action action)
{
    return (unsigned)action < ACTION_COUNT ? action_words[action].sentence : "";
}

bool action_from_name(struct slice name, enum action *out)
{
    for (unsigned i = 0; i < ACTION_COUNT; i++) {
        if (slice_equal(name, slice_from_string(action_words[i].name))) {
            *out = (enum action)i;
            return true;
        }
    }
    return false;
}

const char *kind_name(enum kind kind)
{
    return (unsigned)kind < KIND_COUNT ? kind_words[kind].name : "";
}

const char *kind_floor(enum kind kind)
{
    return (unsigned)kind < KIND_COUNT ? kind_words[kind].sentence : "";
}

enum permission action_permission(enum kind kind, enum action action)
{
    if (action == ACTION_DROP)
        return PERMITTED_ALWAYS;
    if ((unsigned)kind >= KIND_COUNT || (unsigned)action >= ACTION_COUNT)
        return PERMITTED_NEVER;
    return permissions[kind][action];
}
