#include "schemas/policy_action.h"

#include "core/time_text.h"

#include <inttypes.h>

enum { GRID_DIGITS = 3 };

static const char *const time_steps[] = {"hour", "day", "week", "version", NULL};
enum { STEP_HOUR, STEP_DAY, STEP_WEEK, STEP_VERSION };

static struct slice action_word(const void *context, size_t index)
{
    (void)context;
    if (index < ACTION_COUNT)
        return slice_from_string(action_name((enum action)index));
    return index == ACTION_COUNT ? SLICE("granted") : SLICE("otherwise");
}

static bool unknown_action(struct slice name, struct place place, struct diagnostics *diagnostics)
{
    diagnose(diagnostics, SEVERITY_ERROR, place, "unknown action `%.*s`",
             SLICE_FORMAT(yaml_shown(name)));
    struct slice nearest = nearest_word(name, ACTION_COUNT + 2, action_word, NULL);
    if (!slice_equal(nearest, name)) /* a branch inside a branch */
        diagnose_suggestion(diagnostics, nearest);
    return false;
}

/* Degrees with at most three decimals, in thousandths. */
static bool read_thousandths(struct slice text, uint32_t *out)
{
    struct slice fraction = text;
    uint64_t whole;
    if (!slice_to_u64(slice_cut(&fraction, '.'), &whole) || whole > GRID_MOST)
        return false;
    uint32_t thousandths = (uint32_t)whole;
    if (fraction.data && (fraction.length == 0 || fraction.length > GRID_DIGITS))
        return false;
    for (size_t i = 0; i < GRID_DIGITS; i++) {
        char digit = i < fraction.length ? fraction.data[i] : '0';
        if (digit < '0' || digit > '9')
            return false;
        thousandths = thousandths * 10 + (uint32_t)(digit - '0');
    }
    *out = thousandths;
    return true;
}

static bool read_grid(struct yaml_node *node, struct diagnostics *diagnostics,
                      struct action_rule *out)
{
    uint32_t grid;
    if (node->type != YAML_SCALAR || !read_thousandths(node->text, &grid) || grid > GRID_MOST) {
        diagnose(diagnostics, SEVERITY_ERROR, node->place,
                 "`grid` must be a number of degrees from 0.1 to 10, with at most three decimals");
        return false;
    }
    if (grid < GRID_LEAST) {
        diagnose(diagnostics, SEVERITY_ERROR, node->place,
                 "`grid` is beyond the floor of a position: %s", kind_floor(KIND_POSITION));
        return false;
    }
    out->generalisation = GENERALISE_PLACE;
    out->grid = grid;
    return true;
}

static bool read_buckets(struct yaml_node *list, struct arena *arena,
                         struct diagnostics *diagnostics, struct action_rule *out)
{
    if (!yaml_is_sequence(list, "buckets", diagnostics))
        return false;
    if (list->count == 0 || list->count > BUCKET_LIMIT) {
        diagnose(diagnostics, SEVERITY_ERROR, list->place, "`buckets` must hold 1 to %d bounds",
                 BUCKET_LIMIT);
        return false;
    }
    int64_t *buckets = ARENA_ARRAY(arena, list->count, int64_t);
    if (!buckets) {
        diagnose(diagnostics, SEVERITY_ERROR, list->place, "no memory for the rest of this policy");
        return false;
    }
    uint32_t count = 0;
    for (struct yaml_node *node = list->first; node; node = node->next) {
        if (node->type != YAML_SCALAR || node->quoted ||
            !slice_to_i64(node->text, &buckets[count])) {
            diagnose(diagnostics, SEVERITY_ERROR, node->place,
                     "a bound of `buckets` must be a whole number");
            return false;
        }
        if (count > 0 && buckets[count] <= buckets[count - 1]) {
            diagnose(diagnostics, SEVERITY_ERROR, node->place,
                     "the bounds of `buckets` must ascend");
            return false;
        }
        count++;
    }
    out->generalisation = GENERALISE_NUMBER;
    out->buckets = buckets;
    out->bucket_count = count;
    return true;
}

