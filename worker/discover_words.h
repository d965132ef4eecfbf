/*
 * What a member's name says of its value: a table of words, in English and Chinese, from names as
 * SDKs and services choose them to categories. It is read from its top, stricter meanings first.
 *
 * A name is taken apart at punctuation, digits and changes of case (`deviceId`, `device_id`,
 * `DEVICE-ID` are "device id"); names in Chinese are searched as they are. Words that stand above a
 * member in the record count as its surroundings: `id` below `user` is a user's.
 */
#ifndef LETHE_WORKER_DISCOVER_WORDS_H
#define LETHE_WORKER_DISCOVER_WORDS_H

#include "schemas/category.h"

enum { WORDS_LIMIT = 512 };

/* A name, or all names above a member, as words in lower case with a space before, between and
 * after them: " device id ". */
struct words {
    char text[WORDS_LIMIT];
    size_t length;
};

/* {0} holds no words. What does not fit is left out. */
void words_add(struct words *words, struct slice name);

struct word_rule;

/*
 * The next rule after `previous` (NULL: the first) that fits the name in its surroundings, or NULL.
 */
const struct word_rule *word_rule_next(const struct word_rule *previous, const struct words *name,
                                       const struct words *above);

enum category word_rule_category(const struct word_rule *rule);

/* The words of the table that fitted, for a reason; never anything of the record. */
struct slice word_rule_reason(const struct word_rule *rule, const struct words *name);

#endif
