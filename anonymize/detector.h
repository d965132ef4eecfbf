/*
 * Detectors: where in a text stands something that could identify, and what.
 *
 * One pass from left to right with hand-written validators; no regular expressions, no locale, no
 * allocation, linear time. The text is decoded, valid UTF-8. It is read in every spelling that a
 * reader would undo: full-width, Arabic-Indic and other decimal digits and full-width letters
 * count as ASCII; unusual spaces, hyphens and dots as the usual ones; zero-width characters and
 * soft hyphens inside a token do not part it; percent-encoding and \u escapes are decoded, up to
 * three times. Where a text has any of these it is scanned as it stands, too.
 *
 * Findings are disjoint and ascending, in bytes of the text given. Overlapping ones become their
 * union, named after the longer if it covers the other, else after the stronger.
 *
 * Free text keeps what a log is full of: times since 1970 in milliseconds, micro- and nanoseconds
 * (13, 16 or 19 digits from 1) and times as digits (YYYYMMDDhhmm and longer), fractions, addresses
 * after 0x, and the build ids of native frames
 * ("BuildId: ..."), and versions of four parts where a word says so ("version 1.2.3.4", "v1.2.3.4",
 * "Chrome/110.0.0.0"). A kept value keeps none of these (see detector_kept.h).
 *
 * Formats and checks: 3GPP TS 23.003 (IMEI, IMSI), ITU-T E.118, E.164, E.212, ISO/IEC 7812 (cards,
 * Luhn), GB 11643-1999 (resident id), GA 36 (plates), IEEE 802 (MAC), RFC 4122, 4291, 5321, 7468,
 * 7519, 3986.
 */
#ifndef LETHE_ANONYMIZE_DETECTOR_H
#define LETHE_ANONYMIZE_DETECTOR_H

#include "core/slice.h"

enum detector_strength {
    STRENGTH_NONE = 0,
    STRENGTH_CONTEXT,  /* only a word beside it tells */
    STRENGTH_STRUCT,   /* a fixed structure */
    STRENGTH_CHECKSUM, /* and a check digit */
};

/* A kind's strength is the most that a finding of it can have; one that a word beside it alone
 * tells is STRENGTH_CONTEXT in any case. */
