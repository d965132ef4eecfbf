/*
 * Is a member's name part of a format, or is it data? `{"sessions": {"10482913": ...}}`: maps are
 * keyed by ids, addresses, names of people, so a draft must not print what it cannot tell from
 * data. What may be printed is what a developer types: words of a language, few digits.
 */
#ifndef LETHE_WORKER_DISCOVER_NAME_H
#define LETHE_WORKER_DISCOVER_NAME_H

#include "core/slice.h"

enum { DISCOVER_NAME_LIMIT = 64 }; /* bytes of a name that may be printed */

/*
 * True for a (decoded) name that is empty or over the limit; has an `@`, quotes, control or
 * unusual characters; more than four words; five digits or more; eight hex digits in a row with
 * letters and digits among them; twenty letters and digits in a row with digits among them; or in
 * which a detector finds anything.
 */
bool discover_name_is_data(struct slice name);

#endif
