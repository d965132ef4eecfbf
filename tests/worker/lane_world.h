/*
 * A lane between a source and a sink that do what a test tells them: the source hands out numbered
 * records of some partitions and can go back; the sink undoes what it is told to undo. Whatever
 * happens, every number has to be committed once.
 */
#ifndef LETHE_TESTS_WORKER_LANE_WORLD_H
#define LETHE_TESTS_WORKER_LANE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "anonymize/start.h"
#include "tests/worker/small_policy.h"
#include "worker/lane.h"

enum { WORLD_PARTITIONS = 3, WORLD_MESSAGES = 20000 };

#define WORLD_DAY INT64_C(1795442400000)

static const char world_configuration[] =
    "schemas: [s.yaml]\npolicy: p.yaml\nhome: CN\n"
    "recipients:\n  r: {purpose: security, ceiling: [usage.count], region: CN,\n"
    "      rows: {topic: out}, linkage: {minimum: %u}}\n"
    "limits: {batch: {records: 100, bytes: 64KiB, delay: 50ms}}\n";

struct world {
    struct source source; /* first */
    char directory[64];
    struct configuration *configuration;
    struct description description;
    struct generation generation;
    const struct generation *held; /* by the lane's sink */
    struct generations *generations;
    struct consent_following *following;
    atomic_bool stop;
    /* Source. */
    unsigned seed;
    int64_t count[WORLD_PARTITIONS], next[WORLD_PARTITIONS], settled[WORLD_PARTITIONS];
    bool assigned, announced;
    int64_t polls, handed_out;
    const char *bad_value;                           /* every tenth message is this, or NULL */
    enum poll_result (*script)(struct world *world); /* POLL_IDLE: as usual */
    char value[256];
    unsigned rewinds, releases;
    bool blocked; /* consent, by a script */
};

struct world_sink {
    struct sink sink; /* first */
    struct world *world;
    uint32_t *committed; /* times, by number */
    uint32_t open[WORLD_MESSAGES * WORLD_PARTITIONS];
    size_t open_count;
    struct input_range ranges[INPUT_RANGE_LIMIT];
    size_t range_count;
    unsigned batches_each; /* batches of a publication */
    unsigned batches;
    unsigned commits, undo_every, discards;
    enum rc fail_with; /* at the next commit */
    const struct sink_description *description;
    unsigned descriptions, descriptions_taken; /* what comes after those fails */
    uint64_t sealed;
    uint64_t taken_under[4]; /* rows, by the version of the policy that the sink was told */
};

static inline int world_random(struct world *world, int below)
{
    return (int)((unsigned)rand_r(&world->seed) % (unsigned)below);
}

static inline bool world_is_settled(const struct world *world)
{
    for (int i = 0; i < WORLD_PARTITIONS; i++)
        if (world->settled[i] < world->count[i])
            return false;
    return true;
}

static inline enum poll_result world_message(struct world *world, struct message *out)
{
    int partition = world_random(world, WORLD_PARTITIONS), tries = 0;
    while (world->next[partition] >= world->count[partition] && tries++ < WORLD_PARTITIONS)
        partition = (partition + 1) % WORLD_PARTITIONS;
    if (world->next[partition] >= world->count[partition])
        return POLL_IDLE;
    int64_t first = world->next[partition];
    int64_t offset = first + (world_random(world, 20) == 0 && first + 1 < world->count[partition]);
    bool bad = world->bad_value && offset % 10 == 9;
    snprintf(world->value, sizeof world->value, "{\"ts\":%lld,\"user\":\"1234567\",\"n\":%lld}",
             (long long)WORLD_DAY, (long long)(offset * WORLD_PARTITIONS + partition));
    world->next[partition] = offset + 1;
    world->handed_out++;
    *out = (struct message){.value = slice_from_string(bad ? world->bad_value : world->value),
                            .topic = SLICE("t"),
                            .origin = SLICE("t"),
                            .partition = partition,
                            .offset = offset,
                            .first = first,
                            .time = WORLD_DAY};
    return POLL_MESSAGE;
}

