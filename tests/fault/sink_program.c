/*
 * A small program that writes files as `lethe replay` does, for test_sink_faults.c to break: two
 * recipients, two schemas, a quarantine, three batches, two publications, and the end.
 *
 *     sink_program ROOT        exit status 0: all is written; 3: it failed, and says why
 */
#include <stdio.h>

#include "core/time_text.h"
#include "sink/file_sink.h"
#include "sink/layout.h"

enum { BATCHES = 3, LINES = 6 };

static const int64_t now = 1795507200000;

static const struct sink_recipient recipients[] = {
    {.name = {"analytics", 9}, .part_bytes = 1 << 20, .part_delay = TIME_MINUTE, .selected = true},
    {.name = {"research", 8}, .part_bytes = 1 << 20, .part_delay = TIME_HOUR, .selected = true},
};

static const struct sink_schema schemas[] = {{{"click", 5}, 1}, {{"crash", 5}, 2}};

static enum rc add_row(struct batch *batch, unsigned recipient, unsigned schema, int number)
{
    size_t before = batch->rows.length;
    buffer_append_format(&batch->rows, "{\"n\":%d}", number);
    if (buffer_status(&batch->rows) != RC_OK)
        return buffer_status(&batch->rows);
    struct clean_record record = {
        .json = slice_of(batch->rows.data + before, batch->rows.length - before),
        .recipient = recipient,
        .schema = schema,
        .epoch = 42};
    return batch_add(batch, &record);
}

static enum rc add_sealed(struct batch *batch, int number)
{
    size_t before = batch->sealed_bytes.length;
    buffer_append_string(&batch->sealed_bytes, "sealed bytes");
    if (buffer_status(&batch->sealed_bytes) != RC_OK)
        return buffer_status(&batch->sealed_bytes);
    struct sealed_record sealed = {.sealed = slice_of(batch->sealed_bytes.data + before, 12),
                                   .reason = "malformed",
                                   .source = SLICE("day.ndjson"),
                                   .offset = number,
                                   .time = now,
                                   .key = SLICE("0123456789abcdef")};
    return batch_add_sealed(batch, &sealed);
}

static enum rc fill(struct batch *batch, int first)
{
    for (int i = first; i < first + LINES; i++) {
        enum rc rc = RC_OK;
        for (unsigned recipient = 0; rc == RC_OK && recipient < 2; recipient++)
            rc = add_row(batch, recipient, (unsigned)i % 2, i);
        if (rc == RC_OK && i == first)
            rc = add_sealed(batch, i);
        if (rc == RC_OK)
            rc = batch_cover(batch, 0, 0, i, i, now);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

/* The second batch comes a minute later and closes the first publication. */
static enum rc write_batches(struct sink *sink)
{
    struct batch batch;
    struct batch_limits limits = {.records = 1000, .bytes = 100000};
    enum rc rc = batch_init(&batch, limits, 2, 2);
    if (rc != RC_OK)
        return rc;
    for (int i = 0; rc == RC_OK && i < BATCHES; i++) {
        rc = fill(&batch, 1 + i * LINES);
        if (rc == RC_OK)
            rc = sink_commit(
                sink, &batch,
                &(struct commit_context){.consent = {.messages = 7}, .now = now + i * TIME_MINUTE},
                NULL);
        batch_reset(&batch);
    }
    batch_release(&batch);
    return rc == RC_OK
               ? sink_finish(sink, &(struct commit_context){.now = now + BATCHES * TIME_MINUTE},
                             NULL)
               : rc;
}

static enum rc write_files(const char *root, struct audit *audit)
{
    static const struct slice origin = {"day.ndjson", 10};
    const uint64_t seed = 1;
    const struct sink_description description = {.recipients = recipients,
                                                 .recipient_count = 2,
                                                 .schemas = schemas,
                                                 .schema_count = 2,
                                                 .policy = SLICE("default"),
                                                 .policy_version = 7};
    struct file_sink_options options = {.root = root,
                                        .description = &description,
                                        .seed = &seed,
                                        .audit = audit,
                                        .origins = &origin,
                                        .origin_count = 1};
    struct sink *sink;
    enum rc rc = file_sink_new(&options, &sink);
    if (rc != RC_OK)
        return rc;
    rc = write_batches(sink);
    sink_close(sink);
    return rc;
}

static enum rc run(const char *root)
{
    const struct slice names[] = {recipients[0].name, recipients[1].name};
    char path[4096];
    struct audit *audit;
    snprintf(path, sizeof path, "%s/" LAYOUT_AUDIT_FILE, root);
    enum rc rc = layout_create(root, names, 2);
    if (rc == RC_OK)
        rc = audit_create(path, &audit);
    if (rc != RC_OK)
        return rc;
    rc = write_files(root, audit);
    if (rc == RC_OK)
        return audit_end(audit, SLICE("\"rows\":36"), now);
    audit_abandon(audit);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    enum rc rc = run(argv[1]);
    if (rc == RC_OK)
        return 0;
    fprintf(stderr, "sink_program: %s\n", rc_sentence(rc));
    return 3;
}
