/*
 * The stage of `lethe demo`'s stream: names, files and topics of one performance.
 *
 * Below `directory`: lethe.yaml, schema.yaml (the shipped one, for a topic of another name),
 * keys/, quarantine.pub, quarantine.key, worker.log. Nothing that is there is replaced. Topics end
 * in a random suffix where the broker is a real one, and are removed again with the group; what
 * stays is the transactional id, which the cluster forgets by itself.
 */
#ifndef LETHE_WORKER_DEMO_STAGE_H
#define LETHE_WORKER_DEMO_STAGE_H

#include "core/buffer.h"
#include "kafka/settings.h"
#include "worker/demo_tally.h"

struct embedded_broker;

enum demo_topic {
    DEMO_TOPIC_ANALYTICS = 0, /* as enum demo_recipient */
    DEMO_TOPIC_RESEARCH,
    DEMO_TOPIC_AUDIT,
    DEMO_TOPIC_EVENTS,
    DEMO_TOPIC_CONSENT,
    DEMO_TOPIC_QUARANTINE,
    DEMO_TOPICS
};

enum { DEMO_PATH_LIMIT = 4096, DEMO_NAME_LIMIT = 64, DEMO_ADDRESS_LIMIT = 512 };

struct demo_stage {
    const char *data;      /* where examples/ and schemas/ lie */
    const char *directory; /* of this performance; it is there */
    char address[DEMO_ADDRESS_LIMIT];
    char suffix[16]; /* empty on the embedded broker */
    char topics[DEMO_TOPICS][DEMO_NAME_LIMIT];
    const char *topic_names[DEMO_TOPICS]; /* the same */
    char group[DEMO_NAME_LIMIT];
    char configuration[DEMO_PATH_LIMIT], log[DEMO_PATH_LIMIT];
    struct embedded_broker *broker; /* NULL: a real one */
    struct kafka_property property;
    struct kafka_settings settings;
    bool made; /* topics of the real one */
};

/* Starts the embedded broker (`brokers` NULL) or makes the topics on theirs, writes the files and
 * makes the keys. `reason` gets a sentence on failure. To be released in any case. */
LETHE_CHECKED enum rc demo_stage_set(struct demo_stage *stage, const char *data,
                                     const char *directory, const char *brokers,
                                     struct buffer *reason);

/* Removes topics and group, or stops the embedded broker; files are their owner's business. False
 * where something stays on the broker. */
bool demo_stage_release(struct demo_stage *stage);

#endif
