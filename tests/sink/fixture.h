/*
 * A root of files to write into and to damage: two recipients, two schemas. For the tests of the
 * file sink, of verify and of recovery.
 */
#ifndef LETHE_TESTS_SINK_FIXTURE_H
#define LETHE_TESTS_SINK_FIXTURE_H

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/time_text.h"
#include "sink/file_sink.h"
#include "sink/layout.h"
#include "sink/part_reader.h"
#include "sink/verify.h"
#include "tests/sink/batch_row.h"

static const int64_t fixture_now = 1795507200000 + 17 * TIME_MINUTE + 123; /* 2026-11-24T08:17 */

enum { FIXTURE_PATH = 256 };

struct fixture {
    char root[64];
    char audit_path[FIXTURE_PATH];
    struct sink_recipient recipients[2];
    struct sink_schema schemas[2];
    struct slice origins[2];
    struct sink_description description;
    struct file_sink_options options;
    struct audit *audit;
    struct sink *sink;
    struct batch batch;
    int64_t line; /* of the input, next */
};

static inline int fixture_remove_one(const char *path, const struct stat *status, int type,
                                     struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static inline void fixture_remove_tree(const char *path)
{
    nftw(path, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void fixture_describe(struct fixture *fixture)
{
    fixture->recipients[0] = (struct sink_recipient){.name = SLICE("analytics"),
                                                     .minimum = 3,
                                                     .time_step = TIME_HOUR,
                                                     .part_bytes = 1 << 20,
                                                     .part_delay = TIME_MINUTE,
                                                     .selected = true};
    fixture->recipients[1] = (struct sink_recipient){.name = SLICE("research"),
                                                     .keep_order = true,
                                                     .time_step = TIME_DAY,
                                                     .part_bytes = 1 << 20,
                                                     .part_delay = 2 * TIME_MINUTE,
                                                     .selected = true};
    fixture->schemas[0] = (struct sink_schema){.name = SLICE("click"), .version = 3};
    fixture->schemas[1] = (struct sink_schema){.name = SLICE("crash"), .version = 4};
    fixture->origins[0] = SLICE("day.ndjson");
    fixture->origins[1] = SLICE("night \"1\".ndjson");
    fixture->description = (struct sink_description){.recipients = fixture->recipients,
                                                     .recipient_count = 2,
                                                     .schemas = fixture->schemas,
                                                     .schema_count = 2,
                                                     .policy = SLICE("default"),
                                                     .policy_version = 7,
                                                     .label = LABEL_PSEUDONYMISED};
    fixture->options = (struct file_sink_options){.root = fixture->root,
                                                  .description = &fixture->description,
                                                  .origins = fixture->origins,
                                                  .origin_count = 2};
}

/* A fresh directory with the layout in it and an audit begun; no sink yet. */
static inline void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.line = 1};
    snprintf(fixture->root, sizeof fixture->root, "/tmp/lethe-sink-XXXXXX");
    assert_non_null(mkdtemp(fixture->root));
    snprintf(fixture->audit_path, sizeof fixture->audit_path, "%s/%s", fixture->root,
             LAYOUT_AUDIT_FILE);
    fixture_describe(fixture);
    const struct slice names[2] = {fixture->recipients[0].name, fixture->recipients[1].name};
    assert_int_equal(layout_create(fixture->root, names, 2), RC_OK);
    assert_int_equal(audit_create(fixture->audit_path, &fixture->audit), RC_OK);
    fixture->options.audit = fixture->audit;
    struct batch_limits limits = {.records = 100000, .bytes = 4 << 20};
    assert_int_equal(batch_init(&fixture->batch, limits, 2, 2), RC_OK);
}

static inline void fixture_open(struct fixture *fixture)
{
    assert_int_equal(file_sink_new(&fixture->options, &fixture->sink), RC_OK);
}

static inline void fixture_release(struct fixture *fixture)
{
    sink_close(fixture->sink);
    audit_abandon(fixture->audit);
    batch_release(&fixture->batch);
    fixture_remove_tree(fixture->root);
}

static inline void fixture_sealed(struct fixture *fixture, const char *reason, const char *bytes)
{
    struct buffer *all = &fixture->batch.sealed_bytes;
    size_t before = all->length;
    buffer_append_string(all, bytes);
    struct sealed_record sealed = {.sealed = slice_of(all->data + before, all->length - before),
                                   .reason = reason,
                                   .source = fixture->origins[0],
                                   .offset = fixture->line,
                                   .time = time_floor(fixture_now, TIME_HOUR),
                                   .key = SLICE("0123456789abcdef")};
    assert_int_equal(batch_add_sealed(&fixture->batch, &sealed), RC_OK);
}

/* `count` lines of input, each a row for both recipients: clicks, every third a crash. */
static inline void fixture_fill(struct fixture *fixture, int count)
{
    for (int i = 0; i < count; i++) {
        char json[128];
        snprintf(json, sizeof json, "{\"n\":%lld,\"device\":\"model-%lld\"}",
                 (long long)fixture->line, (long long)fixture->line % 7);
        unsigned schema = fixture->line % 3 == 0;
        add_row(&fixture->batch, 0, schema, 42, json);
        add_row(&fixture->batch, 1, schema, EPOCH_NONE, json);
        assert_int_equal(
            batch_cover(&fixture->batch, 0, 0, fixture->line, fixture->line, fixture_now), RC_OK);
        fixture->line++;
    }
}

static inline enum rc fixture_commit(struct fixture *fixture, int64_t now)
{
    enum rc rc = sink_commit(
        fixture->sink, &fixture->batch,
        &(struct commit_context){.consent = {.messages = (uint64_t)fixture->line}, .now = now},
        NULL);
    batch_reset(&fixture->batch);
    return rc;
}

static inline void fixture_finish(struct fixture *fixture)
{
    assert_int_equal(sink_finish(fixture->sink, &(struct commit_context){.now = fixture_now}, NULL),
                     RC_OK);
    assert_int_equal(audit_end(fixture->audit, (struct slice){0}, fixture_now), RC_OK);
    fixture->audit = NULL;
    sink_close(fixture->sink);
    fixture->sink = NULL;
}

/* How many names of that kind lie in a directory below the root; the first is left in *first. */
static inline int fixture_count(const struct fixture *fixture, const char *below,
                                enum file_kind kind, char first[static FIXTURE_PATH])
{
    char path[2 * FIXTURE_PATH], stem[FILE_STEM_SIZE];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", fixture->root, below);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    struct dirent *entry;
    *first = '\0';
    while ((entry = readdir(directory))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            layout_kind(entry->d_name, stem, NULL) != kind)
            continue;
        if (count++ == 0)
            snprintf(first, FIXTURE_PATH, "%.120s/%.120s", path, entry->d_name);
    }
    closedir(directory);
    return count;
}

static inline int fixture_temporary_files(const struct fixture *fixture)
{
    char name[FIXTURE_PATH];
    return fixture_count(fixture, LAYOUT_RECIPIENTS "/analytics", FILE_TEMPORARY, name) +
           fixture_count(fixture, LAYOUT_RECIPIENTS "/research", FILE_TEMPORARY, name) +
           fixture_count(fixture, LAYOUT_QUARANTINE, FILE_TEMPORARY, name);
}

/* The findings of verify, in one string that stays until the next call. */
static inline const char *fixture_verify(const char *directory, const char *audit,
                                         struct verify_report *report)
{
    static char text[8192];
    struct buffer out;
    buffer_init(&out, sizeof text - 1);
    assert_int_equal(verify_directory(directory, audit, report, &out), RC_OK);
    if (out.length)
        memcpy(text, out.data, out.length);
    text[out.length] = '\0';
    buffer_release(&out);
    return text;
}

#endif