static inline enum poll_result world_poll(struct source *source, int64_t wait, struct message *out,
                                          int *reason)
{
    struct world *world = (struct world *)source;
    (void)wait;
    (void)reason;
    world->polls++;
    if (!world->assigned) {
        for (int i = 0; i < WORLD_PARTITIONS; i++)
            world->next[i] = world->settled[i];
        world->assigned = true;
        return POLL_ASSIGNED;
    }
    enum poll_result scripted = world->script ? world->script(world) : POLL_IDLE;
    if (scripted != POLL_IDLE)
        return scripted;
    if (world_is_settled(world))
        atomic_store(&world->stop, true);
    return world_message(world, out);
}

static inline void world_close(struct source *source)
{
    (void)source;
}

static inline enum rc world_rewind(struct source *source)
{
    struct world *world = (struct world *)source;
    for (int i = 0; i < WORLD_PARTITIONS; i++)
        world->next[i] = world->settled[i];
    world->rewinds++;
    return RC_OK;
}

static inline enum rc world_let_go(struct source *source)
{
    struct world *world = (struct world *)source;
    world->assigned = false;
    world->releases++;
    return RC_OK;
}

static inline void world_settle(struct source *source, uint32_t origin, int32_t partition,
                                int64_t next)
{
    struct world *world = (struct world *)source;
    assert_int_equal(origin, 0);
    assert_true(next > world->settled[partition]);
    world->settled[partition] = next;
}

static inline const struct group_membership *world_membership(struct source *source)
{
    (void)source;
    return NULL;
}

static const struct source_operations world_source_operations = {
    world_poll, world_close, world_rewind, world_let_go, world_settle, world_membership};

static inline enum rc world_sink_discard(struct sink *base)
{
    struct world_sink *sink = (struct world_sink *)base;
    sink->open_count = 0;
    sink->range_count = 0;
    sink->batches = 0;
    sink->discards++;
    return RC_OK;
}

static inline void world_sink_take(struct world_sink *sink, const struct batch *batch)
{
    const struct row_group *group = batch_group(batch, 0, 0);
    for (uint32_t i = 0; i < group->count; i++) {
        const char *row = batch->rows.data + group->rows[i].offset;
        long number = strtol(row + strlen("{\"n\":"), NULL, 10);
        assert_in_range(number, 0, WORLD_MESSAGES * WORLD_PARTITIONS);
        sink->open[sink->open_count++] = (uint32_t)number;
    }
    for (size_t i = 0; i < batch->range_count; i++)
        sink->ranges[sink->range_count++] = batch->ranges[i];
    if (sink->description)
        sink->taken_under[sink->description->policy_version % 4] += group->count;
    sink->sealed += batch->sealed_count;
    sink->batches++;
}

static inline enum rc world_sink_publish(struct world_sink *sink, struct commit_outcome *outcome)
{
    if (sink->range_count == 0)
        return RC_OK;
    sink->commits++;
    if (sink->undo_every && sink->commits % sink->undo_every == 0) {
        world_sink_discard(&sink->sink);
        return RC_AGAIN;
    }
    for (size_t i = 0; i < sink->open_count; i++)
        sink->committed[sink->open[i]]++;
    *outcome = (struct commit_outcome){true, sink->ranges, sink->range_count};
    sink->open_count = 0;
    sink->range_count = 0;
    sink->batches = 0;
    return RC_OK;
}

static inline enum rc world_sink_commit(struct sink *base, struct batch *batch,
                                        const struct commit_context *context,
                                        struct commit_outcome *outcome)
{
    struct world_sink *sink = (struct world_sink *)base;
    (void)context;
    if (sink->fail_with != RC_OK)
        return sink->fail_with;
    world_sink_take(sink, batch);
    return sink->batches >= sink->batches_each ? world_sink_publish(sink, outcome) : RC_OK;
}

