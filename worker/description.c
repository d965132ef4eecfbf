#include "worker/description.h"

void description_fill(struct description *description, const struct configuration *configuration,
                      enum label label)
{
    for (size_t i = 0; i < configuration->recipient_count; i++) {
        const struct recipient *recipient = &configuration->recipients[i];
        description->recipients[i] = (struct sink_recipient){
            .name = recipient->name,
            .keep_order = recipient->linkage.order == ORDER_KEPT,
            .minimum = recipient->linkage.minimum,
            .time_step = recipient->linkage.time_step,
            .part_bytes = recipient->part_bytes,
            .part_delay = recipient->part_delay,
            .selected = true,
            .topic = recipient->topic.data, /* both end with a NUL: arena_string made them */
            .framing = recipient->packed ? SINK_FRAMING_LINES : SINK_FRAMING_RECORD,
            .directory = recipient->directory.data,
        };
    }
    for (size_t i = 0; i < configuration->schema_count; i++)
        description->schemas[i] = (struct sink_schema){configuration->schemas[i]->name,
                                                       configuration->schemas[i]->version};
    description->view = (struct sink_description){
        .recipients = description->recipients,
        .recipient_count = configuration->recipient_count,
        .schemas = description->schemas,
        .schema_count = configuration->schema_count,
        .policy = configuration->policy->name,
        .policy_version = configuration->policy->version,
        .label = label,
    };
}
