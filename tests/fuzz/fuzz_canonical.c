/*
 * Canonical forms. The input is the text of an identifier.
 *
 *   for a category of every form, as a string and as a number: the canonical form of a canonical
 *   form is itself, of 1 to CANONICAL_LIMIT bytes of UTF-8 without control characters
 *   white space around a text changes nothing; nor does case, where the form has none
 *   what is no identifier's category has no canonical form
 */
#include "core/utf8.h"
#include "schemas/canonical.h"
#include "tests/fuzz/fuzz.h"

enum { TEXT_LIMIT = 2048 };

/* The first category of every form: the others of that form do the same. */
static enum category categories[FORM_COUNT];

static void find_categories(void)
{
    for (unsigned i = CATEGORY_COUNT; i-- > CATEGORY_NONE + 1;) {
        const struct category_info *info = category_info((enum category)i);
        if (info->kind == KIND_IDENTIFIER)
            categories[info->form] = (enum category)i;
    }
}

static bool has_no_case(enum identifier_form form)
{
    return form == FORM_UUID || form == FORM_MAC || form == FORM_HEX || form == FORM_ANDROID_ID ||
           form == FORM_EMAIL || form == FORM_MEID || form == FORM_ADVERTISING;
}

struct result {
    enum canonical_result what;
    char memory[CANONICAL_LIMIT];
    struct slice text;
};

static void canonicalise(enum category category, enum json_type type, struct slice text,
                         struct result *out)
{
    struct slice copy = fuzz_copy(text);
    out->text = (struct slice){0};
    out->what = canonical_id(category, type, copy, out->memory, &out->text);
    FUZZ_CHECK((unsigned)out->what <= CANONICAL_OK);
    free((char *)copy.data);
}

static void check_equal(const struct result *a, const struct result *b)
{
    FUZZ_CHECK(a->what == b->what);
    FUZZ_CHECK(a->what != CANONICAL_OK || slice_equal(a->text, b->text));
}

static void check_canonical(enum category category, const struct result *result)
{
    struct result again;
    FUZZ_CHECK(result->text.length > 0 && result->text.length <= CANONICAL_LIMIT);
    FUZZ_CHECK(utf8_valid(result->text));
    for (size_t i = 0; i < result->text.length; i++)
        FUZZ_CHECK((unsigned char)result->text.data[i] >= 0x20 && result->text.data[i] != 0x7f);
    canonicalise(category, JSON_STRING, result->text, &again);
    check_equal(result, &again);
}

static void check_spellings(enum category category, struct slice text, const struct result *result)
{
    char memory[TEXT_LIMIT + 4];
    struct result again;
    memcpy(memory, " \t", 2);
    memcpy(memory + 2, text.data, text.length);
    memcpy(memory + 2 + text.length, "\n ", 2);
    canonicalise(category, JSON_STRING, slice_of(memory, text.length + 4), &again);
    check_equal(result, &again);
    if (!has_no_case(category_info(category)->form))
        return;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        memory[i] = letter ? (char)(c ^ 0x20) : c;
    }
    canonicalise(category, JSON_STRING, slice_of(memory, text.length), &again);
    check_equal(result, &again);
}

static void check_category(enum category category, struct slice text)
{
    static const enum json_type types[] = {JSON_STRING, JSON_NUMBER};
    struct result result;
    for (size_t i = 0; i < 2; i++) {
        canonicalise(category, types[i], text, &result);
        if (result.what == CANONICAL_OK)
            check_canonical(category, &result);
        if (types[i] == JSON_STRING && text.length > 0)
            check_spellings(category, text, &result);
    }
    canonicalise(category, JSON_TRUE, text, &result);
    FUZZ_CHECK(result.what == CANONICAL_UNUSABLE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    struct result result;
    if (categories[FORM_TEXT] == CATEGORY_NONE)
        find_categories();
    if (text.length > TEXT_LIMIT || !utf8_valid(text))
        return 0; /* a string that was decoded is UTF-8 */
    for (unsigned i = FORM_NONE; i < FORM_COUNT; i++) {
        if (categories[i] != CATEGORY_NONE)
            check_category(categories[i], text);
    }
    canonicalise(CATEGORY_TIME_EVENT, JSON_STRING, text, &result);
    FUZZ_CHECK(result.what == CANONICAL_UNUSABLE);
    (void)luhn_valid(text);
    FUZZ_CHECK(!resident_id_valid(text) || text.length == 18);
    return 0;
}