static inline enum rc world_sink_finish(struct sink *base, const struct commit_context *context,
                                        struct commit_outcome *outcome)
{
    (void)context;
    return world_sink_publish((struct world_sink *)base, outcome);
}

static inline enum rc world_sink_describe(struct sink *base,
                                          const struct sink_description *description)
{
    struct world_sink *sink = (struct world_sink *)base;
    assert_int_equal(sink->open_count + sink->range_count, 0);
    if (sink->descriptions++ >= sink->descriptions_taken)
        return RC_IO;
    sink->description = description;
    return RC_OK;
}

static inline void world_sink_close(struct sink *base)
{
    (void)base;
}

static const struct sink_operations world_sink_operations = {world_sink_commit, world_sink_finish,
                                                             world_sink_discard,
                                                             world_sink_describe, world_sink_close};

static inline void world_write(const struct world *world, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", world->directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* What stands in the directory now. */
static inline struct configuration *world_load(const struct world *world)
{
    struct diagnostics diagnostics;
    char path[128];
    snprintf(path, sizeof path, "%s/lethe.yaml", world->directory);
    diagnostics_init(&diagnostics);
    struct configuration *configuration = configuration_load(path, &diagnostics);
    if (diagnostics.errors > 0)
        configuration_print(&diagnostics);
    assert_int_equal(diagnostics.errors, 0);
    diagnostics_release(&diagnostics);
    configuration->stream.quarantine_quota = 100;
    configuration->stream.quarantine_share = 50;
    return configuration;
}

static inline void world_open(struct world *world, unsigned minimum, int64_t messages)
{
    char text[1024];
    assert_int_equal(anonymize_start(), RC_OK);
    *world = (struct world){.source = {.operations = &world_source_operations},
                            .directory = "/tmp/lethe-lane-XXXXXX",
                            .seed = minimum + (unsigned)messages};
    assert_non_null(mkdtemp(world->directory));
    snprintf(text, sizeof text, world_configuration, minimum);
    world_write(world, "s.yaml", small_schema);
    world_write(world, "p.yaml", small_policy);
    world_write(world, "lethe.yaml", text);
    world->configuration = world_load(world);
    description_fill(&world->description, world->configuration, LABEL_PSEUDONYMISED);
    world->generation = (struct generation){.number = 1,
                                            .configuration = world->configuration,
                                            .description = &world->description.view};
    for (int i = 0; i < WORLD_PARTITIONS; i++)
        world->count[i] = messages;
}

static inline void world_release(struct world *world)
{
    char path[128];
    const char *const names[] = {"s.yaml", "p.yaml", "lethe.yaml"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", world->directory, names[i]);
        unlink(path);
    }
    rmdir(world->directory);
    configuration_free(world->configuration);
}

static inline void world_sink_open(struct world_sink *sink, struct world *world)
{
    memset(sink, 0, sizeof *sink);
    sink->sink.operations = &world_sink_operations;
    sink->world = world;
    sink->batches_each = 1;
    sink->committed = calloc(WORLD_MESSAGES * WORLD_PARTITIONS, sizeof *sink->committed);
    assert_non_null(sink->committed);
}

static inline enum rc world_run(struct world *world, struct world_sink *sink,
                                struct lane_counts *counts, enum lane_end *end)
{
    struct lane_options options = {.generation = &world->held,
                                   .generations = world->generations,
                                   .following = world->following,
                                   .source = &world->source,
                                   .sink = &sink->sink,
                                   .clock = {0},
                                   .paced = true,
                                   .only_recipient = -1,
                                   .has_quota = true,
                                   .stop = &world->stop};
    memset(counts, 0, sizeof *counts);
    if (!world->held)
        world->held = &world->generation;
    return lane_run(&options, counts, end);
}

#endif