/*   code                    name             replaced by       strength           what it is */
#define DETECTOR_TABLE(X)                                                                          \
    X(DETECTOR_PEM, "pem", "<key>", STRENGTH_STRUCT, "a PEM block: key or certificate")            \
    X(DETECTOR_JWT, "jwt", "<token>", STRENGTH_CHECKSUM, "a JSON web token")                       \
    X(DETECTOR_AUTHORIZATION, "authorization", "<token>", STRENGTH_STRUCT, "credentials of HTTP")  \
    X(DETECTOR_TOKEN, "token", "<token>", STRENGTH_STRUCT, "a key or token with a known prefix")   \
    X(DETECTOR_SECRET, "secret", "<secret>", STRENGTH_STRUCT, "the value after a word like token") \
    X(DETECTOR_URL, "url", "<url>", STRENGTH_STRUCT, "an address with a scheme, or www.")          \
    X(DETECTOR_EMAIL, "email", "<email>", STRENGTH_STRUCT, "an e-mail address")                    \
    X(DETECTOR_RESIDENT_ID, "resident_id", "<id>", STRENGTH_CHECKSUM, "a Chinese resident id")     \
    X(DETECTOR_CARD, "card", "<card>", STRENGTH_CHECKSUM, "a payment card number")                 \
    X(DETECTOR_IMEI, "imei", "<imei>", STRENGTH_CHECKSUM, "an IMEI, IMEISV or MEID")               \
    X(DETECTOR_ICCID, "iccid", "<iccid>", STRENGTH_CHECKSUM, "the number of a SIM card")           \
    X(DETECTOR_IMSI, "imsi", "<imsi>", STRENGTH_STRUCT, "a subscriber identity")                   \
    X(DETECTOR_PHONE, "phone", "<phone>", STRENGTH_STRUCT, "a telephone number")                   \
    X(DETECTOR_MAC, "mac", "<mac>", STRENGTH_STRUCT, "a hardware address")                         \
    X(DETECTOR_IP, "ip", "<ip>", STRENGTH_STRUCT, "an IP address")                                 \
    X(DETECTOR_UUID, "uuid", "<uuid>", STRENGTH_STRUCT, "a UUID")                                  \
    X(DETECTOR_POSITION, "position", "<position>", STRENGTH_STRUCT, "latitude and longitude")      \
    X(DETECTOR_PLATE, "plate", "<plate>", STRENGTH_STRUCT, "a Chinese licence plate")              \
    X(DETECTOR_PASSPORT, "passport", "<passport>", STRENGTH_CONTEXT,                               \
      "a passport or permit number")                                                               \
    X(DETECTOR_WECHAT, "wechat", "<wechat>", STRENGTH_STRUCT, "a WeChat id")                       \
    X(DETECTOR_QQ, "qq", "<qq>", STRENGTH_CONTEXT, "a QQ number")                                  \
    X(DETECTOR_HOME_PATH, "home_path", "<user>", STRENGTH_STRUCT, "the user in a home path")       \
    X(DETECTOR_SERIAL, "serial", "<serial>", STRENGTH_CONTEXT, "a device's serial number")         \
    X(DETECTOR_SSID, "ssid", "<ssid>", STRENGTH_CONTEXT, "the name of a wireless network")         \
    X(DETECTOR_DEVICE_NAME, "device_name", "<device>", STRENGTH_CONTEXT,                           \
      "the name of somebody's device or host")                                                     \
    X(DETECTOR_HEX, "hex", "<hex>", STRENGTH_STRUCT, "16 or more hex digits in a row")             \
    X(DETECTOR_DIGITS, "digits", "<number>", STRENGTH_STRUCT, "11 or more digits in a row")        \
    X(DETECTOR_ENCODED, "encoded", "<encoded>", STRENGTH_STRUCT, "base64 or hex that holds one")

enum detector_kind {
#define DETECTOR_ENUM(code, name, placeholder, strength, sentence) code,
    DETECTOR_TABLE(DETECTOR_ENUM)
#undef DETECTOR_ENUM
        DETECTOR_KIND_COUNT
};

const char *detector_name(enum detector_kind kind);         /* stable, for counters */
struct slice detector_placeholder(enum detector_kind kind); /* "<email>" */
enum detector_strength detector_kind_strength(enum detector_kind kind);
const char *detector_description(enum detector_kind kind);

struct finding {
    enum detector_kind kind;
    enum detector_strength strength;
    size_t start, end; /* bytes of the text */
};

/* {0} is free text. */
struct detector_options {
    bool kept;       /* a value to be kept as it is: none of the leniency for logs */
    bool allow_hex;  /* 16 hex digits in a row are no finding, nor digits among hex letters */
    bool allow_uuid; /* UUIDs are no finding */
    bool allow_mac;
    bool allow_digits; /* 11 digits in a row are no finding as such */
};

/* Texts that must be normalised first (any of the above spellings) are limited to this; others may
 * be of any length. Normalising takes memory on the stack: 3 KiB for texts of up to 512 bytes, 320
 * KiB for longer ones; it is overwritten with zeros. */
enum { DETECTOR_TEXT_LIMIT = 64 * 1024 };

/*
 * Finds all. False: there is more to find than `capacity`, or the text is longer than the limit;
 * then the caller drops the text. *count findings stand in `out` in any case.
 */
bool detector_scan(struct slice text, struct detector_options options, struct finding *out,
                   size_t capacity, size_t *count);

/* Is there any finding of at least this strength? True where the scan cannot tell. */
bool detector_finds(struct slice text, struct detector_options options,
                    enum detector_strength least);

#endif
