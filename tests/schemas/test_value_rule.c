/*
 * What may be released as it is: numbers compared as text, alphabets, lists, shapes. Then every
 * kept category of the taxonomy is offered identifiers in every form, a card, and a long text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/utf8.h"
#include "schemas/alphabet.h"
#include "schemas/category.h"
#include "schemas/value_shape.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool allows(const char *category, enum json_type type, const char *value)
{
    enum category found = category_from_name(slice_from_string(category));
    assert_int_not_equal(found, CATEGORY_NONE);
    return value_rule_allows(&category_info(found)->value, type, slice_from_string(value));
}

static bool number_fits(int64_t minimum, int64_t maximum, unsigned fraction, const char *text)
{
    const struct value_rule rule = {.number = true,
                                    .minimum = minimum,
                                    .maximum = maximum,
                                    .fraction_limit = (uint8_t)fraction};
    return value_rule_allows(&rule, JSON_NUMBER, slice_from_string(text));
}

static void numbers_are_compared_exactly(void **state)
{
    (void)state;
    static const struct {
        int64_t minimum, maximum;
        unsigned fraction;
        const char *text;
        bool expected;
    } cases[] = {
        {0, 100, 2, "0", true},
        {0, 100, 2, "100", true},
        {0, 100, 2, "100.00", true},
        {0, 100, 2, "100.01", false},
        {0, 100, 2, "99.99", true},
        {0, 100, 2, "99.999", false},
        {0, 100, 2, "101", false},
        {0, 100, 2, "-0.01", false},
        {0, 100, 2, "-0", false},
        {0, 100, 2, "-0.0", false},
        {-1, 100, 2, "-0", false},
        {-1, 100, 2, "-0.5", true},
        {-1, 100, 2, "-1", true},
        {-1, 100, 2, "-1.0", true},
        {-1, 100, 2, "-1.01", false},
        {-1, 100, 2, "-2", false},
        {0, 100, 0, "1.0", false},
        {0, 100, 2, "1e1", false},
        {0, 100, 2, "1E1", false},
        {0, 100, 2, "0e0", false},
        {0, 100, 9, "1.5e1", false},
        {0, 100, 2, "01", false},
        {0, 100, 2, "-01", false},
        {0, 100, 2, "00", false},
        {0, 100, 2, "1.", false},
        {0, 100, 2, ".5", false},
        {0, 100, 2, "+1", false},
        {0, 100, 2, "", false},
        {-5, 100, 2, "-", false},
        {-5, 100, 2, "--1", false},
        {0, 100, 2, "1.2.3", false},
        {0, 100, 2, "1 ", false},
        {0, INT64_MAX, 0, "9223372036854775807", true},
        {0, INT64_MAX, 0, "9223372036854775808", false},
        {0, INT64_MAX, 0, "18446744073709551616", false},
        {0, INT64_MAX, 0, "18446744073709551617", false},
        {0, INT64_MAX, 0, "99999999999999999999999999999999999999", false},
        {INT64_MIN, 0, 0, "-9223372036854775807", true},
        {INT64_MIN, 0, 0, "-9223372036854775809", false},
        {0, INT64_MAX, 1, "9223372036854775807.5", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (number_fits(cases[i].minimum, cases[i].maximum, cases[i].fraction, cases[i].text) !=
            cases[i].expected)
            fail_msg("%s", cases[i].text);
    }
}

static void types_are_exact(void **state)
{
    (void)state;
    static const enum json_type never[] = {JSON_ABSENT, JSON_NULL, JSON_ARRAY, JSON_OBJECT};
    for (unsigned i = 0; i < CATEGORY_COUNT; i++) {
        const struct value_rule *rule = &category_info((enum category)i)->value;
        for (size_t j = 0; j < COUNT(never); j++)
            assert_false(value_rule_allows(rule, never[j], SLICE("1")));
        if (!rule->string)
            assert_false(value_rule_allows(rule, JSON_STRING, (struct slice){0}));
        if (!rule->number)
            assert_false(value_rule_allows(rule, JSON_NUMBER, SLICE("1")));
        assert_int_equal(value_rule_allows(rule, JSON_TRUE, (struct slice){0}), rule->boolean);
        assert_int_equal(value_rule_allows(rule, JSON_FALSE, (struct slice){0}), rule->boolean);
    }
    assert_false(allows("device.battery", JSON_STRING, "50"));
    assert_false(allows("device.flag", JSON_STRING, "true"));
    assert_false(allows("device.flag", JSON_NUMBER, "1"));
}

static void lists_are_exact(void **state)
{
    (void)state;
    static const char *const good[] = {"wifi", "HSPA+", "5g", "UNKNOWN"};
    static const char *const bad[] = {"",       "wif",  "wifi|WIFI",       "|",    "wifi ",
                                      "HSPA+|", "wIfI", "unknown|unknown", "wifi|"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(allows("network.access", JSON_STRING, good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(allows("network.access", JSON_STRING, bad[i]));
    const struct value_rule *rule = &category_info(CATEGORY_NETWORK_ACCESS)->value;
    assert_false(value_rule_allows(rule, JSON_STRING, slice_of("wifi\0", 5)));
}

static void limits_hold(void **state)
{
    (void)state;
    char text[10 * 1024];
    memset(text, 'a', sizeof(text));
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        const struct value_rule *rule = &category_info((enum category)i)->value;
        assert_false(value_rule_allows(rule, JSON_STRING, slice_of(text, sizeof(text))));
        assert_false(
            value_rule_allows(rule, JSON_STRING, slice_of(text, (size_t)rule->length_limit + 1)));
    }
    const struct value_rule *model = &category_info(CATEGORY_DEVICE_MODEL)->value;
    assert_true(value_rule_allows(model, JSON_STRING, slice_of(text, model->length_limit)));
    assert_true(allows("device.model", JSON_STRING, "A1234567890"));
    assert_false(allows("device.model", JSON_STRING, "A12345678901"));
    assert_false(allows("device.model", JSON_STRING, "1 2 3 4 5 6 7 8 9 0 1"));
}

/* Values as real software reports them: what the rules must not cost. */
static void real_values_are_kept(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"device.model", "SM-G991B"},
        {"device.model", "iPhone14,2"},
        {"device.model", "22081212C"},
        {"device.model", "Redmi Note 8 Pro"},
        {"device.model", "moto g(7) plus"},
        {"device.model", "Galaxy S9+"},
        {"device.brand", "samsung"},
        {"device.os", "Windows Server 2019"},
        {"device.os_version", "17.1.2 (21B101)"},
        {"device.os_version", "10.0.19045.3803"},
        {"device.os_version", "4.14.113-25950142"},
        {"device.os_version", "5.10.43-android12-9-00031-g02d62d5ece97-ab8241664"},
        {"device.language", "zh-Hans-CN"},
        {"device.language", "es_419"},
        {"device.time_zone", "Asia/Shanghai"},
        {"device.time_zone", "America/Argentina/Buenos_Aires"},
        {"device.time_zone", "GMT+08:00"},
        {"device.time_zone", "+0800"},
        {"device.architecture", "armeabi-v7a"},
        {"device.sensor", "android.sensor.accelerometer"},
        {"app.id", "com.example.shop"},
        {"app.version", "8.0.47"},
        {"app.version", "120.0.6099.109"},
        {"app.version", "2.1.0-beta.3+20240115"},
        {"app.channel", "huawei_store"},
        {"app.process", "com.example.shop:push"},
        {"network.operator", "China Mobile"},
        {"network.operator", "\xE4\xB8\xAD\xE5\x9B\xBD\xE7\xA7\xBB\xE5\x8A\xA8"},
        {"network.operator", "AT&T"},
        {"network.operator", "U.S. Cellular"},
        {"network.operator", "46000"},
        {"network.operator", "T\xC3\xA9l\xC3\xA9"
                             "com"},
        {"place.region", "CN-GD"},
        {"place.country", "CN"},
        {"usage.event", "$AppStart"},
        {"usage.event", "add_to_cart"},
        {"usage.screen", "pages/user/profile"},
        {"usage.screen", "/checkout/payment"},
        {"usage.screen", "#submit > a.button"},
        {"crash.type", "java.lang.NullPointerException"},
        {"crash.type", "EXC_BAD_ACCESS (SIGSEGV)"},
        {"crash.function", "-[ViewController viewDidLoad]"},
        {"crash.function", "+[NSObject load]"},
        {"crash.function", "std::__1::basic_string<char>::append(char const*, unsigned long)"},
        {"crash.function", "bool operator==<int>(a const&, b const&)"},
        {"crash.function", "_ZNSt3__112basic_stringIcNS_11char_traitsIcEE6appendEPKcm"},
        {"crash.function", "github.com/acme/shop/cart.(*Cart).Add"},
        {"crash.function", "closure #1 in CartView.body.getter"},
        {"crash.function", "Object.<anonymous>"},
        {"crash.function", "lambda$onCreate$0"},
        {"crash.function", "main + 52"},
        {"crash.function", "ntdll!RtlUserThreadStart+0x21"},
        {"crash.function", "utf8::decode"},
        {"crash.module", "libc++_shared.so"},
        {"crash.module", "/apex/com.android.runtime/lib64/bionic/libc.so"},
        {"crash.address", "0x00007f1234567890"},
        {"crash.address", "0x1"},
        {"crash.image_id", "2d7a8c1f4e5b4a6f9c3d8e7f6a5b4c3d2e1f0a9b"},
        {"crash.image_id", "0D2F5A1C-8B3E-3C4D-9E5F-6A7B8C9D0E1F"},
        {"crash.thread", "OkHttp Dispatcher"},
        {"crash.thread", "pool-12-thread-345"},
        {"crash.thread", "com.apple.main-thread"},
        {"log.level", "WARN"},
        {"log.tag", "ActivityManager"},
        {"web.browser", "Chrome Mobile"},
        {"web.browser_version", "120.0.6099.43"},
        {"time.event", "2026-01-02T03:04:05.678+08:00"},
        {"time.event", "1767323045"},
        {"time.event", "1767323045678"},
        {"time.other", "2026-01-02 03:04:05Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (!allows(cases[i][0], JSON_STRING, cases[i][1]))
            fail_msg("%s refuses %s", cases[i][0], cases[i][1]);
    }
    assert_true(allows("time.event", JSON_NUMBER, "1767323045.678"));
    assert_true(allows("time.event", JSON_NUMBER, "1767323045678901234"));
    assert_true(allows("network.operator", JSON_NUMBER, "46000"));
    assert_true(allows("crash.code", JSON_NUMBER, "-11"));
    assert_true(allows("device.flag", JSON_TRUE, "true"));
}

