/*
 * What tests do to a broker beside reading and writing, over librdkafka's admin calls:
 *
 *     kafka_admin HOST:PORT COMMAND
 *
 * - create-topic NAME PARTITIONS [SETTING=VALUE]...: waits until it serves
 * - delete-topic NAME
 * - add-partitions NAME TOTAL
 * - set-config NAME [SETTING=VALUE]...: all others return to their defaults
 * - delete-records NAME PARTITION OFFSET: all before it; -1: everything
 * - offsets NAME: a line per partition: number, start, stable end, end
 * - committed GROUP NAME: a line per partition: number, offset or -1; open transactions apart
 * - committed-stable GROUP NAME: the same, once no transaction on them is open
 * - commit GROUP NAME PARTITION OFFSET: outside the group, which must be empty
 * - members GROUP: a line per member: client id, member id
 *
 * Exit status 0, or 1 with one line on standard error. Test tool only: it may print what librdkafka
 * says.
 */
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 20000, PARTITIONS_LIMIT = 1000 };

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "kafka_admin: %s: %s\n", what, why);
    return 1;
}

static rd_kafka_t *client(const char *address, rd_kafka_type_t type, const char *isolation,
                          const char *group)
{
    char reason[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", address, NULL, 0);
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
    if (type == RD_KAFKA_CONSUMER) {
        rd_kafka_conf_set(conf, "isolation.level", isolation, NULL, 0);
        rd_kafka_conf_set(conf, "group.id", group, NULL, 0);
        rd_kafka_conf_set(conf, "enable.auto.commit", "false", NULL, 0);
    }
    rd_kafka_t *handle = rd_kafka_new(type, conf, reason, sizeof reason);
    if (handle == NULL) {
        failed("client", reason);
        exit(1);
    }
    return handle;
}

/* Waits for the one result of an admin call and says what went wrong with it, or with its topic. */
static int admin_result(rd_kafka_queue_t *queue, const char *what)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);
    if (event == NULL) {
        return failed(what, "no answer");
    }
    int status = 0;
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        status = failed(what, rd_kafka_event_error_string(event));
    }
    size_t count = 0;
    const rd_kafka_topic_result_t **topics = NULL;
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
        topics =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
        break;
    case RD_KAFKA_EVENT_DELETETOPICS_RESULT:
        topics =
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
        break;
    case RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT:
        topics = rd_kafka_CreatePartitions_result_topics(
            rd_kafka_event_CreatePartitions_result(event), &count);
        break;
    default:
        break;
    }
    for (size_t i = 0; status == 0 && i < count; i++) {
        if (rd_kafka_topic_result_error(topics[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            status = failed(what, rd_kafka_err2name(rd_kafka_topic_result_error(topics[i])));
        }
    }
    rd_kafka_event_destroy(event);
    return status;
}

static int partition_count(rd_kafka_t *handle, const char *name)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(handle, name, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    int count = -1;
    if (rd_kafka_metadata(handle, 0, topic, &metadata, WAIT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            count = metadata->topics[0].partition_cnt;
        }
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(topic);
    return count;
}

/* A topic that was made is not yet one that serves: until every partition answers. */
static int wait_ready(rd_kafka_t *handle, const char *name, int partitions)
{
    for (int tries = 0; tries < WAIT_MS / 10; tries++) {
        int64_t low = 0;
        int64_t high = 0;
        int ready = 0;
        if (partition_count(handle, name) == partitions) {
            while (ready < partitions &&
                   rd_kafka_query_watermark_offsets(handle, name, ready, &low, &high, WAIT_MS) ==
                       RD_KAFKA_RESP_ERR_NO_ERROR) {
                ready++;
            }
        }
        if (ready == partitions) {
            return 0;
        }
        usleep(10000);
    }
    return failed(name, "is not ready");
}

static int create_topic(const char *address, int count, char **words)
{
    if (count < 2) {
        return failed("create-topic", "NAME PARTITIONS");
    }
    rd_kafka_t *handle = client(address, RD_KAFKA_PRODUCER, NULL, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    char reason[512];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(words[0], atoi(words[1]), 1, reason, sizeof reason);
    if (topic == NULL) {
        return failed("create-topic", reason);
    }
    for (int i = 2; i < count; i++) {
        char *equals = strchr(words[i], '=');
        if (equals == NULL) {
            return failed("create-topic", "SETTING=VALUE");
        }
        *equals = '\0';
        rd_kafka_NewTopic_set_config(topic, words[i], equals + 1);
    }
    rd_kafka_CreateTopics(handle, &topic, 1, NULL, queue);
    int status = admin_result(queue, words[0]);
    if (status == 0) {
        status = wait_ready(handle, words[0], atoi(words[1]));
    }
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(handle);
    return status;
}

static int delete_topic(const char *address, char **words)
{
    rd_kafka_t *handle = client(address, RD_KAFKA_PRODUCER, NULL, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(words[0]);
    rd_kafka_DeleteTopics(handle, &topic, 1, NULL, queue);
    int status = admin_result(queue, words[0]);
    for (int tries = 0; status == 0 && partition_count(handle, words[0]) >= 0; tries++) {
        if (tries == WAIT_MS / 10) {
            status = failed(words[0], "is still there");
        }
        usleep(10000);
    }
    rd_kafka_DeleteTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(handle);
    return status;
}

static int add_partitions(const char *address, char **words)
{
    rd_kafka_t *handle = client(address, RD_KAFKA_PRODUCER, NULL, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    char reason[512];
    rd_kafka_NewPartitions_t *more =
        rd_kafka_NewPartitions_new(words[0], (size_t)atoi(words[1]), reason, sizeof reason);
    if (more == NULL) {
        return failed("add-partitions", reason);
    }
    rd_kafka_CreatePartitions(handle, &more, 1, NULL, queue);
    int status = admin_result(queue, words[0]);
    if (status == 0) {
        status = wait_ready(handle, words[0], atoi(words[1]));
    }
    rd_kafka_NewPartitions_destroy(more);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(handle);
    return status;
}

static int set_config(const char *address, int count, char **words)
{
    rd_kafka_t *handle = client(address, RD_KAFKA_PRODUCER, NULL, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, words[0]);
    for (int i = 1; i < count; i++) {
        char *equals = strchr(words[i], '=');
        if (equals == NULL) {
            return failed("set-config", "SETTING=VALUE");
        }
        *equals = '\0';
        rd_kafka_ConfigResource_set_config(resource, words[i], equals + 1);
    }
    rd_kafka_AlterConfigs(handle, &resource, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);
    int status = event == NULL ? failed("set-config", "no answer") : 0;
    size_t results = 0;
    const rd_kafka_ConfigResource_t **result =
        event == NULL ? NULL
                      : rd_kafka_AlterConfigs_result_resources(
                            rd_kafka_event_AlterConfigs_result(event), &results);
    for (size_t i = 0; i < results; i++) {
        if (rd_kafka_ConfigResource_error(result[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            status = failed(words[0], rd_kafka_ConfigResource_error_string(result[i]));
        }
    }
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(handle);
    return status;
}

static int delete_records(const char *address, char **words)
{
    rd_kafka_t *handle = client(address, RD_KAFKA_PRODUCER, NULL, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, words[0], atoi(words[1]))->offset = atoll(words[2]);
    rd_kafka_DeleteRecords_t *records = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(handle, &records, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);
    int status = event == NULL ? failed("delete-records", "no answer") : 0;
    if (status == 0 && rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        status = failed("delete-records", rd_kafka_event_error_string(event));
    } else if (status == 0) {
        const rd_kafka_topic_partition_list_t *done =
            rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
        if (done->elems[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            status = failed("delete-records", rd_kafka_err2name(done->elems[0].err));
        }
    }
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_DeleteRecords_destroy(records);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(handle);
    return status;
}

/* Again, while a broker that was killed and started has no leader yet: asked anew, since librdkafka
 * would remember that there was none. */
static rd_kafka_resp_err_t query_offsets(rd_kafka_t *handle, const char *topic, int32_t partition,
                                         int64_t *low, int64_t *high)
{
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int waited = 0; waited < WAIT_MS; waited += 100) {
        error = rd_kafka_query_watermark_offsets(handle, topic, partition, low, high, WAIT_MS);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
            break;
        usleep(100000);
        (void)partition_count(handle, topic);
    }
    return error;
}

static int offsets(const char *address, char **words)
{
    rd_kafka_t *all = client(address, RD_KAFKA_CONSUMER, "read_uncommitted", "kafka-admin");
    rd_kafka_t *stable = client(address, RD_KAFKA_CONSUMER, "read_committed", "kafka-admin");
    int count = partition_count(all, words[0]);
    int status = count < 0 ? failed(words[0], "no such topic") : 0;
    for (int i = 0; status == 0 && i < count; i++) {
        int64_t low = 0;
        int64_t last_stable = 0;
        int64_t high = 0;
        if (query_offsets(stable, words[0], i, &low, &last_stable) ||
            query_offsets(all, words[0], i, &low, &high)) {
            status = failed(words[0], "no offsets");
        }
        printf("%d %lld %lld %lld\n", i, (long long)low, (long long)last_stable, (long long)high);
    }
    rd_kafka_destroy(all);
    rd_kafka_destroy(stable);
    return status;
}

/* A broker that has just started, or just made its topic of offsets, says so for a moment. */
static rd_kafka_resp_err_t read_committed(rd_kafka_t *handle, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t error;
    int tries = 0;
    do {
        error = rd_kafka_committed(handle, list, WAIT_MS);
        if (error != RD_KAFKA_RESP_ERR_NOT_COORDINATOR &&
            error != RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE &&
            error != RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS) {
            break;
        }
        usleep(50000);
    } while (++tries < WAIT_MS / 50);
    return error;
}

static int committed_as(const char *address, const char *isolation, char **words)
{
    rd_kafka_t *handle = client(address, RD_KAFKA_CONSUMER, isolation, words[0]);
    int count = partition_count(handle, words[1]);
    if (count < 0) {
        return failed(words[1], "no such topic");
    }
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    rd_kafka_topic_partition_list_add_range(list, words[1], 0, count - 1);
    rd_kafka_resp_err_t error = read_committed(handle, list);
    int status =
        error == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : failed(words[0], rd_kafka_err2name(error));
    for (int i = 0; status == 0 && i < count; i++) {
        long long offset = (long long)list->elems[i].offset;
        printf("%d %lld\n", list->elems[i].partition, offset < 0 ? -1 : offset);
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(handle);
    return status;
}

/* Not waiting for offsets of transactions that are still open. */
static int committed(const char *address, char **words)
{
    return committed_as(address, "read_uncommitted", words);
}

/* A commit returns before its markers are written: waits until they are. */
static int committed_stable(const char *address, char **words)
{
    return committed_as(address, "read_committed", words);
}

static int commit(const char *address, char **words)
{
    rd_kafka_t *handle = client(address, RD_KAFKA_CONSUMER, "read_committed", words[0]);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, words[1], atoi(words[2]))->offset = atoll(words[3]);
    rd_kafka_resp_err_t error = rd_kafka_commit(handle, list, 0);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(handle);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : failed(words[0], rd_kafka_err2name(error));
}

static int members(const char *address, char **words)
{
    rd_kafka_t *handle = client(address, RD_KAFKA_PRODUCER, NULL, NULL);
    const struct rd_kafka_group_list *groups = NULL;
    rd_kafka_resp_err_t error = rd_kafka_list_groups(handle, words[0], &groups, WAIT_MS);
    int status =
        error == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : failed(words[0], rd_kafka_err2name(error));
    for (int i = 0; status == 0 && i < groups->group_cnt; i++) {
        for (int j = 0; j < groups->groups[i].member_cnt; j++) {
            printf("%s %s\n", groups->groups[i].members[j].client_id,
                   groups->groups[i].members[j].member_id);
        }
    }
    if (groups != NULL) {
        rd_kafka_group_list_destroy(groups);
    }
    rd_kafka_destroy(handle);
    return status;
}

int main(int count, char **words)
{
    struct {
        const char *name;
        int least;
        int (*run)(const char *, char **);
        int (*run_counted)(const char *, int, char **);
    } commands[] = {
        {"create-topic", 2, NULL, create_topic},
        {"set-config", 1, NULL, set_config},
        {"delete-topic", 1, delete_topic, NULL},
        {"add-partitions", 2, add_partitions, NULL},
        {"offsets", 1, offsets, NULL},
        {"delete-records", 3, delete_records, NULL},
        {"committed", 2, committed, NULL},
        {"committed-stable", 2, committed_stable, NULL},
        {"commit", 4, commit, NULL},
        {"members", 1, members, NULL},
    };
    for (size_t i = 0; count > 2 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(words[2], commands[i].name) == 0 && count - 3 >= commands[i].least) {
            return commands[i].run != NULL
                       ? commands[i].run(words[1], words + 3)
                       : commands[i].run_counted(words[1], count - 3, words + 3);
        }
    }
    return failed("usage", "kafka_admin HOST:PORT COMMAND..., see the head of kafka_admin.c");
}
