#include "worker/generation.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Counted by the generations that use it and by the holder. */
struct counted_configuration {
    struct configuration *configuration;
    unsigned users;
};

struct owned_generation {
    struct generation base; /* first: a generation is one of these */
    struct counted_configuration *configuration;
    struct keyring *keyring;
    struct seal_key seal_key;
    struct description description;
    unsigned users;
};

struct generations {
    pthread_mutex_t lock;
    struct counted_configuration *first, *newest;
    struct owned_generation *current;
    _Atomic uint64_t number; /* of the current one */
};

static struct counted_configuration *count_configuration(struct configuration *configuration)
{
    struct counted_configuration *counted = calloc(1, sizeof *counted);
    if (!counted) {
        configuration_free(configuration);
        return NULL;
    }
    counted->configuration = configuration;
    counted->users = 1;
    return counted;
}

static void drop_configuration(struct counted_configuration *counted)
{
    if (!counted || --counted->users > 0)
        return;
    configuration_free(counted->configuration);
    free(counted);
}

/* Under the lock. */
static void drop(struct owned_generation *generation)
{
    if (!generation || --generation->users > 0)
        return;
    keyring_release(generation->keyring);
    drop_configuration(generation->configuration);
    free(generation);
}

enum rc generations_new(struct configuration *configuration, struct generations **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out) {
        configuration_free(configuration);
        return RC_NO_MEMORY;
    }
    pthread_mutex_init(&(*out)->lock, NULL);
    (*out)->first = (*out)->newest = count_configuration(configuration);
    if ((*out)->first) {
        (*out)->first->users++;
        return RC_OK;
    }
    generations_free(*out);
    *out = NULL;
    return RC_NO_MEMORY;
}

void generations_free(struct generations *generations)
{
    if (!generations)
        return;
    drop(generations->current);
    drop_configuration(generations->newest);
    drop_configuration(generations->first);
    pthread_mutex_destroy(&generations->lock);
    free(generations);
}

static enum rc open_keys(struct owned_generation *generation, int64_t now, struct buffer *reason)
{
    const struct configuration *configuration = generation->base.configuration;
    struct key_schedule schedule = {configuration->keys_epoch, configuration->keys_keep};
    enum rc rc = RC_OK;
    if (configuration->keys_directory)
        rc = keyring_open(configuration->keys_directory, schedule, now, &generation->keyring,
                          reason);
    if (rc == RC_OK && configuration->quarantine_key) {
        rc = seal_key_load(configuration->quarantine_key, &generation->seal_key, reason);
        generation->base.seal_key = &generation->seal_key;
    }
    generation->base.keyring = generation->keyring;
    return rc;
}

static bool is_usable(const struct epoch_key *key)
{
    return key->state != KEY_DUE && key->state != KEY_DESTROYED;
}

static bool same_keys(const struct keyring *a, const struct keyring *b)
{
    if (!a || !b || keyring_count(a) != keyring_count(b))
        return a == b;
    for (size_t i = 0; i < keyring_count(a); i++) {
        const struct epoch_key *left = keyring_at(a, i), *right = keyring_at(b, i);
        if (left->number != right->number || left->begins != right->begins ||
            left->ends != right->ends || is_usable(left) != is_usable(right))
            return false;
    }
    return true;
}

static bool same_generation(const struct owned_generation *a, const struct owned_generation *b)
{
    return same_keys(a->keyring, b->keyring) && !a->base.seal_key == !b->base.seal_key &&
           memcmp(&a->seal_key, &b->seal_key, sizeof a->seal_key) == 0;
}

static bool has_due_key(const struct owned_generation *generation, int64_t now)
{
    const struct keyring *keyring = generation->keyring;
    int64_t keep = generation->base.configuration->keys_keep;
    for (size_t i = 0; keyring && i < keyring_count(keyring); i++) {
        const struct epoch_key *key = keyring_at(keyring, i);
        if (is_usable(key) && key->ends <= now - keep)
            return true;
    }
    return false;
}

/* Makes a generation of the configuration and publishes it; with `keys_only` where its keys differ
 * from those of the current one. */
static enum rc publish(struct generations *generations, struct counted_configuration *counted,
                       int64_t now, bool keys_only, struct buffer *reason)
{
    struct owned_generation *generation = calloc(1, sizeof *generation);
    if (!generation)
        return RC_NO_MEMORY;
    generation->users = 1;
    generation->base.configuration = counted->configuration;
    description_fill(&generation->description, counted->configuration, LABEL_PSEUDONYMISED);
    generation->base.description = &generation->description.view;
    enum rc rc = open_keys(generation, now, reason);
    pthread_mutex_lock(&generations->lock);
    struct owned_generation *old = generations->current;
    generation->configuration = counted;
    counted->users++;
    bool wanted = rc == RC_OK && !(keys_only && old && same_generation(old, generation));
    if (rc != RC_OK && keys_only && old && has_due_key(old, now)) {
        keyring_release(generation->keyring);
        generation->keyring = NULL;
        generation->base.keyring = NULL;
        generation->seal_key = old->seal_key;
        generation->base.seal_key = old->base.seal_key ? &generation->seal_key : NULL;
        wanted = true;
    }
    if (wanted) {
        generation->base.number = atomic_load(&generations->number) + 1;
        generations->current = generation;
        atomic_store(&generations->number, generation->base.number);
        drop(old);
    } else {
        drop(generation);
    }
    pthread_mutex_unlock(&generations->lock);
    return rc;
}