/*
 * Identifiers in the forms of detectors.md, and sensitive things besides. What only a checksum or a
 * run of digits tells (marked) is the detectors' business where a category's alphabet and digits
 * let it through; here it must be refused wherever the value rule alone can tell.
 */
static const struct {
    const char *text;
    bool by_detector;
} identifiers[] = {
    {"+8613800138000", false},
    {"+86 138 0013 8000", false},
    {"+86-138-0013-8000", false},
    {"+1 (212) 555-0123", false},
    {"+442071838750", false},
    {"138 0013 8000", false},
    {"138-0013-8000", false},
    {"86 138 0013 8000", false},
    {"86138-0013-8000", false},
    {"0086-138-0013-8000", false},
    {"13800138000", true},
    {"8613800138000", true},
    {"alice@example.com", false},
    {"alice.b+c@mail.example.co.uk", false},
    {"alice%40example.com", false},
    {"203.0.113.7", false},
    {"203.0.113.7:8080", false},
    {"10.0.0.1/24", false},
    {"host 10.1.2.3", false},
    {"2001:db8::1", false},
    {"fe80::1ff:fe23:4567:890a", false},
    {"2001:0db8:85a3:0000:0000:8a2e:0370:7334", false},
    {"[2001:db8::1]:443", false},
    {"::ffff:203.0.113.7", false},
    {"fe80::1%eth0", false},
    {"aa:bb:cc:dd:ee:ff", false},
    {"00:1a:2b:3c:4d:5e", false},
    {"00:1A:2B:FF:FE:3C:4D:5E", false},
    {"001a2b3c4d5e", false},
    {"00-1a-2b-3c-4d-5e", true},
    {"001a.2b3c.4d5e", true},
    {"550e8400-e29b-41d4-a716-446655440000", true},
    {"{550e8400-e29b-41d4-a716-446655440000}", false},
    {"9774d56d682e549d", true},
    {"354178036859789", true},
    {"35-417803-685978-9", true},
    {"3541780368597801", true},
    {"AF0123450ABCDE", false},
    {"460001234567890", true},
    {"8965880812100011146", true},
    {"11010519491231002X", true},
    {"4111111111111111", true},
    {"4111 1111 1111 1111", true},
    {"6222-0200-0000-0000", true},
    {"wxid_a1b2c3d4e5f6g7", false},
    {"AKIAIOSFODNN7EXAMPLE", false},
    {"ghp_0123456789abcdefghijklmnopqrstuvwxyz", false},
    {"sk_live_0123456789abcdef", false},
    {"eyJhbGciOiJIUzI1NiJ9abcd.eyJzdWIiOiIxMjM0NTY3ODkwIn0abc.c2lnbmF0dXJl", false},
    {"Authorization: Bearer abcdef", true},
    {"password=hunter2", false},
    {"token = abcdef", false},
    {"-----BEGIN RSA PRIVATE KEY-----", true},
    {"/home/alice/notes.txt", false},
    {"/Users/alice/Library", false},
    {"C:\\Users\\alice\\x", false},
    {"C:/Users/alice/x", false},
    {"file:///home/alice/x", false},
    {"/data/user/0/com.example/files", false},
    {"https://example.com/u/10001?x=1", false},
    {"//cdn.example.com/x", false},
    {"\xE4\xBA\xAC"
     "A12345",
     false},
    {"\xE7\xB2\xA4"
     "B\xC2\xB7"
     "D12345",
     false},
    {"39.904211,116.407395", true},
    {"zero\xE2\x80\x8Bwidth", false},
    {"\xEF\xBC\x91\xEF\xBC\x93\xEF\xBC\x98", false},
    {"tab\tseparated", false},
    {"two\nlines", false},
    {"\"quoted\"", false},
    {"\xFF\xFE", false},
};

