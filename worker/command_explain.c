/* `lethe explain`: of a schema's fields, or of real records. */
#include <stdio.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "worker/consent_loading.h"
#include "worker/explain.h"
#include "worker/options.h"
#include "worker/processing.h"

enum { TEXT_LIMIT = 256 * 1024 * 1024 };

struct explain_arguments {
    const char *configuration, *schema, *consent, *topic;
    struct option_number count;
    int64_t clock;
    bool show_values;
};

/* All that explaining needs, opened once. */
struct explaining {
    const struct explain_arguments *arguments;
    struct configuration *configuration;
    struct consent_table *consent;
    struct keyring *keyring;
    struct engine *engine;
    struct decoder *decoder;
    struct buffer out;
    int64_t now;
    const char *trouble; /* the file that could not be read, or NULL */
};

static enum rc load_consent(struct explaining *explaining)
{
    const char *path = explaining->arguments->consent ? explaining->arguments->consent
                                                      : explaining->configuration->consent_file;
    struct consent_file_report report;
    if (!path)
        return RC_OK;
    enum rc rc =
        consent_table_from_file(explaining->configuration, path, &explaining->consent, &report);
    if (rc != RC_OK)
        explaining->trouble = path;
    return rc;
}

static enum rc open_engine(struct explaining *explaining)
{
    struct configuration *configuration = explaining->configuration;
    struct key_schedule schedule = {configuration->keys_epoch, configuration->keys_keep};
    enum rc rc = load_consent(explaining);
    /* What is shown here is explained, not released: throw-away keys do. */
    if (rc == RC_OK)
        rc = keyring_throw_away(schedule, explaining->now, NULL, &explaining->keyring);
    if (rc == RC_OK)
        rc = processing_engine_new(configuration, explaining->keyring, explaining->consent,
                                   &explaining->engine);
    if (rc == RC_OK)
        rc = processing_decoder_new(configuration, &explaining->decoder);
    return rc;
}

static enum rc flush(struct explaining *explaining)
{
    enum rc rc = buffer_status(&explaining->out);
    if (rc == RC_OK)
        rc = file_write_all(STDOUT_FILENO, buffer_slice(&explaining->out));
    buffer_reset(&explaining->out);
    return rc;
}

static void explain_message(struct explaining *explaining, const struct message *message)
{
    struct processed read;
    struct record_facts facts;
    buffer_append_format(&explaining->out, "%.*s:%lld\n", SLICE_FORMAT(message->origin),
                         (long long)message->offset);
    enum quarantine_reason reason = processing_decode(
        explaining->decoder, message->topic, message->value, message->time, explaining->now, &read);
    if (reason != QUARANTINE_NONE) {
        buffer_append_format(&explaining->out, "  cannot be processed: %s (byte %zu)\n",
                             quarantine_reason_sentence(reason), read.offset);
        return;
    }
    engine_facts(explaining->engine, &read.record, &read.time, explaining->now, &facts);
    struct explain_record what = {.record = &read.record,
                                  .schema = read.schema,
                                  .time = &read.time,
                                  .facts = &facts,
                                  .show_values = explaining->arguments->show_values};
    explain_record(&explaining->out, explaining->configuration, explaining->engine, &what);
}

static enum rc explain_files(struct explaining *explaining, const struct arguments *files)
{
    struct capture_feed *feed = NULL;
    struct source *source = NULL;
    size_t failed = files->count;
    struct capture_options options = processing_capture(
        explaining->configuration, (const char *const *)files->values, files->count);
    options.topic = slice_from_string(explaining->arguments->topic);
    enum rc rc = capture_feed_new(&options, &feed, &failed);
    if (rc != RC_OK && failed < files->count)
        explaining->trouble = files->values[failed];
    if (rc == RC_OK)
        rc = capture_source_new(feed, 0, &source);
    uint64_t left = explaining->arguments->count.value;
    while (rc == RC_OK && left > 0) {
        struct message message;
        int reason = QUARANTINE_NONE;
        enum poll_result polled = source_poll(source, 0, &message, &reason);
        if (polled == POLL_END)
            break;
        if (polled == POLL_FAILED) {
            rc = source->failure;
        } else if (polled == POLL_MESSAGE) {
            explain_message(explaining, &message);
            rc = flush(explaining);
            left--;
        }
    }
    source_close(source);
    capture_feed_free(feed);
    return rc;
}

static int explain(const struct command *command, struct explaining *explaining,
                   const struct arguments *files)
{
    const struct configuration *configuration = explaining->configuration;
    int only = -1;
    if (explaining->arguments->schema) {
        only =
            configuration_schema(configuration, slice_from_string(explaining->arguments->schema));
        if (only < 0)
            return usage_error(command, "the configuration has no schema `%s`",
                               explaining->arguments->schema);
    }
    enum rc rc = open_engine(explaining);
    for (size_t i = 0; i < configuration->schema_count && rc == RC_OK && files->count == 0; i++) {
        if (only >= 0 && (size_t)only != i)
            continue;
        explain_schema(&explaining->out, configuration, explaining->engine, i);
        rc = flush(explaining);
    }
    if (rc == RC_OK && files->count > 0)
        rc = explain_files(explaining, files);
    if (rc == RC_OK)
        return EXIT_DONE;
    fprintf(stderr, "lethe explain: %s%s%s\n", explaining->trouble ? explaining->trouble : "",
            explaining->trouble ? ": " : "", rc_sentence(rc));
    return exit_status_of(rc);
}

int command_explain(const struct command *command, int argc, char **argv)
{
    struct explain_arguments arguments = {.clock = TIME_NONE, .count = {.value = 1}};
    const struct option options[] = {
        {"config", 'c', OPTION_TEXT, &arguments.configuration, "FILE", "the configuration"},
        {"schema", 0, OPTION_TEXT, &arguments.schema, "NAME", "only this schema's fields"},
        {"consent", 0, OPTION_TEXT, &arguments.consent, "FILE",
         "consent messages, instead of the configured ones"},
        {"clock", 0, OPTION_TIME, &arguments.clock, "TIME", "what time it is; default now"},
        {"topic", 0, OPTION_TEXT, &arguments.topic, "NAME", "the topic of lines that state none"},
        {"count", 'n', OPTION_NUMBER, &arguments.count, "N", "records to explain; default 1"},
        {"show-values", 0, OPTION_FLAG, &arguments.show_values, NULL,
         "show what would be written, under throw-away keys"},
    };
    const struct option_table table = {options, sizeof options / sizeof options[0], 0, SIZE_MAX};
    struct arguments files;
    int status;
    if (!options_parse(command, &table, argc, argv, &files, &status))
        return status;
    if (!arguments.configuration)
        return usage_error(command, "give the configuration with -c FILE");
    struct clock clock = {arguments.clock != TIME_NONE, arguments.clock};
    struct explaining explaining = {.arguments = &arguments, .now = clock_now(&clock)};
    explaining.configuration = configuration_open(arguments.configuration, false);
    if (!explaining.configuration)
        return EXIT_USAGE;
    buffer_init(&explaining.out, TEXT_LIMIT);
    status = explain(command, &explaining, &files);
    buffer_release(&explaining.out);
    decoder_free(explaining.decoder);
    engine_free(explaining.engine);
    keyring_release(explaining.keyring);
    consent_table_free(explaining.consent);
    configuration_free(explaining.configuration);
    return status;
}
