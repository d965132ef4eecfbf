#include "consent/vocabulary.h"

enum rc vocabulary_add(struct vocabulary *vocabulary, struct arena *arena, struct slice name)
{
    if (vocabulary->count == VOCABULARY_LIMIT)
        return RC_LIMIT;
    unsigned index = vocabulary->count++;
    vocabulary->names[index] = name;
    vocabulary->next[index] = (uint8_t)index;
    for (size_t i = 0; i < name.length; i++) {
        if ((unsigned char)name.data[i] < 0x20 || name.data[i] == '"' || name.data[i] == '\\')
            return RC_OK;
    }
    char *quoted = arena_allocate(arena, name.length + 3, 1);
    if (!quoted)
        return RC_NO_MEMORY;
    quoted[0] = '"';
    if (name.length > 0)
        memcpy(quoted + 1, name.data, name.length);
    memcpy(quoted + 1 + name.length, "\":", 2);
    vocabulary->quoted[index] = slice_of(quoted, name.length + 3);
    return RC_OK;
}

/* Takes the name and colon that are expected, byte for byte; else leaves all as it is. */
static bool take_predicted(struct json_scanner *scanner, struct members *members)
{
    const struct vocabulary *vocabulary = members->vocabulary;
    unsigned guess = vocabulary->next[(members->index + 1) % (VOCABULARY_LIMIT + 1)];
    if (guess >= vocabulary->count || vocabulary->quoted[guess].length == 0 || scanner->fault)
        return false;
    struct slice quoted = vocabulary->quoted[guess];
    const char *at = scanner->at;
    if (!members->object.first) {
        if (at == scanner->end || *at != ',')
            return false;
        at++;
    }
    if ((size_t)(scanner->end - at) < quoted.length || memcmp(at, quoted.data, quoted.length) != 0)
        return false;
    scanner->at = at + quoted.length;
    members->object.first = false;
    members->index = guess;
    return true;
}

static unsigned find_name(const struct vocabulary *vocabulary, const struct json_string *name)
{
    unsigned i = 0;
    while (i < vocabulary->count && !json_string_equals(*name, vocabulary->names[i]))
        i++;
    return i;
}

/* Any name, known or not; what is not known is ignored, but must not be there twice. */
static bool take_any(struct json_scanner *scanner, struct members *members)
{
    struct vocabulary *vocabulary = members->vocabulary;
    struct json_string name;
    if (!json_next_name(scanner, &members->object, &name))
        return false;
    unsigned index = find_name(vocabulary, &name);
    if (index == vocabulary->count) {
        if (!json_note_name(scanner, &members->object, &name))
            return false;
    } else {
        vocabulary->next[(members->index + 1) % (VOCABULARY_LIMIT + 1)] = (uint8_t)index;
    }
    members->index = index;
    return json_read_colon(scanner);
}

bool members_enter(struct members *members, struct json_scanner *scanner,
                   struct vocabulary *vocabulary)
{
    *members = (struct members){.vocabulary = vocabulary, .index = UINT32_MAX};
    return json_enter(scanner, JSON_OBJECT, &members->object);
}

bool members_next(struct members *members, struct json_scanner *scanner)
{
    if (!take_predicted(scanner, members) && !take_any(scanner, members))
        return false;
    if (members->index < members->vocabulary->count) {
        uint32_t bit = (uint32_t)1 << members->index;
        members->duplicate = members->duplicate || (members->seen & bit);
        members->seen |= bit;
    }
    return true;
}
