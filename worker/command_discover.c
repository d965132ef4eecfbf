/*
 * `lethe discover`: reads captures and writes the draft of a schema to standard output.
 */
#include <stdio.h>
#include <unistd.h>

#include "core/file.h"
#include "core/progress.h"
#include "ingest/capture.h"
#include "schemas/yaml.h"
#include "worker/discover.h"
#include "worker/options.h"

enum { TEXT_LIMIT = 64 * 1024 * 1024, TOPIC_LIMIT = 249 };

struct discover_arguments {
    const char *name, *topic;
    const char *where;
    struct option_number limit;
};

/* Only letters, digits, `.`, `_` and `-` stand in a topic's name. */
static bool is_topic(struct slice topic)
{
    for (size_t i = 0; i < topic.length; i++) {
        char c = topic.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return false;
    }
    return topic.length <= TOPIC_LIMIT;
}

/* Reads until the end or the limit. A message that states another topic is not looked at. */
static enum rc read_records(struct discovery *discovery, struct capture_feed *feed,
                            struct source *source, const struct discover_arguments *arguments)
{
    struct slice topic = slice_from_string(arguments->topic);
    struct progress progress;
    enum rc rc = RC_OK;
    progress_start(&progress, true);
    while (!arguments->limit.given || discovery_records(discovery) < arguments->limit.value) {
        struct message message;
        int reason;
        uint64_t done, total;
        enum poll_result polled = source_poll(source, 0, &message, &reason);
        if (polled == POLL_END)
            break;
        if (polled == POLL_FAILED) {
            rc = source->failure;
            break;
        }
        if (polled == POLL_BAD)
            discovery_add_bad(discovery);
        if (polled == POLL_MESSAGE && (topic.length == 0 || slice_equal(message.topic, topic)))
            discovery_add(discovery, message.value);
        capture_feed_progress(feed, &done, &total);
        progress_update(&progress, done, total, discovery_records(discovery));
    }
    progress_end(&progress);
    return rc;
}

/* Files that did not end well. */
static bool report_ends(struct capture_feed *feed)
{
    const struct capture_report *reports;
    size_t count = capture_feed_reports(feed, &reports);
    bool failed = false;
    for (size_t i = 0; i < count; i++) {
        if (reports[i].end == RC_OK)
            continue;
        fprintf(stderr, "lethe discover: %.*s: %s\n", SLICE_FORMAT(reports[i].name),
                rc_sentence(reports[i].end));
        failed |= reports[i].end != RC_TRUNCATED;
    }
    return failed;
}

static int read_files(struct discovery *discovery, const struct discover_arguments *arguments,
                      const struct arguments *files)
{
    struct capture_feed *feed = NULL;
    struct source *source = NULL;
    size_t failed = 0;
    struct capture_options options = {
        .files = (const char *const *)files->values,
        .file_count = files->count,
        .line_limit = DISCOVER_RECORD_LIMIT,
        .lanes = 1,
        .topic = slice_from_string(arguments->topic),
        .time = TIME_NONE,
        .depth_limit = DISCOVER_DEPTH_LIMIT + 1,
    };
    enum rc rc = capture_feed_new(&options, &feed, &failed);
    if (rc != RC_OK) {
        fprintf(stderr, "lethe discover: %s: %s\n", files->values[failed], rc_sentence(rc));
        return exit_status_of(rc);
    }
    rc = capture_source_new(feed, 0, &source);
    if (rc == RC_OK)
        rc = read_records(discovery, feed, source, arguments);
    source_close(source);
    bool ended_badly = rc == RC_OK && report_ends(feed);
    capture_feed_free(feed);
    if (rc != RC_OK)
        fprintf(stderr, "lethe discover: %s\n", rc_sentence(rc));
    return rc != RC_OK || ended_badly ? EXIT_FAILED : EXIT_DONE;
}

static int write_draft(const struct discovery *discovery,
                       const struct discover_arguments *arguments)
{
    struct discover_options options = {slice_from_string(arguments->name),
                                       slice_from_string(arguments->topic)};
    struct buffer out;
    if (discovery_records(discovery) == 0) {
        fprintf(stderr, "lethe discover: there is no record to draft from (%llu lines are none)\n",
                (unsigned long long)discovery_bad(discovery));
        return EXIT_FAILED;
    }
    buffer_init(&out, TEXT_LIMIT);
    discovery_write(discovery, &options, &out);
    enum rc rc = buffer_status(&out);
    if (rc == RC_OK)
        rc = file_write_all(STDOUT_FILENO, buffer_slice(&out));
    buffer_release(&out);
    if (rc != RC_OK)
        fprintf(stderr, "lethe discover: %s\n", rc_sentence(rc));
    return rc == RC_OK ? EXIT_DONE : EXIT_FAILED;
}

int command_discover(const struct command *command, int argc, char **argv)
{
    struct discover_arguments arguments = {.name = "draft"};
    const struct option options[] = {
        {"name", 0, OPTION_TEXT, &arguments.name, "NAME", "the schema's name; default draft"},
        {"topic", 0, OPTION_TEXT, &arguments.topic, "T",
         "match this topic; of enveloped records, read only those of it"},
        {"where", 0, OPTION_TEXT, &arguments.where, "MEMBER=VALUE",
         "read only records of which this member is this string"},
        {"limit", 'n', OPTION_NUMBER, &arguments.limit, "N", "read no more than N records"},
    };
    const struct option_table table = {options, sizeof options / sizeof options[0], 1, SIZE_MAX};
    struct arguments files;
    struct discovery *discovery;
    int status;
    if (!options_parse(command, &table, argc, argv, &files, &status))
        return status;
    if (!yaml_is_name(slice_from_string(arguments.name)))
        return usage_error(command, "--name takes letters, digits, `_`, `-` and `.`");
    if (!is_topic(slice_from_string(arguments.topic)))
        return usage_error(command, "--topic takes letters, digits, `_`, `-` and `.`");
    if (discovery_new(&discovery) != RC_OK) {
        fprintf(stderr, "lethe discover: out of memory\n");
        return EXIT_FAILED;
    }
    struct slice value = slice_from_string(arguments.where);
    struct slice member = slice_cut(&value, '=');
    discovery_only(discovery, member, value);
    status = read_files(discovery, &arguments, &files);
    if (status == EXIT_DONE)
        status = write_draft(discovery, &arguments);
    discovery_free(discovery);
    return status;
}
