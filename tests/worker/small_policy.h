/*
 * The least that a worker can do something with: one schema of three fields and a policy that lets
 * one of them leave.
 */
#ifndef LETHE_TESTS_WORKER_SMALL_POLICY_H
#define LETHE_TESTS_WORKER_SMALL_POLICY_H

static const char small_schema[] = "schema: t\nversion: 1\nmatch: {topic: t}\n"
                                   "time: {field: ts, format: unix_ms}\nsubjects: [user]\n"
                                   "fields:\n  ts: time.event\n  user: account.user_id\n"
                                   "  n: usage.count\n";
static const char small_policy[] =
    "policy: p\nversion: 1\npurposes:\n  security: {basis: necessity, only: [usage.count]}\n"
    "rules:\n  usage.count: {granted: keep, otherwise: keep}\n"
    "minors: {below: 14, then: withhold, age_unknown: adult}\n";

#endif
