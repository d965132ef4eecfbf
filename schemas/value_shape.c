#include "schemas/value_shape.h"

#include "core/ascii.h"
#include "core/utf8.h"

/* The character at `index`, or NUL on either side of the text. */
static char at(struct slice text, size_t index)
{
    return index < text.length ? text.data[index] : '\0';
}

static char before(struct slice text, size_t index)
{
    return index > 0 ? text.data[index - 1] : '\0';
}

/* How many characters from `index` on are of that class. */
static size_t run(struct slice text, size_t index, bool (*is_member)(char))
{
    size_t length = 0;
    while (index + length < text.length && is_member(text.data[index + length]))
        length++;
    return length;
}

static bool is_quad_character(char c)
{
    return ascii_is_digit(c) || c == '.';
}

static bool is_quad(struct slice text)
{
    unsigned groups = 0;
    struct slice rest = text;
    while (rest.data) {
        struct slice group = slice_cut(&rest, '.');
        uint64_t number;
        if (group.length > 3 || !slice_to_u64(group, &number) || number > 255)
            return false;
        groups++;
    }
    return groups == 4;
}

static bool has_dotted_quad(struct slice text)
{
    for (size_t i = 0; i < text.length;) {
        size_t length = run(text, i, is_quad_character);
        struct slice found = slice_between(text, i, i + length);
        while (found.length && found.data[0] == '.')
            found = slice_tail(found, 1);
        while (found.length && found.data[found.length - 1] == '.')
            found = slice_head(found, found.length - 1);
        if (found.length && is_quad(found))
            return true;
        i += length ? length : 1;
    }
    return false;
}

static bool is_word_or_colon(char c)
{
    return ascii_is_alphanumeric(c) || c == '_' || c == ':';
}

/* Two colons are enough with a digit in a group (std::a is none), five without. */
static bool is_colon_hex(struct slice word)
{
    unsigned colons = 0;
    size_t group = 0;
    bool digit = false;
    for (size_t i = 0; i < word.length; i++) {
        char c = word.data[i];
        if (c == ':') {
            colons++;
            group = 0;
        } else if (!ascii_is_hex(c) || ++group > 4) {
            return false;
        }
        digit = digit || ascii_is_digit(c);
    }
    return colons >= 5 || (colons >= 2 && digit);
}

static bool has_colon_hex(struct slice text)
{
    for (size_t i = 0; i < text.length;) {
        size_t length = run(text, i, is_word_or_colon);
        if (length && is_colon_hex(slice_between(text, i, i + length)))
            return true;
        i += length ? length : 1;
    }
    return false;
}

static bool has_bare_mac(struct slice text)
{
    for (size_t i = 0; i < text.length;) {
        size_t length = run(text, i, ascii_is_alphanumeric);
        if (length == 12 && run(text, i, ascii_is_hex) == 12 && run(text, i, ascii_is_digit) < 12 &&
            run(text, i, ascii_is_letter) < 12)
            return true;
        i += length ? length : 1;
    }
    return false;
}

static bool is_group_separator(char c)
{
    return c != '\0' && strchr(" -._/", c) != NULL;
}

/* 138-0013-8000, alone or after 86. */
static bool has_mobile(struct slice text)
{
    for (size_t i = 0; i + 13 <= text.length; i++) {
        if (text.data[i] != '1' || text.data[i + 1] < '3')
            continue;
        bool alone = !ascii_is_digit(before(text, i));
        bool prefixed = i >= 2 && text.data[i - 2] == '8' && text.data[i - 1] == '6' &&
                        (i == 2 || !ascii_is_digit(text.data[i - 3]) || text.data[i - 3] == '0');
        if ((alone || prefixed) && run(text, i, ascii_is_digit) == 3 &&
            is_group_separator(text.data[i + 3]) && run(text, i + 4, ascii_is_digit) == 4 &&
            is_group_separator(text.data[i + 8]) && run(text, i + 9, ascii_is_digit) == 4)
            return true;
    }
    return false;
}

