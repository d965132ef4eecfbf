/*
 * `lethe demo`: the product at work. On the shipped sample captures: one record of each kind side
 * by side under granted, denied and unknown consent; a whole replay with its summary and
 * verification; the speed on synthetic records. Then the stream (demo_stream.h). Everything is
 * written below a temporary directory and removed.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "anonymize/seal.h"
#include "bench/generate.h"
#include "core/file.h"
#include "sink/verify.h"
#include "worker/demo_stream.h"
#include "worker/demo_table.h"
#include "worker/options.h"
#include "worker/summary.h"

#ifndef LETHE_DATA_DIRECTORY
#define LETHE_DATA_DIRECTORY "/usr/share/lethe"
#endif

enum { TEXT_LIMIT = 4 * 1024 * 1024, PATH_LIMIT = 4096, SPEED_BYTES = 128 * 1024 * 1024 };

/* The samples were recorded just before this; keys are thrown away and made for it. */
static const int64_t demo_clock = INT64_C(1767326400000); /* 2026-01-02T04:00:00Z */

static const char *const kinds[] = {"click", "crash", "device"};
enum { KIND_COUNT_SHOWN = sizeof kinds / sizeof kinds[0] };

struct demo_choice {
    bool captures, stream; /* only these, only that */
    const char *brokers, *keep;
};

struct demo {
    char *data; /* absolute: configurations lie elsewhere */
    struct configuration *configuration;
    char captures[KIND_COUNT_SHOWN][PATH_LIMIT];
    char consent[PATH_LIMIT];
    char scratch[PATH_LIMIT];
    struct buffer text;
};

static int complain(const char *what, enum rc rc)
{
    fprintf(stderr, "lethe demo: %s: %s\n", what, rc_sentence(rc));
    return rc == RC_NOT_FOUND ? EXIT_USAGE : EXIT_FAILED;
}

static bool print_text(struct demo *demo)
{
    bool good = buffer_status(&demo->text) == RC_OK &&
                file_write_all(STDOUT_FILENO, buffer_slice(&demo->text)) == RC_OK;
    buffer_reset(&demo->text);
    return good;
}

static int show_tables(struct demo *demo)
{
    buffer_append_string(&demo->text, "1. One record of each kind, under three kinds of consent\n");
    for (size_t i = 0; i < KIND_COUNT_SHOWN; i++) {
        enum rc rc =
            demo_table_write(&demo->text, demo->configuration, demo->captures[i], 0, demo_clock);
        if (rc != RC_OK)
            return complain(demo->captures[i], rc);
    }
    return print_text(demo) ? EXIT_DONE : EXIT_FAILED;
}

static int replay_samples(struct demo *demo)
{
    const char *files[KIND_COUNT_SHOWN];
    char output[PATH_LIMIT + 16], audit[PATH_LIMIT + 64];
    char sealing_key[PATH_LIMIT + 32], opening_key[PATH_LIMIT + 32];
    struct replay_result *result = calloc(1, sizeof *result);
    struct verify_report report = {0};
    if (!result)
        return complain("replay", RC_NO_MEMORY);
    for (size_t i = 0; i < KIND_COUNT_SHOWN; i++)
        files[i] = demo->captures[i];
    snprintf(output, sizeof output, "%s/out", demo->scratch);
    snprintf(audit, sizeof audit, "%s/private/audit/audit.ndjson", output);
    snprintf(sealing_key, sizeof sealing_key, "%s/quarantine.pub", demo->scratch);
    snprintf(opening_key, sizeof opening_key, "%s/quarantine.key", demo->scratch);
    struct replay_options options = {.configuration = demo->configuration,
                                     .files = files,
                                     .file_count = KIND_COUNT_SHOWN,
                                     .quarantine_key = sealing_key,
                                     .consent = demo->consent,
                                     .clock = demo_clock,
                                     .output = output,
                                     .recipient = -1,
                                     .quiet = true};
    enum rc made = seal_key_make(sealing_key, opening_key, &demo->text);
    buffer_reset(&demo->text);
    int status = made == RC_OK ? replay_run(&options, result) : complain("sealing key", made);
    if (status == EXIT_DONE) {
        buffer_append_string(&demo->text,
                             "\n2. All sample captures, each person with the consent on file\n\n");
        summary_write(&demo->text, &options, result);
        enum rc rc = verify_directory(output, audit, &report, &demo->text);
        buffer_append_format(
            &demo->text, "verified: %llu parts, %llu audit entries, %llu findings\n",
            (unsigned long long)report.parts, (unsigned long long)report.audit_entries,
            (unsigned long long)report.findings);
        if (rc != RC_OK || report.findings > 0 || !print_text(demo))
            status = EXIT_FAILED;
    }
    replay_result_release(result);
    free(result);
    return status;
}

static enum rc write_synthetic(const char *path, const struct generate_options *generate,
                               enum rc (*write)(const struct generate_options *options,
                                                int descriptor, uint64_t *bytes))
{
    uint64_t bytes;
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return RC_IO;
    enum rc rc = write(generate, descriptor, &bytes);
    close(descriptor);
    return rc;
}

