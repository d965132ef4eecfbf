#include "sink/covered.h"

#include <stdlib.h>

#include "core/time_text.h"

enum rc covered_init(struct covered *covered)
{
    *covered = (struct covered){.opened = TIME_NONE};
    covered->ranges = calloc(COVERED_RANGE_LIMIT, sizeof *covered->ranges);
    return covered->ranges ? RC_OK : RC_NO_MEMORY;
}

void covered_release(struct covered *covered)
{
    free(covered->ranges);
    free(covered->offsets[0]);
    free(covered->offsets[1]);
    *covered = (struct covered){.opened = TIME_NONE};
}

void covered_reset(struct covered *covered)
{
    covered->range_count = 0;
    covered->opened = TIME_NONE;
}

static void take_range(struct covered *covered, const struct input_range *range)
{
    /* Partitions come in turns; the last range of this one may go on. */
    for (size_t i = covered->range_count; i-- > 0;) {
        struct input_range *before = &covered->ranges[i];
        if (before->origin != range->origin || before->partition != range->partition)
            continue;
        if (before->last < range->first && before->last == range->first - 1) {
            before->last = range->last;
            return;
        }
        break;
    }
    covered->ranges[covered->range_count++] = *range;
}

static enum rc note_offsets(struct covered *covered, unsigned which,
                            const struct consent_position *position)
{
    size_t count = position->offsets ? position->partition_count : 0;
    if (count > covered->offset_capacity[which]) {
        int64_t *larger = reallocarray(covered->offsets[which], count, sizeof *larger);
        if (!larger)
            return RC_NO_MEMORY;
        covered->offsets[which] = larger;
        covered->offset_capacity[which] = count;
    }
    if (count)
        memcpy(covered->offsets[which], position->offsets, count * sizeof *position->offsets);
    covered->offset_count[which] = count;
    covered->consent[which] = position->messages;
    return RC_OK;
}

enum rc covered_take(struct covered *covered, const struct batch *batch,
                     const struct commit_context *context)
{
    enum rc rc = RC_OK;
    if (covered->opened == TIME_NONE)
        rc = note_offsets(covered, 0, &context->consent);
    if (rc == RC_OK)
        rc = note_offsets(covered, 1, &context->consent);
    if (rc != RC_OK)
        return rc;
    if (covered->opened == TIME_NONE)
        covered->opened = context->now;
    for (size_t i = 0; i < batch->range_count; i++)
        take_range(covered, &batch->ranges[i]);
    return RC_OK;
}

bool covered_is_full(const struct covered *covered)
{
    return covered->range_count > COVERED_RANGE_LIMIT - INPUT_RANGE_LIMIT;
}
