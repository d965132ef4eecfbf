#include "worker/summary.h"

/* "  name        123" lines share one layout. */
static void line(struct buffer *out, const char *name, uint64_t count, const char *explanation)
{
    buffer_append_format(out, "    %-18s %12llu  %s\n", name, (unsigned long long)count,
                         explanation);
}

static uint64_t sum(const uint64_t *numbers, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += numbers[i];
    return total;
}

static void write_input(struct buffer *out, const struct replay_options *options,
                        const struct replay_result *result)
{
    const struct lane_counts *counts = &result->counts;
    double seconds = (double)result->nanoseconds / 1e9;
    buffer_append_format(out, "in: %llu records, %.1f MB", (unsigned long long)counts->records,
                         (double)counts->bytes / 1e6);
    if (seconds > 0)
        buffer_append_format(out, " in %.2f s: %.1f MB/s", seconds,
                             (double)counts->bytes / 1e6 / seconds);
    buffer_append_byte(out, '\n');
    for (size_t i = 0; i < options->configuration->schema_count; i++)
        buffer_append_format(out, "    %-18.*s %12llu  records of this schema\n",
                             SLICE_FORMAT(options->configuration->schemas[i]->name),
                             (unsigned long long)counts->by_schema[i]);
    line(out, "unlisted", counts->unlisted, "members that no schema lists: never copied");
    if (counts->time_substituted > 0)
        line(out, "time substituted", counts->time_substituted,
             "events whose own time cannot be believed");
}

static void write_decisions(struct buffer *out, const struct recipient_counts *counts)
{
    for (int decision = DECISION_COUNT - 1; decision >= 0; decision--) {
        for (size_t why = 0; why < DECIDED_COUNT; why++) {
            uint64_t count = counts->decided[decision][why];
            if (count == 0)
                continue;
            buffer_append_format(
                out, "    %-8s %-12s %9llu  %s\n", decision_name((enum decision)decision),
                decision == DECISION_GRANTED ? "" : decided_name((enum decided)why),
                (unsigned long long)count, decided_sentence((enum decided)why));
        }
    }
}

static void write_fields(struct buffer *out, const struct field_counts *fields)
{
    uint64_t dropped = sum(fields->dropped, DROP_REASON_COUNT);
    if (dropped + sum(fields->by_action, ACTION_COUNT) == 0)
        return;
    buffer_append_string(out, "    fields:");
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        if (fields->by_action[i] > 0)
            buffer_append_format(out, " %s %llu", action_name((enum action)i),
                                 (unsigned long long)fields->by_action[i]);
    }
    buffer_append_format(out, "; dropped %llu", (unsigned long long)dropped);
    const char *separator = " (";
    for (size_t i = 0; i < DROP_REASON_COUNT; i++) {
        if (fields->dropped[i] == 0)
            continue;
        buffer_append_format(out, "%s%s %llu", separator, drop_reason_name((enum drop_reason)i),
                             (unsigned long long)fields->dropped[i]);
        separator = ", ";
    }
    buffer_append_string(out, dropped > 0 ? ")\n" : "\n");
}

static void write_recipient(struct buffer *out, const struct replay_options *options,
                            const struct replay_result *result, size_t index)
{
    const struct recipient *recipient = &options->configuration->recipients[index];
    const struct recipient_counts *counts = &result->counts.recipients[index];
    const struct part_counts *parts = &result->parts[index];
    buffer_append_format(out, "%.*s: %llu rows", SLICE_FORMAT(recipient->name),
                         (unsigned long long)counts->rows);
    if (parts->parts > 0)
        buffer_append_format(out, " in %llu parts, %.1f MB stored",
                             (unsigned long long)parts->parts, (double)parts->stored_bytes / 1e6);
    buffer_append_byte(out, '\n');
    write_decisions(out, counts);
    if (counts->empty > 0)
        line(out, "empty", counts->empty, "records of which nothing may leave");
    if (counts->too_large > 0)
        line(out, "too large", counts->too_large, "clean records over the limit");
    if (parts->below_minimum > 0)
        line(out, "below minimum", parts->below_minimum,
             "batches with fewer rows than the recipient's minimum");
    write_fields(out, &counts->fields);
}

static void write_reasons(struct buffer *out, const char *title, const uint64_t *counts)
{
    if (sum(counts, QUARANTINE_REASON_COUNT) == 0)
        return;
    buffer_append_format(out, "%s: %llu\n", title,
                         (unsigned long long)sum(counts, QUARANTINE_REASON_COUNT));
    for (size_t i = 0; i < QUARANTINE_REASON_COUNT; i++) {
        if (counts[i] > 0)
            line(out, quarantine_reason_name((enum quarantine_reason)i), counts[i],
                 quarantine_reason_sentence((enum quarantine_reason)i));
    }
}

static void write_denials(struct buffer *out, const struct replay_options *options,
                          const struct lane_counts *counts)
{
    bool titled = false;
    for (size_t s = 0; s < options->configuration->schema_count; s++) {
        const struct schema *schema = options->configuration->schemas[s];
        for (size_t i = 0; i < 2 * SUBJECT_LIMIT; i++) {
            const uint64_t *decided = counts->denials[s].decided[i];
            if (sum(decided, DECIDED_COUNT) == 0)
                continue;
            uint16_t field =
                i < SUBJECT_LIMIT ? schema->subjects[i] : schema->vetoes[i - SUBJECT_LIMIT];
            if (!titled)
                buffer_append_string(out, "denials by the id that settled them:\n");
            titled = true;
            buffer_append_format(out, "    %.*s %.*s:", SLICE_FORMAT(schema->name),
                                 SLICE_FORMAT(schema->fields[field].path));
            for (size_t why = 0; why < DECIDED_COUNT; why++) {
                if (decided[why] > 0)
                    buffer_append_format(out, " %s %llu", decided_name((enum decided)why),
                                         (unsigned long long)decided[why]);
            }
            buffer_append_byte(out, '\n');
        }
    }
}

static void write_files(struct buffer *out, const struct replay_result *result)
{
    for (size_t i = 0; i < result->report_count; i++) {
        const struct capture_report *report = &result->reports[i];
        if (report->end != RC_OK)
            buffer_append_format(out, "%.*s: after %llu lines: %s\n", SLICE_FORMAT(report->name),
                                 (unsigned long long)report->lines, rc_sentence(report->end));
    }
}

void summary_write(struct buffer *out, const struct replay_options *options,
                   const struct replay_result *result)
{
    buffer_append_format(out, "label: %s\n", label_name(result->label));
    write_input(out, options, result);
    for (size_t i = 0; i < options->configuration->recipient_count; i++) {
        if (options->recipient < 0 || (size_t)options->recipient == i)
            write_recipient(out, options, result, i);
    }
    write_denials(out, options, &result->counts);
    write_reasons(out, "quarantined", result->counts.quarantined);
    write_reasons(out, "discarded, of erased, minor or denied subjects", result->counts.discarded);
    write_files(out, result);
}
