/* Rebalances, and where partitions start. */
#include "core/log.h"
#include "ingest/kafka_source_state.h"
#include "kafka/offsets.h"

enum {
    CALL_TIME = 1000,             /* ms that one question to the cluster may take within a poll */
    PAUSE_AFTER_ERROR = 200,      /* ms */
    PAUSE_BETWEEN_ANSWERS = 1000, /* ms */
};

void kafka_assignment_forget(struct kafka_source *source)
{
    struct rebalance *note = &source->rebalance;
    if (note->partitions)
        rd_kafka_topic_partition_list_destroy(note->partitions);
    group_membership_free(note->membership);
    *note = (struct rebalance){0};
}

void kafka_assignment_drop(struct kafka_source *source)
{
    struct starting *starting = &source->starting;
    if (starting->partitions)
        rd_kafka_topic_partition_list_destroy(starting->partitions);
    if (starting->missing)
        rd_kafka_topic_partition_list_destroy(starting->missing);
    *starting = (struct starting){0};
    group_membership_free(source->membership);
    source->membership = NULL;
    kafka_poison_forget(source);
    position_drop_all(&source->positions);
    source->last_handle = NULL;
    source->idle_until = 0;
    source->phase = SOURCE_WITHOUT;
}

/* librdkafka's callback, on the lane's own thread within rd_kafka_consumer_poll. It answers
 * nothing: the group waits until kafka_assign is called, heartbeats go on. */
void kafka_assignment_note(rd_kafka_t *handle, rd_kafka_resp_err_t error,
                           rd_kafka_topic_partition_list_t *partitions, void *context)
{
    struct kafka_source *source = context;
    struct rebalance *note = &source->rebalance;
    kafka_assignment_forget(source);
    note->is_waiting = true;
    note->assigns = error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    enum rc rc = group_membership_take(handle, &note->membership);
    if (note->assigns) {
        note->partitions = rd_kafka_topic_partition_list_copy(partitions);
    } else {
        /* 2.0.2 forgets now and then that it was lost (#5604), but who is out has no id any more.
         */
        note->lost = rc != RC_OK || rd_kafka_assignment_lost(handle);
        group_membership_free(note->membership);
        note->membership = NULL;
    }
    rd_kafka_yield(handle); /* ends the poll */
}

/* An assignment that we must not work with. It is taken, but empty, so that heartbeats find out
 * what is wrong and the group goes on. */
static enum poll_result decline(struct kafka_source *source)
{
    kafka_assignment_drop(source);
    source->counts.refused_memberships++;
    LOG(LOG_WARNING, "source_assignment_declined",
        LOG_SENTENCE("reason", "this consumer is no member of its group any more"));
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(1);
    enum rc rc = kafka_assign(source->handle, none);
    rd_kafka_topic_partition_list_destroy(none);
    if (rc != RC_OK)
        return kafka_source_halt_at(source, KAFKA_HALT_CLIENT, SIZE_MAX, NULL);
    return POLL_IDLE;
}

static enum poll_result announce_end(struct kafka_source *source, bool lost)
{
    source->phase = SOURCE_RELEASING;
    source->lost = lost;
    if (lost)
        source->counts.losses++;
    else
        source->counts.revocations++;
    LOG(LOG_INFO, lost ? "source_partitions_lost" : "source_partitions_revoked",
        LOG_NUMBER("assignments", source->counts.assignments));
    return lost ? POLL_LOST : POLL_REVOKED;
}

enum poll_result kafka_assignment_take(struct kafka_source *source)
{
    struct rebalance *note = &source->rebalance;
    if (source->phase == SOURCE_READING) {
        /* New ones without the old ones revoked: those are gone. The note is taken after that. */
        bool lost = note->assigns || note->lost;
        if (!note->assigns)
            kafka_assignment_forget(source);
        return announce_end(source, lost);
    }
    kafka_assignment_drop(source);
    struct rebalance taken = *note;
    *note = (struct rebalance){0};
    if (!taken.assigns) {
        if (kafka_assign(source->handle, NULL) != RC_OK)
            return kafka_source_halt_at(source, KAFKA_HALT_CLIENT, SIZE_MAX, NULL);
        return POLL_IDLE;
    }
    source->starting.partitions = taken.partitions;
    source->membership = taken.membership;
    if (!source->membership)
        return decline(source);
    source->phase = SOURCE_STARTING;
    return POLL_IDLE;
}

