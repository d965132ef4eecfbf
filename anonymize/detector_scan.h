/*
 * What the detectors share; included by detector*.c alone.
 *
 * A scan walks over a *view* of the text: its bytes after normalisation, each with the offset of
 * the source byte it began at. ASCII without escapes is its own view. Detectors see view positions
 * only; detector_report translates them.
 */
#ifndef LETHE_ANONYMIZE_DETECTOR_SCAN_H
#define LETHE_ANONYMIZE_DETECTOR_SCAN_H

#include "anonymize/detector.h"

enum byte_class {
    BYTE_DIGIT = 1,
    BYTE_HEX = 2,    /* a digit or a letter up to f */
    BYTE_LETTER = 4, /* ASCII */
    BYTE_SPACE = 8,
    BYTE_WIDE = 16,  /* part of a character beyond ASCII */
    BYTE_MARK = 32,  /* punctuation at which a detector may begin or end */
    BYTE_LOCAL = 64, /* local part of an e-mail address */
    BYTE_HOST = 128, /* letters, digits, hyphen, underscore */
};
#define BYTE_WORD (BYTE_DIGIT | BYTE_LETTER)

extern const unsigned char byte_class_table[256];

static inline bool byte_is(unsigned char byte, unsigned classes)
{
    return (byte_class_table[byte] & classes) != 0;
}

static inline unsigned char byte_lower(unsigned char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + 32) : byte;
}

/* 0 to 63 of a character of either alphabet of RFC 4648, else -1. */
static inline int base64_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Is the byte one of the characters of `list`? A NUL never is. */
static inline bool byte_in(unsigned char byte, const char *list)
{
    return byte != 0 && strchr(list, byte) != NULL;
}

struct detector_scan {
    const unsigned char *text; /* the view */
    size_t length;
    const uint32_t *origin; /* of each view byte and of the end, in the source; NULL: the same */
    struct detector_options options;
    struct finding *out;
    size_t capacity, count;
    bool overflow;
    size_t whole_until; /* words before this belong to something that was seen as a whole */
    size_t url_until;   /* the same for addresses of the web, and below for key blocks */
    size_t block_until;
    size_t value_until; /* and for values and tokens: nothing inside is looked at again */
};

/* An ASCII word: letters and digits, nothing of that kind before or after it. */
struct word {
    size_t start, end;
    bool has_digit, has_letter, all_hex;
    bool long_hex; /* 16 or more hex digits in a row */
};

/* The view's byte, or 0 before its beginning and after its end. */
static inline unsigned char view_at(const struct detector_scan *scan, size_t at)
{
    return at < scan->length ? scan->text[at] : 0;
}

static inline unsigned char view_before(const struct detector_scan *scan, size_t at)
{
    return at > 0 ? scan->text[at - 1] : 0;
}

/* Does `text` (lower case ASCII, or UTF-8) stand at `at`, in any case? */
bool view_has(const struct detector_scan *scan, size_t at, struct slice text);

/* The end of the run of bytes of these classes from `at`. */
size_t view_run(const struct detector_scan *scan, size_t at, unsigned classes);

/* Adds a finding of the view's bytes [start, end). */
void detector_report(struct detector_scan *scan, enum detector_kind kind,
                     enum detector_strength strength, size_t start, size_t end);

/* Words that tell what follows, in the `reach` bytes before `at`. */
enum { CONTEXT_REACH = 32 };
enum context {
    CONTEXT_IMEI = 1,
    CONTEXT_PHONE = 2,
    CONTEXT_RESIDENT_ID = 4,
    CONTEXT_PASSPORT = 8,
    CONTEXT_QQ = 16,
    CONTEXT_IMSI = 32,
    CONTEXT_ICCID = 64,
    CONTEXT_MAC = 128,
    CONTEXT_CARD = 256,
    CONTEXT_POSITION = 512,
};
unsigned detector_context(const struct detector_scan *scan, size_t at, size_t reach);

/* How many bytes before `at` hold no digit, at most CONTEXT_REACH. */
size_t view_gap_before(const struct detector_scan *scan, size_t at);

/* The word of letters right before `at`, with at most four characters of `between` in between. */
size_t view_word_before(const struct detector_scan *scan, size_t at, const char *between,
                        size_t *end);

/* Is the view's [start, end) one of the words (lower case, separated by a space) of the list? */
bool view_word_is(const struct detector_scan *scan, size_t start, size_t end, const char *list);

/* Each looks at a word, or at the mark at `at`, and reports what it finds there. */
void detect_digits(struct detector_scan *scan, const struct word *word);
void detect_plus(struct detector_scan *scan, size_t at);
void detect_address(struct detector_scan *scan, const struct word *word);
void detect_quad(struct detector_scan *scan, const struct word *word);
void detect_double_colon(struct detector_scan *scan, size_t at);
void detect_hex(struct detector_scan *scan, const struct word *word);
void detect_email(struct detector_scan *scan, size_t at);
void detect_scheme(struct detector_scan *scan, size_t at);
void detect_at_word(struct detector_scan *scan, const struct word *word);
void detect_www(struct detector_scan *scan, const struct word *word);
void detect_token(struct detector_scan *scan, const struct word *word);
void detect_jwt(struct detector_scan *scan, const struct word *word);
void detect_pem(struct detector_scan *scan, size_t at);
void detect_secret(struct detector_scan *scan, size_t at);
void detect_spoken_secret(struct detector_scan *scan, size_t at);
void detect_wechat_key(struct detector_scan *scan, size_t at);
void detect_home(struct detector_scan *scan, size_t at);
void detect_position(struct detector_scan *scan, const struct word *word);
void detect_sentence(struct detector_scan *scan, size_t at); /* NMEA, at '$' */
void detect_degrees(struct detector_scan *scan, size_t at);  /* at a degree sign */
void detect_device(struct detector_scan *scan, const struct word *word);
void detect_login(struct detector_scan *scan, size_t at);
void detect_wide_word(struct detector_scan *scan, size_t at);

/* Checks over ASCII digits. */
bool card_number_valid(struct slice digits); /* known issuer, length and Luhn */
bool country_code_known(struct slice digits);

/* The next run of 15 or more characters of base64 from `at`; text.length where there is none. */
size_t detector_next_token(struct slice text, size_t at, size_t *end);

/* Does this text decode (base64, base64url or hex, `depth` times at most, at any alignment) to
 * something with a finding? `memory` holds what is decoded and is overwritten with zeros. */
bool detector_decodes_to_finding(struct slice token, unsigned depth, char *memory, size_t room);

#endif