static bool read_generalise(struct yaml_node *node, struct arena *arena,
                            struct diagnostics *diagnostics, struct action_rule *out)
{
    static const char *const keys[] = {"buckets", "grid", NULL};
    static const int64_t steps[] = {[STEP_HOUR] = TIME_HOUR,
                                    [STEP_DAY] = 24 * (int64_t)TIME_HOUR,
                                    [STEP_WEEK] = 7 * 24 * (int64_t)TIME_HOUR};
    if (node->type != YAML_MAPPING) {
        int step = yaml_word(node, "generalise", time_steps, diagnostics);
        if (step < 0)
            return false;
        out->generalisation = step == STEP_VERSION ? GENERALISE_VERSION : GENERALISE_TIME;
        out->time_step = step == STEP_VERSION ? 0 : steps[step];
        return true;
    }
    struct yaml_node *buckets = yaml_get(node, "buckets");
    struct yaml_node *grid = yaml_get(node, "grid");
    yaml_unknown_keys(node, "generalise", keys, diagnostics);
    if (!buckets == !grid) {
        diagnose(diagnostics, SEVERITY_ERROR, node->place,
                 "`generalise` needs one of `buckets` and `grid`");
        return false;
    }
    return buckets ? read_buckets(buckets, arena, diagnostics, out)
                   : read_grid(grid, diagnostics, out);
}

static bool read_url(struct yaml_node *node, struct diagnostics *diagnostics,
                     struct action_rule *out)
{
    static const char *const details[] = {[URL_HOST] = "host", [URL_PATH] = "path", NULL};
    int detail = yaml_word(node, "url", details, diagnostics);
    if (detail < 0)
        return false;
    out->url_detail = (enum url_detail)detail;
    return true;
}

static bool read_mask(struct yaml_node *node, struct diagnostics *diagnostics,
                      struct action_rule *out)
{
    static const char *const keys[] = {"first", "last", NULL};
    uint64_t first = 0;
    uint64_t last = 0;
    if (!yaml_is_mapping(node, "mask", diagnostics))
        return false;
    struct yaml_node *nodes[] = {yaml_get(node, "first"), yaml_get(node, "last")};
    bool usable = !nodes[0] || yaml_u64(nodes[0], "first", diagnostics, 0, MASK_MOST, &first);
    usable &= !nodes[1] || yaml_u64(nodes[1], "last", diagnostics, 0, MASK_MOST, &last);
    yaml_unknown_keys(node, "mask", keys, diagnostics);
    out->mask_first = (uint16_t)first;
    out->mask_last = (uint16_t)last;
    return usable;
}

static bool read_bare(struct yaml_node *node, struct diagnostics *diagnostics,
                      struct action_rule *out)
{
    if (!action_from_name(node->text, &out->action))
        return unknown_action(node->text, node->place, diagnostics);
    if (out->action == ACTION_GENERALISE) {
        diagnose(diagnostics, SEVERITY_ERROR, node->place,
                 "`generalise` must say how: {generalise: hour}, day, week, version, {buckets: "
                 "[...]} or {grid: 0.1}");
        return false;
    }
    out->url_detail = out->action == ACTION_URL ? URL_PATH : URL_HOST;
    return true;
}

static bool read_with_parameters(struct yaml_node *node, struct arena *arena,
                                 struct diagnostics *diagnostics, struct action_rule *out)
{
    struct yaml_node *parameters = node->first;
    if (!action_from_name(parameters->key, &out->action))
        return unknown_action(parameters->key, parameters->key_place, diagnostics);
    parameters->visited = true;
    switch (out->action) {
    case ACTION_GENERALISE:
        return read_generalise(parameters, arena, diagnostics, out);
    case ACTION_URL:
        return read_url(parameters, diagnostics, out);
    case ACTION_MASK:
        return read_mask(parameters, diagnostics, out);
    default:
        diagnose(diagnostics, SEVERITY_ERROR, parameters->key_place, "`%s` takes no parameters",
                 action_name(out->action));
        return false;
    }
}

