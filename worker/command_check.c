/*
 * `lethe check`: everything that a run does before its first record, and what an officer should
 * know of the configuration: who gets what for which purpose, and what recipients could join on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "anonymize/keys.h"
#include "anonymize/plan.h"
#include "anonymize/seal.h"
#include "core/clock.h"
#include "worker/cluster_check.h"
#include "worker/consent_loading.h"
#include "worker/options.h"
#include "worker/status_server.h"

/* Problems that keep a run from starting are errors; what it can live with is a warning. */
struct check {
    struct configuration *configuration;
    unsigned errors, warnings;
};

static void print_error(struct check *check, const char *what, struct slice why)
{
    printf("error: %s: %.*s\n", what, SLICE_FORMAT(why));
    check->errors++;
}

static void print_warning(struct check *check, const char *what, const char *why)
{
    printf("warning: %s: %s\n", what, why);
    check->warnings++;
}

static void check_keys(struct check *check)
{
    const struct configuration *configuration = check->configuration;
    struct key_schedule schedule = {configuration->keys_epoch, configuration->keys_keep};
    int64_t now = clock_now(&(struct clock){0});
    struct keyring *keyring = NULL;
    struct buffer reason;
    if (!configuration->keys_directory) {
        print_warning(check, "keys", "none are configured: identifiers are dropped");
        return;
    }
    buffer_init(&reason, 4096);
    if (keyring_open(configuration->keys_directory, schedule, now, &keyring, &reason) != RC_OK) {
        print_error(check, "keys", buffer_slice(&reason));
    } else {
        int64_t ahead = keyring_ahead(keyring, now);
        printf("keys: %zu in %s\n", keyring_count(keyring), configuration->keys_directory);
        if (!keyring_is_locked(keyring))
            print_warning(check, "keys", "their memory could not be locked: see RLIMIT_MEMLOCK");
        if (ahead == 0)
            print_warning(check, "keys", "there is none for now: identifiers are dropped");
        else if (ahead < configuration->keys_epoch)
            print_warning(check, "keys", "less than one epoch lies ahead: run `lethe keys rotate`");
    }
    keyring_release(keyring);
    buffer_release(&reason);
}

/* What the pages show is no secret, and still not for everybody. */
static void check_listen(struct check *check)
{
    const char *listen = check->configuration->stream.listen;
    struct status_address address;
    if (!listen)
        return;
    if (status_address_parse(slice_from_string(listen), &address) != RC_OK)
        print_error(check, "worker.listen",
                    SLICE("it is no address and port, as 127.0.0.1:9464 and [::1]:9464 are"));
    else if (!status_address_is_loopback(&address))
        print_warning(check, "worker.listen",
                      "not on loopback: whoever reaches it sees topics, counts and states");
}

static void check_consent(struct check *check)
{
    const struct configuration *configuration = check->configuration;
    struct consent_table *table = NULL;
    struct consent_file_report report;
    struct consent_counts counts;
    if (!configuration->consent_file) {
        if (configuration->consent_topic)
            printf("consent: from the topic %s\n", configuration->consent_topic);
        else
            print_warning(check, "consent", "none is configured: nothing is known of anybody");
        return;
    }
    enum rc rc =
        consent_table_from_file(configuration, configuration->consent_file, &table, &report);
    if (rc != RC_OK) {
        print_error(check, configuration->consent_file, slice_from_string(rc_sentence(rc)));
    } else {
        consent_table_counts(table, &counts);
        printf("consent: %llu messages, %llu subjects, %llu unreadable values\n",
               (unsigned long long)counts.messages, (unsigned long long)counts.subjects,
               (unsigned long long)counts.unreadable_values);
        enum consent_block block = consent_table_block(table);
        if (block != CONSENT_BLOCK_NONE)
            print_error(check, "consent", slice_from_string(consent_block_sentence(block)));
        if (report.bad_line > 0)
            printf("%s:%llu: not a consent message\n", configuration->consent_file,
                   (unsigned long long)report.bad_line);
    }
    consent_table_free(table);
}

static void check_quarantine(struct check *check)
{
    struct seal_key key;
    struct buffer reason;
    if (!check->configuration->quarantine_key) {
        print_warning(check, "quarantine",
                      "none is configured: what cannot be processed is counted and lost");
        return;
    }
    buffer_init(&reason, 4096);
    if (seal_key_load(check->configuration->quarantine_key, &key, &reason) != RC_OK)
        print_error(check, "quarantine", buffer_slice(&reason));
    else
        printf("quarantine: sealed to key %s\n", key.id);
    buffer_release(&reason);
}

