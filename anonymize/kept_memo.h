/*
 * What was found fit to be kept, remembered: device models, versions and event names come again and
 * again, and whether a text may be kept depends on its category and on nothing else. A hit is one
 * compare instead of the value rule and every detector.
 *
 * Only texts that may be released are in it, so nothing lies here that does not leave anyway; it is
 * bounded (KEPT_MEMO_WAYS of 64 bytes a field) and belongs to one engine. Whether it is there
 * changes no answer: a test decides with and without it.
 */
#ifndef LETHE_ANONYMIZE_KEPT_MEMO_H
#define LETHE_ANONYMIZE_KEPT_MEMO_H

#include "core/json_scan.h"
#include "core/slice.h"

enum { KEPT_MEMO_WAYS = 32, KEPT_MEMO_TEXT = 62 };

struct kept_memo_entry {
    uint8_t type; /* enum json_type; JSON_ABSENT: empty */
    uint8_t length;
    char text[KEPT_MEMO_TEXT];
};

/* Of one field. {0} remembers nothing. */
struct kept_memo {
    struct kept_memo_entry entries[KEPT_MEMO_WAYS];
};

/* Which entry a text would be in. */
static inline struct kept_memo_entry *kept_memo_place(struct kept_memo *memo, struct slice text)
{
    uint64_t mix = text.length;
    for (size_t i = 0; i < text.length; i += 7)
        mix = (mix ^ (unsigned char)text.data[i]) * UINT64_C(0x9e3779b97f4a7c15);
    if (text.length > 0)
        mix = (mix ^ (unsigned char)text.data[text.length - 1]) * UINT64_C(0x9e3779b97f4a7c15);
    return &memo->entries[(mix >> 56) % KEPT_MEMO_WAYS];
}

static inline bool kept_memo_has(const struct kept_memo_entry *entry, enum json_type type,
                                 struct slice text)
{
    return entry->type == (uint8_t)type && entry->length == text.length &&
           memcmp(entry->text, text.data, text.length) == 0;
}

/* A text that does not fit is not remembered. Its place is overwritten. */
static inline void kept_memo_set(struct kept_memo_entry *entry, enum json_type type,
                                 struct slice text)
{
    if (text.length == 0 || text.length > KEPT_MEMO_TEXT)
        return;
    entry->type = (uint8_t)type;
    entry->length = (uint8_t)text.length;
    memcpy(entry->text, text.data, text.length);
}

#endif
