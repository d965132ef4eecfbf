/* What is worth knowing of lanes, partitions and recipients. */
#include "worker/status_page_parts.h"

#include "worker/page_text.h"

static void count_cell(struct buffer *out, uint64_t count)
{
    buffer_append_string(out, "<td class=\"n\">");
    page_count(out, count);
    buffer_append_string(out, "</td>");
}

static void name_cell(struct buffer *out, struct slice name)
{
    buffer_append_string(out, "<td>");
    page_name(out, name);
    buffer_append_string(out, "</td>");
}

static void begin_tile(struct buffer *out)
{
    buffer_append_string(out, "<div class=\"tile\"><b>");
}

static void end_tile(struct buffer *out, const char *what)
{
    buffer_append_format(out, "</b><span>%s</span></div>", what);
}

static uint64_t total_lag(const struct run_snapshot *snapshot)
{
    uint64_t total = 0;
    for (size_t i = 0; i < snapshot->lane_count; i++) {
        for (size_t p = 0; p < snapshot->lanes[i].partition_count; p++) {
            int64_t lag = run_partition_lag(&snapshot->lanes[i].partitions[p]);
            total += lag > 0 ? (uint64_t)lag : 0;
        }
    }
    return total;
}

static uint64_t total_rows(const struct run_snapshot *snapshot)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < snapshot->names->recipient_count; i++)
        rows += snapshot->delivered[i].rows;
    return rows;
}

void page_write_tiles(const struct run_snapshot *snapshot, struct buffer *out)
{
    buffer_append_string(out, "<div class=\"tiles\">");
    begin_tile(out);
    page_count(out, snapshot->counts->records);
    end_tile(out, "records in");
    begin_tile(out);
    page_count(out, total_rows(snapshot));
    end_tile(out, "clean rows out");
    begin_tile(out);
    page_count(out, total_lag(snapshot));
    end_tile(out, "messages behind");
    if (snapshot->consent.confirmed != TIME_NONE) {
        begin_tile(out);
        page_span(out, snapshot->now - snapshot->consent.confirmed);
        end_tile(out, "age of consent");
    }
    if (snapshot->resident_bytes >= 0) {
        begin_tile(out);
        page_bytes(out, (uint64_t)snapshot->resident_bytes);
        end_tile(out, "memory");
    }
    begin_tile(out);
    page_span(out, snapshot->now - snapshot->started);
    end_tile(out, "since start");
    buffer_append_string(out, "</div>\n");
}

/* Granted, reduced and (what is left of the bar) withheld. */
static void write_decisions(const struct recipient_counts *counts, struct buffer *out)
{
    uint64_t by_decision[DECISION_COUNT] = {0}, total = 0;
    for (size_t decision = 0; decision < DECISION_COUNT; decision++) {
        for (size_t why = 0; why < DECIDED_COUNT; why++)
            by_decision[decision] += counts->decided[decision][why];
        total += by_decision[decision];
    }
    for (int decision = DECISION_COUNT - 1; decision >= 0; decision--)
        count_cell(out, by_decision[decision]);
    double share = total > 0 ? 100.0 / (double)total : 0;
    buffer_append_format(out,
                         "<td><div class=\"bar\"><i style=\"width:%.1f%%\"></i>"
                         "<i style=\"width:%.1f%%\"></i></div></td>",
                         share * (double)by_decision[DECISION_GRANTED],
                         share * (double)by_decision[DECISION_REDUCED]);
}

void page_write_recipients(const struct run_snapshot *snapshot, struct buffer *out)
{
    const struct run_names *names = snapshot->names;
    buffer_append_string(
        out, "<section><h2>Recipients</h2><table><tr><th>name<th class=\"n\">granted"
             "<th class=\"n\">reduced<th class=\"n\">withheld<th>share<th class=\"n\">rows out"
             "<th class=\"n\">messages<th class=\"n\">parts<th class=\"n\">bytes"
             "<th class=\"n\">too large</tr>");
    for (size_t i = 0; i < names->recipient_count; i++) {
        const struct run_delivery *delivered = &snapshot->delivered[i];
        buffer_append_string(out, "<tr>");
        name_cell(out, names->recipients[i]);
        write_decisions(&snapshot->counts->recipients[i], out);
        count_cell(out, delivered->rows);
        count_cell(out, delivered->messages);
        count_cell(out, delivered->parts);
        buffer_append_string(out, "<td class=\"n\">");
        page_bytes(out, delivered->bytes);
        buffer_append_string(out, "</td>");
        count_cell(out, snapshot->counts->recipients[i].too_large + delivered->too_large);
        buffer_append_string(out, "</tr>");
    }
    buffer_append_string(out, "</table></section>\n");
}

static const char *lane_class(enum run_lane_state state)
{
    return state == RUN_LANE_RUNNING ? "good" : state == RUN_LANE_HALTED ? "bad" : "wait";
}

