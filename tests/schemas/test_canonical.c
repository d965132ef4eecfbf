/*
 * Canonical forms: tables of spellings, then the two properties that consent and pseudonyms rest
 * on: canonicalising again changes nothing, and however an id is spelt it comes out the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schemas/canonical.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The text lies in memory of exactly its length, so that a read beyond its end is found. */
static enum canonical_result canonical(enum category category, enum json_type type,
                                       struct slice text, char memory[static CANONICAL_LIMIT],
                                       struct slice *out)
{
    char *exact = malloc(text.length + (text.length == 0));
    assert_non_null(exact);
    if (text.length)
        memcpy(exact, text.data, text.length);
    enum canonical_result result =
        canonical_id(category, type, slice_of(exact, text.length), memory, out);
    free(exact);
    return result;
}

/* `expected`: the canonical text, or one of these. */
static const char unusable[] = "UNUSABLE", placeholder[] = "PLACEHOLDER", opted_out[] = "OPTED OUT";

static const char *result_of(enum category category, enum json_type type, struct slice text)
{
    static char line[CANONICAL_LIMIT + 1];
    char memory[CANONICAL_LIMIT];
    struct slice out = SLICE("untouched");
    enum canonical_result result = canonical(category, type, text, memory, &out);
    if (result != CANONICAL_OK) {
        assert_true(slice_equal(out, SLICE("untouched")));
        return result == CANONICAL_UNUSABLE      ? unusable
               : result == CANONICAL_PLACEHOLDER ? placeholder
                                                 : opted_out;
    }
    assert_ptr_equal(out.data, memory);
    assert_true(out.length > 0 && out.length <= CANONICAL_LIMIT);
    memcpy(line, out.data, out.length);
    line[out.length] = '\0';
    return line;
}

struct spelling {
    enum category category;
    const char *text;
    const char *expected;
};

static void check_spellings(enum json_type type, const struct spelling *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *found = result_of(cases[i].category, type, slice_from_string(cases[i].text));
        if (strcmp(found, cases[i].expected) != 0)
            fail_msg("%s \"%s\": %s instead of %s", category_info(cases[i].category)->name,
                     cases[i].text, found, cases[i].expected);
    }
}

static void equipment_numbers(void **state)
{
    (void)state;
    static const struct spelling cases[] = {
        {CATEGORY_DEVICE_IMEI, "354178036859789", "35417803685978"},
        {CATEGORY_DEVICE_IMEI, "490154203237518", "49015420323751"},
        {CATEGORY_DEVICE_IMEI, "49-015420-323751-8", "49015420323751"},
        {CATEGORY_DEVICE_IMEI, " 49 015420 323751 8\n", "49015420323751"},
        {CATEGORY_DEVICE_IMEI, "49015420323751", "49015420323751"},
        {CATEGORY_DEVICE_IMEI, "4901542032375101", "49015420323751"}, /* IMEISV */
        {CATEGORY_DEVICE_IMEI, "imei-490154203237518", "49015420323751"},
        {CATEGORY_DEVICE_IMEI, "IMEI: 490154203237518", "49015420323751"},
        {CATEGORY_DEVICE_IMEI, "imeisv-4901542032375101", "49015420323751"},
        {CATEGORY_DEVICE_IMEI, "490154203237519", unusable}, /* check digit */
        {CATEGORY_DEVICE_IMEI, "490154203237510", unusable},
        {CATEGORY_DEVICE_IMEI, "4901542032375", unusable},
        {CATEGORY_DEVICE_IMEI, "49015420323751801", unusable},
        {CATEGORY_DEVICE_IMEI, "49015420323751A", unusable},
        {CATEGORY_DEVICE_IMEI, "", unusable},
        {CATEGORY_DEVICE_IMEI, "unknown", unusable},
        {CATEGORY_DEVICE_IMEI, "000000000000000", placeholder},
        {CATEGORY_DEVICE_IMEI, "00-000000-000000-0", placeholder},
        {CATEGORY_DEVICE_IMEI, "00000000000000", placeholder},
        {CATEGORY_DEVICE_IMEI, "0000000000000000", placeholder},
        {CATEGORY_DEVICE_IMEI, "imei-000000000000000", placeholder},
        {CATEGORY_DEVICE_IMEI, "0", placeholder},
        {CATEGORY_DEVICE_IMEI, "004999010640000", placeholder},
        {CATEGORY_DEVICE_IMEI, "012345678901237", placeholder},
        /* Full-width 4: no digit. */
        {CATEGORY_DEVICE_IMEI,
         "\xEF\xBC\x94"
         "90154203237518",
         unusable},
        {CATEGORY_DEVICE_MEID, "AF0123450ABCDE", "AF0123450ABCDE"},
        {CATEGORY_DEVICE_MEID, "af0123450abcdeC", "AF0123450ABCDE"},
        {CATEGORY_DEVICE_MEID, "AF 01 23 45 0A BC DE C", "AF0123450ABCDE"},
        {CATEGORY_DEVICE_MEID, "293608736500703710", "AF0123450ABCDE"},
        {CATEGORY_DEVICE_MEID, "2936087365007037100", "AF0123450ABCDE"},
        {CATEGORY_DEVICE_MEID, "29360 87365 0070 3710 0", "AF0123450ABCDE"},
        {CATEGORY_DEVICE_MEID, "0xAF0123450ABCDE", "AF0123450ABCDE"},
        {CATEGORY_DEVICE_MEID, "AF0123450ABCDED", unusable},
        {CATEGORY_DEVICE_MEID, "2936087365007037101", unusable},
        {CATEGORY_DEVICE_MEID, "429496729600000000", unusable}, /* 2^32 */
        {CATEGORY_DEVICE_MEID, "293608736516777216", unusable}, /* 2^24 */
        {CATEGORY_DEVICE_MEID, "AF0123450ABCD", unusable},
        {CATEGORY_DEVICE_MEID, "AF0123450ABCDG", unusable},
        {CATEGORY_DEVICE_MEID, "490154203237518", "49015420323751"}, /* an IMEI */
        {CATEGORY_DEVICE_MEID, "490154203237519", unusable},
        {CATEGORY_DEVICE_MEID, "FFFFFFFFFFFFFF", placeholder},
        {CATEGORY_DEVICE_MEID, "00000000000000", placeholder},
        {CATEGORY_DEVICE_MEID, "000000000000000000", placeholder},
    };
    check_spellings(JSON_STRING, cases, COUNT(cases));
}