/* The alphabets of fixed layout let some identifiers through by what they are. */
static bool exempt(const struct category_info *info, const char *text)
{
    return strcmp(info->name, "crash.image_id") == 0 && strlen(text) == 36 && text[8] == '-';
}

static void no_kept_value_is_an_identifier(void **state)
{
    (void)state;
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        const struct category_info *info = category_info((enum category)i);
        for (size_t j = 0; j < COUNT(identifiers); j++) {
            if (strcmp(identifiers[j].text, "AF0123450ABCDE") == 0)
                continue; /* 14 hex digits are a word like others: only the field tells */
            bool allowed = value_rule_allows(&info->value, JSON_STRING,
                                             slice_from_string(identifiers[j].text));
            if (allowed && !identifiers[j].by_detector && !exempt(info, identifiers[j].text))
                fail_msg("%s keeps %s", info->name, identifiers[j].text);
        }
    }
}

/* Where no detector need help: numbers of persons and cards are too long for these. */
static void digits_rule_out_long_numbers(void **state)
{
    (void)state;
    static const char *const categories[] = {
        "network.operator", "network.isp",   "place.region",     "device.model", "device.brand",
        "device.language",  "app.id",        "app.channel",      "usage.event",  "usage.screen",
        "usage.result",     "log.level",     "log.tag",          "web.browser",  "crash.thread",
        "app.process",      "app.installed", "device.time_zone", "crash.type",   "crash.address",
        "time.event",       "time.other",    "crash.image_id"};
    static const char *const numbers[] = {
        "354178036859789",     "35-417803-685978-9", "3541780368597801", "460001234567890",
        "8965880812100011146", "11010519491231002X", "4111111111111111", "4111 1111 1111 1111",
        "6222-0200-0000-0000", "8613800138000",      "138x0013x8000"};
    for (size_t i = 0; i < COUNT(categories); i++) {
        for (size_t j = 0; j < COUNT(numbers); j++) {
            if (allows(categories[i], JSON_STRING, numbers[j]))
                fail_msg("%s keeps %s", categories[i], numbers[j]);
        }
    }
}

