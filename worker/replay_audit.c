#include "worker/replay_audit.h"

#include <stdio.h>

#include "core/file.h"
#include "core/json_scan.h"
#include "sink/digest.h"
#include "sink/layout.h"
#include "worker/version.h"

enum { ENTRY_LIMIT = 1024 * 1024, FILE_LIMIT = 4 * 1024 * 1024, PATH_LIMIT = 4096 };

static void member_name(struct buffer *out, const char *key)
{
    if (out->length > 0)
        buffer_append_byte(out, ',');
    buffer_append_format(out, "\"%s\":", key);
}

static void member_text(struct buffer *out, const char *key, struct slice text)
{
    member_name(out, key);
    /* File names are bytes; an audit is JSON. */
    json_write_string(out, utf8_valid(text) ? text : SLICE("(not UTF-8)"));
}

static void member_number(struct buffer *out, const char *key, uint64_t number)
{
    member_name(out, key);
    buffer_append_u64(out, number);
}

static void member_flag(struct buffer *out, const char *key, bool flag)
{
    member_name(out, key);
    buffer_append_string(out, flag ? "true" : "false");
}

static void member_time(struct buffer *out, const char *key, int64_t time)
{
    member_name(out, key);
    buffer_append_byte(out, '"');
    time_append(out, time, TIME_FORMAT_RFC3339);
    buffer_append_byte(out, '"');
}

static enum rc member_digest(struct buffer *out, const char *path)
{
    struct arena arena;
    struct slice bytes;
    char digest[DIGEST_HEX + 1];
    arena_init(&arena, FILE_LIMIT + 65536);
    enum rc rc = file_read(path, FILE_LIMIT, &arena, &bytes);
    if (rc == RC_OK) {
        digest_hex(bytes, digest);
        member_text(out, "blake2b", slice_from_string(digest));
    }
    arena_release(&arena);
    return rc;
}

static enum rc append(struct audit *audit, const char *event, struct buffer *members, int64_t now)
{
    enum rc rc = buffer_status(members);
    if (rc == RC_OK)
        rc = audit_append(audit, event, buffer_slice(members), now);
    buffer_reset(members);
    return rc;
}

static enum rc write_start(struct audit *audit, const struct replay_audit *facts,
                           struct buffer *members)
{
    const struct replay_options *options = facts->options;
    bool what_if = facts->label == LABEL_NOT_FOR_RELEASE;
    member_text(members, "command", SLICE("replay"));
    member_text(members, "version", SLICE(LETHE_VERSION));
    member_text(members, "label", slice_from_string(label_name(facts->label)));
    member_flag(members, "seeded", options->seed != NULL);
    member_flag(members, "clock_given", options->clock != TIME_NONE);
    member_flag(members, "consent_given", options->consent != NULL);
    member_flag(members, "live_keys", !what_if || options->live_keys);
    member_text(members, "configuration", slice_from_string(options->configuration->file));
    enum rc rc = member_digest(members, options->configuration->file);
    return rc == RC_OK ? append(audit, "start", members, facts->now) : rc;
}

static enum rc write_policy(struct audit *audit, const struct replay_audit *facts,
                            struct buffer *members)
{
    const struct configuration *configuration = facts->options->configuration;
    const struct policy *policy = configuration->policy;
    member_text(members, "name", policy->name);
    member_number(members, "version", policy->version);
    enum rc rc = member_digest(members, policy->file);
    if (rc == RC_OK)
        rc = append(audit, "policy", members, facts->now);
    for (size_t i = 0; i < configuration->schema_count && rc == RC_OK; i++) {
        const struct schema *schema = configuration->schemas[i];
        member_text(members, "name", schema->name);
        member_number(members, "version", schema->version);
        rc = member_digest(members, schema->file);
        if (rc == RC_OK)
            rc = append(audit, "schema", members, facts->now);
    }
    return rc;
}

static enum rc write_keys(struct audit *audit, const struct replay_audit *facts,
                          struct buffer *members)
{
    size_t count = facts->keyring ? keyring_count(facts->keyring) : 0;
    const struct replay_options *options = facts->options;
    bool throw_away = facts->label == LABEL_NOT_FOR_RELEASE && !options->live_keys;
    member_flag(members, "throw_away", throw_away);
    member_number(members, "count", count);
    if (count > 0) {
        member_number(members, "first", keyring_at(facts->keyring, 0)->number);
        member_number(members, "last", keyring_at(facts->keyring, count - 1)->number);
        member_time(members, "begins", keyring_at(facts->keyring, 0)->begins);
        member_time(members, "ends", keyring_at(facts->keyring, count - 1)->ends);
    }
    return append(audit, "keys", members, facts->now);
}

static enum rc write_consent(struct audit *audit, const struct replay_audit *facts,
                             struct buffer *members)
{
    const struct replay_options *options = facts->options;
    const char *file = options->consent ? options->consent : options->configuration->consent_file;
    static const struct consent_counts nothing;
    const struct consent_counts *counts = facts->consent ? facts->consent : &nothing;
    member_text(members, "source", file ? slice_from_string(file) : SLICE("none"));
    member_number(members, "position", counts->messages);
    member_number(members, "subjects", counts->subjects);
    member_number(members, "unreadable_values", counts->unreadable_values);
    return append(audit, "consent", members, facts->now);
}

enum rc replay_audit_open(const struct replay_audit *facts, struct audit **out)
{
    struct slice names[RECIPIENT_LIMIT];
    struct buffer members;
    char path[PATH_LIMIT];
    const struct replay_options *options = facts->options;
    const struct configuration *configuration = options->configuration;
    size_t count = 0;
    *out = NULL;
    for (size_t i = 0; i < configuration->recipient_count; i++) {
        if (options->recipient < 0 || (size_t)options->recipient == i)
            names[count++] = configuration->recipients[i].name;
    }
    if (snprintf(path, sizeof path, "%s/" LAYOUT_AUDIT_FILE, options->output) >= PATH_LIMIT)
        return RC_LIMIT;
    enum rc rc = layout_create(options->output, names, count);
    if (rc == RC_OK)
        rc = audit_create(path, out);
    if (rc != RC_OK)
        return rc;
    buffer_init(&members, ENTRY_LIMIT);
    rc = write_start(*out, facts, &members);
    if (rc == RC_OK)
        rc = write_policy(*out, facts, &members);
    if (rc == RC_OK)
        rc = write_keys(*out, facts, &members);
    if (rc == RC_OK)
        rc = write_consent(*out, facts, &members);
    buffer_release(&members);
    return rc;
}

static uint64_t sum(const uint64_t *numbers, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += numbers[i];
    return total;
}

enum rc replay_audit_end(struct audit *audit, const struct lane_counts *counts, int64_t now)
{
    struct buffer members;
    buffer_init(&members, ENTRY_LIMIT);
    member_number(&members, "records", counts->records);
    member_number(&members, "quarantined", sum(counts->quarantined, QUARANTINE_REASON_COUNT));
    member_number(&members, "discarded", sum(counts->discarded, QUARANTINE_REASON_COUNT));
    enum rc rc = buffer_status(&members);
    if (rc == RC_OK)
        rc = audit_end(audit, buffer_slice(&members), now);
    else
        audit_abandon(audit);
    buffer_release(&members);
    return rc;
}
