/* `lethe consent`: what the table knows of one subject, and what follows for each purpose. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "worker/consent_loading.h"
#include "worker/options.h"

struct consent_arguments {
    const char *configuration, *consent;
    int64_t clock, event;
};

static void print_time(const char *name, int64_t time)
{
    struct buffer text;
    if (time == TIME_NONE)
        return;
    buffer_init(&text, 64);
    time_append(&text, time, TIME_FORMAT_RFC3339);
    printf("  %s %.*s", name, SLICE_FORMAT(buffer_slice(&text)));
    buffer_release(&text);
}

static void print_purpose(const struct configuration *configuration, unsigned number,
                          const struct record_facts *facts)
{
    const struct purpose *purpose = &configuration->policy->purposes[number];
    const struct purpose_consent *consent = &facts->subjects[0].consent.purposes[number];
    printf("%.*s: %s", SLICE_FORMAT(purpose->name), consent_state_name(consent->state));
    print_time("since", consent->since);
    print_time("until", consent->until);
    if (consent->policy_version > 0)
        printf("  policy version %u", consent->policy_version);
    printf("\n");
    if (number == PURPOSE_CROSS_BORDER) {
        enum decided why =
            consent_of_subject(&facts->subjects[0], number, 0, facts->event_time, facts->now);
        printf("    %s: %s\n", why == DECIDED_GRANTED ? "granted" : "not granted",
               decided_sentence(why));
        return;
    }
    struct verdict verdict =
        consent_decide(facts, purpose, number, &configuration->policy->minors, false);
    printf("    a record of this subject alone is %s: %s\n", decision_name(verdict.decision),
           decided_sentence(verdict.why));
}

static void print_subject(const struct configuration *configuration,
                          const struct record_facts *facts)
{
    const struct subject_consent *subject = &facts->subjects[0].consent;
    if (!subject->known) {
        printf("nothing is known of this subject\n");
    } else {
        printf("known, seq %llu", (unsigned long long)subject->seq);
        if (subject->unreadable)
            printf(", but the message could not be read: denied for every purpose");
        if (subject->age_stated)
            printf("  age %u", subject->age);
        print_time("erase at", subject->erase_at);
        printf("\n");
        if (subject->split)
            printf("its messages came from two partitions of the topic: where they disagree it is "
                   "denied\n");
    }
    for (unsigned i = 0; i < configuration->policy->purpose_count; i++)
        print_purpose(configuration, i, facts);
}

/* KIND=ID as well as CATEGORY:ID, which is how consent messages spell it. */
static bool parse_subject(char *word, struct consent_key *key)
{
    struct slice text = slice_from_string(word);
    size_t equals = slice_find_byte(text, '=');
    if (equals < text.length && equals < slice_find_byte(text, ':'))
        word[equals] = ':';
    switch (consent_key_parse(text, key)) {
    case CONSENT_KEY_OK:
        return true;
    case CONSENT_KEY_UNREADABLE:
        fprintf(stderr, "lethe consent: the subject is CATEGORY:ID, with a category that is an "
                        "identifier\n");
        return false;
    case CONSENT_KEY_NO_FORM:
        fprintf(stderr, "lethe consent: this is no id of that category: records that carry it are "
                        "denied\n");
        return false;
    case CONSENT_KEY_PLACEHOLDER:
        fprintf(stderr, "lethe consent: this id stands for nobody: it is treated as absent\n");
        return false;
    }
    return false;
}

/* What the configuration or --consent names; *out stays NULL where neither names anything. */
static int load(const struct configuration *configuration, const char *path,
                struct consent_table **out)
{
    enum { PATIENCE = 30000, REASON_LIMIT = 512 };
    struct consent_file_report report;
    struct buffer reason;
    const char *from = path ? path : configuration->consent_topic;
    enum rc rc = RC_OK;
    buffer_init(&reason, REASON_LIMIT);
    if (path) {
        rc = consent_table_from_file(configuration, path, out, &report);
        buffer_append_string(&reason, rc_sentence(rc));
    } else if (configuration->consent_topic) {
        rc = consent_table_from_topic(configuration, PATIENCE, out, &reason);
    }
    if (rc != RC_OK)
        fprintf(stderr, "lethe consent: %s: %.*s\n", from, SLICE_FORMAT(buffer_slice(&reason)));
    buffer_release(&reason);
    if (rc == RC_OK)
        return EXIT_DONE;
    return rc == RC_NOT_FOUND || rc == RC_CONFIGURATION ? EXIT_USAGE : EXIT_FAILED;
}

static void print_block(const struct consent_table *table)
{
    enum consent_block block = consent_table_block(table);
    if (block != CONSENT_BLOCK_NONE)
        printf("nothing is released: %s\n", consent_block_sentence(block));
}

int command_consent(const struct command *command, int argc, char **argv)
{
    struct consent_arguments arguments = {.clock = TIME_NONE, .event = TIME_NONE};
    const struct option options[] = {
        {"config", 'c', OPTION_TEXT, &arguments.configuration, "FILE", "the configuration"},
        {"consent", 0, OPTION_TEXT, &arguments.consent, "FILE",
         "consent messages, instead of the configured ones"},
        {"clock", 0, OPTION_TIME, &arguments.clock, "TIME", "what time it is; default now"},
        {"event", 0, OPTION_TIME, &arguments.event, "TIME",
         "for an event of that time; default the clock's"},
    };
    const struct option_table table = {options, sizeof options / sizeof options[0], 1, 1};
    struct arguments words;
    struct consent_key key;
    int status;
    if (!options_parse(command, &table, argc, argv, &words, &status))
        return status;
    if (!arguments.configuration)
        return usage_error(command, "give the configuration with -c FILE");
    if (!parse_subject(words.values[0], &key))
        return EXIT_USAGE;
    struct configuration *configuration = configuration_open(arguments.configuration, false);
    if (!configuration)
        return EXIT_USAGE;
    const char *path = arguments.consent ? arguments.consent : configuration->consent_file;
    struct consent_table *consent = NULL;
    struct clock clock = {arguments.clock != TIME_NONE, arguments.clock};
    status = load(configuration, path, &consent);
    if (status == EXIT_DONE) {
        struct record_facts facts = {.subject_count = 1, .now = clock_now(&clock)};
        facts.event_time = arguments.event != TIME_NONE ? arguments.event : facts.now;
        subject_consent_init(&facts.subjects[0].consent);
        if (consent) {
            (void)consent_table_find(consent, key.category, key.id, &facts.subjects[0].consent);
            print_block(consent);
        }
        print_subject(configuration, &facts);
    }
    consent_table_free(consent);
    configuration_free(configuration);
    return status;
}