static bool has_international(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] != '+' || ascii_is_alphanumeric(before(text, i)))
            continue;
        unsigned digits = 0;
        for (size_t j = i + 1; j < text.length; j++) {
            if (ascii_is_digit(text.data[j]))
                digits++;
            else if (!is_group_separator(text.data[j]) && text.data[j] != '(' &&
                     text.data[j] != ')')
                break;
        }
        if (digits >= 7)
            return true;
    }
    return false;
}

/* 京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼, ascending. */
static const uint16_t provinces[] = {0x4E91, 0x4EAC, 0x5180, 0x5409, 0x5B81, 0x5DDD, 0x65B0, 0x664B,
                                     0x6842, 0x6CAA, 0x6D25, 0x6D59, 0x6E1D, 0x6E58, 0x743C, 0x7518,
                                     0x7696, 0x7CA4, 0x82CF, 0x8499, 0x85CF, 0x8C6B, 0x8D35, 0x8D63,
                                     0x8FBD, 0x9102, 0x95FD, 0x9655, 0x9752, 0x9C81, 0x9ED1};

static bool is_province(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof(provinces) / sizeof(provinces[0]); i++) {
        if (provinces[i] == code_point)
            return true;
    }
    return false;
}

static bool has_plate(struct slice text)
{
    const char *end = text.data + text.length;
    for (size_t i = 0; i + 9 <= text.length; i++) {
        if ((unsigned char)text.data[i] < 0xE4 || utf8_step(text.data + i, end) != 3 ||
            !is_province(utf8_decode(text.data + i, 3)) || !ascii_is_letter(text.data[i + 3]))
            continue;
        size_t from = i + 4;
        if (slice_starts_with(slice_tail(text, from), SLICE("\xC2\xB7")))
            from += 2;
        else if (at(text, from) == ' ')
            from++;
        size_t length = run(text, from, ascii_is_alphanumeric);
        bool digit = false;
        for (size_t j = from; j < from + length; j++)
            digit = digit || ascii_is_digit(text.data[j]);
        if (digit && (length == 4 || length == 5 || length == 6)) /* 4 before a final Han one */
            return true;
    }
    return false;
}

/* Keys of services and account names that begin alike; what follows is letters, digits, - and _. */
static const struct {
    const char *prefix;
    size_t rest;
} keys[] = {
    {"wxid_", 6},    {"AKIA", 16},    {"ASIA", 16},    {"ABIA", 16},        {"ACCA", 16},
    {"ghp_", 20},    {"gho_", 20},    {"ghs_", 20},    {"github_pat_", 20}, {"AIza", 30},
    {"LTAI", 12},    {"xoxb-", 10},   {"xoxp-", 10},   {"sk_live_", 8},     {"sk_test_", 8},
    {"sk_prod_", 8}, {"rk_live_", 8}, {"rk_test_", 8}, {"rk_prod_", 8},     {"eyJ", 17},
};

/* Does any of them begin with it? */
static bool begins_key(char c)
{
    switch (c) {
    case 'w':
    case 'A':
    case 'g':
    case 'L':
    case 'x':
    case 's':
    case 'r':
    case 'e':
        return true;
    default:
        return false;
    }
}

static bool is_key_character(char c)
{
    return ascii_is_alphanumeric(c) || c == '_' || c == '-';
}

static bool has_key(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!begins_key(text.data[i]) || ascii_is_alphanumeric(before(text, i)))
            continue;
        struct slice rest = slice_tail(text, i);
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
            if (keys[k].prefix[0] != text.data[i])
                continue;
            struct slice prefix = slice_from_string(keys[k].prefix);
            if (slice_starts_with(rest, prefix) &&
                run(rest, prefix.length, is_key_character) >= keys[k].rest)
                return true;
        }
    }
    return false;
}

