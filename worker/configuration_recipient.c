#include "worker/configuration_recipient.h"

#include <limits.h>
#include <sys/stat.h>

#include "anonymize/plan.h"
#include "worker/configuration_stream.h"

static const char *const recipient_keys[] = {"purpose", "profile", "ceiling", "region", "domain",
                                             "rows",    "linkage", "part",    NULL};
/* Rows that leave together at least, unless the configuration says otherwise. */
enum { MINIMUM = 100 };

static const char *const refused_keys[] = {"statistics", "budget", NULL};

static struct slice profile_name_at(const void *context, size_t index)
{
    (void)context;
    return slice_from_string(profile_at(index)->name);
}

static struct slice purpose_name_at(const void *context, size_t index)
{
    const struct policy *policy = context;
    return policy->purposes[index + 1].name;
}

static void read_purpose(const struct configuration *configuration, struct recipient *recipient,
                         struct yaml_node *node, struct diagnostics *diagnostics)
{
    struct slice name;
    struct yaml_node *purpose = yaml_need(node, "purpose", "recipient", diagnostics);
    if (!yaml_text(purpose, "purpose", diagnostics, &name) || !configuration->policy)
        return;
    int number = policy_purpose(configuration->policy, name);
    if (number > PURPOSE_CROSS_BORDER) {
        recipient->purpose = (unsigned)number;
        return;
    }
    diagnose(diagnostics, SEVERITY_ERROR, purpose->place, "the policy has no purpose `%.*s`",
             SLICE_FORMAT(name));
    diagnose_suggestion(diagnostics, nearest_word(name, configuration->policy->purpose_count - 1,
                                                  purpose_name_at, configuration->policy));
}

/* Could anything at all leave under this entry of a ceiling? */
static bool admits_something(struct slice entry)
{
    for (size_t i = 1; i < CATEGORY_COUNT; i++) {
        const struct category_info *info = category_info((enum category)i);
        bool exact = slice_equal(entry, slice_from_string(info->name));
        if (category_has_prefix((enum category)i, entry) && info->kind != KIND_FORBIDDEN &&
            (exact || info->kind != KIND_IDENTIFIER))
            return true;
    }
    return false;
}

static void admit(struct recipient *recipient, struct slice entry, struct place place,
                  struct diagnostics *diagnostics)
{
    if (!category_prefix_exists(entry)) {
        diagnose(diagnostics, SEVERITY_ERROR, place, "unknown category `%.*s`",
                 SLICE_FORMAT(entry));
        diagnose_suggestion(diagnostics, category_prefix_nearest(entry));
    } else if (!admits_something(entry)) {
        diagnose(diagnostics, SEVERITY_ERROR, place,
                 "nothing may leave under `%.*s`: a prefix admits no identifiers, name them one by "
                 "one",
                 SLICE_FORMAT(entry));
    } else {
        (void)category_set_admit(&recipient->ceiling, entry);
    }
}

static void read_ceiling(struct recipient *recipient, struct yaml_node *node,
                         struct diagnostics *diagnostics)
{
    struct slice text;
    struct yaml_node *profile = yaml_get(node, "profile");
    struct yaml_node *ceiling = yaml_get(node, "ceiling");
    if (!profile == !ceiling) {
        diagnose(diagnostics, SEVERITY_ERROR, node->key_place,
                 "a recipient needs one of `profile` and `ceiling`");
        return;
    }
    if (profile && yaml_text(profile, "profile", diagnostics, &text)) {
        const struct profile *found = profile_find(text);
        if (!found) {
            diagnose(diagnostics, SEVERITY_ERROR, profile->place, "unknown profile `%.*s`",
                     SLICE_FORMAT(text));
            diagnose_suggestion(diagnostics,
                                nearest_word(text, profile_count(), profile_name_at, NULL));
            return;
        }
        recipient->profile = text;
        for (size_t i = 0; found->ceiling[i]; i++)
            admit(recipient, slice_from_string(found->ceiling[i]), profile->place, diagnostics);
    }
    if (!ceiling || !yaml_is_sequence(ceiling, "ceiling", diagnostics))
        return;
    for (struct yaml_node *entry = ceiling->first; entry; entry = entry->next) {
        if (yaml_text(entry, "ceiling entry", diagnostics, &text))
            admit(recipient, text, entry->place, diagnostics);
    }
}

/* The field that rows are keyed by must be one that some schema lists. */
static void check_key(const struct configuration *configuration, const struct yaml_node *node,
                      struct slice path, struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < configuration->schema_count; i++) {
        if (schema_field(configuration->schemas[i], path) != FIELD_NONE)
            return;
    }
    if (configuration->schema_count > 0)
        diagnose(diagnostics, SEVERITY_ERROR, node->place, "no schema declares the path `%.*s`",
                 SLICE_FORMAT(path));
}

