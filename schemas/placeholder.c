#include "schemas/canonical_form.h"

/*
 * Canonical forms that stand for nobody: what systems, emulators and careless code say instead of
 * an id. Only what is known to be shared by many belongs here: a placeholder is absent, and consent
 * given to it is ignored. Ids of nothing but zeros are placeholders in every form and every length
 * (canonical.c); those of a fixed length are listed too. Texts and serials are compared without
 * regard to case.
 */
static const struct {
    enum identifier_form form;
    size_t length;
    const char *text;
} placeholders[] = {
#define PLACEHOLDER(form, text)                                                                    \
    {                                                                                              \
        form, sizeof(text) - 1, text                                                               \
    }
    PLACEHOLDER(FORM_IMEI, "00000000000000"),
    PLACEHOLDER(FORM_IMEI, "00499901064000"), /* handsets whose own number was lost */
    PLACEHOLDER(FORM_IMEI, "01234567890123"), /* boards that were never given one */
    PLACEHOLDER(FORM_IMEI, "12345678901234"),
    PLACEHOLDER(FORM_MEID, "00000000000000"),
    PLACEHOLDER(FORM_MEID, "FFFFFFFFFFFFFF"),
    PLACEHOLDER(FORM_IMSI, "000000000000000"),
    PLACEHOLDER(FORM_IMSI, "310260000000000"),       /* Android's emulator */
    PLACEHOLDER(FORM_ICCID, "89014103211118510720"), /* likewise */
    PLACEHOLDER(FORM_ANDROID_ID, "0000000000000000"),
    PLACEHOLDER(FORM_ANDROID_ID, "ffffffffffffffff"),
    PLACEHOLDER(FORM_ANDROID_ID,
                "9774d56d682e549c"), /* one faulty release gave it to every device */
    PLACEHOLDER(FORM_ANDROID_ID, "0123456789abcdef"),
    PLACEHOLDER(FORM_UUID, "00000000-0000-0000-0000-000000000000"),
    PLACEHOLDER(FORM_UUID, "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    PLACEHOLDER(FORM_MAC, "00:00:00:00:00:00"),
    PLACEHOLDER(FORM_MAC,
                "02:00:00:00:00:00"), /* what Android tells apps since version 6, iOS since 7 */
    PLACEHOLDER(FORM_MAC, "ff:ff:ff:ff:ff:ff"),
    PLACEHOLDER(FORM_PHONE, "+15555215554"), /* Android's emulator */
    PLACEHOLDER(FORM_SERIAL, "unknown"),     /* Build.UNKNOWN */
    PLACEHOLDER(FORM_SERIAL, "0123456789abcdef"),
    PLACEHOLDER(FORM_SERIAL, "1234567890abcdef"),
    PLACEHOLDER(FORM_SERIAL, "123456789abcdef"),
    PLACEHOLDER(FORM_SERIAL, "0123456789"),
    PLACEHOLDER(FORM_SERIAL, "null"),
    PLACEHOLDER(FORM_TEXT, "unknown"),
    PLACEHOLDER(FORM_TEXT, "null"),
    PLACEHOLDER(FORM_TEXT, "(null)"),
    PLACEHOLDER(FORM_TEXT, "<null>"),
    PLACEHOLDER(FORM_TEXT, "nil"),
    PLACEHOLDER(FORM_TEXT, "undefined"),
    PLACEHOLDER(FORM_TEXT, "none"),
    PLACEHOLDER(FORM_TEXT, "nan"),
    PLACEHOLDER(FORM_TEXT, "n/a"),
    PLACEHOLDER(FORM_TEXT, "0"),
    PLACEHOLDER(FORM_TEXT, "-1"),
    PLACEHOLDER(FORM_TEXT, "-"),
    PLACEHOLDER(FORM_TEXT, "9774d56d682e549c"),
    PLACEHOLDER(FORM_TEXT, "00000000-0000-0000-0000-000000000000"),
#undef PLACEHOLDER
};

size_t placeholder_count(void)
{
    return sizeof(placeholders) / sizeof(placeholders[0]);
}

const char *placeholder_at(size_t index, enum identifier_form *form)
{
    if (index >= placeholder_count())
        return NULL;
    *form = placeholders[index].form;
    return placeholders[index].text;
}

bool placeholder_holds(enum identifier_form form, struct slice text)
{
    bool any_case = form == FORM_TEXT || form == FORM_SERIAL;
    for (size_t i = 0; i < placeholder_count(); i++) {
        if (placeholders[i].form != form || placeholders[i].length != text.length)
            continue;
        struct slice placeholder = slice_of(placeholders[i].text, placeholders[i].length);
        if (any_case ? slice_equal_ignoring_case(text, placeholder)
                     : slice_equal(text, placeholder))
            return true;
    }
    return false;
}