static void subscriber_numbers(void **state)
{
    (void)state;
    static const struct spelling cases[] = {
        {CATEGORY_DEVICE_IMSI, "460001234567890", "460001234567890"},
        {CATEGORY_DEVICE_IMSI, "460 00 1234567890", "460001234567890"},
        {CATEGORY_DEVICE_IMSI, "imsi-460001234567890", "460001234567890"},
        {CATEGORY_DEVICE_IMSI, "46000123456789", "46000123456789"},
        {CATEGORY_DEVICE_IMSI, "4600012345678", unusable},
        {CATEGORY_DEVICE_IMSI, "4600012345678901", unusable},
        {CATEGORY_DEVICE_IMSI, "310260000000000", placeholder},
        {CATEGORY_DEVICE_IMSI, "000000000000000", placeholder},
        {CATEGORY_DEVICE_ICCID, "8965880812100011146", "8965880812100011146"},
        {CATEGORY_DEVICE_ICCID, "8965 8808 1210 0011 146", "8965880812100011146"},
        {CATEGORY_DEVICE_ICCID, "8965880812100011146F", "8965880812100011146"},
        {CATEGORY_DEVICE_ICCID, "985688802101001141F6", "8965880812100011146"}, /* as on the card */
        {CATEGORY_DEVICE_ICCID, "985688802101001141F", unusable},
        {CATEGORY_DEVICE_ICCID, "898600A1B2C3D4E5F607", "898600A1B2C3D4E5F607"},
        {CATEGORY_DEVICE_ICCID, "898600a1b2c3d4e5f607", "898600A1B2C3D4E5F607"},
        {CATEGORY_DEVICE_ICCID, "89860A12345678901234", unusable},
        {CATEGORY_DEVICE_ICCID, "896588A8121000111460", unusable},
        {CATEGORY_DEVICE_ICCID, "1234567890123456789", unusable},
        {CATEGORY_DEVICE_ICCID, "89658808121000111", unusable},
        {CATEGORY_DEVICE_ICCID, "89658808121000111461234", unusable},
        {CATEGORY_DEVICE_ICCID, "89014103211118510720", placeholder},
        {CATEGORY_ACCOUNT_PHONE, "13800138000", "+8613800138000"},
        {CATEGORY_ACCOUNT_PHONE, "138 0013 8000", "+8613800138000"},
        {CATEGORY_ACCOUNT_PHONE, "+86 138-0013-8000", "+8613800138000"},
        {CATEGORY_ACCOUNT_PHONE, "8613800138000", "+8613800138000"},
        {CATEGORY_ACCOUNT_PHONE, "008613800138000", "+8613800138000"},
        {CATEGORY_ACCOUNT_PHONE, "tel:+86-138-0013-8000", "+8613800138000"},
        {CATEGORY_ACCOUNT_PHONE, "+86 (0)10 1234 5678", "+861012345678"},
        {CATEGORY_ACCOUNT_PHONE, "+86 010 1234 5678", "+861012345678"},
        {CATEGORY_ACCOUNT_PHONE, "010-12345678", "+861012345678"},
        {CATEGORY_ACCOUNT_PHONE, "(0755) 1234567", "+867551234567"},
        {CATEGORY_ACCOUNT_PHONE, "1410123456789", "+861410123456789"},
        {CATEGORY_ACCOUNT_PHONE, "+44 (0)20 7183 8750", "+442071838750"},
        {CATEGORY_ACCOUNT_PHONE, "0044 20 7183 8750", "+442071838750"},
        {CATEGORY_ACCOUNT_PHONE, "+1 (212) 555-0123", "+12125550123"},
        {CATEGORY_ACCOUNT_PHONE, "2125550123", unusable}, /* of which country? */
        {CATEGORY_ACCOUNT_PHONE, "12125550123", unusable},
        {CATEGORY_ACCOUNT_PHONE, "+0123456789", unusable},
        {CATEGORY_ACCOUNT_PHONE, "+123456", unusable},
        {CATEGORY_ACCOUNT_PHONE, "+1234567890123456", unusable},
        {CATEGORY_ACCOUNT_PHONE, "++8613800138000", unusable},
        {CATEGORY_ACCOUNT_PHONE, "13800138000x12", unusable},
        {CATEGORY_ACCOUNT_PHONE, "+860", unusable},
        {CATEGORY_ACCOUNT_PHONE, "+86000000000000", unusable},
        {CATEGORY_ACCOUNT_PHONE, "+", unusable},
        {CATEGORY_ACCOUNT_PHONE, "+15555215554", placeholder},
        {CATEGORY_ACCOUNT_PHONE, "00000000000", placeholder},
        {CATEGORY_ACCOUNT_PHONE, "+(0)+(0)0000000000000000000000000000000000000000001", unusable},
        {CATEGORY_ACCOUNT_PHONE,
         "\xEF\xBC\x91"
         "3800138000",
         unusable},
    };
    check_spellings(JSON_STRING, cases, COUNT(cases));
}

