#include "worker/options.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/diagnostics.h"
#include "core/time_text.h"

int usage_error(const struct command *command, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "lethe %s: ", command->name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nsee `lethe %s --help`\n", command->name);
    return EXIT_USAGE;
}

static void print_help(const struct command *command, const struct option_table *table)
{
    printf("usage: lethe %s %s\n\n%s\n\noptions:\n", command->name, command->usage,
           command->summary);
    for (size_t i = 0; i < table->count; i++) {
        const struct option *option = &table->options[i];
        char left[64];
        int length = snprintf(left, sizeof left, "%c%c%c --%s%s%s", option->letter ? '-' : ' ',
                              option->letter ? option->letter : ' ', option->letter ? ',' : ' ',
                              option->name, option->argument ? " " : "",
                              option->argument ? option->argument : "");
        printf("  %-30s%s%s\n", left, length >= 30 ? "\n                                " : "",
               option->description);
    }
    printf("      %-26s%s\n", "--help", "this text");
}

static struct slice option_name_at(const void *context, size_t index)
{
    const struct option_table *table = context;
    return slice_from_string(table->options[index].name);
}

static const struct option *find_long(const struct option_table *table, struct slice name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (slice_equal(slice_from_string(table->options[i].name), name))
            return &table->options[i];
    }
    return NULL;
}

static const struct option *find_letter(const struct option_table *table, char letter)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->options[i].letter && table->options[i].letter == letter)
            return &table->options[i];
    }
    return NULL;
}

static bool take_value(const struct command *command, const struct option *option, char *text)
{
    struct slice value = slice_from_string(text);
    switch (option->kind) {
    case OPTION_FLAG:
        break;
    case OPTION_TEXT:
        *(const char **)option->target = text;
        return true;
    case OPTION_NUMBER: {
        struct option_number *number = option->target;
        number->given = true;
        if (count_parse(value, &number->value))
            return true;
        usage_error(command, "--%s takes a whole number, not `%s`", option->name, text);
        return false;
    }
    case OPTION_TIME:
        if (time_parse(value, TIME_FORMAT_AUTO, option->target, NULL))
            return true;
        usage_error(command, "--%s takes a time like 2026-11-24T08:00:00Z, not `%s`", option->name,
                    text);
        return false;
    }
    return false;
}

/* One option with what belongs to it; returns how many words of argv it took, 0 after an error. */
static int take_option(const struct command *command, const struct option_table *table, char **at,
                       int left)
{
    char *word = at[0];
    const struct option *option;
    char *attached = NULL;
    if (word[1] == '-') {
        struct slice name = slice_from_string(word + 2);
        size_t equals = slice_find_byte(name, '=');
        if (equals < name.length)
            attached = word + 2 + equals + 1;
        name = slice_head(name, equals);
        option = find_long(table, name);
        if (!option) {
            struct slice near = nearest_word(name, table->count, option_name_at, table);
            if (near.length > 0)
                usage_error(command, "unknown option --%.*s; did you mean --%.*s?",
                            SLICE_FORMAT(name), SLICE_FORMAT(near));
            else
                usage_error(command, "unknown option --%.*s", SLICE_FORMAT(name));
            return 0;
        }
    } else {
        option = find_letter(table, word[1]);
        if (!option) {
            usage_error(command, "unknown option %s", word);
            return 0;
        }
        if (word[2])
            attached = word + 2;
    }
    if (option->kind == OPTION_FLAG) {
        if (attached) {
            usage_error(command, "--%s takes no value", option->name);
            return 0;
        }
        *(bool *)option->target = true;
        return 1;
    }
    if (!attached && left < 2) {
        usage_error(command, "--%s needs a value: %s", option->name, option->argument);
        return 0;
    }
    if (!take_value(command, option, attached ? attached : at[1]))
        return 0;
    return attached ? 1 : 2;
}

bool options_parse(const struct command *command, const struct option_table *table, int argc,
                   char **argv, struct arguments *arguments, int *status)
{
    bool only_arguments = false;
    *arguments = (struct arguments){.values = argv};
    *status = EXIT_USAGE;
    for (int i = 0; i < argc;) {
        char *word = argv[i];
        if (only_arguments || word[0] != '-' || word[1] == '\0') {
            arguments->values[arguments->count++] = word;
            i++;
        } else if (strcmp(word, "--") == 0) {
            only_arguments = true;
            i++;
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            print_help(command, table);
            *status = EXIT_DONE;
            return false;
        } else {
            int taken = take_option(command, table, argv + i, argc - i);
            if (taken == 0)
                return false;
            i += taken;
        }
    }
    if (arguments->count < table->least_arguments || arguments->count > table->most_arguments) {
        usage_error(command, "%s: lethe %s %s",
                    arguments->count < table->least_arguments ? "an argument is missing"
                                                              : "too many arguments",
                    command->name, command->usage);
        return false;
    }
    return true;
}
