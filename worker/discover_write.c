/* The text of a draft: YAML that schema_parse reads, with comments for a person. */
#include "worker/discover.h"

#include "worker/discover_draft.h"
#include "worker/discover_state.h"

enum { CATEGORY_COLUMN = 44, COMMENT_COLUMN = 72 };

static const struct discover_node *node_at(const struct draft *draft, uint16_t number)
{
    return &draft->tree->nodes[number];
}

static bool is_plain(struct slice path)
{
    static const char *const words[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_equal_ignoring_case(path, slice_from_string(words[i])))
            return false;
    }
    for (size_t i = 0; i < path.length; i++) {
        char c = path.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '.')))
            return false;
    }
    return path.length > 0;
}

/* The path as a YAML scalar: in single quotes where it needs any. */
static void append_scalar(const struct draft *draft, uint16_t number, struct buffer *out)
{
    struct buffer path;
    buffer_init(&path, 64 * 1024);
    draft_append_path(draft, number, &path);
    if (is_plain(buffer_slice(&path))) {
        buffer_append(out, buffer_slice(&path));
    } else {
        buffer_append_byte(out, '\'');
        for (size_t i = 0; i < path.length; i++) {
            buffer_append_byte(out, path.data[i]);
            if (path.data[i] == '\'')
                buffer_append_byte(out, '\'');
        }
        buffer_append_byte(out, '\'');
    }
    if (path.failed)
        out->failed = true;
    buffer_release(&path);
}

/* Fills with spaces up to a column of the line that began at `begin`; at least two. */
static void pad(struct buffer *out, size_t begin, size_t column)
{
    do
        buffer_append_byte(out, ' ');
    while (!out->failed && (out->length - begin < column || out->data[out->length - 2] != ' '));
}

static unsigned hundredths(uint32_t part, uint32_t all)
{
    return all > 0 ? (unsigned)(((uint64_t)part * 100 + all / 2) / all) : 0;
}

/* "string", or "string 98 %, number 2 %". */
static void append_types(const struct evidence *evidence, struct buffer *out)
{
    static const struct {
        const char *name;
        enum json_type types[2];
    } groups[] = {
        {"string", {JSON_STRING, JSON_STRING}}, {"number", {JSON_NUMBER, JSON_NUMBER}},
        {"boolean", {JSON_TRUE, JSON_FALSE}},   {"null", {JSON_NULL, JSON_NULL}},
        {"object", {JSON_OBJECT, JSON_OBJECT}}, {"array", {JSON_ARRAY, JSON_ARRAY}},
    };
    uint32_t counts[6], all = 0;
    bool first = true;
    for (size_t i = 0; i < 6; i++) {
        counts[i] = evidence->types[groups[i].types[0]];
        if (groups[i].types[1] != groups[i].types[0])
            counts[i] += evidence->types[groups[i].types[1]];
        all += counts[i];
    }
    for (size_t i = 0; i < 6; i++) {
        if (counts[i] == 0)
            continue;
        buffer_append_format(out, "%s%s", first ? "" : ", ", groups[i].name);
        if (counts[i] < all) {
            unsigned share = hundredths(counts[i], all);
            if (share == 0)
                buffer_append_string(out, " <1 %");
            else
                buffer_append_format(out, " %u %%", share < 100 || counts[i] == all ? share : 99);
        }
        first = false;
    }
}

/* In how many records. */
static void append_presence(const struct draft *draft, const struct discover_node *node,
                            struct buffer *out)
{
    uint32_t all = draft->tree->records;
    unsigned share = hundredths(node->records, all);
    if (node->records == all)
        buffer_append_string(out, "always");
    else if (share == 0)
        buffer_append_string(out, "in <1 %");
    else
        buffer_append_format(out, "in %u %%", share < 100 ? share : 99);
}