static void device_ids(void **state)
{
    (void)state;
    static const struct spelling cases[] = {
        {CATEGORY_DEVICE_ANDROID_ID, "A1B2C3D4E5F60718", "a1b2c3d4e5f60718"},
        {CATEGORY_DEVICE_ANDROID_ID, "b2c3d4e5f60718", "00b2c3d4e5f60718"},
        {CATEGORY_DEVICE_ANDROID_ID, "0xb2c3d4e5f60718", "00b2c3d4e5f60718"},
        {CATEGORY_DEVICE_ANDROID_ID, "9774d56d682e549c", placeholder},
        {CATEGORY_DEVICE_ANDROID_ID, "9774D56D682E549C", placeholder},
        {CATEGORY_DEVICE_ANDROID_ID, "0x0000000000000000", placeholder},
        {CATEGORY_DEVICE_ANDROID_ID, "a1b2c3d4e5f607189", unusable},
        {CATEGORY_DEVICE_ANDROID_ID, "1b2c3d4", unusable},
        {CATEGORY_DEVICE_ANDROID_ID, "a1b2c3d4-e5f60718", unusable},
        {CATEGORY_DEVICE_IDFV, "550E8400-E29B-41D4-A716-446655440000",
         "550e8400-e29b-41d4-a716-446655440000"},
        {CATEGORY_DEVICE_IDFV, "{550e8400-e29b-41d4-a716-446655440000}",
         "550e8400-e29b-41d4-a716-446655440000"},
        {CATEGORY_DEVICE_IDFV, "urn:uuid:550e8400-e29b-41d4-a716-446655440000",
         "550e8400-e29b-41d4-a716-446655440000"},
        {CATEGORY_DEVICE_IDFV, "550e8400e29b41d4a716446655440000",
         "550e8400-e29b-41d4-a716-446655440000"},
        {CATEGORY_DEVICE_IDFV, "550e8400e-29b-41d4-a716-446655440000", unusable},
        {CATEGORY_DEVICE_IDFV, "{550e8400-e29b-41d4-a716-446655440000", unusable},
        {CATEGORY_DEVICE_IDFV, "550e8400-e29b-41d4-a716-44665544000g", unusable},
        {CATEGORY_DEVICE_IDFV, "550e8400-e29b-41d4-a716-4466554400000", unusable},
        {CATEGORY_DEVICE_IDFV, "00000000-0000-0000-0000-000000000000", placeholder},
        {CATEGORY_DEVICE_IDFV, "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", placeholder},
        {CATEGORY_DEVICE_IDFA, "00000000-0000-0000-0000-000000000000", opted_out},
        {CATEGORY_DEVICE_IDFA, "{00000000-0000-0000-0000-000000000000}", opted_out},
        {CATEGORY_DEVICE_IDFA, "urn:uuid:00000000-0000-0000-0000-000000000000", opted_out},
        {CATEGORY_DEVICE_GAID, "00000000000000000000000000000000", opted_out},
        {CATEGORY_DEVICE_OAID, "0000000000000000", opted_out},
        {CATEGORY_DEVICE_OAID, "0", opted_out},
        {CATEGORY_DEVICE_GAID, "550E8400E29B41D4A716446655440000",
         "550e8400-e29b-41d4-a716-446655440000"},
        {CATEGORY_DEVICE_OAID, "9C1D2E3F4A5B6C7D", "9c1d2e3f4a5b6c7d"},
        {CATEGORY_DEVICE_OAID, "9c1d2e3f4a5b6c7", unusable},
        {CATEGORY_DEVICE_OAID, "unknown", unusable},
        {CATEGORY_DEVICE_MAC_WIFI, "00:1A:2B:3C:4D:5E", "00:1a:2b:3c:4d:5e"},
        {CATEGORY_DEVICE_MAC_WIFI, "00-1a-2b-3c-4d-5e", "00:1a:2b:3c:4d:5e"},
        {CATEGORY_DEVICE_MAC_WIFI, "001a.2b3c.4d5e", "00:1a:2b:3c:4d:5e"},
        {CATEGORY_DEVICE_MAC_WIFI, "001A2B3C4D5E", "00:1a:2b:3c:4d:5e"},
        {CATEGORY_DEVICE_MAC_WIFI, "0:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d:5e"},
        {CATEGORY_DEVICE_MAC_WIFI, "00:1a:2b:ff:fe:3c:4d:5e", "00:1a:2b:ff:fe:3c:4d:5e"},
        {CATEGORY_DEVICE_MAC_WIFI, "02:00:00:00:00:00", placeholder},
        {CATEGORY_DEVICE_MAC_WIFI, "02-00-00-00-00-00", placeholder},
        {CATEGORY_DEVICE_MAC_WIFI, "FF:FF:FF:FF:FF:FF", placeholder},
        {CATEGORY_DEVICE_MAC_WIFI, "0:0:0:0:0:0", placeholder},
        {CATEGORY_DEVICE_MAC_WIFI, "00:1a:2b:3c:4d", unusable},
        {CATEGORY_DEVICE_MAC_WIFI, "00:1a:2b:3c:4d:5e:6f", unusable},
        {CATEGORY_DEVICE_MAC_WIFI, "00:1a:2b-3c:4d:5e", unusable},
        {CATEGORY_DEVICE_MAC_WIFI, "00:1a:2b:3c:4d:5g", unusable},
        {CATEGORY_DEVICE_MAC_WIFI, "00:1a:2b:3c:4d:", unusable},
        {CATEGORY_DEVICE_MAC_WIFI, ":::::", unusable},
        {CATEGORY_DEVICE_MAC_WIFI, "001a:2b3c:4d5e", unusable},
        {CATEGORY_DEVICE_MAC_WIFI, "0-1a-2b-3c-4d-5e", unusable},
        {CATEGORY_DEVICE_NFC_ID, "04:A2:B3:C4:D5:E6:80", "04a2b3c4d5e680"},
        {CATEGORY_DEVICE_NFC_ID, "04a2b3c4d5e680", "04a2b3c4d5e680"},
        {CATEGORY_DEVICE_NFC_ID, "04a2b3c", unusable},
        {CATEGORY_DEVICE_SERIAL, "R58M12ABCDE", "R58M12ABCDE"},
        {CATEGORY_DEVICE_SERIAL, "r58m12abcde", "r58m12abcde"}, /* case kept */
        {CATEGORY_DEVICE_SERIAL, "unknown", placeholder},
        {CATEGORY_DEVICE_SERIAL, "UNKNOWN", placeholder},
        {CATEGORY_DEVICE_SERIAL, "0123456789ABCDEF", placeholder},
        {CATEGORY_DEVICE_SERIAL, "00000000", placeholder},
        {CATEGORY_DEVICE_SERIAL, "R58 M12", unusable},
        {CATEGORY_DEVICE_SERIAL, "R58", unusable},
    };
    check_spellings(JSON_STRING, cases, COUNT(cases));
}

