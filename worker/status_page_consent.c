/* How current consent is, how transactions end, and what could not be processed. */
#include "worker/page_text.h"
#include "worker/status_page_parts.h"

static void begin_item(struct buffer *out, const char *name)
{
    buffer_append_format(out, "<dt>%s</dt><dd>", name);
}

static void count_item(struct buffer *out, const char *name, uint64_t count)
{
    begin_item(out, name);
    page_count(out, count);
    buffer_append_string(out, "</dd>");
}

/* What should be 0 is shown where it is not. */
static void trouble_item(struct buffer *out, const char *name, uint64_t count)
{
    if (count > 0)
        count_item(out, name, count);
}

static void write_consent_state(const struct run_snapshot *snapshot, struct buffer *out)
{
    const struct run_consent *consent = &snapshot->consent;
    bool good = consent->state == RUN_CONSENT_FRESH || consent->state == RUN_CONSENT_FILE;
    begin_item(out, "state");
    buffer_append_format(out, "<span class=\"%s\">%s</span> <span class=\"soft\">",
                         good                                    ? "good"
                         : consent->state == RUN_CONSENT_BLOCKED ? "bad"
                                                                 : "wait",
                         run_consent_state_name(consent->state));
    page_name(out,
              slice_from_string(consent->sentence ? consent->sentence
                                                  : run_consent_state_sentence(consent->state)));
    buffer_append_string(out, "</span></dd>");
}

static void write_behind(const struct run_snapshot *snapshot, struct buffer *out)
{
    uint64_t behind = 0;
    for (size_t i = 0; i < snapshot->consent_partition_count; i++) {
        const struct run_consent_partition *at = &snapshot->consent_partitions[i];
        behind +=
            at->position >= 0 && at->end > at->position ? (uint64_t)(at->end - at->position) : 0;
    }
    if (snapshot->consent_topic.length == 0)
        return;
    begin_item(out, "topic");
    page_name(out, snapshot->consent_topic);
    buffer_append_string(out, ", ");
    page_count(out, behind);
    buffer_append_string(out, " offsets to go</dd>");
}

void page_write_consent(const struct run_snapshot *snapshot, struct buffer *out)
{
    const struct run_consent *consent = &snapshot->consent;
    buffer_append_string(out, "<section><h2>Consent</h2><dl>");
    write_consent_state(snapshot, out);
    write_behind(snapshot, out);
    if (consent->confirmed != TIME_NONE) {
        begin_item(out, "confirmed");
        page_span(out, snapshot->now - consent->confirmed);
        buffer_append_string(out, " ago</dd>");
    }
    begin_item(out, "subjects");
    page_count(out, consent->counts.subjects);
    buffer_append_string(out, " of ");
    page_count(out, consent->subject_limit);
    buffer_append_string(out, ", ");
    page_bytes(out, consent->counts.bytes);
    buffer_append_string(out, "</dd>");
    count_item(out, "messages", consent->counts.messages);
    trouble_item(out, "unreadable values", consent->counts.unreadable_values);
    trouble_item(out, "unreadable keys", consent->counts.unreadable_keys);
    trouble_item(out, "conflicts", consent->counts.conflicts);
    trouble_item(out, "split keys", consent->counts.split_subjects);
    trouble_item(out, "blocks", consent->blocks);
    trouble_item(out, "rebuilds", consent->rebuilds);
    trouble_item(out, "late barriers", consent->barriers_late);
    buffer_append_string(out, "</dl></section>\n");
}

/* The upper bound of the bucket that holds this share of the commits. */
static void write_within(const struct run_transactions *transactions, double share,
                         struct buffer *out)
{
    uint64_t below = 0, count = transactions->by_outcome[RUN_COMMITTED];
    for (size_t i = 0; i < RUN_LATENCY_COUNT; i++) {
        below += transactions->buckets[i];
        if ((double)below >= share * (double)count) {
            buffer_append_format(out, "%.0f %% within ", share * 100);
            page_span(out, run_latency_bounds[i]);
            return;
        }
    }
    buffer_append_format(out, "%.0f %% in more than ", share * 100);
    page_span(out, run_latency_bounds[RUN_LATENCY_COUNT - 1]);
}

void page_write_transactions(const struct run_snapshot *snapshot, struct buffer *out)
{
    const struct run_transactions *transactions = &snapshot->transactions;
    buffer_append_string(out, "<section><h2>Transactions</h2><dl>");
    count_item(out, "committed", transactions->by_outcome[RUN_COMMITTED]);
    if (transactions->by_outcome[RUN_COMMITTED] > 0) {
        begin_item(out, "latency");
        write_within(transactions, 0.5, out);
        buffer_append_string(out, ", ");
        write_within(transactions, 0.99, out);
        buffer_append_string(out, "</dd>");
    }
    for (size_t i = RUN_COMMITTED + 1; i < RUN_OUTCOME_COUNT; i++) {
        if (transactions->by_outcome[i] == 0)
            continue;
        buffer_append_string(out, "<dt>aborted: ");
        buffer_append_string(out, run_outcome_name((enum run_outcome)i));
        buffer_append_string(out, "</dt><dd>");
        page_count(out, transactions->by_outcome[i]);
        buffer_append_format(out, " <span class=\"soft\">%s</span></dd>",
                             run_outcome_sentence((enum run_outcome)i));
    }
    buffer_append_string(out, "</dl></section>\n");
}

void page_write_quarantine(const struct run_snapshot *snapshot, struct buffer *out)
{
    const struct lane_counts *counts = snapshot->counts;
    uint64_t total = 0;
    buffer_append_string(out, "<section><h2>Could not be processed</h2><table><tr><th>reason"
                              "<th class=\"n\">quarantined<th class=\"n\">discarded</tr>");
    for (size_t i = QUARANTINE_NONE + 1; i < QUARANTINE_REASON_COUNT; i++) {
        if (counts->quarantined[i] + counts->discarded[i] == 0)
            continue;
        total += counts->quarantined[i] + counts->discarded[i];
        buffer_append_format(out, "<tr><td>%s</td><td class=\"n\">",
                             quarantine_reason_sentence((enum quarantine_reason)i));
        page_count(out, counts->quarantined[i]);
        buffer_append_string(out, "</td><td class=\"n\">");
        page_count(out, counts->discarded[i]);
        buffer_append_string(out, "</td></tr>");
    }
    buffer_append_string(out, "</table>");
    if (total == 0)
        buffer_append_string(out, "<p class=\"soft\">nothing so far</p>");
    buffer_append_string(out, "</section>\n");
}
