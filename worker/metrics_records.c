/* Metrics of what came in, what became of it, and what went out to whom. */
#include "worker/metric_writer.h"

static void write_messages(const struct metric_writer *writer)
{
    metric_u64(writer, NO_LABELS, writer->snapshot->counts->messages);
}

static void write_records(const struct metric_writer *writer)
{
    metric_u64(writer, NO_LABELS, writer->snapshot->counts->records);
}

static void write_bytes(const struct metric_writer *writer)
{
    metric_u64(writer, NO_LABELS, writer->snapshot->counts->bytes);
}

static void write_batches(const struct metric_writer *writer)
{
    metric_u64(writer, NO_LABELS, writer->snapshot->counts->batches);
}

static void write_by_schema(const struct metric_writer *writer)
{
    const struct run_names *names = writer->snapshot->names;
    for (size_t i = 0; i < names->schema_count; i++)
        metric_u64(writer, LABELS(LABEL("schema", names->schemas[i])),
                   writer->snapshot->counts->by_schema[i]);
}

static void write_unlisted(const struct metric_writer *writer)
{
    metric_u64(writer, NO_LABELS, writer->snapshot->counts->unlisted);
}

static void write_time_substituted(const struct metric_writer *writer)
{
    metric_u64(writer, NO_LABELS, writer->snapshot->counts->time_substituted);
}

/* All of them, 0 too: a rate needs a beginning. */
static void write_reasons(const struct metric_writer *writer, const uint64_t *counts)
{
    for (size_t i = QUARANTINE_NONE + 1; i < QUARANTINE_REASON_COUNT; i++)
        metric_u64(writer,
                   LABELS(LABEL_WORD("reason", quarantine_reason_name((enum quarantine_reason)i))),
                   counts[i]);
}

static void write_quarantined(const struct metric_writer *writer)
{
    write_reasons(writer, writer->snapshot->counts->quarantined);
}

static void write_over_quota(const struct metric_writer *writer)
{
    write_reasons(writer, writer->snapshot->counts->over_quota);
}

static void write_discarded(const struct metric_writer *writer)
{
    write_reasons(writer, writer->snapshot->counts->discarded);
}

static void write_decision(const struct metric_writer *writer, size_t recipient,
                           enum decision decision)
{
    const struct recipient_counts *counts = &writer->snapshot->counts->recipients[recipient];
    for (size_t why = 0; why < DECIDED_COUNT; why++) {
        if (counts->decided[decision][why] > 0)
            metric_u64(writer,
                       LABELS(LABEL("recipient", writer->snapshot->names->recipients[recipient]),
                              LABEL_WORD("decision", decision_name(decision)),
                              LABEL_WORD("reason", decided_name((enum decided)why))),
                       counts->decided[decision][why]);
    }
}

static void write_decisions(const struct metric_writer *writer)
{
    for (size_t i = 0; i < writer->snapshot->names->recipient_count; i++) {
        for (size_t decision = 0; decision < DECISION_COUNT; decision++)
            write_decision(writer, i, (enum decision)decision);
    }
}

static void write_denials_of(const struct metric_writer *writer, size_t schema, size_t subject)
{
    const struct run_names *names = writer->snapshot->names;
    const uint64_t *decided = writer->snapshot->counts->denials[schema].decided[subject];
    for (size_t why = 0; why < DECIDED_COUNT; why++) {
        if (decided[why] > 0)
            metric_u64(writer,
                       LABELS(LABEL("schema", names->schemas[schema]),
                              LABEL("field", names->subjects[schema][subject]),
                              LABEL_WORD("role", subject < SUBJECT_LIMIT ? "subject" : "veto"),
                              LABEL_WORD("reason", decided_name((enum decided)why))),
                       decided[why]);
    }
}

static void write_denials(const struct metric_writer *writer)
{
    for (size_t i = 0; i < writer->snapshot->names->schema_count; i++) {
        for (size_t subject = 0; subject < 2 * SUBJECT_LIMIT; subject++)
            write_denials_of(writer, i, subject);
    }
}

static void write_fields(const struct metric_writer *writer)
{
    const struct run_names *names = writer->snapshot->names;
    for (size_t i = 0; i < names->recipient_count; i++) {
        const struct field_counts *fields = &writer->snapshot->counts->recipients[i].fields;
        for (size_t action = 0; action < ACTION_COUNT; action++) {
            if (fields->by_action[action] > 0)
                metric_u64(writer,
                           LABELS(LABEL("recipient", names->recipients[i]),
                                  LABEL_WORD("action", action_name((enum action)action))),
                           fields->by_action[action]);
        }
    }
}