static void read_rows(struct configuration *configuration, struct recipient *recipient,
                      struct yaml_node *node, struct diagnostics *diagnostics)
{
    static const char *const known[] = {"topic", "directory", "framing", "key", NULL};
    static const char *const framings[] = {"record", "lines", NULL};
    struct slice text;
    struct yaml_node *rows = yaml_get(node, "rows");
    if (!rows) {
        diagnose(diagnostics, SEVERITY_ERROR, node->key_place,
                 "a recipient without `rows` gets statistics only, which is not in this version");
        return;
    }
    if (!yaml_is_mapping(rows, "rows", diagnostics))
        return;
    struct yaml_node *topic = yaml_get(rows, "topic");
    struct yaml_node *directory = yaml_get(rows, "directory");
    if (!topic == !directory)
        diagnose(diagnostics, SEVERITY_ERROR, rows->place,
                 "`rows` needs one of `topic` and `directory`");
    recipient->topic =
        slice_from_string(configuration_kafka_name(configuration, topic, "topic", diagnostics));
    if (yaml_text(directory, "directory", diagnostics, &text)) {
        recipient->directory = slice_from_string(configuration_path(configuration, text));
    }
    struct yaml_node *framing = yaml_get(rows, "framing");
    if (framing)
        recipient->packed = yaml_word(framing, "framing", framings, diagnostics) == 1;
    struct yaml_node *key = yaml_get(rows, "key");
    if (yaml_text(key, "key", diagnostics, &recipient->key)) {
        check_key(configuration, key, recipient->key, diagnostics);
        if (directory || recipient->packed)
            diagnose(diagnostics, SEVERITY_ERROR, key->place,
                     "`key` is of a topic with one row to a message: framing `record`");
    } else if (topic && recipient->linkage.order == ORDER_KEPT) {
        diagnose(diagnostics, SEVERITY_ERROR, rows->place,
                 "rows in order into a topic need a `key`: order holds within a partition");
    }
    yaml_unknown_keys(rows, "rows", known, diagnostics);
}

/* `time: hour`, or a duration; anything below an hour says so in so many words. */
static void read_time_step(struct linkage *linkage, struct yaml_node *time,
                           struct diagnostics *diagnostics)
{
    static const struct {
        const char *word;
        int64_t step;
    } words[] = {{"hour", TIME_HOUR},     {"day", TIME_DAY},       {"week", TIME_WEEK},
                 {"minute", TIME_MINUTE}, {"second", TIME_SECOND}, {"exact", 1}};
    if (!time)
        return;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (time->type == YAML_SCALAR &&
            slice_equal(time->text, slice_from_string(words[i].word))) {
            linkage->time_step = words[i].step;
            return;
        }
    }
    diagnose(diagnostics, SEVERITY_ERROR, time->place,
             "`time` of a linkage is one of hour, day, week, minute, second, exact");
}

static void read_linkage(struct recipient *recipient, struct yaml_node *node,
                         struct diagnostics *diagnostics)
{
    static const char *const known[] = {"time", "order", "minimum", "wait", NULL};
    static const char *const orders[] = {"shuffled", "kept", NULL};
    struct linkage *linkage = &recipient->linkage;
    *linkage = (struct linkage){.time_step = TIME_HOUR,
                                .order = ORDER_SHUFFLED,
                                .minimum = MINIMUM,
                                .wait = 60 * TIME_SECOND};
    struct yaml_node *mapping = yaml_get(node, "linkage");
    uint64_t minimum;
    if (!mapping || !yaml_is_mapping(mapping, "linkage", diagnostics))
        return;
    read_time_step(linkage, yaml_get(mapping, "time"), diagnostics);
    struct yaml_node *order = yaml_get(mapping, "order");
    if (order && yaml_word(order, "order", orders, diagnostics) == 1)
        linkage->order = ORDER_KEPT;
    if (yaml_u64(yaml_get(mapping, "minimum"), "minimum", diagnostics, 0, 1000000, &minimum))
        linkage->minimum = (uint32_t)minimum;
    yaml_duration(yaml_get(mapping, "wait"), "wait", diagnostics, &linkage->wait);
    yaml_unknown_keys(mapping, "linkage", known, diagnostics);
}

