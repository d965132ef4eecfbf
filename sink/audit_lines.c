#include "sink/audit_lines.h"

#include <sodium.h>

#include "sink/line_reader.h"

static enum rc read_all(struct line_reader *lines, struct arena *arena, audit_lines_visitor *visit,
                        void *context, uint64_t *number)
{
    for (;;) {
        struct slice line;
        struct audit_entry entry;
        enum rc rc = line_reader_next(lines, &line);
        if (rc == RC_END)
            return RC_OK;
        ++*number;
        if (rc == RC_LIMIT)
            return RC_CORRUPT;
        arena_reset(arena);
        if (rc == RC_OK)
            rc = audit_line_read(line, arena, &entry);
        if (rc == RC_OK)
            rc = visit(context, *number, &entry);
        if (rc != RC_OK)
            return rc == RC_END ? RC_OK : rc;
    }
}

enum rc audit_lines_read(const char *path, audit_lines_visitor *visit, void *context,
                         uint64_t *line)
{
    struct line_reader lines;
    struct arena arena;
    *line = 0;
    if (sodium_init() < 0)
        return RC_INTERNAL;
    enum rc rc = line_reader_open(&lines, path, AUDIT_LINE_LIMIT);
    if (rc != RC_OK)
        return rc;
    arena_init(&arena, AUDIT_TREE_LIMIT);
    rc = read_all(&lines, &arena, visit, context, line);
    arena_release(&arena);
    line_reader_close(&lines);
    return rc;
}