static int show_speed(struct demo *demo)
{
    char capture[PATH_LIMIT + 16], consent[PATH_LIMIT + 16];
    const char *files[1] = {capture};
    struct replay_result *result = calloc(1, sizeof *result);
    struct generate_options generate = {.schema = GENERATE_MIXED,
                                        .count = GENERATE_NO_END,
                                        .bytes = SPEED_BYTES,
                                        .seed = 1,
                                        .start = demo_clock};
    if (!result)
        return complain("replay", RC_NO_MEMORY);
    snprintf(capture, sizeof capture, "%s/many.ndjson", demo->scratch);
    snprintf(consent, sizeof consent, "%s/consent.ndjson", demo->scratch);
    struct replay_options options = {.configuration = demo->configuration,
                                     .files = files,
                                     .file_count = 1,
                                     .consent = consent,
                                     .clock = demo_clock,
                                     .recipient = -1,
                                     .progress = true,
                                     .quiet = true};
    enum rc rc = write_synthetic(capture, &generate, generate_write);
    if (rc == RC_OK)
        rc = write_synthetic(consent, &generate, generate_write_consent);
    int status = rc == RC_OK ? replay_run(&options, result) : complain(capture, rc);
    if (status == EXIT_DONE && result->nanoseconds > 0) {
        double seconds = (double)result->nanoseconds / 1e9;
        printf("\n3. Speed, one lane, %zu recipients, output discarded\n\n"
               "%llu records, %.0f MB in %.2f s: %.0f MB/s, %.0f records/s\n",
               demo->configuration->recipient_count, (unsigned long long)result->counts.records,
               (double)result->counts.bytes / 1e6, seconds,
               (double)result->counts.bytes / 1e6 / seconds,
               (double)result->counts.records / seconds);
    }
    replay_result_release(result);
    free(result);
    return status;
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

static int show_stream(const struct demo *demo, const struct demo_choice *choice)
{
    char stream[PATH_LIMIT + 16];
    snprintf(stream, sizeof stream, "%s/stream", demo->scratch);
    struct demo_stream_options options = {.data = demo->data,
                                          .directory = choice->keep ? choice->keep : stream,
                                          .brokers = choice->brokers};
    enum rc rc = directory_create(options.directory, 0700);
    return rc == RC_OK ? demo_stream_run(&options) : complain(options.directory, rc);
}

static int run_demo(struct demo *demo, const struct demo_choice *choice)
{
    int status = EXIT_DONE;
    if (!choice->stream)
        status = show_tables(demo);
    if (status == EXIT_DONE && !choice->stream)
        status = replay_samples(demo);
    if (status == EXIT_DONE && !choice->stream)
        status = show_speed(demo);
    if (status == EXIT_DONE && !choice->captures)
        status = show_stream(demo, choice);
    if (status == EXIT_DONE)
        printf("\nNext: the tour in README.md, `lethe --help`, and examples/lethe.yaml.\n");
    return status;
}

static int open_demo(struct demo *demo, const char *data)
{
    char path[PATH_LIMIT];
    const char *temporary = getenv("TMPDIR");
    demo->data = realpath(data, NULL);
    if (!demo->data)
        return complain(data, RC_NOT_FOUND);
    for (size_t i = 0; i < KIND_COUNT_SHOWN; i++)
        snprintf(demo->captures[i], PATH_LIMIT, "%s/examples/captures/%s.ndjson", data, kinds[i]);
    snprintf(demo->consent, sizeof demo->consent, "%s/examples/captures/consent.ndjson", data);
    snprintf(demo->scratch, sizeof demo->scratch, "%s/lethe-demo-XXXXXX",
             temporary && *temporary ? temporary : "/tmp");
    snprintf(path, sizeof path, "%s/examples/lethe.yaml", data);
    demo->configuration = configuration_open(path, false);
    if (!demo->configuration)
        return EXIT_USAGE;
    if (!mkdtemp(demo->scratch)) {
        demo->scratch[0] = '\0';
        return complain("a temporary directory", RC_IO);
    }
    return EXIT_DONE;
}

int command_demo(const struct command *command, int argc, char **argv)
{
    const char *data = LETHE_DATA_DIRECTORY;
    struct demo_choice choice = {0};
    const struct option options[] = {
        {"directory", 0, OPTION_TEXT, &data, "DIR",
         "where examples/ and schemas/ lie; default: what was installed"},
        {"captures", 0, OPTION_FLAG, &choice.captures, NULL, "only the part on captures"},
        {"stream", 0, OPTION_FLAG, &choice.stream, NULL, "only the part on Kafka"},
        {"brokers", 0, OPTION_TEXT, &choice.brokers, "HOST:PORT",
         "the stream on a Kafka without TLS, in topics of its own that it removes; default: "
         "embedded"},
        {"keep", 0, OPTION_TEXT, &choice.keep, "DIR",
         "leave the stream's configuration, keys and log there"},
    };
    const struct option_table table = {options, sizeof options / sizeof options[0], 0, 0};
    struct arguments none;
    int status;
    if (!options_parse(command, &table, argc, argv, &none, &status))
        return status;
    if (choice.captures && (choice.stream || choice.brokers || choice.keep))
        return usage_error(command, "--captures shows no stream");
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct demo *demo = calloc(1, sizeof *demo);
    if (!demo)
        return complain("demo", RC_NO_MEMORY);
    buffer_init(&demo->text, TEXT_LIMIT);
    status = open_demo(demo, data);
    if (status == EXIT_DONE)
        status = run_demo(demo, &choice);
    if (demo->scratch[0])
        nftw(demo->scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    buffer_release(&demo->text);
    configuration_free(demo->configuration);
    free(demo->data);
    free(demo);
    return status;
}
