#include "ingest/kafka_positions.h"

#include <stdlib.h>
#include <string.h>

enum rc position_table_init(struct position_table *table, size_t topic_count,
                            size_t partition_limit)
{
    *table = (struct position_table){.limit = partition_limit};
    table->topics = calloc(topic_count ? topic_count : 1, sizeof *table->topics);
    if (!table->topics)
        return RC_NO_MEMORY;
    table->topic_count = topic_count;
    return RC_OK;
}

void position_table_release(struct position_table *table)
{
    for (size_t i = 0; i < table->topic_count; i++)
        free(table->topics[i].items);
    free(table->topics);
    *table = (struct position_table){0};
}

static enum rc grow(struct topic_positions *topic, size_t count)
{
    if (count <= topic->count)
        return RC_OK;
    struct position *items = realloc(topic->items, count * sizeof *items);
    if (!items)
        return RC_NO_MEMORY;
    memset(items + topic->count, 0, (count - topic->count) * sizeof *items);
    topic->items = items;
    topic->count = count;
    return RC_OK;
}

enum rc position_hold(struct position_table *table, size_t topic, int32_t partition, int64_t start)
{
    if (topic >= table->topic_count || partition < 0 || start < 0)
        return RC_INTERNAL;
    if ((size_t)partition >= table->limit)
        return RC_LIMIT;
    enum rc rc = grow(&table->topics[topic], (size_t)partition + 1);
    if (rc)
        return rc;
    struct position *position = &table->topics[topic].items[partition];
    if (!position->known) {
        if (table->known >= table->limit)
            return RC_LIMIT;
        table->known++;
        *position = (struct position){
            .known = true, .partition = partition, .end = -1, .poison_offset = -1};
    }
    position->held = true;
    position->state = POSITION_READING;
    position->error = 0;
    position->next = position->settled = position->at = start;
    position->skip_from = position->skip_to = -1;
    return RC_OK;
}

struct position *position_find(const struct position_table *table, size_t topic, int32_t partition)
{
    if (topic >= table->topic_count || partition < 0 ||
        (size_t)partition >= table->topics[topic].count)
        return NULL;
    struct position *position = &table->topics[topic].items[partition];
    return position->known ? position : NULL;
}

struct position *position_next(const struct position_table *table, struct position_cursor *cursor,
                               size_t *topic)
{
    for (; cursor->topic < table->topic_count; cursor->topic++, cursor->index = 0) {
        struct topic_positions *positions = &table->topics[cursor->topic];
        while (cursor->index < positions->count) {
            struct position *position = &positions->items[cursor->index++];
            if (!position->known)
                continue;
            if (topic)
                *topic = cursor->topic;
            return position;
        }
    }
    return NULL;
}

void position_drop_all(struct position_table *table)
{
    struct position_cursor cursor = {0};
    struct position *position;
    while ((position = position_next(table, &cursor, NULL)))
        position->held = false;
}

bool position_offer(struct position *position, int64_t offset, int64_t *first)
{
    if (!position->held || position->state != POSITION_READING || offset < position->next)
        return false;
    *first = position->next;
    position->next = position->at = offset + 1;
    return true;
}

void position_settle(struct position *position, int64_t next)
{
    if (position->held && next > position->settled && next <= position->next)
        position->settled = next;
}

static bool skip_covers(const struct position *position, int64_t offset)
{
    return offset >= position->skip_from && offset < position->skip_to;
}

void position_rewind(struct position *position)
{
    position->next = position->settled;
    position->at = skip_covers(position, position->next) ? position->skip_to : position->next;
}

void position_reach(struct position *position, int64_t offset)
{
    if (position->held && position->state == POSITION_READING && offset > position->at)
        position->at = offset;
}

bool position_skip_again(struct position *position)
{
    if (!skip_covers(position, position->at))
        return false;
    position->at = position->skip_to;
    return true;
}

void position_skip(struct position *position, int64_t to)
{
    position->state = POSITION_READING;
    position->error = 0;
    if (to <= position->at)
        return;
    position->poison++;
    position->poison_offset = position->at;
    position->poison_length += (uint64_t)(to - position->at);
    if (!skip_covers(position, position->next))
        position->skip_from = position->next;
    position->skip_to = to;
    position->at = to;
}
