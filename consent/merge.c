#include "consent/merge.h"

static const int64_t LATEST = INT64_C(253402300800000); /* 10000-01-01T00:00:00Z */

/* The whole second at or after it. */
static int64_t settle_since(int64_t time)
{
    if (time == TIME_NONE || time > LATEST)
        return TIME_NONE;
    if (time < 0)
        return 0;
    return (time + TIME_SECOND - 1) / TIME_SECOND * TIME_SECOND;
}

/* The whole second at or before it. What is before 1970 is past at any time that there is. */
static int64_t settle_end(int64_t time)
{
    if (time == TIME_NONE)
        return TIME_NONE;
    if (time < 0)
        return 0;
    return time > LATEST ? LATEST : time / TIME_SECOND * TIME_SECOND;
}

static void settle_purpose(struct purpose_consent *purpose, bool unreadable)
{
    if (unreadable || purpose->state == CONSENT_UNKNOWN ||
        (unsigned)purpose->state >= CONSENT_STATE_COUNT) {
        *purpose = (struct purpose_consent){CONSENT_UNKNOWN, TIME_NONE, TIME_NONE, 0};
        return;
    }
    purpose->since = settle_since(purpose->since);
    purpose->until = settle_end(purpose->until);
}

void subject_consent_settle(struct subject_consent *subject)
{
    subject->known = true;
    if (subject->age == AGE_UNKNOWN)
        subject->age_stated = false;
    if (!subject->age_stated)
        subject->age = 0;
    subject->erase_at = settle_end(subject->erase_at);
    for (unsigned i = 0; i < PURPOSE_LIMIT; i++)
        settle_purpose(&subject->purposes[i], subject->unreadable);
}

static bool purpose_equal(const struct purpose_consent *a, const struct purpose_consent *b)
{
    return a->state == b->state && a->since == b->since && a->until == b->until &&
           a->policy_version == b->policy_version;
}

bool subject_consent_equal(const struct subject_consent *a, const struct subject_consent *b)
{
    if (a->known != b->known || a->unreadable != b->unreadable || a->seq != b->seq ||
        a->age_stated != b->age_stated || a->age != b->age || a->erase_at != b->erase_at)
        return false;
    for (unsigned i = 0; i < PURPOSE_LIMIT; i++) {
        if (!purpose_equal(&a->purposes[i], &b->purposes[i]))
            return false;
    }
    return true;
}

static unsigned strictness(enum consent_state state)
{
    switch (state) {
    case CONSENT_UNKNOWN:
        return 0;
    case CONSENT_GRANTED:
        return 1;
    case CONSENT_EXPIRED:
        return 2;
    case CONSENT_WITHDRAWN:
        return 3;
    case CONSENT_DENIED:
    case CONSENT_STATE_COUNT:
        break;
    }
    return 4;
}

static int64_t later_since(int64_t a, int64_t b)
{
    if (a == TIME_NONE || b == TIME_NONE)
        return TIME_NONE;
    return a > b ? a : b;
}

static int64_t earlier_end(int64_t a, int64_t b)
{
    if (a == TIME_NONE || b == TIME_NONE)
        return a == TIME_NONE ? b : a;
    return a < b ? a : b;
}

static void join_purpose(struct purpose_consent *into, const struct purpose_consent *other)
{
    if (strictness(other->state) > strictness(into->state))
        into->state = other->state;
    into->since = later_since(into->since, other->since);
    into->until = earlier_end(into->until, other->until);
    if (other->policy_version < into->policy_version)
        into->policy_version = other->policy_version;
}

void subject_consent_join(struct subject_consent *into, const struct subject_consent *other)
{
    if (into->age_stated != other->age_stated) {
        into->age_stated = true;
        into->age = 0;
    } else if (other->age < into->age) {
        into->age = other->age;
    }
    into->erase_at = earlier_end(into->erase_at, other->erase_at);
    into->unreadable = into->unreadable || other->unreadable;
    for (unsigned i = 0; i < PURPOSE_LIMIT; i++) {
        join_purpose(&into->purposes[i], &other->purposes[i]);
        settle_purpose(&into->purposes[i], into->unreadable);
    }
}