static void write_leaf(const struct draft *draft, uint16_t number, struct buffer *out)
{
    const struct discover_node *node = node_at(draft, number);
    const struct proposal *proposal = &draft->proposals[number];
    size_t begin = out->length;
    bool sure = proposal->state == PROPOSAL_SURE;
    buffer_append_string(out, sure ? "  " : "  # ");
    append_scalar(draft, number, out);
    buffer_append_string(out, ": ");
    if (sure) {
        pad(out, begin, CATEGORY_COLUMN);
        buffer_append_string(out, category_info(proposal->category)->name);
        pad(out, begin, COMMENT_COLUMN);
        buffer_append_string(out, "# ");
    }
    append_types(&node->evidence, out);
    buffer_append_string(out, ", ");
    append_presence(draft, node, out);
    buffer_append_format(out, "; %s%s", sure ? "" : "unsure: ", proposal->reason);
    if (!sure && proposal->category != CATEGORY_NONE)
        buffer_append_format(out, "; perhaps %s", category_info(proposal->category)->name);
    buffer_append_byte(out, '\n');
}

/* A container that is a value now and then, or never holds anything. */
static void write_container(const struct draft *draft, uint16_t number, struct buffer *out)
{
    const struct discover_node *node = node_at(draft, number);
    uint32_t scalars = evidence_scalars(&node->evidence);
    bool empty = node->first_child == DISCOVER_NONE && node->data_names == 0;
    if (number == DISCOVER_ROOT || (scalars == 0 && !empty))
        return;
    buffer_append_string(out, "  # ");
    append_scalar(draft, number, out);
    buffer_append_string(out, ": ");
    append_types(&node->evidence, out);
    buffer_append_string(out, empty ? "; always empty\n" : "; as a value it is not listed\n");
}

static void write_hidden(const struct draft *draft, uint16_t number, unsigned rare,
                         struct buffer *out)
{
    const struct discover_node *node = node_at(draft, number);
    const char *what = NULL;
    if (discover_node_is_map(draft->tree, number))
        what = "names look like data; not listed";
    else if (node->data_names > 0)
        what = "some names look like data; these are not listed";
    if (!what && rare == 0)
        return;
    buffer_append_string(out, "  # ");
    if (number != DISCOVER_ROOT) {
        append_scalar(draft, number, out);
        buffer_append_byte(out, '.');
    }
    if (what)
        buffer_append_format(out, "{...}: %s\n", what);
    else
        buffer_append_format(out, "{...}: %u name%s in one record only; not listed\n", rare,
                             rare == 1 ? " is" : "s are");
}

static void write_below(const struct draft *draft, uint16_t number, struct buffer *out)
{
    const struct discover_node *node = node_at(draft, number);
    unsigned rare = 0;
    bool map = discover_node_is_map(draft->tree, number);
    for (uint16_t at = node->first_child; at != DISCOVER_NONE && !map;
         at = node_at(draft, at)->next_sibling) {
        if (draft_node_hidden(draft, at)) {
            rare++;
            continue;
        }
        bool container = draft->proposals[at].state == PROPOSAL_CONTAINER;
        if (container)
            write_container(draft, at, out);
        else if (!draft_is_signal(draft, at))
            write_leaf(draft, at, out);
        if (container)
            write_below(draft, at, out);
    }
    write_hidden(draft, number, rare, out);
}

static void write_match(const struct draft *draft, const struct discover_options *options,
                        struct buffer *out)
{
    if (options->topic.length > 0)
        buffer_append_format(out, "match: {topic: '%.*s'}\n", SLICE_FORMAT(options->topic));
    if (draft->discriminator == DISCOVER_NONE) {
        if (options->topic.length == 0)
            buffer_append_string(out, "# match: {topic: ...}   # needed where there are other "
                                      "schemas\n");
        return;
    }
    const struct evidence *evidence = &node_at(draft, draft->discriminator)->evidence;
    buffer_append_string(out, "# match: {field: ");
    append_scalar(draft, draft->discriminator, out);
    buffer_append_string(out, ", equals: ...}   # ");
    if (evidence->distinct_count == 1)
        buffer_append_string(out, "it has one value in all records\n");
    else
        buffer_append_format(out,
                             "it has %s%u values: several kinds of records? Then draft a schema "
                             "for each\n",
                             evidence->distinct_after ? "over " : "", evidence->distinct_count);
}

