#include "schemas/canonical_form.h"

/*
 * Canonical forms that stand for nobody: what systems, emulators and careless code say instead of
 * an id. Only what is known to be shared by many belongs here: a placeholder is absent, and consent
 * given to it is ignored. Ids of nothing but zeros are placeholders in every form and every length
 * (canonical.c); those of a fixed length are listed too. Texts and serials are compared without
 * regard to case. One list for each form, since every id of a record is held against its own.
 */
#define WORD(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
static const struct slice imei_words[] = {
    WORD("00000000000000"),
    WORD("00499901064000"), /* handsets whose own number was lost */
    WORD("01234567890123"), /* boards that were never given one */
    WORD("12345678901234"),
};
static const struct slice meid_words[] = {
    WORD("00000000000000"),
    WORD("FFFFFFFFFFFFFF"),
};
static const struct slice imsi_words[] = {
    WORD("000000000000000"), WORD("310260000000000"), /* Android's emulator */
};
static const struct slice iccid_words[] = {
    WORD("89014103211118510720"), /* likewise */
};
static const struct slice android_id_words[] = {
    WORD("0000000000000000"),
    WORD("ffffffffffffffff"),
    WORD("9774d56d682e549c"), /* one faulty release gave it to every device */
    WORD("0123456789abcdef"),
};
static const struct slice uuid_words[] = {
    WORD("00000000-0000-0000-0000-000000000000"),
    WORD("ffffffff-ffff-ffff-ffff-ffffffffffff"),
};
static const struct slice mac_words[] = {
    WORD("00:00:00:00:00:00"),
    WORD("02:00:00:00:00:00"), /* what Android tells apps since version 6, iOS since 7 */
    WORD("ff:ff:ff:ff:ff:ff"),
};
static const struct slice phone_words[] = {
    WORD("+15555215554"), /* Android's emulator */
};
static const struct slice serial_words[] = {
    WORD("unknown"), /* Build.UNKNOWN */
    WORD("0123456789abcdef"),
    WORD("1234567890abcdef"),
    WORD("123456789abcdef"),
    WORD("0123456789"),
    WORD("null"),
};
static const struct slice text_words[] = {
    WORD("unknown"),
    WORD("null"),
    WORD("(null)"),
    WORD("<null>"),
    WORD("nil"),
    WORD("undefined"),
    WORD("none"),
    WORD("nan"),
    WORD("n/a"),
    WORD("0"),
    WORD("-1"),
    WORD("-"),
    WORD("9774d56d682e549c"),
    WORD("00000000-0000-0000-0000-000000000000"),
};
#undef WORD

static const struct list {
    const struct slice *words;
    size_t count;
} lists[FORM_COUNT] = {
#define LIST(words)                                                                                \
    {                                                                                              \
        words, sizeof(words) / sizeof((words)[0])                                                  \
    }
    [FORM_IMEI] = LIST(imei_words),
    [FORM_MEID] = LIST(meid_words),
    [FORM_IMSI] = LIST(imsi_words),
    [FORM_ICCID] = LIST(iccid_words),
    [FORM_ANDROID_ID] = LIST(android_id_words),
    [FORM_UUID] = LIST(uuid_words),
    [FORM_MAC] = LIST(mac_words),
    [FORM_PHONE] = LIST(phone_words),
    [FORM_SERIAL] = LIST(serial_words),
    [FORM_TEXT] = LIST(text_words),
#undef LIST
};

size_t placeholder_count(void)
{
    size_t count = 0;
    for (size_t form = 0; form < FORM_COUNT; form++)
        count += lists[form].count;
    return count;
}

const char *placeholder_at(size_t index, enum identifier_form *form)
{
    for (size_t i = 0; i < FORM_COUNT; i++) {
        if (index < lists[i].count) {
            *form = (enum identifier_form)i;
            return lists[i].words[index].data;
        }
        index -= lists[i].count;
    }
    return NULL;
}

bool placeholder_holds(enum identifier_form form, struct slice text)
{
    bool any_case = form == FORM_TEXT || form == FORM_SERIAL;
    const struct list *list = &lists[form];
    for (size_t i = 0; i < list->count; i++) {
        if (list->words[i].length != text.length)
            continue;
        if (any_case ? slice_equal_ignoring_case(text, list->words[i])
                     : slice_equal(text, list->words[i]))
            return true;
    }
    return false;
}
