#include "core/utf8.h"
#include "worker/metric_writer.h"

static const struct metric *const tables[] = {metrics_of_process, metrics_of_records,
                                              metrics_of_lanes, metrics_of_consent};

enum { TABLE_COUNT = sizeof tables / sizeof tables[0] };

/* The format's own escapes; what would hide or reverse text is written as \uXXXX, and so two names
 * stay two. */
static void append_label_value(struct buffer *out, struct slice text)
{
    const char *at = text.data;
    const char *end = text.length ? text.data + text.length : text.data;
    while (at < end) {
        int step = utf8_step(at, end);
        if (step <= 0) {
            buffer_append_string(out, "\xEF\xBF\xBD");
            at++;
            continue;
        }
        uint32_t code_point = utf8_decode(at, step);
        if (utf8_is_harmful(code_point))
            buffer_append_format(out, "\\\\u%04x", code_point);
        else if (code_point == '"' || code_point == '\\')
            buffer_append_format(out, "\\%c", (char)code_point);
        else
            buffer_append(out, slice_of(at, (size_t)step));
        at += step;
    }
}

void metric_labels(struct buffer *out, const struct metric_label *labels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buffer_append_byte(out, i == 0 ? '{' : ',');
        buffer_append_string(out, labels[i].name);
        buffer_append_string(out, "=\"");
        if (labels[i].is_number)
            buffer_append_i64(out, labels[i].number);
        else
            append_label_value(out, labels[i].value);
        buffer_append_byte(out, '"');
    }
    if (count > 0)
        buffer_append_byte(out, '}');
}

static void begin_sample(const struct metric_writer *writer, const struct metric_label *labels,
                         size_t count)
{
    buffer_append_string(writer->out, writer->name);
    metric_labels(writer->out, labels, count);
    buffer_append_byte(writer->out, ' ');
}

void metric_u64(const struct metric_writer *writer, const struct metric_label *labels, size_t count,
                uint64_t value)
{
    begin_sample(writer, labels, count);
    buffer_append_u64(writer->out, value);
    buffer_append_byte(writer->out, '\n');
}

void metric_seconds_ms(const struct metric_writer *writer, const struct metric_label *labels,
                       size_t count, int64_t milliseconds)
{
    begin_sample(writer, labels, count);
    uint64_t size = milliseconds < 0 ? 0 - (uint64_t)milliseconds : (uint64_t)milliseconds;
    buffer_append_format(writer->out, "%s%llu.%03u\n", milliseconds < 0 ? "-" : "",
                         (unsigned long long)(size / 1000), (unsigned)(size % 1000));
}

void metric_seconds_ns(const struct metric_writer *writer, const struct metric_label *labels,
                       size_t count, int64_t nanoseconds)
{
    uint64_t size = nanoseconds < 0 ? 0 : (uint64_t)nanoseconds;
    begin_sample(writer, labels, count);
    buffer_append_format(writer->out, "%llu.%09u\n", (unsigned long long)(size / 1000000000),
                         (unsigned)(size % 1000000000));
}

/* HELP and TYPE stand once before the samples; a metric without a sample is not mentioned. */
static void write_metric(const struct metric *metric, struct metric_writer *writer)
{
    struct buffer *out = writer->out;
    size_t before = out->length;
    buffer_append_format(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
                         metric->name, metric->type);
    size_t head = out->length;
    writer->name = metric->name;
    metric->write(writer);
    if (out->length == head)
        buffer_truncate(out, before);
}

void metrics_write(const struct run_snapshot *snapshot, struct buffer *out)
{
    struct metric_writer writer = {snapshot, out, NULL};
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        for (const struct metric *metric = tables[t]; metric->name; metric++)
            write_metric(metric, &writer);
    }
}

static void append_labels_cell(struct buffer *out, const char *labels)
{
    struct slice rest = slice_from_string(labels);
    const char *separator = "";
    while (rest.length > 0) {
        struct slice label = slice_trim(slice_cut(&rest, ','));
        buffer_append_format(out, "%s`%.*s`", separator, SLICE_FORMAT(label));
        separator = ", ";
    }
}

static void append_words(struct buffer *out, const char *title, size_t count,
                         const char *(*name)(size_t), const char *(*sentence)(size_t))
{
    buffer_append_format(out, "\n## %s\n\n| value | meaning |\n|---|---|\n", title);
    for (size_t i = 0; i < count; i++)
        buffer_append_format(out, "| `%s` | %s |\n", name(i), sentence(i));
}

#define WORDS_OF(prefix)                                                                           \
    static const char *prefix##_name_at(size_t i)                                                  \
    {                                                                                              \
        return prefix##_name((enum prefix)i);                                                      \
    }                                                                                              \
    static const char *prefix##_sentence_at(size_t i)                                              \
    {                                                                                              \
        return prefix##_sentence((enum prefix)i);                                                  \
    }
WORDS_OF(run_lane_state)
WORDS_OF(run_outcome)
WORDS_OF(run_consent_state)

void metrics_write_reference(struct buffer *out)
{
    buffer_append_string(
        out,
        "# Metrics\n\nMade from the tables of the source; not written by hand.\n\n"
        "What `/metrics` shows, in the Prometheus text format. No label holds a value of a\n"
        "record: labels are names of the configuration, words of the program and numbers. Of\n"
        "a counter with labels only what is not 0 is listed, unless the page says `all`.\n"
        "Reasons are those of [reasons](reasons.md), actions those of [actions](actions.md).\n");
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        for (const struct metric *metric = tables[t]; metric->name; metric++) {
            if (metric->section)
                buffer_append_format(out,
                                     "\n## %s\n\n| metric | type | labels | meaning |\n"
                                     "|---|---|---|---|\n",
                                     metric->section);
            buffer_append_format(out, "| `%s` | %s | ", metric->name, metric->type);
            append_labels_cell(out, metric->labels);
            buffer_append_format(out, " | %s |\n", metric->help);
        }
    }
    append_words(out, "States of a lane", RUN_LANE_STATE_COUNT, run_lane_state_name_at,
                 run_lane_state_sentence_at);
    append_words(out, "How a transaction ends", RUN_OUTCOME_COUNT, run_outcome_name_at,
                 run_outcome_sentence_at);
    append_words(out, "States of consent", RUN_CONSENT_STATE_COUNT, run_consent_state_name_at,
                 run_consent_state_sentence_at);
}
