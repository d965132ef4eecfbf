/*
 * Canonical forms: one device, one spelling. An identifier is brought to its canonical form before
 * it is looked up in the consent table or hashed into a pseudonym, so that separators, case and
 * prefixes do not split a person in two. Formats and sources: 3GPP TS 23.003 (IMEI, IMSI, MEID),
 * ITU-T E.118 (ICCID), E.164 (telephone), RFC 4122 (UUID), IEEE 802 (MAC), RFC 5321 (e-mail).
 *
 *   IMEI         NN-XXXXXX-ZZZZZZ-C, spaces, 15 digits, 16 (IMEISV), 14: all to the 14-digit stem;
 *                a wrong check digit has no canonical form, nor has a JSON number of 14 digits (a
 *                stem, or an IMEI that lost its leading zero?)
 *   MEID         14 hex digits, upper case (18 decimal digits and check digits converted)
 *   IMSI         14 or 15 digits
 *   ICCID        18 to 22 digits from 89, hex letters in the account part of 8986 cards; filler
 *                taken off, nibbles swapped back; a check digit stays as it is
 *   ANDROID_ID   16 lower-case hex digits
 *   UUID, MAC    lower case, canonical separators; braces and urn:uuid: taken off
 *   PHONE        +CC and digits; mainland China numbers without a prefix get +86; others without a
 *                prefix have no canonical form
 *   EMAIL        lower case
 *   ADVERTISING  a UUID's canonical form, or lower-case hex
 *   TEXT         without leading and trailing white space; nothing invisible inside
 * Digits and letters are ASCII's: full-width forms are none. A number counts as its text where it
 * is an integer without sign, fraction or exponent. Canonicalising a canonical text changes
 * nothing.
 */
#ifndef LETHE_SCHEMAS_CANONICAL_H
#define LETHE_SCHEMAS_CANONICAL_H

#include "core/json_scan.h"
#include "schemas/category.h"

enum { CANONICAL_LIMIT = 256 }; /* bytes: longer ids have no canonical form */

enum canonical_result {
    CANONICAL_UNUSABLE = 0, /* wrong type, empty, too long, or not of the format */
    CANONICAL_PLACEHOLDER,  /* well formed, and known to stand for nobody: absent */
    CANONICAL_OPTED_OUT,    /* an advertising id of zeros: absent, and a denial */
    CANONICAL_OK,
};

/*
 * `value` is a string's decoded text or a number's text, by `type`. Writes into memory of
 * CANONICAL_LIMIT bytes and sets *out to what was written (for CANONICAL_OK only). No allocation.
 * A category that is no identifier gives CANONICAL_UNUSABLE.
 */
enum canonical_result canonical_id(enum category category, enum json_type type, struct slice value,
                                   char memory[static CANONICAL_LIMIT], struct slice *out);

/* The table of placeholders: canonical forms that stand for nobody in any category of that form.
 * Beside the table, zeros of any length are a placeholder in every form. */
size_t placeholder_count(void);
const char *placeholder_at(size_t index, enum identifier_form *form);

/* The check digit of Luhn (ISO/IEC 7812-1 annex B) over all of at least 2 digits; false for
 * anything else. */
bool luhn_valid(struct slice digits);

/* GB 11643-1999: 18 characters with province, date (1800 to 2099) and check character (x or X). */
bool resident_id_valid(struct slice text);

#endif
