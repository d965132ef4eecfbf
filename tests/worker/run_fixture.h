/* A run_status with something to say: one policy, two schemas, two recipients, two lanes. */
#ifndef LETHE_TESTS_WORKER_RUN_FIXTURE_H
#define LETHE_TESTS_WORKER_RUN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "worker/run_snapshot.h"

enum { NOON = 1795521600 };

struct run_fixture {
    struct configuration configuration;
    struct policy policy;
    struct schema click, crash;
    struct field fields[2][3];
    struct run_status *status;
};

static inline void fixture_schema(struct schema *schema, struct field *fields, struct slice name,
                                  uint32_t version)
{
    *schema = (struct schema){.name = name, .version = version, .fields = fields, .field_count = 3};
    fields[1].path = SLICE("user_id");
    fields[2].path = SLICE("device.\"a\\\"b\".id");
    schema->subjects[0] = 1;
    schema->subject_count = 1;
    schema->vetoes[0] = 2;
    schema->veto_count = 1;
}

static inline void fixture_configuration(struct run_fixture *fixture)
{
    struct configuration *configuration = &fixture->configuration;
    fixture->policy = (struct policy){.name = SLICE("default"), .version = 7};
    configuration->policy = &fixture->policy;
    fixture_schema(&fixture->click, fixture->fields[0], SLICE("click"), 3);
    fixture_schema(&fixture->crash, fixture->fields[1], SLICE("crash"), 2);
    configuration->schemas[0] = &fixture->click;
    configuration->schemas[1] = &fixture->crash;
    configuration->schema_count = 2;
    configuration->recipients[0] =
        (struct recipient){.name = SLICE("analytics"), .topic = SLICE("clean.analytics")};
    configuration->recipients[1] =
        (struct recipient){.name = SLICE("archive"), .directory = SLICE("/nowhere/at/all")};
    configuration->recipient_count = 2;
}

static inline void fixture_open(struct run_fixture *fixture)
{
    static const struct slice topics[] = {{"events.click", 12}, {"events.crash", 12}};
    *fixture = (struct run_fixture){0};
    fixture_configuration(fixture);
    struct run_status_options options = {.configuration = &fixture->configuration,
                                         .topics = topics,
                                         .topic_count = 2,
                                         .group = SLICE("lethe"),
                                         .instance = SLICE("worker-1"),
                                         .consent_topic = SLICE("consent"),
                                         .version = "0.1.0",
                                         .lanes = 2,
                                         .clock = {true, (int64_t)NOON * 1000}};
    assert_int_equal(run_status_new(&options, &fixture->status), RC_OK);
}

static inline void fixture_close(struct run_fixture *fixture)
{
    run_status_free(fixture->status);
}

static inline struct lane_counts *fixture_counts(void)
{
    struct lane_counts *counts = calloc(1, sizeof *counts);
    assert_non_null(counts);
    counts->messages = 10;
    counts->records = 100;
    counts->bytes = 68000;
    counts->batches = 2;
    counts->by_schema[0] = 90;
    counts->by_schema[1] = 8;
    counts->unlisted = 5;
    counts->quarantined[QUARANTINE_MALFORMED] = 2;
    counts->recipients[0].decided[DECISION_GRANTED][DECIDED_GRANTED] = 60;
    counts->recipients[0].decided[DECISION_WITHHELD][DECIDED_WITHDRAWN] = 38;
    counts->recipients[0].rows = 60;
    counts->recipients[0].fields.by_action[ACTION_PSEUDONYM] = 60;
    counts->recipients[0].fields.dropped[DROP_DETECTOR] = 3;
    counts->recipients[1].rows = 98;
    counts->denials[0].decided[0][DECIDED_WITHDRAWN] = 30;
    counts->denials[1].decided[SUBJECT_LIMIT][DECIDED_VETO] = 8;
    return counts;
}

/* Everything that a run would have told after a while. */
static inline void fixture_fill(struct run_fixture *fixture)
{
    struct run_status *status = fixture->status;
    struct lane_counts *counts = fixture_counts();
    struct run_delivery delivered[2] = {{60, 12345, 3, 0, 1, 0}, {98, 23456, 0, 1, 0, 2}};
    struct run_partition partitions[2] = {{0, 0, 40, 50, 0, -1}, {1, 3, 7, 7, 2, 5}};
    struct run_consent_partition consent_partitions[2] = {{12, 12}, {5, -1}};
    struct run_consent consent = {.state = RUN_CONSENT_FRESH,
                                  .confirmed = (int64_t)NOON * 1000 - 1250,
                                  .subject_limit = 1000000,
                                  .barriers = 9};
    consent.counts.messages = 17;
    consent.counts.subjects = 11;
    consent.counts.split_subjects = 1;
    consent.counts.bytes = 65536;
    for (uint32_t lane = 0; lane < 2; lane++) {
        assert_int_equal(run_status_lane_began(status, lane, &fixture->configuration), RC_OK);
        run_status_lane_state(status, lane, RUN_LANE_RUNNING, NULL);
    }
    run_status_lane_committed(status, 0, counts);
    run_status_lane_delivered(status, 0, delivered, 2);
    run_status_partitions(status, 0, partitions, 2);
    struct run_transactions transactions = {.nanoseconds = 12000000};
    struct run_client client = {.assignments = 2, .revocations = 1, .transport_errors = 3};
    transactions.by_outcome[RUN_COMMITTED] = 1;
    transactions.buckets[1] = 1;
    run_status_lane_transactions(status, 0, &transactions, &client);
    run_status_transaction(status, 0, 70000000000, RUN_COMMITTED);
    run_status_transaction(status, 1, 1000000, RUN_ABORTED_REBALANCE);
    run_status_consent(status, &consent, consent_partitions, 2);
    run_status_keys(status, 3600500, 4, true);
    run_status_ready(status, NULL);
    free(counts);
}

#endif