static void write_time(const struct draft *draft, struct buffer *out)
{
    if (draft->time_count == 0)
        buffer_append_string(out, "# time: {field: ..., format: auto}   # to choose: nothing is "
                                  "clearly the event's time\n");
    for (size_t i = 0; i < draft->time_count; i++) {
        const struct evidence *evidence = &node_at(draft, draft->times[i])->evidence;
        enum time_format format = TIME_FORMAT_AUTO;
        for (int f = 0; f < TIME_FORMAT_COUNT; f++) {
            if (evidence->times > 0 && evidence->formats[f] == evidence->times)
                format = (enum time_format)f;
        }
        if (draft->time_clear && i > 0)
            break;
        buffer_append_string(out, draft->time_clear ? "time: {field: " : "# time: {field: ");
        append_scalar(draft, draft->times[i], out);
        buffer_append_format(out, ", format: %s}%s\n", time_format_name(format),
                             draft->time_clear ? "" : "   # to choose");
    }
}

static void write_subjects(const struct draft *draft, struct buffer *out)
{
    if (draft->subject_count == 0)
        buffer_append_string(out, "# subjects: [...]   # to choose: no id of a person or device "
                                  "was recognised\n");
    for (size_t i = 0; i < draft->subject_count; i++) {
        if (draft->subject_clear && i > 0)
            break;
        buffer_append_string(out, draft->subject_clear ? "subjects: [" : "# subjects: [");
        append_scalar(draft, draft->subjects[i], out);
        buffer_append_string(out, draft->subject_clear ? "]\n" : "]   # to choose; ");
        if (!draft->subject_clear) {
            append_presence(draft, node_at(draft, draft->subjects[i]), out);
            buffer_append_byte(out, '\n');
        }
    }
    for (size_t i = 0; i < draft->veto_count; i++) {
        buffer_append_string(out, i == 0 ? "vetoes:\n  - " : "  - ");
        append_scalar(draft, draft->vetoes[i], out);
        buffer_append_byte(out, '\n');
    }
    for (size_t i = 0; i < draft->signal_count; i++) {
        buffer_append_string(out, i == 0 ? "signals:\n  " : "  ");
        append_scalar(draft, draft->signals[i], out);
        buffer_append_format(out, ": {name: %s, means: opt_out}\n",
                             draft_signal_name(node_at(draft, draft->signals[i])));
    }
}

static void write_head(const struct discovery *discovery, const struct draft *draft,
                       struct buffer *out)
{
    buffer_append_format(
        out,
        "# A draft, made by `lethe discover` from %u record%s. Read every line before you use "
        "it:\n"
        "# categories were proposed by names and by the form of values. No value stands in it.\n"
        "# %u paths have a category. %u are unclear: they stand here as comments, and what is not\n"
        "# listed never leaves.\n",
        draft->tree->records, draft->tree->records == 1 ? "" : "s", draft->sure, draft->unsure);
    if (discovery->bad > 0)
        buffer_append_format(out, "# %llu lines could not be read as a record.\n",
                             (unsigned long long)discovery->bad);
    if (discovery->tree.refused > 0)
        buffer_append_format(out,
                             "# There are more than %u paths: %u members were not looked at.\n",
                             (unsigned)DISCOVER_PATHS, discovery->tree.refused);
    if (!draft->time_clear || !draft->subject_clear)
        buffer_append_format(out, "# STILL TO CHOOSE: %s%s%s. The file is not valid before.\n",
                             draft->time_clear ? "" : "`time`",
                             draft->time_clear || draft->subject_clear ? "" : " and ",
                             draft->subject_clear ? "" : "`subjects`");
}

void discovery_write(const struct discovery *discovery, const struct discover_options *options,
                     struct buffer *out)
{
    struct draft draft;
    if (draft_init(&draft, &discovery->tree) != RC_OK) {
        out->failed = out->no_memory = true;
        return;
    }
    write_head(discovery, &draft, out);
    buffer_append_format(out, "schema: %.*s\nversion: 1\n", SLICE_FORMAT(options->name));
    write_match(&draft, options, out);
    write_time(&draft, out);
    write_subjects(&draft, out);
    buffer_append_string(out, "fields:\n");
    write_below(&draft, DISCOVER_ROOT, out);
    draft_release(&draft);
}
