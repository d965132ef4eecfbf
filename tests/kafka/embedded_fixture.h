/*
 * One embedded broker for the tests of a file, and the settings that lead to it.
 */
#ifndef LETHE_TESTS_KAFKA_EMBEDDED_FIXTURE_H
#define LETHE_TESTS_KAFKA_EMBEDDED_FIXTURE_H

#include "kafka/embedded.h"
#include "kafka/settings.h"

static struct embedded_broker *broker;
static struct kafka_property address[] = {{"bootstrap.servers", NULL}};
static struct kafka_settings settings = {.properties = address, .property_count = 1};

static inline int embedded_start(const struct embedded_topic *topics, size_t count)
{
    if (embedded_broker_start(topics, count, &broker) != RC_OK)
        return -1;
    address[0].value = embedded_broker_address(broker);
    return 0;
}

static inline int embedded_stop(void **state)
{
    (void)state;
    embedded_broker_stop(broker);
    return 0;
}

#endif