bool action_rule_read(struct yaml_node *node, struct arena *arena, struct diagnostics *diagnostics,
                      struct action_rule *out)
{
    struct action_rule action = {0};
    if (!node)
        return false;
    bool usable = false;
    if (node->type == YAML_SCALAR)
        usable = read_bare(node, diagnostics, &action);
    else if (node->type == YAML_MAPPING && node->count == 1)
        usable = read_with_parameters(node, arena, diagnostics, &action);
    else
        diagnose(diagnostics, SEVERITY_ERROR, node->place,
                 "an action is expected here, such as `keep` or {generalise: hour}");
    if (usable)
        *out = action;
    return usable;
}

static void append_generalise(struct buffer *out, const struct action_rule *action)
{
    switch (action->generalisation) {
    case GENERALISE_TIME:
        buffer_append_string(out, action->time_step == TIME_HOUR  ? "hour"
                                  : action->time_step == TIME_DAY ? "day"
                                                                  : "week");
        break;
    case GENERALISE_VERSION:
        buffer_append_string(out, "version");
        break;
    case GENERALISE_PLACE:
        buffer_append_format(out, "{grid: %" PRIu32, action->grid / 1000);
        for (uint32_t rest = action->grid % 1000, unit = 100; rest > 0; unit /= 10) {
            if (unit == 100)
                buffer_append_byte(out, '.');
            buffer_append_byte(out, (char)('0' + rest / unit));
            rest %= unit;
        }
        buffer_append_byte(out, '}');
        break;
    case GENERALISE_NUMBER:
        buffer_append_string(out, "{buckets: [");
        for (uint32_t i = 0; i < action->bucket_count; i++)
            buffer_append_format(out, "%s%" PRId64, i ? ", " : "", action->buckets[i]);
        buffer_append_string(out, "]}");
        break;
    case GENERALISE_NONE:
        break;
    }
}

void action_rule_append(struct buffer *out, const struct action_rule *action)
{
    const char *name = action_name(action->action);
    switch (action->action) {
    case ACTION_GENERALISE:
        buffer_append_format(out, "{%s: ", name);
        append_generalise(out, action);
        buffer_append_byte(out, '}');
        break;
    case ACTION_URL:
        buffer_append_format(out, "{%s: %s}", name,
                             action->url_detail == URL_HOST ? "host" : "path");
        break;
    case ACTION_MASK:
        if (action->mask_first == 0 && action->mask_last == 0)
            buffer_append_string(out, name);
        else
            buffer_append_format(out, "{%s: {first: %u, last: %u}}", name, action->mask_first,
                                 action->mask_last);
        break;
    default:
        buffer_append_string(out, name);
        break;
    }
}

enum permission action_rule_permission(enum kind kind, const struct action_rule *action)
{
    static const enum kind kinds[] = {
        [GENERALISE_TIME] = KIND_TIME,
        [GENERALISE_NUMBER] = KIND_NUMBER,
        [GENERALISE_VERSION] = KIND_VERSION,
        [GENERALISE_PLACE] = KIND_POSITION,
    };
    if (action->action == ACTION_GENERALISE &&
        (action->generalisation == GENERALISE_NONE || kind != kinds[action->generalisation]))
        return PERMITTED_NEVER;
    return action_permission(kind, action->action);
}

static bool has_bucket(const struct action_rule *action, int64_t bound)
{
    for (uint32_t i = 0; i < action->bucket_count; i++) {
        if (action->buckets[i] == bound)
            return true;
    }
    return false;
}

static bool generalise_covers(const struct action_rule *looser, const struct action_rule *stricter)
{
    if (looser->generalisation != stricter->generalisation)
        return false;
    for (uint32_t i = 0; i < stricter->bucket_count; i++) {
        if (!has_bucket(looser, stricter->buckets[i]))
            return false;
    }
    return stricter->time_step >= looser->time_step && stricter->grid >= looser->grid;
}

bool action_rule_covers(const struct action_rule *looser, const struct action_rule *stricter)
{
    if (stricter->action == ACTION_DROP)
        return true;
    if (looser->action == ACTION_DROP)
        return false;
    if (stricter->action == ACTION_REDACT || looser->action == ACTION_KEEP)
        return true;
    if (looser->action != stricter->action)
        return false;
    if (looser->action == ACTION_GENERALISE)
        return generalise_covers(looser, stricter);
    return stricter->url_detail <= looser->url_detail &&
           stricter->mask_first <= looser->mask_first && stricter->mask_last <= looser->mask_last;
}
