#include "worker/status_page.h"

#include "worker/page_text.h"
#include "worker/status_page_parts.h"

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1d2733;--soft:#5b6b7c;--line:#dde4ea;--paper:#f6f8fa;"
    "--card:#fff;--good:#1a7f4b;--bad:#b3261e;--wait:#9a6700;--bar:#4f7cac;--bar2:#a9c1da;"
    "--bar3:#d6dee6}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4eaf0;--soft:#98a6b5;--line:#2f3b47;"
    "--paper:#12181e;--card:#1a222a;--good:#4cc38a;--bad:#ff8a80;--wait:#e2b340;--bar:#6f9fd0;"
    "--bar2:#3f5f80;--bar3:#2f3b47}}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--paper);color:var(--ink);"
    "font:15px/1.5 system-ui,sans-serif}"
    "header{display:flex;flex-wrap:wrap;align-items:baseline;gap:.25rem 1rem;margin-bottom:1rem}"
    "h1{font-size:1.6rem;margin:0;letter-spacing:.02em}"
    "h2{font-size:1rem;margin:0 0 .5rem;font-weight:600}"
    "p{margin:.25rem 0}.soft{color:var(--soft)}"
    ".state strong{font-size:1.15rem;color:var(--good)}"
    ".state.no strong{color:var(--bad)}"
    "section,.state,.tile{background:var(--card);border:1px solid var(--line);border-radius:.4rem}"
    ".state{border-left:.35rem solid var(--good);padding:.75rem 1rem}"
    ".state.no{border-left-color:var(--bad)}"
    "section{padding:1rem;margin-top:1rem;overflow-x:auto}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;"
    "margin-top:1rem}"
    ".tile{padding:.6rem .9rem}.tile b{display:block;font-size:1.35rem;font-weight:600;"
    "font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:.85rem}"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
    "th{font-weight:500;font-size:.85rem;color:var(--soft);text-align:left}"
    "th,td{padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}"
    "tr:last-child td{border-bottom:0}.n{text-align:right}"
    ".good{color:var(--good)}.bad{color:var(--bad)}.wait{color:var(--wait)}"
    ".bar{display:flex;height:.6rem;min-width:6rem;margin-top:.45rem;background:var(--bar3);"
    "border-radius:.3rem;overflow:hidden}.bar i{background:var(--bar)}.bar i+i{background:"
    "var(--bar2)}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.25rem;margin:0}"
    "dt{color:var(--soft)}dd{margin:0}"
    "footer{margin:1.25rem 0;color:var(--soft);font-size:.85rem}"
    "a{color:inherit}"
    "@media(min-width:60rem){.two{display:grid;grid-template-columns:1fr 1fr;gap:0 1rem}}";

static void write_head(const struct run_snapshot *snapshot, struct buffer *out)
{
    buffer_append_string(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                              "<meta http-equiv=\"refresh\" content=\"5\">"
                              "<meta name=\"viewport\" content=\"width=device-width\">"
                              "<meta name=\"robots\" content=\"noindex\"><title>");
    buffer_append_string(out, snapshot->ready ? "ready" : "not ready");
    buffer_append_string(out, " - Lethe</title><style>");
    buffer_append_string(out, style);
    buffer_append_string(out, "</style></head>\n<body><header><h1>Lethe</h1><span class=\"soft\">");
    page_name(out, snapshot->instance);
    if (snapshot->group.length > 0) {
        buffer_append_string(out, snapshot->instance.length > 0 ? ", group " : "group ");
        page_name(out, snapshot->group);
    }
    buffer_append_string(out, "</span></header>\n");
}

static void write_state(const struct run_snapshot *snapshot, struct buffer *out)
{
    if (snapshot->ready) {
        buffer_append_string(out, "<div class=\"state\"><strong>Ready</strong><p>Every lane runs "
                                  "and consent is current.</p></div>\n");
        return;
    }
    buffer_append_string(out, "<div class=\"state no\"><strong>Not ready</strong><p>");
    page_name(out, slice_from_string(snapshot->not_ready));
    buffer_append_string(out,
                         "</p><p class=\"soft\">What is not released now is not lost: it stays "
                         "in the source topic.</p></div>\n");
}

static void write_versions(const struct run_snapshot *snapshot, struct buffer *out)
{
    const struct run_names *names = snapshot->names;
    buffer_append_string(out, "<section><h2>In force</h2><dl><dt>policy</dt><dd>");
    page_name(out, names->policy);
    buffer_append_format(out, " version %u</dd><dt>schemas</dt><dd>", names->policy_version);
    for (size_t i = 0; i < names->schema_count; i++) {
        buffer_append_string(out, i > 0 ? ", " : "");
        page_name(out, names->schemas[i]);
        buffer_append_format(out, " %u", names->schema_versions[i]);
    }
    buffer_append_format(out, "</dd><dt>configuration</dt><dd>%llu",
                         (unsigned long long)snapshot->generation);
    if (snapshot->reload_refused[0]) {
        buffer_append_string(out, ", <span class=\"bad\">the last reload was refused: ");
        page_name(out, slice_from_string(snapshot->reload_refused));
        buffer_append_string(out, "</span>");
    }
    buffer_append_string(out, "</dd><dt>keys</dt><dd>");
    if (snapshot->keys_ahead < 0) {
        buffer_append_string(out, "none: identifiers are dropped");
    } else {
        buffer_append_format(out, "%zu, ", snapshot->key_count);
        buffer_append_string(out, snapshot->keys_ahead == 0 ? "<span class=\"bad\">" : "<span>");
        page_span(out, snapshot->keys_ahead);
        buffer_append_string(out, " ahead</span>");
        buffer_append_string(
            out, snapshot->keys_locked ? "" : ", <span class=\"wait\">memory not locked</span>");
    }
    buffer_append_string(out, "</dd><dt>program</dt><dd>lethe ");
    page_name(out, slice_from_string(snapshot->version));
    buffer_append_string(out, "</dd></dl></section>\n");
}

void status_page_write(const struct run_snapshot *snapshot, struct buffer *out)
{
    write_head(snapshot, out);
    write_state(snapshot, out);
    page_write_tiles(snapshot, out);
    page_write_recipients(snapshot, out);
    page_write_lanes(snapshot, out);
    page_write_partitions(snapshot, out);
    buffer_append_string(out, "<div class=\"two\">");
    page_write_consent(snapshot, out);
    page_write_transactions(snapshot, out);
    buffer_append_string(out, "</div><div class=\"two\">");
    page_write_quarantine(snapshot, out);
    write_versions(snapshot, out);
    buffer_append_string(out, "</div><footer>As of ");
    time_append(out, snapshot->now - snapshot->now % TIME_SECOND, TIME_FORMAT_RFC3339);
    buffer_append_string(out, "; loads itself again every 5 seconds. Numbers only: no value of a "
                              "record is here. <a href=\"/metrics\">metrics</a> "
                              "<a href=\"/ready\">ready</a></footer></body></html>\n");
}
