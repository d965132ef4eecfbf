#include "worker/committer.h"

#include <pthread.h>
#include <stdlib.h>

enum state { IDLE, SUBMITTED, DONE, ENDING };

struct committer {
    struct sink *sink;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum state state;
    struct batch *batch;
    struct commit_context context;
    struct commit_outcome outcome;
    enum rc rc;
};

static void *work(void *argument)
{
    struct committer *committer = argument;
    pthread_mutex_lock(&committer->lock);
    while (committer->state != ENDING) {
        if (committer->state != SUBMITTED) {
            pthread_cond_wait(&committer->changed, &committer->lock);
            continue;
        }
        pthread_mutex_unlock(&committer->lock);
        enum rc rc = sink_commit(committer->sink, committer->batch, &committer->context,
                                 &committer->outcome);
        pthread_mutex_lock(&committer->lock);
        committer->rc = rc;
        committer->state = DONE;
        pthread_cond_broadcast(&committer->changed);
    }
    pthread_mutex_unlock(&committer->lock);
    return NULL;
}

enum rc committer_new(struct sink *sink, struct committer **out)
{
    *out = NULL;
    struct committer *committer = calloc(1, sizeof *committer);
    if (!committer)
        return RC_NO_MEMORY;
    committer->sink = sink;
    pthread_mutex_init(&committer->lock, NULL);
    pthread_cond_init(&committer->changed, NULL);
    if (pthread_create(&committer->thread, NULL, work, committer) != 0) {
        pthread_cond_destroy(&committer->changed);
        pthread_mutex_destroy(&committer->lock);
        free(committer);
        return RC_NO_MEMORY;
    }
    *out = committer;
    return RC_OK;
}

void committer_free(struct committer *committer)
{
    if (!committer)
        return;
    pthread_mutex_lock(&committer->lock);
    while (committer->state == SUBMITTED)
        pthread_cond_wait(&committer->changed, &committer->lock);
    committer->state = ENDING;
    pthread_cond_broadcast(&committer->changed);
    pthread_mutex_unlock(&committer->lock);
    pthread_join(committer->thread, NULL);
    pthread_cond_destroy(&committer->changed);
    pthread_mutex_destroy(&committer->lock);
    free(committer);
}

void committer_submit(struct committer *committer, struct batch *batch,
                      const struct commit_context *context)
{
    pthread_mutex_lock(&committer->lock);
    committer->batch = batch;
    committer->context = *context;
    committer->state = SUBMITTED;
    pthread_cond_broadcast(&committer->changed);
    pthread_mutex_unlock(&committer->lock);
}

bool committer_is_done(struct committer *committer)
{
    pthread_mutex_lock(&committer->lock);
    bool done = committer->state != SUBMITTED;
    pthread_mutex_unlock(&committer->lock);
    return done;
}

enum rc committer_wait(struct committer *committer, struct commit_outcome *outcome)
{
    pthread_mutex_lock(&committer->lock);
    while (committer->state == SUBMITTED)
        pthread_cond_wait(&committer->changed, &committer->lock);
    enum rc rc = committer->rc;
    *outcome = committer->outcome;
    committer->state = IDLE;
    pthread_mutex_unlock(&committer->lock);
    return rc;
}