static void accounts(void **state)
{
    (void)state;
    static const struct spelling cases[] = {
        {CATEGORY_ACCOUNT_USER_ID, "10001", "10001"},
        {CATEGORY_ACCOUNT_USER_ID, " \t10001\r\n", "10001"},
        {CATEGORY_ACCOUNT_USER_ID, "Alice", "Alice"},
        {CATEGORY_ACCOUNT_USER_ID, "\xE5\xBC\xA0\xE4\xB8\x89", "\xE5\xBC\xA0\xE4\xB8\x89"},
        {CATEGORY_ACCOUNT_USER_ID, "a b", "a b"},
        {CATEGORY_ACCOUNT_USER_ID, "", unusable},
        {CATEGORY_ACCOUNT_USER_ID, " \n ", unusable},
        {CATEGORY_ACCOUNT_USER_ID,
         "a\x01"
         "b",
         unusable},
        {CATEGORY_ACCOUNT_USER_ID, "a\x7F", unusable},
        {CATEGORY_ACCOUNT_USER_ID, "a\xC2\x85", unusable},
        {CATEGORY_ACCOUNT_USER_ID, "a\xC2\xA0", unusable},
        {CATEGORY_ACCOUNT_USER_ID, "a\xE2\x80\x8B", unusable},
        {CATEGORY_ACCOUNT_USER_ID,
         "\xEF\xBB\xBF"
         "a",
         unusable},
        {CATEGORY_ACCOUNT_USER_ID,
         "a\xE2\x80\xAE"
         "b",
         unusable},
        {CATEGORY_ACCOUNT_USER_ID, "a\xFF", unusable},
        {CATEGORY_ACCOUNT_USER_ID, "a\xE4\xB8", unusable},
        {CATEGORY_ACCOUNT_USER_ID, "\xC0\x80", unusable},
        {CATEGORY_ACCOUNT_USER_ID, "unknown", placeholder},
        {CATEGORY_ACCOUNT_USER_ID, "NULL", placeholder},
        {CATEGORY_ACCOUNT_USER_ID, "undefined", placeholder},
        {CATEGORY_ACCOUNT_USER_ID, "None", placeholder},
        {CATEGORY_ACCOUNT_USER_ID, "0", placeholder},
        {CATEGORY_ACCOUNT_USER_ID, "-1", placeholder},
        {CATEGORY_ACCOUNT_USER_ID, "0000", placeholder},
        {CATEGORY_ACCOUNT_USER_ID, "-2", "-2"},
        {CATEGORY_ACCOUNT_USER_ID, "nullable", "nullable"},
        {CATEGORY_DEVICE_INSTALLATION, "00000000-0000-0000-0000-000000000000", placeholder},
        {CATEGORY_ACCOUNT_EMAIL, "Alice.B@Example.COM", "alice.b@example.com"},
        {CATEGORY_ACCOUNT_EMAIL, "mailto:alice@example.com", "alice@example.com"},
        {CATEGORY_ACCOUNT_EMAIL, " a+b_c%d@x-1.example ", "a+b_c%d@x-1.example"},
        {CATEGORY_ACCOUNT_EMAIL, "alice", unusable},
        {CATEGORY_ACCOUNT_EMAIL, "alice@", unusable},
        {CATEGORY_ACCOUNT_EMAIL, "@example.com", unusable},
        {CATEGORY_ACCOUNT_EMAIL, "alice@localhost", unusable},
        {CATEGORY_ACCOUNT_EMAIL, "alice@@example.com", unusable},
        {CATEGORY_ACCOUNT_EMAIL, "alice@exa_mple.com", unusable},
        {CATEGORY_ACCOUNT_EMAIL, "alice@-example.com", unusable},
        {CATEGORY_ACCOUNT_EMAIL, "alice@example-.com", unusable},
        {CATEGORY_ACCOUNT_EMAIL, "alice@example..com", unusable},
        {CATEGORY_ACCOUNT_EMAIL, "alice@example.com.", unusable},
        {CATEGORY_ACCOUNT_EMAIL, "al..ice@example.com", unusable},
        {CATEGORY_ACCOUNT_EMAIL, ".alice@example.com", unusable},
        {CATEGORY_ACCOUNT_EMAIL, "al ice@example.com", unusable},
        {CATEGORY_ACCOUNT_EMAIL,
         "alice\xEF\xBC\xA0"
         "example.com",
         unusable},
        {CATEGORY_ACCOUNT_EMAIL,
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com", unusable},
    };
    check_spellings(JSON_STRING, cases, COUNT(cases));
}

static void numbers_count_as_their_text(void **state)
{
    (void)state;
    static const struct spelling cases[] = {
        {CATEGORY_ACCOUNT_USER_ID, "10001", "10001"},
        {CATEGORY_ACCOUNT_USER_ID, "12345678901234567890123", "12345678901234567890123"},
        {CATEGORY_ACCOUNT_USER_ID, "0", placeholder},
        {CATEGORY_ACCOUNT_USER_ID, "-1", placeholder},
        {CATEGORY_ACCOUNT_USER_ID, "-10001", unusable},
        {CATEGORY_ACCOUNT_USER_ID, "10001.0", unusable},
        {CATEGORY_ACCOUNT_USER_ID, "1e4", unusable},
        {CATEGORY_ACCOUNT_USER_ID, "1E4", unusable},
        {CATEGORY_ACCOUNT_USER_ID, "010", unusable},
        {CATEGORY_ACCOUNT_USER_ID, " 1", unusable},
        {CATEGORY_ACCOUNT_USER_ID, "", unusable},
        {CATEGORY_ACCOUNT_PHONE, "13800138000", "+8613800138000"},
        {CATEGORY_ACCOUNT_PHONE, "8613800138000", "+8613800138000"},
        {CATEGORY_DEVICE_IMEI, "490154203237518", "49015420323751"},
        {CATEGORY_DEVICE_IMEI, "4901542032375101", "49015420323751"},
        {CATEGORY_DEVICE_IMEI, "49015420323751", unusable}, /* or 049015420323751? */
        {CATEGORY_DEVICE_IMEI, "0", placeholder},
        {CATEGORY_DEVICE_IDFA, "0", opted_out},
        {CATEGORY_DEVICE_ANDROID_ID, "1234567890123456",
         unusable}, /* decimal, not its hex digits */
        {CATEGORY_DEVICE_MAC_WIFI, "112233445566", unusable},
        {CATEGORY_DEVICE_NFC_ID, "12345678", unusable},
        {CATEGORY_DEVICE_IMSI, "460001234567890", "460001234567890"},
        {CATEGORY_DEVICE_ICCID, "8965880812100011146", "8965880812100011146"},
    };
    check_spellings(JSON_NUMBER, cases, COUNT(cases));
}

static void what_is_no_id_is_unusable(void **state)
{
    (void)state;
    static const enum json_type types[] = {JSON_ABSENT, JSON_NULL,  JSON_FALSE,
                                           JSON_TRUE,   JSON_ARRAY, JSON_OBJECT};
    for (size_t i = 0; i < COUNT(types); i++)
        assert_ptr_equal(result_of(CATEGORY_ACCOUNT_USER_ID, types[i], SLICE("10001")), unusable);
    for (unsigned i = 0; i <= CATEGORY_COUNT; i++) {
        enum category category = (enum category)i;
        if (category_info(category)->form == FORM_NONE)
            assert_ptr_equal(result_of(category, JSON_STRING, SLICE("10001")), unusable);
        assert_ptr_equal(result_of(category, JSON_STRING, (struct slice){0}), unusable);
        assert_ptr_equal(result_of(category, JSON_STRING,
                                   SLICE("1000\0"
                                         "1")),
                         unusable);
        assert_ptr_equal(result_of(category, JSON_STRING, SLICE("\0")), unusable);
    }
    char text[CANONICAL_LIMIT + 2];
    memset(text, 'a', sizeof(text));
    assert_string_not_equal(
        result_of(CATEGORY_ACCOUNT_USER_ID, JSON_STRING, slice_of(text, CANONICAL_LIMIT)),
        unusable);
    for (unsigned i = 1; i < CATEGORY_COUNT; i++)
        assert_ptr_equal(
            result_of((enum category)i, JSON_STRING, slice_of(text, CANONICAL_LIMIT + 1)),
            unusable);
    /* White space around it does not count. */
    text[0] = text[CANONICAL_LIMIT + 1] = ' ';
    assert_string_not_equal(
        result_of(CATEGORY_ACCOUNT_USER_ID, JSON_STRING, slice_of(text, sizeof(text))), unusable);
}

static enum category category_of_form(enum identifier_form form)
{
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        if (category_info((enum category)i)->form == form)
            return (enum category)i;
    }
    fail_msg("no category of form %d", (int)form);
    return CATEGORY_NONE;
}

