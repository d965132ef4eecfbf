/*
 * An export of an audit topic: its entries, one a line, as `kcat -C -t lethe.audit -e` prints them.
 * The entries of many chains stand among each other, each chain's in its own order; what the
 * topic's retention has ended is missing at the front, and there is no end entry.
 */
#ifndef LETHE_SINK_AUDIT_EXPORT_H
#define LETHE_SINK_AUDIT_EXPORT_H

#include "sink/audit.h"

enum { AUDIT_EXPORT_CHAINS = 65536 }; /* at most */

/* Does the file begin as an export does, and not as a replay's audit? false where it cannot be
 * read. */
bool audit_is_export(const char *path);

/*
 * As audit_read; numbers are lines of the file. RC_CORRUPT where an entry is not the next one of
 * its chain (of the first one that is there of a chain only its hash is checked), or where a chain
 * begins a second time; RC_TRUNCATED where half a line is left; RC_LIMIT where there are too many
 * chains.
 */
LETHE_CHECKED enum rc audit_export_read(const char *path, audit_visitor *visit, void *context,
                                        uint64_t *bad_line);

#endif
