#include "anonymize/detector_kept.h"

#include "anonymize/detector_scan.h"

/*
 * What one look counts. Every finding of a structural kind needs more than a value of few digits
 * and plain characters can hold: a telephone number 7 digits, a position 8, an IPv4 address 4
 * digits and 3 dots, a hardware address or UUID 12 hex digits, a token 15 letters, digits, hyphens
 * and underscores in a row (credentials: 15 bytes and a digit), and the others a character that is
 * not plain. "www.", "wxid_" and "-----BEGIN" are the exceptions, and looked for.
 */
enum {
    PLAIN_LENGTH = 64, /* so that no counter overflows */
    PLAIN_DIGITS = 7,
    PLAIN_HEX = 12,
    PLAIN_RUN = 15,
    QUAD_DOTS = 3,
    QUAD_DIGITS = 4,
    DECODE_DEPTH = 2,
    DECODE_TEXT = 256, /* no category keeps a longer one */
    DECODE_ROOM = DECODE_TEXT * 3 / 4 + DECODE_TEXT * 9 / 16 + 16,
};

/* Four counters of a byte each: what is not plain, dots, digits, hex digits. */
#define OTHER 0x01000000u
#define DOT   0x00010000u
#define DIGIT 0x00000101u
#define HEX   0x00000001u
#define PLAIN 0u

#define ROW_OTHER                                                                                  \
    OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER,     \
        OTHER, OTHER, OTHER
#define FOUR(x) x, x, x, x

static const uint32_t weights[256] = {
    ROW_OTHER, ROW_OTHER,
    /* space ! " # $ % & ' ( ) * + , - . / */
    PLAIN, PLAIN, OTHER, PLAIN, OTHER, OTHER, OTHER, OTHER, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN,
    PLAIN, DOT, OTHER,
    /* 0-9 : ; < = > ? */
    FOUR(DIGIT), FOUR(DIGIT), DIGIT, DIGIT, OTHER, PLAIN, OTHER, OTHER, OTHER, OTHER,
    /* @ A-O */
    OTHER, FOUR(HEX), HEX, HEX, FOUR(PLAIN), FOUR(PLAIN), PLAIN,
    /* P-Z [ \ ] ^ _ */
    FOUR(PLAIN), FOUR(PLAIN), PLAIN, PLAIN, PLAIN, OTHER, OTHER, OTHER, OTHER, PLAIN,
    /* ` a-o */
    OTHER, FOUR(HEX), HEX, HEX, FOUR(PLAIN), FOUR(PLAIN), PLAIN,
    /* p-z { | } ~ DEL */
    FOUR(PLAIN), FOUR(PLAIN), PLAIN, PLAIN, PLAIN, OTHER, OTHER, OTHER, OTHER, OTHER, ROW_OTHER,
    ROW_OTHER, ROW_OTHER, ROW_OTHER, ROW_OTHER, ROW_OTHER, ROW_OTHER, ROW_OTHER};

static bool is_plain(struct slice text)
{
    uint32_t sum = 0;
    unsigned char last = 0;
    bool pair = false; /* "ww", "wx" or "--" */
    size_t start = 0;  /* of the run */
    size_t longest = 0;
    if (text.length > PLAIN_LENGTH)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        sum += weights[byte];
        pair |= ((last | 0x20) == 'w' && ((byte | 0x20) == 'w' || byte == 'x')) ||
                (last == '-' && byte == '-');
        last = byte;
        if (byte == '.' || byte == ' ')
            start = i + 1;
        longest = i + 1 - start > longest ? i + 1 - start : longest;
    }
    unsigned digits = sum >> 8 & 0xFF;
    return sum < OTHER && !pair && digits < PLAIN_DIGITS && (sum & 0xFF) < PLAIN_HEX &&
           longest < PLAIN_RUN && (text.length < PLAIN_RUN || digits == 0) &&
           ((sum >> 16 & 0xFF) < QUAD_DOTS || digits < QUAD_DIGITS);
}

/* base64 and hex that hold what may not stand there in clear. */
static bool holds_encoded(struct slice decoded)
{
    char memory[DECODE_ROOM];
    size_t end = 0;
    size_t at;
    if (decoded.length > DECODE_TEXT)
        return false;
    while ((at = detector_next_token(decoded, end, &end)) < decoded.length) {
        if (detector_decodes_to_finding(slice_between(decoded, at, end), DECODE_DEPTH, memory,
                                        sizeof memory))
            return true;
    }
    return false;
}

bool detector_kept_value_clean(const struct value_rule *rule, struct slice decoded)
{
    if (is_plain(decoded))
        return true;
    struct detector_options options = {
        .kept = true,
        .allow_hex = rule->may_hold_hex16,
        .allow_uuid = rule->may_hold_uuid,
        .allow_mac = rule->may_hold_mac,
        .allow_digits = rule->may_hold_digits11,
    };
    return !detector_finds(decoded, options, STRENGTH_STRUCT) && !holds_encoded(decoded);
}
