#include "schemas/reason.h"

struct words {
    const char *name;
    const char *sentence;
};

#define WORDS(code, name, sentence) [code] = {name, sentence},
static const struct words drop_words[DROP_REASON_COUNT] = {DROP_TABLE(WORDS)};
static const struct words decided_words[DECIDED_COUNT] = {DECIDED_TABLE(WORDS)};
static const struct words quarantine_words[QUARANTINE_REASON_COUNT] = {QUARANTINE_TABLE(WORDS)};
#undef WORDS

static struct words words_at(const struct words *table, unsigned count, unsigned index)
{
    return index < count ? table[index] : (struct words){"", ""};
}

const char *drop_reason_name(enum drop_reason reason)
{
    return words_at(drop_words, DROP_REASON_COUNT, reason).name;
}

const char *drop_reason_sentence(enum drop_reason reason)
{
    return words_at(drop_words, DROP_REASON_COUNT, reason).sentence;
}

const char *decided_name(enum decided decided)
{
    return words_at(decided_words, DECIDED_COUNT, decided).name;
}

const char *decided_sentence(enum decided decided)
{
    return words_at(decided_words, DECIDED_COUNT, decided).sentence;
}

const char *quarantine_reason_name(enum quarantine_reason reason)
{
    return words_at(quarantine_words, QUARANTINE_REASON_COUNT, reason).name;
}

const char *quarantine_reason_sentence(enum quarantine_reason reason)
{
    return words_at(quarantine_words, QUARANTINE_REASON_COUNT, reason).sentence;
}