static void placeholders_are_absent(void **state)
{
    (void)state;
    for (size_t i = 0; i < placeholder_count(); i++) {
        enum identifier_form form = FORM_NONE;
        const char *text = placeholder_at(i, &form);
        assert_non_null(text);
        assert_ptr_equal(result_of(category_of_form(form), JSON_STRING, slice_from_string(text)),
                         placeholder);
    }
    enum identifier_form form = FORM_NONE;
    assert_null(placeholder_at(placeholder_count(), &form));
    /* Zeros of any length, in every form. */
    char zeros[64];
    memset(zeros, '0', sizeof(zeros));
    for (unsigned i = FORM_NONE + 1; i < FORM_COUNT; i++) {
        const char *expected = i == FORM_ADVERTISING ? opted_out : placeholder;
        for (size_t length = 1; length <= sizeof(zeros); length++)
            assert_ptr_equal(result_of(category_of_form((enum identifier_form)i), JSON_STRING,
                                       slice_of(zeros, length)),
                             expected);
    }
}

/* A small generator of its own: a failure repeats. */
static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

struct family {
    enum category category;
    const char *base;        /* one spelling without any separator */
    const char *separators;  /* any of them may stand between any two characters */
    const char *prefixes[5]; /* NULL ends; "" is added */
    bool any_case;
};

