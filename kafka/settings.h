/*
 * What a configuration says of Kafka: properties under librdkafka's own names, and secrets that
 * stand in files of their own. Without librdkafka's headers, so that the wiring can hold it.
 */
#ifndef LETHE_KAFKA_SETTINGS_H
#define LETHE_KAFKA_SETTINGS_H

#include <stddef.h>
#include <string.h>

/* Borrowed strings. */
struct kafka_property {
    const char *name, *value;
};

/*
 * A property whose value is what a file holds, less one newline at its end: secret.h says which
 * files are read, property_is_secret() which properties. The file is read when a client is made, so
 * that a new client has the new password.
 */
struct kafka_secret {
    const char *name, *path;
};

struct kafka_settings {
    const struct kafka_property *properties;
    size_t property_count;
    const struct kafka_secret *secrets;
    size_t secret_count;
};

/* The value that the configuration gives a property, or NULL. */
static inline const char *kafka_settings_value(const struct kafka_settings *settings,
                                               const char *name)
{
    for (size_t i = 0; i < settings->property_count; i++)
        if (strcmp(settings->properties[i].name, name) == 0)
            return settings->properties[i].value;
    return NULL;
}

#endif
