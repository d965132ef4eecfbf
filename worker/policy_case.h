/*
 * Policy cases: what an officer expects of a policy, in a file that the officer can read.
 *
 *     configuration: ../lethe.yaml
 *     clock: 2026-11-24T08:00:00Z
 *     cases:
 *       - name: a user who granted is a pseudonym, and the page loses its query
 *         recipient: analytics
 *         topic: events.click                 # optional
 *         consent:
 *           account.user_id:10001: {operation: granted}
 *         record: {type: click, ts: 1795852800000, user_id: 10001, page: {url:
 * 'https://a.example/x?q=1'}} expect: {ts: 1795852800000, user_id: <pseudonym>, page: {url:
 * 'https://a.example/x'}}
 *       - name: a user who withdrew leaves nothing
 *         recipient: push
 *         consent:
 *           account.user_id:10001: {operation: withdrawn}
 *         record: ...
 *         expect: withheld
 *
 * `record` is YAML that means JSON, or a text (block or quoted) that is the record's very bytes.
 * A state in short form counts from 1970 and for every policy version; the long form of a subject
 * is a consent message (`seq`, `purposes`, `age`, `erase_at`). `expect` is `withheld`, `empty`
 * (allowed, but nothing of it may leave), `refused` (cannot be processed), or the clean record. In
 * it `<pseudonym>` stands for any pseudonym and `<any>` for any value; members may stand in any
 * order, elements not. `because` may name the reason of the decision (see the reference page of
 * reasons).
 */
#ifndef LETHE_WORKER_POLICY_CASE_H
#define LETHE_WORKER_POLICY_CASE_H

#include "core/buffer.h"
#include "core/diagnostics.h"
#include "core/json_document.h"
#include "worker/configuration.h"

enum expectation { EXPECT_RECORD, EXPECT_WITHHELD, EXPECT_EMPTY, EXPECT_REFUSED };

struct policy_case {
    struct slice name;
    struct place place;
    int recipient;
    struct slice topic;
    int64_t clock;
    struct slice record;        /* JSON */
    struct slice *consent_keys; /* and their values, messages as JSON */
    struct slice *consent_values;
    size_t consent_count;
    enum expectation expectation;
    const struct json_value *expected; /* of EXPECT_RECORD */
    struct slice because;              /* or empty */
    struct policy_case *next;
};

struct policy_case_file {
    struct configuration *configuration; /* owned */
    struct arena arena;                  /* owns the rest */
    struct policy_case *first;
    size_t count;
};

/* Reads the file and the configuration that it names. False after an error, which is in
 * diagnostics; release it in any case. */
bool policy_case_file_load(const char *path, struct policy_case_file *out,
                           struct diagnostics *diagnostics);
void policy_case_file_release(struct policy_case_file *file);

struct policy_case_runner;

LETHE_CHECKED enum rc policy_case_runner_new(const struct configuration *configuration,
                                             struct policy_case_runner **out);
void policy_case_runner_free(struct policy_case_runner *runner);

/* Runs one case: true where it holds; otherwise what differs is appended to `report`, a line each.
 */
bool policy_case_run(struct policy_case_runner *runner, const struct policy_case *what,
                     struct buffer *report);

#endif