enum rc generations_refresh(struct generations *generations, int64_t now, struct buffer *reason)
{
    return publish(generations, generations->newest, now, true, reason);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_settings(const struct kafka_settings *a, const struct kafka_settings *b)
{
    if (a->property_count != b->property_count || a->secret_count != b->secret_count)
        return false;
    for (size_t i = 0; i < a->property_count; i++)
        if (!same_text(a->properties[i].name, b->properties[i].name) ||
            !same_text(a->properties[i].value, b->properties[i].value))
            return false;
    for (size_t i = 0; i < a->secret_count; i++)
        if (!same_text(a->secrets[i].name, b->secrets[i].name) ||
            !same_text(a->secrets[i].path, b->secrets[i].path))
            return false;
    return true;
}

static bool same_topics(const struct stream_settings *a, const struct stream_settings *b)
{
    if (a->topic_count != b->topic_count)
        return false;
    for (size_t i = 0; i < a->topic_count; i++)
        if (!same_text(a->topics[i], b->topics[i]))
            return false;
    return true;
}

/* Purposes are known to the consent table by their numbers. */
static bool same_purposes(const struct policy *a, const struct policy *b)
{
    if (a->purpose_count != b->purpose_count)
        return false;
    for (size_t i = 0; i < a->purpose_count; i++)
        if (!slice_equal(a->purposes[i].name, b->purposes[i].name))
            return false;
    return true;
}

/* Where rows go is held by producers and open parts. */
static bool same_recipients(const struct configuration *a, const struct configuration *b)
{
    if (a->recipient_count != b->recipient_count)
        return false;
    for (size_t i = 0; i < a->recipient_count; i++) {
        const struct recipient *left = &a->recipients[i], *right = &b->recipients[i];
        if (!slice_equal(left->name, right->name) || !slice_equal(left->topic, right->topic) ||
            !slice_equal(left->directory, right->directory) || left->packed != right->packed ||
            left->linkage.order != right->linkage.order)
            return false;
    }
    return true;
}

/* What a running worker cannot change: a sentence's subject, or NULL. */
static const char *fixed_difference(const struct configuration *a, const struct configuration *b)
{
    const struct stream_settings *old = &a->stream, *new = &b->stream;
    if (!same_settings(&old->kafka, &new->kafka))
        return "`kafka`";
    if (!same_topics(old, new) || !same_text(old->group, new->group) ||
        old->start_latest != new->start_latest || old->skip_poison != new->skip_poison)
        return "`source`";
    if (!same_text(a->consent_topic, b->consent_topic) ||
        !same_text(a->consent_file, b->consent_file) || a->consent_barrier != b->consent_barrier)
        return "`consent`";
    if (!same_text(old->audit_topic, new->audit_topic) ||
        !same_text(old->quarantine_topic, new->quarantine_topic))
        return "the topic of `audit` or `quarantine`";
    if (!same_text(old->instance, new->instance) || !same_text(old->prefix, new->prefix) ||
        !same_text(old->listen, new->listen) || old->log_json != new->log_json ||
        old->shutdown != new->shutdown || old->restarts != new->restarts || a->lanes != b->lanes)
        return "`worker` or `lanes`";
    if (a->limits.subjects != b->limits.subjects)
        return "`limits.subjects`";
    if (!same_recipients(a, b))
        return "the recipients' names, sinks or order";
    if (!same_purposes(a->policy, b->policy))
        return "the policy's purposes";
    return NULL;
}

enum rc generations_replace(struct generations *generations, struct configuration *configuration,
                            int64_t now, struct buffer *reason)
{
    struct counted_configuration *counted = count_configuration(configuration);
    if (!counted)
        return RC_NO_MEMORY;
    const char *difference = fixed_difference(generations->newest->configuration, configuration);
    enum rc rc = RC_REFUSED;
    if (difference)
        buffer_append_format(reason, "%s cannot change without a restart", difference);
    else
        rc = publish(generations, counted, now, false, reason);
    pthread_mutex_lock(&generations->lock);
    if (rc == RC_OK) {
        drop_configuration(generations->newest);
        generations->newest = counted;
    } else {
        drop_configuration(counted);
    }
    pthread_mutex_unlock(&generations->lock);
    return rc;
}

const struct generation *generations_take(struct generations *generations)
{
    pthread_mutex_lock(&generations->lock);
    struct owned_generation *current = generations->current;
    if (current)
        current->users++;
    pthread_mutex_unlock(&generations->lock);
    return current ? &current->base : NULL;
}

void generation_let_go(struct generations *generations, const struct generation *generation)
{
    if (!generation)
        return;
    pthread_mutex_lock(&generations->lock);
    drop((struct owned_generation *)(uintptr_t)generation);
    pthread_mutex_unlock(&generations->lock);
}

bool generations_is_newer(const struct generations *generations,
                          const struct generation *generation)
{
    return atomic_load_explicit(&generations->number, memory_order_acquire) != generation->number;
}