static void read_part(struct recipient *recipient, struct yaml_node *node,
                      struct diagnostics *diagnostics)
{
    static const char *const known[] = {"bytes", "delay", NULL};
    recipient->part_bytes = (uint64_t)64 * 1024 * 1024;
    recipient->part_delay = 60 * TIME_SECOND;
    struct yaml_node *part = yaml_get(node, "part");
    if (!part || !yaml_is_mapping(part, "part", diagnostics))
        return;
    struct yaml_node *bytes = yaml_get(part, "bytes");
    if (yaml_size(bytes, "bytes", diagnostics, &recipient->part_bytes) &&
        recipient->part_bytes < 64 * 1024)
        diagnose(diagnostics, SEVERITY_ERROR, bytes->place, "a part has at least 64KiB");
    yaml_duration(yaml_get(part, "delay"), "delay", diagnostics, &recipient->part_delay);
    yaml_unknown_keys(part, "part", known, diagnostics);
}

static bool is_plain_name(struct slice name)
{
    if (name.length == 0 || name.length > 64 || name.data[0] == '.' || name.data[0] == '-')
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_' || c == '.'))
            return false;
    }
    return true;
}

static void read_recipient(struct configuration *configuration, struct recipient *recipient,
                           struct yaml_node *node, struct diagnostics *diagnostics)
{
    recipient->name = node->key;
    recipient->domain = node->key;
    recipient->place = node->key_place;
    if (!is_plain_name(node->key))
        diagnose(diagnostics, SEVERITY_ERROR, node->key_place,
                 "a recipient's name is 1 to 64 letters, digits, `-`, `_` and `.`");
    if (!yaml_is_mapping(node, "recipient", diagnostics))
        return;
    read_purpose(configuration, recipient, node, diagnostics);
    read_ceiling(recipient, node, diagnostics);
    yaml_text(yaml_need(node, "region", "recipient", diagnostics), "region", diagnostics,
              &recipient->region);
    recipient->crosses_border = !slice_equal(recipient->region, configuration->home);
    struct yaml_node *domain = yaml_get(node, "domain");
    if (yaml_text(domain, "domain", diagnostics, &recipient->domain) &&
        !is_plain_name(recipient->domain))
        diagnose(diagnostics, SEVERITY_ERROR, domain->place,
                 "a domain is 1 to 64 letters, digits, `-`, `_` and `.`");
    read_linkage(recipient, node, diagnostics);
    read_part(recipient, node, diagnostics);
    configuration_refuse(node, refused_keys, "recipient", diagnostics);
    read_rows(configuration, recipient, node, diagnostics);
    yaml_unknown_keys(node, "recipient", recipient_keys, diagnostics);
}

void configuration_read_recipients(struct configuration *configuration, struct yaml_node *top,
                                   struct diagnostics *diagnostics)
{
    struct yaml_node *recipients = yaml_need(top, "recipients", "configuration", diagnostics);
    if (!yaml_is_mapping(recipients, "recipients", diagnostics))
        return;
    if (recipients->count == 0)
        diagnose(diagnostics, SEVERITY_ERROR, recipients->place, "there is no recipient");
    for (struct yaml_node *node = recipients->first; node; node = node->next) {
        if (configuration->recipient_count == RECIPIENT_LIMIT) {
            diagnose(diagnostics, SEVERITY_ERROR, node->key_place, "more than %d recipients",
                     RECIPIENT_LIMIT);
            return;
        }
        read_recipient(configuration, &configuration->recipients[configuration->recipient_count++],
                       node, diagnostics);
    }
}

/* Without `.` and `x/..`, so that two spellings of one path are one. In memory of `path.length`. */
static size_t normalise_path(struct slice path, char *out)
{
    size_t length = 0;
    bool absolute = path.length > 0 && path.data[0] == '/';
    while (path.data && path.length > 0) {
        struct slice name = slice_cut(&path, '/');
        if (name.length == 0 || slice_equal(name, SLICE(".")))
            continue;
        size_t last = length;
        while (last > 0 && out[last - 1] != '/')
            last--;
        bool upwards = slice_equal(name, SLICE(".."));
        if (upwards && length > 0 && !slice_equal(slice_of(out + last, length - last), name)) {
            length = last > 0 ? last - 1 : 0;
            continue;
        }
        if (length > 0 || absolute)
            out[length++] = '/';
        memcpy(out + length, name.data, name.length);
        length += name.length;
    }
    return length;
}

