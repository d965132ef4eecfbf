/*
 * The sure detectors over values that are released as they are (DESIGN section 6).
 *
 * A value passes only if no finding of a structural or checksum kind is in it: card, resident id,
 * IMEI, ICCID, IMSI, phone, e-mail, URL, IP address, MAC, UUID, position, plate, JWT, PEM and other
 * tokens, home paths, 16 hex digits or 11 digits in a row. What the category allows for
 * (may_hold_uuid, _mac, _hex16, _digits11 of its value rule) is no finding. A version of four parts
 * that are all below 256 is an address, and so are times since 1970 long digit runs: in doubt it
 * stays in. Nor may base64 or hex in it hold a finding of any kind.
 *
 * This stands on the hot path: one look at the value's bytes decides the usual short ones
 * ("SM-G9910", "17.4.1", "com.example.app"); only the others are scanned.
 */
#ifndef LETHE_ANONYMIZE_DETECTOR_KEPT_H
#define LETHE_ANONYMIZE_DETECTOR_KEPT_H

#include "core/slice.h"
#include "schemas/category.h"

/* `decoded` is a string's decoded text or a number's text. False: drop the field and count it. */
bool detector_kept_value_clean(const struct value_rule *rule, struct slice decoded);

#endif
