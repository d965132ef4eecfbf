#include "anonymize/key_schedule.h"

const char *key_state_name(enum key_state state)
{
    static const char *const names[] = {[KEY_FUTURE] = "future",
                                        [KEY_CURRENT] = "current",
                                        [KEY_KEPT] = "kept",
                                        [KEY_DUE] = "due",
                                        [KEY_DESTROYED] = "destroyed"};
    return (unsigned)state <= KEY_DESTROYED ? names[state] : "unknown";
}

static enum rc refuse(struct buffer *reason, const char *what)
{
    if (reason)
        buffer_append_string(reason, what);
    return RC_CONFIGURATION;
}

enum rc key_schedule_check(struct key_schedule schedule, int64_t now, struct buffer *reason)
{
    const int64_t century = 36525 * TIME_DAY;
    if (schedule.epoch < TIME_HOUR || schedule.epoch > century)
        return refuse(reason, "an epoch lasts at least an hour and at most a hundred years");
    if (schedule.keep < 0 || schedule.keep > century)
        return refuse(reason, "a key is kept for at most a hundred years");
    if (now < 0 || now > 79 * century)
        return refuse(reason, "the clock does not stand in the years 1970 to 9869");
    return RC_OK;
}

int64_t key_due(struct key_schedule schedule, int64_t ends)
{
    int64_t due;
    return __builtin_add_overflow(ends, schedule.keep, &due) ? TIME_NEVER : due;
}

enum key_state key_state_at(struct key_schedule schedule, int64_t begins, int64_t ends, int64_t now)
{
    if (now < begins)
        return KEY_FUTURE;
    if (now < ends)
        return KEY_CURRENT;
    return now < key_due(schedule, ends) ? KEY_KEPT : KEY_DUE;
}