/* A random spelling of the id: prefix, separators, case, white space around. */
static size_t respell(const struct family *family, uint64_t *seed, char *out)
{
    size_t length = 0, prefixes = 0;
    while (family->prefixes[prefixes])
        prefixes++;
    if (next_random(seed) % 2)
        out[length++] = " \t\n\r"[next_random(seed) % 4];
    size_t choice = next_random(seed) % (prefixes + 1);
    for (const char *at = choice < prefixes ? family->prefixes[choice] : ""; *at; at++)
        out[length++] = *at;
    for (const char *at = family->base; *at; at++) {
        bool between = at != family->base && *family->separators && next_random(seed) % 3 == 0;
        if (between)
            out[length++] = family->separators[next_random(seed) % strlen(family->separators)];
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        out[length++] =
            (char)(letter && family->any_case && next_random(seed) % 2 ? *at ^ 0x20 : *at);
    }
    if (next_random(seed) % 2)
        out[length++] = ' ';
    return length;
}

static void any_spelling_gives_one_canonical_text(void **state)
{
    (void)state;
    static const struct family families[] = {
        {CATEGORY_DEVICE_IMEI, "490154203237518", " -./_", {"imei-", "IMEI: ", "imei"}, false},
        {CATEGORY_DEVICE_IMEI, "4901542032375177", " -./_", {"imeisv-", "IMEISV:"}, false},
        {CATEGORY_DEVICE_MEID, "af0123450abcdec", " -.:", {"meid:", "MEID ", "0x"}, true},
        {CATEGORY_DEVICE_MEID, "2936087365007037100", " -.:", {"meid:"}, false},
        {CATEGORY_DEVICE_IMSI, "460001234567890", " -", {"imsi-", "IMSI "}, false},
        {CATEGORY_DEVICE_ICCID, "898600a1b2c3d4e5f607", " -", {"iccid:", "ICCID "}, true},
        {CATEGORY_DEVICE_ANDROID_ID, "a1b2c3d4e5f60718", "", {"0x"}, true},
        {CATEGORY_DEVICE_IDFV,
         "550e8400-e29b-41d4-a716-446655440000",
         "",
         {"urn:uuid:", "URN:UUID:"},
         true},
        {CATEGORY_DEVICE_OAID, "550e8400e29b41d4a716446655440000", "", {"urn:uuid:"}, true},
        {CATEGORY_DEVICE_NFC_ID, "04a2b3c4d5e680", " :-", {"0x"}, true},
        {CATEGORY_ACCOUNT_PHONE, "13800138000", " -./()", {"+86", "86", "0086", "tel:+86 "}, false},
        {CATEGORY_ACCOUNT_PHONE, "442071838750", " -./", {"+", "00", "tel:+"}, false},
        {CATEGORY_ACCOUNT_EMAIL, "alice.b+c@mail.example.com", "", {"mailto:", "MAILTO:"}, true},
        {CATEGORY_ACCOUNT_USER_ID, "10001", "", {NULL}, false},
    };
    uint64_t seed = 20260102;
    for (size_t i = 0; i < COUNT(families); i++) {
        char expected[CANONICAL_LIMIT] = "", memory[CANONICAL_LIMIT], again[CANONICAL_LIMIT];
        size_t expected_length = 0;
        bool needs_prefix = strcmp(families[i].base, "442071838750") == 0;
        for (unsigned round = 0; round < 3000; round++) {
            char text[CANONICAL_LIMIT];
            size_t length = respell(&families[i], &seed, text);
            struct slice out, repeated;
            enum canonical_result result =
                canonical(families[i].category, JSON_STRING, slice_of(text, length), memory, &out);
            if (needs_prefix && result == CANONICAL_UNUSABLE)
                continue; /* without its prefix it says no country */
            if (result != CANONICAL_OK)
                fail_msg("%.*s", (int)length, text);
            if (expected_length == 0) {
                memcpy(expected, out.data, out.length);
                expected_length = out.length;
            }
            if (!slice_equal(out, slice_of(expected, expected_length)))
                fail_msg("%.*s", (int)length, text);
            assert_int_equal(canonical(families[i].category, JSON_STRING, out, again, &repeated),
                             CANONICAL_OK);
            assert_true(slice_equal(out, repeated));
        }
        assert_true(expected_length > 0);
    }
}

