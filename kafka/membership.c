#include "kafka/membership.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#include "core/slice.h"

struct group_membership {
    rd_kafka_consumer_group_metadata_t *metadata;
};

/*
 * 2.0.2 has no getter for what is in the metadata, and to ask the consumer for its id in a second
 * call could give another answer. So it is read from the serialized form: "CGMDv2:", generation
 * (32 bits), group, NUL, member, NUL, ... A form that we do not know is refused.
 */
static bool is_member(struct slice form)
{
    static const char magic[] = "CGMDv2:";
    int32_t generation;
    if (!slice_starts_with(form, SLICE("CGMDv2:")))
        return false;
    form = slice_tail(form, sizeof magic - 1);
    if (form.length < sizeof generation)
        return false;
    memcpy(&generation, form.data, sizeof generation);
    form = slice_tail(form, sizeof generation);
    struct slice group = slice_cut(&form, '\0');
    struct slice member = slice_cut(&form, '\0');
    return generation >= 0 && group.length > 0 && member.length > 0 && form.data;
}

static enum rc check(const rd_kafka_consumer_group_metadata_t *metadata)
{
    void *form;
    size_t size;
    rd_kafka_error_t *error = rd_kafka_consumer_group_metadata_write(metadata, &form, &size);
    if (error) {
        rd_kafka_error_destroy(error);
        return RC_INTERNAL;
    }
    bool member = is_member(slice_of(form, size));
    rd_kafka_mem_free(NULL, form);
    return member ? RC_OK : RC_REFUSED;
}

enum rc group_membership_take(rd_kafka_t *consumer, struct group_membership **out)
{
    *out = NULL;
    struct group_membership *membership = calloc(1, sizeof *membership);
    if (!membership)
        return RC_NO_MEMORY;
    membership->metadata = rd_kafka_consumer_group_metadata(consumer);
    enum rc rc = membership->metadata ? check(membership->metadata) : RC_REFUSED;
    if (rc != RC_OK) {
        group_membership_free(membership);
        return rc;
    }
    *out = membership;
    return RC_OK;
}

const rd_kafka_consumer_group_metadata_t *
group_membership_metadata(const struct group_membership *membership)
{
    return membership->metadata;
}

void group_membership_free(struct group_membership *membership)
{
    if (!membership)
        return;
    if (membership->metadata)
        rd_kafka_consumer_group_metadata_destroy(membership->metadata);
    free(membership);
}