static void write_fields_dropped(const struct metric_writer *writer)
{
    const struct run_names *names = writer->snapshot->names;
    for (size_t i = 0; i < names->recipient_count; i++) {
        const struct field_counts *fields = &writer->snapshot->counts->recipients[i].fields;
        for (size_t why = 0; why < DROP_REASON_COUNT; why++) {
            if (fields->dropped[why] > 0)
                metric_u64(writer,
                           LABELS(LABEL("recipient", names->recipients[i]),
                                  LABEL_WORD("reason", drop_reason_name((enum drop_reason)why))),
                           fields->dropped[why]);
        }
    }
}

/* One number for every recipient. */
#define PER_RECIPIENT(function, expression)                                                        \
    static void function(const struct metric_writer *writer)                                       \
    {                                                                                              \
        const struct run_names *names = writer->snapshot->names;                                   \
        for (size_t i = 0; i < names->recipient_count; i++) {                                      \
            const struct recipient_counts *counted = &writer->snapshot->counts->recipients[i];     \
            const struct run_delivery *delivered = &writer->snapshot->delivered[i];                \
            (void)counted, (void)delivered;                                                        \
            metric_u64(writer, LABELS(LABEL("recipient", names->recipients[i])), expression);      \
        }                                                                                          \
    }

PER_RECIPIENT(write_rows, counted->rows)
PER_RECIPIENT(write_empty, counted->empty)
PER_RECIPIENT(write_too_large, counted->too_large + delivered->too_large)
PER_RECIPIENT(write_delivered_rows, delivered->rows)
PER_RECIPIENT(write_delivered_bytes, delivered->bytes)
PER_RECIPIENT(write_delivered_messages, delivered->messages)
PER_RECIPIENT(write_delivered_parts, delivered->parts)
PER_RECIPIENT(write_below_minimum, delivered->below_minimum)

const struct metric metrics_of_records[] = {
    {"What came in", "lethe_input_messages_total", "counter", "", "messages taken and committed",
     write_messages},
    {NULL, "lethe_input_records_total", "counter", "", "records in them", write_records},
    {NULL, "lethe_input_bytes_total", "counter", "", "bytes of them", write_bytes},
    {NULL, "lethe_batches_total", "counter", "", "batches that held input", write_batches},
    {NULL, "lethe_schema_records_total", "counter", "schema", "records of each schema (all)",
     write_by_schema},
    {NULL, "lethe_unlisted_members_total", "counter", "",
     "members that no schema lists: never copied", write_unlisted},
    {NULL, "lethe_time_substituted_total", "counter", "",
     "events whose own time cannot be believed", write_time_substituted},
    {NULL, "lethe_quarantined_total", "counter", "reason",
     "messages and records that could not be processed and were sealed, or counted where nothing "
     "seals (all)",
     write_quarantined},
    {NULL, "lethe_discarded_total", "counter", "reason",
     "messages and records that could not be processed and must not be kept (all)",
     write_discarded},
    {NULL, "lethe_over_quota_total", "counter", "reason",
     "records that could not be processed, beyond the quarantine's quota of a minute: not kept",
     write_over_quota},
    {"Decisions and fields", "lethe_decisions_total", "counter", "recipient, decision, reason",
     "consent decisions, one for each record and recipient", write_decisions},
    {NULL, "lethe_denials_total", "counter", "schema, field, role, reason",
     "denials by the id that settled them", write_denials},
    {NULL, "lethe_fields_total", "counter", "recipient, action",
     "fields that were written, by what was done to them", write_fields},
    {NULL, "lethe_fields_dropped_total", "counter", "recipient, reason",
     "fields that were left out", write_fields_dropped},
    {"What went out", "lethe_rows_total", "counter", "recipient", "clean records written (all)",
     write_rows},
    {NULL, "lethe_rows_empty_total", "counter", "recipient",
     "records of which nothing may leave (all)", write_empty},
    {NULL, "lethe_rows_too_large_total", "counter", "recipient",
     "clean records over a limit: not delivered (all)", write_too_large},
    {NULL, "lethe_delivered_rows_total", "counter", "recipient",
     "rows of committed transactions and published parts (all)", write_delivered_rows},
    {NULL, "lethe_delivered_bytes_total", "counter", "recipient", "bytes of them (all)",
     write_delivered_bytes},
    {NULL, "lethe_delivered_messages_total", "counter", "recipient",
     "messages that carried them (all)", write_delivered_messages},
    {NULL, "lethe_delivered_parts_total", "counter", "recipient", "parts that hold them (all)",
     write_delivered_parts},
    {NULL, "lethe_below_minimum_total", "counter", "recipient",
     "batches that left with fewer rows than the recipient's minimum (all)", write_below_minimum},
    {0},
};