/* Whatever bytes come: nothing is read or written out of bounds, and what is accepted is a fixed
 * point. */
static void canonicalising_is_idempotent(void **state)
{
    (void)state;
    static const char letters[] =
        "0123456789abcdefABCDEF:-. +()86@xX{}\0\xE4\xB8\xAD\xFFiImMeEsSvV";
    uint64_t seed = 7;
    size_t accepted = 0;
    for (unsigned round = 0; round < 400000; round++) {
        char text[48], first[CANONICAL_LIMIT], second[CANONICAL_LIMIT];
        size_t length = next_random(&seed) % sizeof(text);
        size_t width = next_random(&seed) % 2 ? 10 : 1 + next_random(&seed) % (sizeof(letters) - 1);
        for (size_t i = 0; i < length; i++)
            text[i] = letters[next_random(&seed) % width];
        enum category category =
            (enum category)(CATEGORY_NONE + 1 + next_random(&seed) % (CATEGORY_COUNT - 1));
        struct slice out, again;
        if (canonical(category, JSON_STRING, slice_of(text, length), first, &out) != CANONICAL_OK)
            continue;
        accepted++;
        assert_int_equal(canonical(category, JSON_STRING, out, second, &again), CANONICAL_OK);
        assert_true(slice_equal(out, again));
    }
    assert_true(accepted > 1000);
}

