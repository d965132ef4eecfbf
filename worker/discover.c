#include "worker/discover.h"

#include <stdlib.h>

#include <sys/random.h>

#include "worker/discover_state.h"

enum { RECORD_ARENA = 256 * 1024 * 1024 };

enum rc discovery_new(struct discovery **out)
{
    struct discovery *discovery = calloc(1, sizeof *discovery);
    uint64_t seed = 0;
    *out = NULL;
    if (!discovery)
        return RC_NO_MEMORY;
    /* The hashes of values live in memory only; keyed, they tell nothing even there. */
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        free(discovery);
        return RC_IO;
    }
    if (discover_tree_init(&discovery->tree, seed) != RC_OK) {
        free(discovery);
        return RC_NO_MEMORY;
    }
    arena_init(&discovery->record, RECORD_ARENA);
    *out = discovery;
    return RC_OK;
}

void discovery_free(struct discovery *discovery)
{
    if (!discovery)
        return;
    discover_tree_release(&discovery->tree);
    arena_release(&discovery->record);
    free(discovery);
}

void discovery_only(struct discovery *discovery, struct slice member, struct slice value)
{
    discovery->member = member;
    discovery->value = value;
}

static bool is_wanted(const struct discovery *discovery, const struct json_value *record)
{
    return discovery->member.length == 0 ||
           slice_equal(json_member_text(record, discovery->member), discovery->value);
}

void discovery_add(struct discovery *discovery, struct slice record)
{
    arena_reset(&discovery->record);
    const struct json_value *value =
        record.length <= DISCOVER_RECORD_LIMIT && discovery->tree.records < UINT32_MAX
            ? json_parse(&discovery->record, record, DISCOVER_DEPTH_LIMIT, NULL)
            : NULL;
    if (value && value->type == JSON_OBJECT && !is_wanted(discovery, value))
        return;
    if (value && value->type == JSON_OBJECT)
        discover_tree_add(&discovery->tree, value);
    else
        discovery->bad++;
}

void discovery_add_bad(struct discovery *discovery)
{
    discovery->bad++;
}

uint64_t discovery_records(const struct discovery *discovery)
{
    return discovery->tree.records;
}

uint64_t discovery_bad(const struct discovery *discovery)
{
    return discovery->bad;
}
