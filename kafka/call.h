/* Time left for calls that wait, and the pause between two tries. Inside kafka/ only. */
#ifndef LETHE_KAFKA_CALL_H
#define LETHE_KAFKA_CALL_H

#include <librdkafka/rdkafka.h>

#include "kafka/client.h"

/* By the monotonic clock, milliseconds. */
int64_t call_deadline(int timeout_ms);
/* At least 1: librdkafka is asked once even where no time is left. */
int call_left(int64_t deadline);

/* Waits a little and says true where the error may pass and the deadline has not. */
bool call_again(int64_t deadline, rd_kafka_resp_err_t error);

/* RC_OK, RC_NOT_FOUND, RC_REFUSED or RC_IO. */
enum rc call_rc(rd_kafka_resp_err_t error);

/* What the cluster says of one topic. *metadata is the caller's to destroy, and NULL where nothing
 * came; the error may be that topic's. */
rd_kafka_resp_err_t call_metadata(rd_kafka_t *handle, const char *topic, int timeout_ms,
                                  const struct rd_kafka_metadata **metadata);

/* Nobody else polls an observer, and its events would pile up. */
void call_serve(struct kafka_client *client);

#endif
