#include <stdlib.h>

#include "anonymize/key_directory.h"
#include "anonymize/key_schedule.h"
#include "core/file.h"

/* When a key stopped to stand for its times: a destroyed one at its destruction, if it had begun.
 * Keys made later may begin there. */
static int64_t effective_end(const struct key_record *key)
{
    if (!key->record_file || key->destroyed >= key->ends)
        return key->ends;
    return key->destroyed > key->begins ? key->destroyed : key->begins;
}

static const struct key_record *living_at(const struct key_directory *directory, int64_t time)
{
    for (size_t i = 0; i < directory->count; i++) {
        const struct key_record *key = &directory->keys[i];
        if (key_record_living(key) && key->begins <= time && time < key->ends)
            return key;
    }
    return NULL;
}

/* The new key for a time that has none: the schedule's epoch around it, cut where another key's
 * times begin or end. Its number was never used. */
static struct key_record next_key(const struct key_directory *directory,
                                  struct key_schedule schedule, int64_t time)
{
    struct key_record made = {.destroyed = TIME_NONE};
    made.begins = time_floor(time, schedule.epoch);
    made.ends = made.begins + schedule.epoch;
    for (size_t i = 0; i < directory->count; i++) {
        const struct key_record *key = &directory->keys[i];
        int64_t end = effective_end(key);
        if (key->number > made.number)
            made.number = key->number;
        if (end <= time && end > made.begins)
            made.begins = end;
        if (key_record_living(key) && key->begins > time && key->begins < made.ends)
            made.ends = key->begins;
    }
    made.number++;
    return made;
}

/* Sees to it that there are keys for now and `ahead` epochs more, without a gap. */
static enum rc make_keys(struct key_directory *directory, struct key_schedule schedule, int64_t now,
                         unsigned ahead, unsigned *made, struct buffer *reason)
{
    int64_t time = now;
    for (unsigned i = 0; i <= ahead; i++) {
        const struct key_record *there = living_at(directory, time);
        if (there) {
            time = there->ends;
            continue;
        }
        struct key_record key = next_key(directory, schedule, time);
        if (key.number == 0)
            return secret_refuse(reason, directory->path, "there are no more numbers", RC_LIMIT);
        time = key.ends;
        enum rc rc = key_directory_make(directory, key, reason);
        if (rc != RC_OK)
            return rc;
        (*made)++;
    }
    return RC_OK;
}

static enum rc check_ahead(struct key_schedule schedule, int64_t now, unsigned ahead,
                           struct buffer *reason)
{
    enum rc rc = key_schedule_check(schedule, now, reason);
    if (rc == RC_OK && ahead >= KEY_LIMIT) {
        if (reason)
            buffer_append_format(reason, "at most %d epochs can lie ahead", KEY_LIMIT - 1);
        rc = RC_CONFIGURATION;
    }
    return rc;
}

enum rc keys_init(const char *directory, struct key_schedule schedule, int64_t now, unsigned ahead,
                  struct buffer *reason)
{
    enum rc rc = check_ahead(schedule, now, ahead, reason);
    if (rc != RC_OK)
        return rc;
    rc = directory_create(directory, 0700);
    if (rc != RC_OK)
        return secret_refuse(reason, directory, rc_sentence(rc), rc);
    struct key_directory files;
    rc = key_directory_open(directory, KEY_DIRECTORY_CHANGE, &files, reason);
    if (rc != RC_OK)
        return rc;
    unsigned made = 0;
    if (files.count > 0)
        rc = secret_refuse(reason, directory, "there are keys already", RC_EXISTS);
    else
        rc = make_keys(&files, schedule, now, ahead, &made, reason);
    key_directory_close(&files);
    return rc;
}

static enum rc destroy_due(struct key_directory *files, struct key_schedule schedule, int64_t now,
                           unsigned *destroyed, struct buffer *reason)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct key_record *key = &files->keys[i];
        bool due =
            key->record_file || key_state_at(schedule, key->begins, key->ends, now) == KEY_DUE;
        if (!key->key_file || !due)
            continue;
        enum rc rc = key_directory_destroy(files, i, now, reason);
        if (rc != RC_OK)
            return rc;
        (*destroyed)++;
    }
    return RC_OK;
}

enum rc keys_rotate(const char *directory, struct key_schedule schedule, int64_t now,
                    unsigned ahead, unsigned *made, unsigned *destroyed, struct buffer *reason)
{
    *made = 0;
    *destroyed = 0;
    enum rc rc = check_ahead(schedule, now, ahead, reason);
    struct key_directory files;
    if (rc == RC_OK)
        rc = key_directory_open(directory, KEY_DIRECTORY_CHANGE, &files, reason);
    if (rc != RC_OK)
        return rc;
    /* Destruction first: it must not wait for room on the disk to make keys in. */
    rc = key_directory_sweep(&files, reason);
    if (rc == RC_OK)
        rc = destroy_due(&files, schedule, now, destroyed, reason);
    if (rc == RC_OK)
        rc = make_keys(&files, schedule, now, ahead, made, reason);
    key_directory_close(&files);
    return rc;
}

enum rc keys_destroy(const char *directory, uint32_t number, int64_t now, unsigned *destroyed,
                     struct buffer *reason)
{
    *destroyed = 0;
    struct key_directory files;
    enum rc rc = key_directory_open(directory, KEY_DIRECTORY_CHANGE, &files, reason);
    if (rc != RC_OK)
        return rc;
    rc = key_directory_sweep(&files, reason);
    bool found = number == 0;
    for (size_t i = 0; rc == RC_OK && i < files.count; i++) {
        if (number != 0 && files.keys[i].number != number)
            continue;
        found = true;
        if (!files.keys[i].key_file)
            continue;
        rc = key_directory_destroy(&files, i, now, reason);
        *destroyed += rc == RC_OK;
    }
    if (rc == RC_OK && !found)
        rc = secret_refuse(reason, directory, "there is no key of that number", RC_NOT_FOUND);
    key_directory_close(&files);
    return rc;
}

enum rc keys_list(const char *directory, struct key_schedule schedule, int64_t now,
                  struct epoch_key **out, size_t *count, struct buffer *reason)
{
    *out = NULL;
    *count = 0;
    struct key_directory files;
    enum rc rc = key_directory_open(directory, KEY_DIRECTORY_READ, &files, reason);
    if (rc != RC_OK)
        return rc;
    struct epoch_key *keys = calloc(files.count + 1, sizeof *keys);
    if (!keys) {
        key_directory_close(&files);
        return secret_refuse(reason, directory, rc_sentence(RC_NO_MEMORY), RC_NO_MEMORY);
    }
    for (size_t i = 0; i < files.count; i++) {
        const struct key_record *file = &files.keys[i];
        keys[i] = (struct epoch_key){.number = file->number,
                                     .begins = file->begins,
                                     .ends = file->ends,
                                     .destroyed = file->destroyed};
        if (!file->record_file)
            keys[i].state = key_state_at(schedule, file->begins, file->ends, now);
        else /* a key whose destruction was interrupted is not destroyed yet */
            keys[i].state = file->key_file ? KEY_DUE : KEY_DESTROYED;
    }
    *out = keys;
    *count = files.count;
    key_directory_close(&files);
    return RC_OK;
}