static void print_recipient(const struct configuration *configuration,
                            const struct recipient *recipient)
{
    const struct purpose *purpose = &configuration->policy->purposes[recipient->purpose];
    struct buffer step;
    buffer_init(&step, 64);
    duration_append(&step, recipient->linkage.time_step);
    printf("recipient %.*s: purpose %.*s, region %.*s%s, %s, times to %.*s, rows %s\n",
           SLICE_FORMAT(recipient->name), SLICE_FORMAT(purpose->name),
           SLICE_FORMAT(recipient->region), recipient->crosses_border ? " (across the border)" : "",
           purpose->basis == BASIS_NECESSITY ? "by necessity" : "by consent",
           SLICE_FORMAT(buffer_slice(&step)),
           recipient->linkage.order == ORDER_KEPT ? "in order" : "shuffled");
    buffer_release(&step);
}

static bool releases_readable(const struct planned_field *field)
{
    return field->action.action != ACTION_DROP && field->action.action != ACTION_REDACT &&
           field->action.action != ACTION_PSEUDONYM;
}

/* Fields that both get in readable form: together with times they are what rows can be joined on.
 */
static void print_shared(struct check *check, size_t a, size_t b)
{
    struct configuration *configuration = check->configuration;
    const struct recipient *first = &configuration->recipients[a];
    const struct recipient *second = &configuration->recipients[b];
    for (size_t s = 0; s < configuration->schema_count; s++) {
        struct plan left, right;
        const struct schema *schema = configuration->schemas[s];
        if (plan_compile(schema, configuration->policy, first, DECISION_GRANTED,
                         &configuration->arena, &left) != RC_OK ||
            plan_compile(schema, configuration->policy, second, DECISION_GRANTED,
                         &configuration->arena, &right) != RC_OK)
            return;
        size_t shared = 0;
        for (size_t f = 0; f < schema->field_count; f++) {
            if (!releases_readable(&left.fields[f]) || !releases_readable(&right.fields[f]))
                continue;
            if (shared++ == 0)
                printf("%.*s and %.*s both get of %.*s:", SLICE_FORMAT(first->name),
                       SLICE_FORMAT(second->name), SLICE_FORMAT(schema->name));
            printf("%s%.*s", shared == 1 ? " " : ", ", SLICE_FORMAT(schema->fields[f].path));
        }
        if (shared > 0)
            printf("\n");
    }
}

int command_check(const struct command *command, int argc, char **argv)
{
    const char *path = NULL;
    bool offline = false;
    const struct option options[] = {
        {"config", 'c', OPTION_TEXT, &path, "FILE", "the configuration"},
        {"offline", 0, OPTION_FLAG, &offline, NULL, "do not look at the cluster"},
    };
    const struct option_table table = {options, sizeof options / sizeof options[0], 0, 0};
    struct arguments none;
    int status;
    if (!options_parse(command, &table, argc, argv, &none, &status))
        return status;
    if (!path)
        return usage_error(command, "give the configuration with -c FILE");
    struct configuration *configuration = configuration_open(path, true);
    if (!configuration)
        return EXIT_USAGE;
    struct check check = {.configuration = configuration};
    printf("policy %.*s version %u, %zu schemas, %zu recipients, home %.*s\n",
           SLICE_FORMAT(configuration->policy->name), configuration->policy->version,
           configuration->schema_count, configuration->recipient_count,
           SLICE_FORMAT(configuration->home));
    check_keys(&check);
    check_listen(&check);
    check_consent(&check);
    check_quarantine(&check);
    for (size_t i = 0; i < configuration->recipient_count; i++) {
        print_recipient(configuration, &configuration->recipients[i]);
        for (size_t j = 0; j < i; j++)
            print_shared(&check, j, i);
    }
    printf(
        "erasure: recipients are not told of erasures in this version; further processing stops\n");
    if (!offline) {
        struct cluster_findings findings = {0};
        cluster_check(configuration, &findings);
        check.errors += findings.errors;
        check.warnings += findings.warnings;
    }
    printf("%u error%s, %u warning%s\n", check.errors, check.errors == 1 ? "" : "s", check.warnings,
           check.warnings == 1 ? "" : "s");
    configuration_free(configuration);
    return check.errors > 0 ? EXIT_USAGE : EXIT_DONE;
}