static bool same_directory(struct slice a, struct slice b)
{
    char left[PATH_MAX], right[PATH_MAX];
    struct stat first, second;
    if (a.length == 0 || b.length == 0)
        return false;
    if (a.length >= sizeof left || b.length >= sizeof right)
        return true; /* in doubt they are one */
    size_t left_length = normalise_path(a, left);
    size_t right_length = normalise_path(b, right);
    if (slice_equal(slice_of(left, left_length), slice_of(right, right_length)))
        return true;
    /* Where both are there, a link between them counts as well. */
    return stat(a.data, &first) == 0 && stat(b.data, &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* Is one of the two below the other? Who may read the outer one reads both. */
static bool is_nested(struct slice a, struct slice b)
{
    char left[PATH_MAX], right[PATH_MAX];
    if (a.length == 0 || b.length == 0 || a.length >= sizeof left || b.length >= sizeof right)
        return false;
    struct slice outer = slice_of(left, normalise_path(a, left));
    struct slice inner = slice_of(right, normalise_path(b, right));
    if (outer.length > inner.length) {
        struct slice swapped = outer;
        outer = inner;
        inner = swapped;
    }
    return slice_starts_with(inner, outer) &&
           (inner.length == outer.length || outer.length == 0 || inner.data[outer.length] == '/');
}

/* Two recipients that share a domain or a sink could put their data side by side. */
static void check_pair(const struct recipient *a, const struct recipient *b,
                       struct diagnostics *diagnostics)
{
    if (slice_equal(a->domain, b->domain))
        diagnose(diagnostics, SEVERITY_ERROR, b->place,
                 "`%.*s` and `%.*s` share the pseudonym domain `%.*s`", SLICE_FORMAT(a->name),
                 SLICE_FORMAT(b->name), SLICE_FORMAT(a->domain));
    if (a->topic.length > 0 && slice_equal(a->topic, b->topic))
        diagnose(diagnostics, SEVERITY_ERROR, b->place, "`%.*s` and `%.*s` share the topic `%.*s`",
                 SLICE_FORMAT(a->name), SLICE_FORMAT(b->name), SLICE_FORMAT(a->topic));
    if (same_directory(a->directory, b->directory))
        diagnose(diagnostics, SEVERITY_ERROR, b->place,
                 "`%.*s` and `%.*s` share the directory `%.*s`", SLICE_FORMAT(a->name),
                 SLICE_FORMAT(b->name), SLICE_FORMAT(a->directory));
    else if (is_nested(a->directory, b->directory))
        diagnose(diagnostics, SEVERITY_ERROR, b->place,
                 "the directories of `%.*s` and `%.*s` are one inside the other",
                 SLICE_FORMAT(a->name), SLICE_FORMAT(b->name));
}

static void check_keys_apart(const struct configuration *configuration,
                             const struct recipient *recipient, struct diagnostics *diagnostics)
{
    if (configuration->keys_directory &&
        is_nested(recipient->directory, slice_from_string(configuration->keys_directory)))
        diagnose(diagnostics, SEVERITY_ERROR, recipient->place,
                 "the directory of the keys and that of `%.*s` are one inside the other",
                 SLICE_FORMAT(recipient->name));
}

static bool can_receive(struct configuration *configuration, const struct recipient *recipient)
{
    const struct purpose *purpose = &configuration->policy->purposes[recipient->purpose];
    enum decision most = purpose->basis == BASIS_NECESSITY ? DECISION_REDUCED : DECISION_GRANTED;
    for (size_t i = 0; i < configuration->schema_count; i++) {
        struct plan plan;
        if (plan_compile(configuration->schemas[i], configuration->policy, recipient, most,
                         &configuration->arena, &plan) != RC_OK ||
            plan.released > 0)
            return true;
    }
    return false;
}

static void warn_of_linkage(const struct recipient *recipient, uint32_t batch_records,
                            struct diagnostics *diagnostics)
{
    if (recipient->linkage.order == ORDER_KEPT)
        diagnose(diagnostics, SEVERITY_WARNING, recipient->place,
                 "`%.*s` gets its rows in order: it can join them with any other recipient's",
                 SLICE_FORMAT(recipient->name));
    if (recipient->linkage.time_step < TIME_HOUR)
        diagnose(diagnostics, SEVERITY_WARNING, recipient->place,
                 "`%.*s` gets times finer than the hour: it can join rows on them",
                 SLICE_FORMAT(recipient->name));
    if (recipient->linkage.minimum < MINIMUM || batch_records < MINIMUM)
        diagnose(diagnostics, SEVERITY_WARNING, recipient->place,
                 "`%.*s` may get batches of fewer than %d rows: it can join the few that leave "
                 "together",
                 SLICE_FORMAT(recipient->name), MINIMUM);
}

void configuration_check_recipients(struct configuration *configuration,
                                    struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < configuration->recipient_count; i++) {
        const struct recipient *recipient = &configuration->recipients[i];
        for (size_t j = 0; j < i; j++)
            check_pair(&configuration->recipients[j], recipient, diagnostics);
        if (!can_receive(configuration, recipient))
            diagnose(diagnostics, SEVERITY_ERROR, recipient->place,
                     "`%.*s` can never receive anything: no field of any schema passes its ceiling "
                     "and the policy",
                     SLICE_FORMAT(recipient->name));
        check_keys_apart(configuration, recipient, diagnostics);
        warn_of_linkage(recipient, configuration->limits.batch_records, diagnostics);
    }
}
