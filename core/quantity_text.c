/* The other half of time_text.h: an integer and a unit, as people write them. */
#include "core/time_text.h"

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit duration_units[] = {
    {"ms", 1},        {"s", TIME_SECOND}, {"m", TIME_MINUTE},
    {"h", TIME_HOUR}, {"d", TIME_DAY},    {"w", TIME_WEEK},
};

static const struct unit size_units[] = {
    {"", 1},
    {"KiB", UINT64_C(1) << 10},
    {"MiB", UINT64_C(1) << 20},
    {"GiB", UINT64_C(1) << 30},
    {"kB", UINT64_C(1000)},
    {"MB", UINT64_C(1000000)},
    {"GB", UINT64_C(1000000000)},
};

static const struct unit count_units[] = {
    {"", 1},
    {"k", UINT64_C(1000)},
    {"M", UINT64_C(1000000)},
    {"G", UINT64_C(1000000000)},
};

enum {
    DURATION_UNITS = sizeof duration_units / sizeof *duration_units,
    SIZE_UNITS = sizeof size_units / sizeof *size_units,
    COUNT_UNITS = sizeof count_units / sizeof *count_units,
};

/* Digits, then the name of a unit, and nothing else; false where the product does not fit. */
static bool quantity_parse(struct slice text, const struct unit *units, size_t unit_count,
                           uint64_t *out)
{
    size_t digits = 0;
    while (digits < text.length && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    uint64_t number;
    if (!slice_to_u64(slice_head(text, digits), &number))
        return false;
    for (size_t i = 0; i < unit_count; i++) {
        if (slice_equal(slice_tail(text, digits), slice_from_string(units[i].name)))
            return !__builtin_mul_overflow(number, units[i].factor, out);
    }
    return false;
}

bool duration_parse(struct slice text, int64_t *out)
{
    uint64_t duration;
    if (!quantity_parse(text, duration_units, DURATION_UNITS, &duration) || duration > INT64_MAX)
        return false;
    *out = (int64_t)duration;
    return true;
}

void duration_append(struct buffer *buffer, int64_t duration)
{
    uint64_t size = duration < 0 ? 0 - (uint64_t)duration : (uint64_t)duration;
    if (duration < 0)
        buffer_append_byte(buffer, '-');
    size_t unit = size == 0 ? 1 : 4; /* 0s; 7d rather than 1w */
    while (size % duration_units[unit].factor != 0)
        unit--;
    buffer_append_u64(buffer, size / duration_units[unit].factor);
    buffer_append_string(buffer, duration_units[unit].name);
}

bool size_parse(struct slice text, uint64_t *out)
{
    uint64_t size;
    if (!quantity_parse(text, size_units, SIZE_UNITS, &size))
        return false;
    *out = size;
    return true;
}

bool count_parse(struct slice text, uint64_t *out)
{
    uint64_t count;
    if (!quantity_parse(text, count_units, COUNT_UNITS, &count))
        return false;
    *out = count;
    return true;
}