static void no_kept_number_is_an_identifier(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "13800138000",      "8613800138000",    "354178036859789",     "982345678901234",
        "3541780368597801", "460001234567890",  "8965880812100011146", "110105194912310021",
        "4111111111111111", "6222020000000000", "5500000000000004",    "2221000000000009",
        "2200000000000004", "340000000000009",  "6222020000000000000", "12125550123",
        "39.904211",        "116.407395",       "138001380.00",        "3569380356.438",
        "20260102",
    };
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        const struct category_info *info = category_info((enum category)i);
        for (size_t j = 0; j < COUNT(numbers); j++) {
            if (j + 1 == COUNT(numbers) && info->kind != KIND_TIME)
                continue; /* eight digits are a number like others; but no time */
            if (value_rule_allows(&info->value, JSON_NUMBER, slice_from_string(numbers[j])))
                fail_msg("%s keeps %s", info->name, numbers[j]);
        }
    }
}

static void label_takes_letters_of_any_script(void **state)
{
    (void)state;
    static const uint32_t good[] = {0xC4,  0xDF,   0x391,  0x416,  0x5D0,  0x627,  0x905,
                                    0xE01, 0x3042, 0x30A2, 0x4E2D, 0xAC00, 0x1E00, 0x20000};
    static const uint32_t bad[] = {0x7F,    0x80,    0x9F,    0xA0,    0xAD,    0xB2,    0x660,
                                   0x669,   0x6F0,   0x6F9,   0x966,   0x9E6,   0xE50,   0x200B,
                                   0x200E,  0x200F,  0x2028,  0x202A,  0x202E,  0x2060,  0x2066,
                                   0x206F,  0x2460,  0x2160,  0x3000,  0xE000,  0xF8FF,  0xFDD0,
                                   0xFE0F,  0xFEFF,  0xFF10,  0xFF21,  0xFFEF,  0xFFFE,  0xFFFF,
                                   0x1D7CE, 0x1F600, 0x1FFFE, 0xE0001, 0xE0041, 0xF0000, 0x10FFFF};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(alphabet_is_label_character(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[4];
        assert_false(alphabet_is_label_character(bad[i]));
        if (bad[i] >= 0x80)
            assert_false(
                alphabet_allows(ALPHABET_LABEL, slice_of(text, utf8_encode(bad[i], text))));
    }
    /* Overlong, cut, surrogate, beyond the last. */
    static const char *const broken[] = {"\xC1\x81",     "\xE4\xB8",         "a\xE4",
                                         "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"};
    for (size_t i = 0; i < COUNT(broken); i++)
        assert_false(alphabet_allows(ALPHABET_LABEL, slice_from_string(broken[i])));
}

/* Every byte in every alphabet of single characters, against lists written down again. */
static void alphabets_hold_what_they_say(void **state)
{
    (void)state;
    static const struct {
        enum alphabet alphabet;
        const char *others;
    } alphabets[] = {
        {ALPHABET_WORD, "_-"},          {ALPHABET_DOTTED, "_-."},
        {ALPHABET_VERSION, "_-.+~() "}, {ALPHABET_MODEL, "_-.,+/() "},
        {ALPHABET_LOCALE, "-_/+:"},     {ALPHABET_SYMBOL, "_-.$<>:~,*&[]()=!#+;/ "},
        {ALPHABET_LABEL, "_- .&"},
    };
    for (size_t i = 0; i < COUNT(alphabets); i++) {
        for (int byte = 0; byte < 256; byte++) {
            char c = (char)byte;
            bool expected = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                            (byte >= 'A' && byte <= 'Z') ||
                            (byte && byte < 128 && strchr(alphabets[i].others, byte));
            assert_int_equal(alphabet_allows(alphabets[i].alphabet, slice_of(&c, 1)), expected);
        }
        assert_true(alphabet_allows(alphabets[i].alphabet, (struct slice){0}));
    }
    assert_false(alphabet_allows(ALPHABET_NONE, (struct slice){0}));
    assert_false(alphabet_allows(ALPHABET_NONE, SLICE("a")));
    assert_true(alphabet_allows(ALPHABET_DIGITS, SLICE("0123456789")));
    assert_false(alphabet_allows(ALPHABET_DIGITS, SLICE("12a")));
    static const char *const bad_hex[] = {
        "", "0x", "1f", "0X1f", "0x1g", "x1", "0x12345678901234567"};
    for (size_t i = 0; i < COUNT(bad_hex); i++)
        assert_false(alphabet_allows(ALPHABET_HEX, slice_from_string(bad_hex[i])));
    static const char *const bad_builds[] = {"",
                                             "9774d56d682e549c",
                                             "-2d7a8c1f4e5b4a6f9c3d8e7f6a5b4c3d",
                                             "2d7a8c1f4e5b4a6f9c3d8e7f6a5b4c3d-",
                                             "2d7a8c1f--4e5b4a6f9c3d8e7f6a5b4c3d",
                                             "2d7a8c1f4e5b4a6f9c3d8e7f6a5b4c3g"};
    for (size_t i = 0; i < COUNT(bad_builds); i++)
        assert_false(alphabet_allows(ALPHABET_BUILD_ID, slice_from_string(bad_builds[i])));
    assert_false(alphabet_allows((enum alphabet)99, SLICE("a")));
}

static void shapes_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum value_shape shape;
    } cases[] = {
        {"", SHAPE_NONE},
        {"1.2.3", SHAPE_NONE},
        {"1.2.3.4", SHAPE_DOTTED_QUAD},
        {"..1.2.3.4..", SHAPE_DOTTED_QUAD},
        {"v1.2.3.4-rc", SHAPE_DOTTED_QUAD},
        {"010.001.002.003", SHAPE_DOTTED_QUAD},
        {"1.2.3.256", SHAPE_NONE},
        {"1.2.3.4.5", SHAPE_NONE},
        {"1..2.3", SHAPE_NONE},
        {"1.2.3.0004", SHAPE_NONE},
        {"a::b", SHAPE_NONE},
        {"std::__1::x", SHAPE_NONE},
        {"dead::beef", SHAPE_NONE},
        {"1::", SHAPE_COLON_HEX},
        {"x 1::2", SHAPE_COLON_HEX},
        {"x1::2", SHAPE_NONE},
        {"ab:cd:ef:ab:cd:ef", SHAPE_COLON_HEX},
        {"::", SHAPE_NONE},
        {"00aa11bb22cc", SHAPE_BARE_MAC},
        {"x_00aa11bb22cc", SHAPE_BARE_MAC},
        {"00aa11bb22ccd", SHAPE_NONE},
        {"abcdefabcdef", SHAPE_NONE},
        {"123456789012", SHAPE_NONE},
        {"g00aa11bb22cc", SHAPE_NONE},
        {"138.0013.8000", SHAPE_MOBILE},
        {"86-138/0013/8000", SHAPE_MOBILE},
        {"128-0013-8000", SHAPE_NONE},
        {"138-0013-80001", SHAPE_NONE},
        {"5138-0013-8000", SHAPE_NONE},
        {"138--0013-8000", SHAPE_GROUPS},
        {"+1234567", SHAPE_INTERNATIONAL},
        {"(+12) 345-67", SHAPE_INTERNATIONAL},
        {"+123456", SHAPE_NONE},
        {"1.0+20240101", SHAPE_NONE},
        {"+", SHAPE_NONE},
        {"\xE4\xBA\xAC"
         "A12345",
         SHAPE_PLATE},
        {"\xE4\xBA\xAC"
         "A 1B2C3",
         SHAPE_PLATE},
        {"\xE4\xBA\xAC"
         "A1234\xE5\xAD\xA6",
         SHAPE_PLATE},
        {"\xE4\xBA\xAC"
         "A123",
         SHAPE_NONE},
        {"\xE4\xB8\xAD"
         "A12345",
         SHAPE_NONE},
        {"wxid_abcde", SHAPE_NONE},
        {"wxid_abcdef", SHAPE_KEY},
        {"xwxid_abcdef", SHAPE_NONE},
        {"a=b", SHAPE_ASSIGNMENT},
        {"a == b", SHAPE_NONE},
        {"operator=(x)", SHAPE_NONE},
        {"=", SHAPE_NONE},
        {"a/b/c", SHAPE_NONE},
        {"/", SHAPE_NONE},
        {"/homes/x", SHAPE_NONE},
        {"/HOME/x", SHAPE_ADDRESS},
        {"x (/home/alice)", SHAPE_ADDRESS},
        {"http://x", SHAPE_ADDRESS},
        {"~/x", SHAPE_ADDRESS},
        {"C:/x", SHAPE_ADDRESS},
        {"1380.0138.000", SHAPE_GROUPS},
        {"13 800 138 000", SHAPE_GROUPS},
        {"138001(38000)", SHAPE_GROUPS},
        {"x;138;0013;8000", SHAPE_GROUPS},
        {"(138)0013(8000)", SHAPE_GROUPS},
        {"1-3-8-0-0-1-3-8-0-0-0", SHAPE_GROUPS},
        {"86;13800;138000", SHAPE_GROUPS},
        {"35.6938.0356.4380.9", SHAPE_GROUPS},
        {"35.6938.0356.4380.8", SHAPE_NONE},
        {"411111.1111111111", SHAPE_GROUPS},
        {"411111.1111111112", SHAPE_NONE},
        {"130.0.6723.116", SHAPE_NONE},
        {"4.14.186-25950142", SHAPE_NONE},
        {"13.4.1.2.2020.12", SHAPE_NONE},
        {"ip-203-0-113-57", SHAPE_GROUPS},
        {"203,0,113,57", SHAPE_GROUPS},
        {"203-0,113-57", SHAPE_NONE},
        {"203-0-113-257", SHAPE_NONE},
        {"a-1-2-3-4", SHAPE_NONE},
        {"02_42_ac_11_00_02", SHAPE_GROUPS},
        {"02.42.ac.11.00.02", SHAPE_GROUPS},
        {"(02)(42)(ac)(11)(00)(02)", SHAPE_GROUPS},
        {"ab-cd-ef-ab-cd-ef", SHAPE_NONE},
        {"A1B2-C3D4-E5F6-0718", SHAPE_GROUPS},
        {"dead-beef-cafe-babe", SHAPE_NONE},
        {"/system/lib64/libc.so", SHAPE_NONE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (value_shape_find(slice_from_string(cases[i].text)) != cases[i].shape)
            fail_msg("%s: not \"%s\"", cases[i].text, value_shape_sentence(cases[i].shape));
    }
    for (unsigned i = 0; i < VALUE_SHAPE_COUNT; i++)
        assert_true(strlen(value_shape_sentence((enum value_shape)i)) > 0);
    assert_string_equal(value_shape_sentence(VALUE_SHAPE_COUNT), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_compared_exactly),
        cmocka_unit_test(types_are_exact),
        cmocka_unit_test(lists_are_exact),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(real_values_are_kept),
        cmocka_unit_test(no_kept_value_is_an_identifier),
        cmocka_unit_test(digits_rule_out_long_numbers),
        cmocka_unit_test(no_kept_number_is_an_identifier),
        cmocka_unit_test(label_takes_letters_of_any_script),
        cmocka_unit_test(alphabets_hold_what_they_say),
        cmocka_unit_test(shapes_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