static void write_lane(const struct run_snapshot *snapshot, size_t number, struct buffer *out)
{
    const struct run_lane_view *lane = &snapshot->lanes[number];
    buffer_append_format(out, "<tr><td>%zu</td><td><span class=\"%s\">%s</span> ", number,
                         lane_class(lane->state), run_lane_state_name(lane->state));
    if (lane->state != RUN_LANE_RUNNING) {
        buffer_append_string(out, "<span class=\"soft\">");
        page_name(out, slice_from_string(lane->sentence));
        buffer_append_string(out, "</span>");
    }
    buffer_append_string(out, "</td>");
    count_cell(out, lane->partition_count + lane->partitions_unlisted);
    count_cell(out, lane->records);
    count_cell(out, lane->batches);
    count_cell(out, lane->aborted);
    count_cell(out, lane->restarts);
    buffer_append_string(out, "<td class=\"n\">");
    if (lane->committed_at != TIME_NONE) {
        page_span(out, snapshot->now - lane->committed_at);
        buffer_append_string(out, " ago");
    }
    buffer_append_string(out, "</td></tr>");
}

void page_write_lanes(const struct run_snapshot *snapshot, struct buffer *out)
{
    buffer_append_string(out, "<section><h2>Lanes</h2><table><tr><th>lane<th>state"
                              "<th class=\"n\">partitions<th class=\"n\">records"
                              "<th class=\"n\">batches<th class=\"n\">aborted"
                              "<th class=\"n\">restarts<th class=\"n\">last commit</tr>");
    for (size_t i = 0; i < snapshot->lane_count; i++)
        write_lane(snapshot, i, out);
    buffer_append_string(out, "</table></section>\n");
}

static int64_t largest_lag(const struct run_snapshot *snapshot)
{
    int64_t largest = 0;
    for (size_t i = 0; i < snapshot->lane_count; i++) {
        for (size_t p = 0; p < snapshot->lanes[i].partition_count; p++) {
            int64_t lag = run_partition_lag(&snapshot->lanes[i].partitions[p]);
            largest = lag > largest ? lag : largest;
        }
    }
    return largest;
}

static void offset_cell(struct buffer *out, int64_t offset)
{
    if (offset < 0)
        buffer_append_string(out, "<td class=\"n soft\">not known</td>");
    else
        count_cell(out, (uint64_t)offset);
}

static void write_partition(const struct run_snapshot *snapshot, size_t lane,
                            const struct run_partition *partition, int64_t largest,
                            struct buffer *out)
{
    int64_t lag = run_partition_lag(partition);
    buffer_append_string(out, "<tr>");
    name_cell(out, partition->topic < snapshot->topic_count ? snapshot->topics[partition->topic]
                                                            : SLICE(""));
    buffer_append_format(out, "<td class=\"n\">%d</td><td class=\"n\">%zu</td>",
                         partition->partition, lane);
    offset_cell(out, partition->position);
    offset_cell(out, partition->end);
    offset_cell(out, lag);
    buffer_append_format(out,
                         "<td><div class=\"bar\"><i style=\"width:%.1f%%\"></i></div></td></tr>",
                         lag > 0 ? 100.0 * (double)lag / (double)largest : 0.0);
}

static void write_poison(const struct run_snapshot *snapshot, struct buffer *out)
{
    for (size_t i = 0; i < snapshot->poison_count && i < STATUS_PAGE_ROWS; i++) {
        const struct run_poison *poison = &snapshot->poison[i];
        buffer_append_string(out, "<p class=\"bad\">");
        page_count(out, poison->count);
        buffer_append_string(out, " places that cannot be read in ");
        page_name(out, poison->topic < snapshot->topic_count ? snapshot->topics[poison->topic]
                                                             : SLICE(""));
        buffer_append_format(out, ", partition %d", poison->partition);
        if (poison->offset >= 0) {
            buffer_append_string(out, ", the last at offset ");
            page_count(out, (uint64_t)poison->offset);
        }
        buffer_append_string(out, "</p>");
    }
}

void page_write_partitions(const struct run_snapshot *snapshot, struct buffer *out)
{
    int64_t largest = largest_lag(snapshot);
    uint64_t listed = 0, unlisted = 0;
    buffer_append_string(out, "<section><h2>Partitions</h2><table><tr><th>topic"
                              "<th class=\"n\">partition<th class=\"n\">lane"
                              "<th class=\"n\">position<th class=\"n\">end<th class=\"n\">behind"
                              "<th></tr>");
    for (size_t i = 0; i < snapshot->lane_count; i++) {
        const struct run_lane_view *lane = &snapshot->lanes[i];
        unlisted += lane->partitions_unlisted;
        for (size_t p = 0; p < lane->partition_count; p++) {
            if (listed == STATUS_PAGE_ROWS) {
                unlisted += lane->partition_count - p;
                break;
            }
            listed++;
            write_partition(snapshot, i, &lane->partitions[p], largest, out);
        }
    }
    buffer_append_string(out, "</table>");
    if (unlisted > 0) {
        buffer_append_string(out, "<p class=\"soft\">and ");
        page_count(out, unlisted);
        buffer_append_string(out, " more</p>");
    } else if (listed == 0) {
        buffer_append_string(out, "<p class=\"soft\">no partition is assigned to us</p>");
    }
    write_poison(snapshot, out);
    buffer_append_string(out, "</section>\n");
}