static void luhn(void **state)
{
    (void)state;
    static const char *const good[] = {"354178036859789",
                                       "490154203237518",
                                       "8965880812100011146",
                                       "4111111111111111",
                                       "00",
                                       "2936087365007037100",
                                       "18"};
    static const char *const bad[] = {
        "", "0", "354178036859788", "4111111111111112", "41 11", "-18", "1a", "a1"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(luhn_valid(slice_from_string(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(luhn_valid(slice_from_string(bad[i])));
    /* Any one digit changed is found. */
    char digits[] = "490154203237518";
    for (size_t i = 0; i < sizeof(digits) - 1; i++) {
        char original = digits[i];
        for (char c = '0'; c <= '9'; c++) {
            digits[i] = c;
            assert_int_equal(luhn_valid(slice_from_string(digits)), c == original);
        }
        digits[i] = original;
    }
    static char many[100000];
    memset(many, '9', sizeof(many)); /* 50,000 times 9 and 9: no overflow */
    assert_true(luhn_valid(slice_of(many, sizeof(many))));
}

/* 17 digits and the check character that they ask for. */
static bool valid_with_its_check(const char *digits)
{
    static const unsigned weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    char id[18];
    unsigned sum = 0;
    for (size_t i = 0; i < 17; i++) {
        id[i] = digits[i];
        sum += weights[i] * (unsigned)(digits[i] - '0');
    }
    id[17] = "10X98765432"[sum % 11];
    return resident_id_valid(slice_of(id, sizeof(id)));
}

static void resident_ids(void **state)
{
    (void)state;
    static const char *const good[] = {"11010519491231002X", "11010519491231002x",
                                       "34052419800101001X", "440524188001010014",
                                       "360426199101010071"};
    static const char *const bad[] = {
        "",
        "110105194912310021",  /* check */
        "1101051949123100X2",  /* X not at its end */
        "11010519491231002",   /* 17 */
        "11010519491231002XX", /* 19 */
        "99010519491231002X",  /* province */
        ("\xEF\xBC\x91"
         "10105194912310"),
        "11010519491231002 ",
    };
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(resident_id_valid(slice_from_string(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(resident_id_valid(slice_from_string(bad[i])));

    static const struct {
        const char *digits;
        bool expected;
    } cases[] = {
        {"11010520000229001", true},  {"11010519000229001", false}, {"11010520240229001", true},
        {"11010520230229001", false}, {"11010519990431001", false}, {"11010519990430001", true},
        {"11010519991301001", false}, {"11010519990001001", false}, {"11010519990100001", false},
        {"11010519991231001", true},  {"11010517991231001", false}, {"11010521000101001", false},
        {"65010519991231001", true},  {"83010519991231001", true},  {"10010519991231001", false},
        {"16010519991231001", false}, {"00010519991231001", false}, {"99010519991231001", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(valid_with_its_check(cases[i].digits), cases[i].expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equipment_numbers),
        cmocka_unit_test(subscriber_numbers),
        cmocka_unit_test(device_ids),
        cmocka_unit_test(accounts),
        cmocka_unit_test(numbers_count_as_their_text),
        cmocka_unit_test(what_is_no_id_is_unusable),
        cmocka_unit_test(placeholders_are_absent),
        cmocka_unit_test(any_spelling_gives_one_canonical_text),
        cmocka_unit_test(canonicalising_is_idempotent),
        cmocka_unit_test(luhn),
        cmocka_unit_test(resident_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