static bool is_not_allowed(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
           error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

static bool is_not_member(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
           error == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
           error == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS ||
           error == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

static rd_kafka_resp_err_t first_error(rd_kafka_resp_err_t error,
                                       const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt && !error; i++)
        error = list->elems[i].err;
    return error;
}

/* No answer: again, after a while. */
static enum poll_result start_failed(struct kafka_source *source, rd_kafka_resp_err_t error)
{
    if (is_not_allowed(error))
        return kafka_source_halt_at(source, KAFKA_HALT_NOT_ALLOWED, SIZE_MAX, NULL);
    source->counts.transport_errors++;
    source->counts.consecutive_errors++;
    kafka_source_wait(source, PAUSE_AFTER_ERROR);
    return POLL_IDLE;
}

static enum poll_result ask(struct kafka_source *source)
{
    struct starting *starting = &source->starting;
    rd_kafka_topic_partition_list_t *list = starting->partitions;
    rd_kafka_resp_err_t error =
        list->cnt > 0 ? rd_kafka_committed(source->handle, list, CALL_TIME) : 0;
    error = first_error(error, list);
    if (error)
        return start_failed(source, error);
    if (starting->missing)
        rd_kafka_topic_partition_list_destroy(starting->missing);
    starting->missing = NULL;
    starting->step = START_READ;
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].offset >= 0)
            continue;
        if (!starting->missing)
            starting->missing = rd_kafka_topic_partition_list_new(list->cnt);
        rd_kafka_topic_partition_list_add(starting->missing, list->elems[i].topic,
                                          list->elems[i].partition);
        starting->step = START_AGAIN;
    }
    if (starting->missing)
        kafka_source_wait(source, PAUSE_BETWEEN_ANSWERS);
    return POLL_IDLE;
}

/* May those without a commit start anew? */
static enum poll_result ask_again(struct kafka_source *source)
{
    struct starting *starting = &source->starting;
    rd_kafka_topic_partition_list_t *list = starting->missing;
    rd_kafka_resp_err_t error =
        first_error(rd_kafka_committed(source->handle, list, CALL_TIME), list);
    if (error)
        return start_failed(source, error);
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].offset < 0)
            continue;
        starting->step = START_ASK; /* the answers differ: from the beginning */
        return POLL_IDLE;
    }
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *element = &list->elems[i];
        enum rc rc = source->may_start
                         ? source->may_start(source->context, element->topic, element->partition)
                         : RC_OK;
        if (rc == RC_OK)
            continue;
        if (rc != RC_REFUSED) {
            source->head.failure = rc;
            return POLL_FAILED;
        }
        struct position nowhere = {.partition = element->partition, .at = -1};
        return kafka_source_halt_at(source, KAFKA_HALT_NO_COMMIT,
                                    kafka_source_topic(source, element->topic), &nowhere);
    }
    starting->step = START_RESOLVE;
    return POLL_IDLE;
}

static enum poll_result resolve(struct kafka_source *source)
{
    rd_kafka_topic_partition_list_t *list = source->starting.missing;
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset =
            source->start_latest ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t error = kafka_offsets_for_times(source->handle, list, CALL_TIME);
    for (int i = 0; i < list->cnt && !error; i++)
        error = list->elems[i].offset < 0 ? RD_KAFKA_RESP_ERR__FAIL : 0;
    if (error)
        return start_failed(source, error);
    source->starting.step = START_COMMIT;
    return POLL_IDLE;
}

static enum poll_result commit_start(struct kafka_source *source)
{
    struct starting *starting = &source->starting;
    rd_kafka_topic_partition_list_t *list = starting->missing;
    rd_kafka_resp_err_t error = rd_kafka_commit(source->handle, list, 0);
    if (is_not_member(error))
        return decline(source);
    if (error)
        return start_failed(source, error);
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_topic_partition_list_find(starting->partitions, list->elems[i].topic,
                                           list->elems[i].partition)
            ->offset = list->elems[i].offset;
    }
    source->counts.started += (uint64_t)list->cnt;
    LOG(LOG_INFO, "source_started", LOG_NUMBER("partitions", list->cnt),
        LOG_NAME("at", source->start_latest ? SLICE("latest") : SLICE("earliest")));
    starting->step = START_READ;
    return POLL_IDLE;
}

static enum poll_result start_reading(struct kafka_source *source)
{
    rd_kafka_topic_partition_list_t *list = source->starting.partitions;
    enum rc rc = RC_OK;
    for (int i = 0; i < list->cnt && rc == RC_OK; i++) {
        rc = position_hold(&source->positions, kafka_source_topic(source, list->elems[i].topic),
                           list->elems[i].partition, list->elems[i].offset);
    }
    if (rc == RC_OK)
        rc = kafka_assign(source->handle, list);
    if (rc != RC_OK) {
        source->head.failure = rc;
        return POLL_FAILED;
    }
    LOG(LOG_INFO, "source_assigned", LOG_NUMBER("partitions", list->cnt));
    rd_kafka_topic_partition_list_destroy(list);
    if (source->starting.missing)
        rd_kafka_topic_partition_list_destroy(source->starting.missing);
    source->starting = (struct starting){0};
    source->last_handle = NULL;
    source->counts.assignments++;
    source->counts.consecutive_errors = 0;
    source->phase = SOURCE_READING;
    kafka_lag_publish(source, true);
    return POLL_ASSIGNED;
}

enum poll_result kafka_assignment_step(struct kafka_source *source)
{
    switch (source->starting.step) {
    case START_ASK:
        return ask(source);
    case START_AGAIN:
        return ask_again(source);
    case START_RESOLVE:
        return resolve(source);
    case START_COMMIT:
        return commit_start(source);
    default:
        return start_reading(source);
    }
}
