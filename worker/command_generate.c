/*
 * `lethe generate`: synthetic captures of the shipped schemas, and consent that matches them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/generate.h"
#include "core/clock.h"
#include "worker/options.h"

struct generate_arguments {
    const char *schema, *consent, *bad, *bytes;
    const char *out;
    struct option_number count, seed, subjects;
    int64_t start;
    bool envelope;
};

/* "0.01" or "1%": at most whole, exact to a millionth. */
static bool parse_share(struct slice text, uint32_t *out)
{
    uint64_t whole = 0, part = 0, scale = GENERATE_BAD_WHOLE;
    bool percent = slice_ends_with(text, SLICE("%"));
    struct slice rest = percent ? slice_head(text, text.length - 1) : text;
    struct slice digits = slice_cut(&rest, '.');
    if (!slice_to_u64(digits, &whole) || whole > 100)
        return false;
    if (rest.data && (rest.length > 6 || !slice_to_u64(rest, &part)))
        return false;
    for (size_t i = 0; i < rest.length; i++)
        scale /= 10;
    uint64_t millionths = whole * GENERATE_BAD_WHOLE + part * scale;
    if (percent)
        millionths /= 100;
    *out = (uint32_t)millionths;
    return millionths <= GENERATE_BAD_WHOLE;
}

/* Where the bytes go: standard output, a device or a pipe as they come, a file only as a whole. */
struct target {
    const char *path;
    int descriptor;
    char partial[PATH_MAX]; /* the name until it is whole; empty where the path is written itself */
};

static enum rc open_target(const char *path, struct target *target)
{
    struct stat status;
    *target = (struct target){.path = path, .descriptor = STDOUT_FILENO};
    if (strcmp(path, "-") == 0)
        return RC_OK;
    bool there = stat(path, &status) == 0;
    if (!there || S_ISREG(status.st_mode)) {
        int length = snprintf(target->partial, sizeof target->partial, "%s.partial", path);
        if (length < 0 || (size_t)length >= sizeof target->partial)
            return RC_LIMIT;
    }
    target->descriptor = target->partial[0]
                             ? open(target->partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)
                             : open(path, O_WRONLY | O_CLOEXEC);
    return target->descriptor < 0 ? rc_from_errno(errno) : RC_OK;
}

static enum rc close_target(struct target *target, enum rc rc)
{
    if (target->descriptor == STDOUT_FILENO)
        return rc;
    if (close(target->descriptor) < 0 && rc == RC_OK)
        rc = rc_from_errno(errno);
    if (!target->partial[0])
        return rc;
    if (rc == RC_OK && rename(target->partial, target->path) < 0)
        rc = rc_from_errno(errno);
    if (rc != RC_OK)
        unlink(target->partial);
    return rc;
}

/* Whole, or an error that says so. */
static int write_to(const char *path, struct generate_options *options,
                    enum rc (*write_all)(const struct generate_options *, int, uint64_t *))
{
    uint64_t bytes = 0;
    struct target target;
    enum rc rc = open_target(path, &target);
    if (rc == RC_OK) {
        options->progress = target.partial[0];
        rc = close_target(&target, write_all(options, target.descriptor, &bytes));
    }
    if (rc != RC_OK)
        fprintf(stderr, "lethe generate: %s: %s%s\n", path, rc_sentence(rc),
                bytes > 0 && target.partial[0] ? "; nothing is left of it" : "");
    return exit_status_of(rc);
}

static int fill_options(const struct command *command, const struct generate_arguments *arguments,
                        struct generate_options *options)
{
    if (!arguments->schema ||
        !generate_schema_from_name(slice_from_string(arguments->schema), &options->schema))
        return usage_error(command, "give --schema click, crash, device or mixed");
    if (!arguments->seed.given)
        return usage_error(command, "give a number with --seed; equal seeds give equal bytes");
    if (!arguments->count.given && !arguments->bytes)
        return usage_error(command, "give --count, or --bytes, or both");
    if (arguments->bytes && !size_parse(slice_from_string(arguments->bytes), &options->bytes))
        return usage_error(command, "--bytes takes a size like 1GB or 64MiB");
    if (arguments->bad && !parse_share(slice_from_string(arguments->bad), &options->bad))
        return usage_error(command, "--bad takes a share like 0.01 or 1%%");
    if (arguments->subjects.given &&
        (arguments->subjects.value == 0 || arguments->subjects.value > GENERATE_SUBJECTS_LIMIT))
        return usage_error(command, "--subjects takes 1 to %llu",
                           (unsigned long long)GENERATE_SUBJECTS_LIMIT);
    options->seed = arguments->seed.value;
    options->subjects = arguments->subjects.value;
    options->envelope = arguments->envelope;
    options->start = arguments->start;
    if (arguments->count.given)
        options->count = arguments->count.value;
    if (options->start == TIME_NONE)
        options->start = time_floor(clock_now(NULL), TIME_HOUR);
    if (options->start < GENERATE_SPAN)
        return usage_error(command, "--start is before the first time there is");
    return EXIT_DONE;
}

int command_generate(const struct command *command, int argc, char **argv)
{
    struct generate_arguments arguments = {.start = TIME_NONE, .out = "-"};
    struct generate_options options = {.count = GENERATE_NO_END, .bytes = GENERATE_NO_END};
    const struct option list[] = {
        {"schema", 0, OPTION_TEXT, &arguments.schema, "NAME", "click, crash, device or mixed"},
        {"count", 'n', OPTION_NUMBER, &arguments.count, "N", "records to write (10k, 1M)"},
        {"bytes", 0, OPTION_TEXT, &arguments.bytes, "SIZE", "bytes to write at most (1GB, 64MiB)"},
        {"seed", 0, OPTION_NUMBER, &arguments.seed, "S", "equal seeds give equal bytes"},
        {"subjects", 0, OPTION_NUMBER, &arguments.subjects, "N", "people; default 10k"},
        {"start", 0, OPTION_TIME, &arguments.start, "TIME",
         "events lie in the day before; default now, to the hour"},
        {"consent", 0, OPTION_TEXT, &arguments.consent, "FILE",
         "write the consent of the same people there"},
        {"bad", 0, OPTION_TEXT, &arguments.bad, "SHARE",
         "share of lines that are broken (0.01 or 1%)"},
        {"envelope", 0, OPTION_FLAG, &arguments.envelope, NULL,
         "each record in an envelope with topic, partition, offset and timestamp"},
        {"output", 'o', OPTION_TEXT, &arguments.out, "FILE",
         "where to; default -, standard output"},
    };
    const struct option_table table = {list, sizeof list / sizeof list[0], 0, 0};
    struct arguments none;
    int status;
    if (!options_parse(command, &table, argc, argv, &none, &status))
        return status;
    status = fill_options(command, &arguments, &options);
    if (status != EXIT_DONE)
        return status;
    if (arguments.consent && strcmp(arguments.consent, arguments.out) == 0)
        return usage_error(command, "--consent and -o name the same file");
    if (arguments.consent)
        status = write_to(arguments.consent, &options, generate_write_consent);
    return status == EXIT_DONE ? write_to(arguments.out, &options, generate_write) : status;
}