/* name=value and name = value; `Output = ()`, `a == b` and operator=( are code. */
static bool has_assignment(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] != '=')
            continue;
        char last = before(text, i);
        bool named = ascii_is_alphanumeric(last) || last == '_' || last == ' ' || last == ']';
        size_t next = i + 1 + (at(text, i + 1) == ' ');
        if (named && ascii_is_alphanumeric(at(text, next)))
            return true;
    }
    return false;
}

/* First folders of absolute paths below which people's files or names stand. */
static const char *const private_folders[] = {
    "home",  "users",  "data",   "storage", "var", "private", "root",      "mnt",
    "media", "sdcard", "export", "volumes", "run", "tmp",     "documents",
};

static bool is_path_character(char c)
{
    return ascii_is_alphanumeric(c) || c == '_' || c == '-';
}

/* A slash that continues no name begins an absolute path, or is part of a scheme's "://". */
static bool has_address(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] != '/')
            continue;
        char last = before(text, i);
        if (at(text, i + 1) == '/' || last == ':' || last == '~')
            return true;
        if (is_path_character(last) || last == ')' || last == ']' || last == '.')
            continue;
        struct slice folder =
            slice_between(text, i + 1, i + 1 + run(text, i + 1, is_path_character));
        for (size_t k = 0; k < sizeof(private_folders) / sizeof(private_folders[0]); k++) {
            if (slice_equal_ignoring_case(folder, slice_from_string(private_folders[k])))
                return true;
        }
    }
    return false;
}

enum { SEEN_DOT = 1, SEEN_COLON = 2, SEEN_PLUS = 4, SEEN_EQUALS = 8, SEEN_SLASH = 16 };

static const unsigned char seen_of[256] = {
    ['.'] = SEEN_DOT,    [':'] = SEEN_COLON, ['+'] = SEEN_PLUS,
    ['='] = SEEN_EQUALS, ['/'] = SEEN_SLASH,
};

/* What one pass over the text tells, so that most texts need no second one. */
struct census {
    size_t digits;
    unsigned seen;
    bool wide; /* not all ASCII */
};

static struct census take_census(struct slice text)
{
    unsigned seen = 0, all = 0;
    size_t digits = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        digits += ascii_is_digit((char)c);
        seen |= seen_of[c];
        all |= c;
    }
    return (struct census){.digits = digits, .seen = seen, .wide = all >= 0x80};
}

enum value_shape value_shape_find(struct slice text)
{
    struct census census = take_census(text);
    if ((census.seen & SEEN_DOT) && census.digits >= 4 && has_dotted_quad(text))
        return SHAPE_DOTTED_QUAD;
    if ((census.seen & SEEN_COLON) && has_colon_hex(text))
        return SHAPE_COLON_HEX;
    if (census.digits >= 1 && text.length >= 12 && has_bare_mac(text))
        return SHAPE_BARE_MAC;
    if (census.digits >= 11 && has_mobile(text))
        return SHAPE_MOBILE;
    if ((census.seen & SEEN_PLUS) && census.digits >= 7 && has_international(text))
        return SHAPE_INTERNATIONAL;
    if (census.wide && census.digits && has_plate(text))
        return SHAPE_PLATE;
    if (text.length >= 11 && has_key(text))
        return SHAPE_KEY;
    if ((census.seen & SEEN_EQUALS) && has_assignment(text))
        return SHAPE_ASSIGNMENT;
    if ((census.seen & SEEN_SLASH) && has_address(text))
        return SHAPE_ADDRESS;
    if (census.digits >= 2 && text.length >= 12 && value_groups_identify(text))
        return SHAPE_GROUPS;
    return SHAPE_NONE;
}

const char *value_shape_sentence(enum value_shape shape)
{
    static const char *const sentences[VALUE_SHAPE_COUNT] = {
#define SENTENCE(code, sentence) [code] = sentence,
        VALUE_SHAPE_TABLE(SENTENCE)
#undef SENTENCE
    };
    return (unsigned)shape < VALUE_SHAPE_COUNT ? sentences[shape] : "";
}
