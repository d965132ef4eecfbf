#include "worker/discover_draft.h"

#include <stdio.h>
#include <stdlib.h>

#include "schemas/schema_path.h"

enum { RANKS = 3, NEVER = 1000 };

static const struct discover_node *node_at(const struct draft *draft, uint16_t number)
{
    return &draft->tree->nodes[number];
}

static bool is_rare(const struct draft *draft, const struct discover_node *node)
{
    return draft->tree->records >= RARE_RECORDS && node->records <= 1;
}

bool draft_node_hidden(const struct draft *draft, uint16_t number)
{
    for (uint16_t at = number; at != DISCOVER_ROOT; at = node_at(draft, at)->parent) {
        const struct discover_node *node = node_at(draft, at);
        if ((!node->is_element && is_rare(draft, node)) ||
            discover_node_is_map(draft->tree, node->parent))
            return true;
    }
    return false;
}

void draft_append_path(const struct draft *draft, uint16_t number, struct buffer *out)
{
    const struct discover_node *node = node_at(draft, number);
    if (number == DISCOVER_ROOT)
        return;
    draft_append_path(draft, node->parent, out);
    if (node->is_element)
        buffer_append_string(out, "[]");
    else
        path_append_name(out, node->name);
}

static bool in_array(const struct draft *draft, uint16_t number)
{
    for (uint16_t at = number; at != DISCOVER_ROOT; at = node_at(draft, at)->parent) {
        if (node_at(draft, at)->is_element)
            return true;
    }
    return false;
}

static unsigned depth_of(const struct draft *draft, uint16_t number)
{
    unsigned depth = 0;
    for (uint16_t at = number; at != DISCOVER_ROOT; at = node_at(draft, at)->parent)
        depth++;
    return depth;
}

static bool called(const struct discover_node *node, const char *const *names)
{
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(node->words.text, names[i]) == 0)
            return true;
    }
    return false;
}

static bool kind_is_time(enum category category)
{
    return category_info(category)->kind == KIND_TIME;
}

/* How near the name is to "when it happened", by its words; then by depth. */
static unsigned time_rank(const struct draft *draft, uint16_t number)
{
    static const char *const first[] = {" timestamp ", " ts ", " time ", " event time ", NULL};
    static const char *const second[] = {" timestamp ms ", " occurred at ", " client time ",
                                         " created at ",   " datetime ",    NULL};
    const struct discover_node *node = node_at(draft, number);
    unsigned rank = called(node, first) ? 0 : called(node, second) ? 1 : 2;
    if (draft->proposals[number].category == CATEGORY_TIME_OTHER)
        return NEVER;
    return depth_of(draft, number) * RANKS + rank;
}

/* In nearly every record? Once each, where it is in no array. */
static bool is_present(const struct draft *draft, uint16_t number, unsigned percent)
{
    const struct discover_node *node = node_at(draft, number);
    uint64_t with = node->records;
    uint32_t nulls = node->evidence.types[JSON_NULL];
    with -= nulls < with ? nulls : with;
    return with * 100 >= (uint64_t)draft->tree->records * percent;
}

/* The nearest comes first; the others are offered where it is not clear. */
static void offer_time(struct draft *draft, uint16_t number)
{
    if (draft->time_count == DRAFT_CHOICES)
        return;
    draft->times[draft->time_count] = number;
    for (size_t i = draft->time_count++; i > 0; i--) {
        uint16_t before = draft->times[i - 1];
        if (time_rank(draft, before) <= time_rank(draft, number))
            break;
        draft->times[i - 1] = number;
        draft->times[i] = before;
    }
}

/* The event's time, if one is nearest; all other times are other times. */
static void choose_time(struct draft *draft)
{
    for (uint32_t i = 1; i < draft->tree->node_count; i++) {
        const struct proposal *proposal = &draft->proposals[i];
        if (proposal->state == PROPOSAL_SURE && kind_is_time(proposal->category) &&
            !in_array(draft, (uint16_t)i) && is_present(draft, (uint16_t)i, 95))
            offer_time(draft, (uint16_t)i);
    }
    draft->time_clear = draft->time_count > 0 && time_rank(draft, draft->times[0]) < NEVER &&
                        (draft->time_count == 1 ||
                         time_rank(draft, draft->times[0]) < time_rank(draft, draft->times[1]));
    for (uint32_t i = 1; i < draft->tree->node_count; i++) {
        if (draft->proposals[i].category == CATEGORY_TIME_EVENT)
            draft->proposals[i].category = CATEGORY_TIME_OTHER;
    }
    if (draft->time_clear)
        draft->proposals[draft->times[0]].category = CATEGORY_TIME_EVENT;
}

/* Ids that can answer for consent, best first: 0 is a person's. NEVER: no subject. */
static unsigned subject_rank(enum category category)
{
    switch (category) {
    case CATEGORY_ACCOUNT_USER_ID:
        return 0;
    case CATEGORY_DEVICE_INSTALLATION:
        return 1;
    case CATEGORY_DEVICE_ANDROID_ID:
    case CATEGORY_DEVICE_IDFV:
        return 2;
    case CATEGORY_DEVICE_OAID:
    case CATEGORY_DEVICE_GAID:
    case CATEGORY_DEVICE_IDFA:
        return 4;
    case CATEGORY_WEB_VISITOR:
        return 3;
    case CATEGORY_DEVICE_IMEI:
        return 5;
    default:
        return NEVER;
    }
}

/* A person's id in most records, else an id of the device in nearly all. */
static bool can_answer(const struct draft *draft, uint16_t number)
{
    unsigned rank = subject_rank(draft->proposals[number].category);
    return rank == 0 ? is_present(draft, number, 80) : rank <= 3 && is_present(draft, number, 95);
}

static unsigned subject_order(const struct draft *draft, uint16_t number)
{
    unsigned rank = subject_rank(draft->proposals[number].category);
    return (can_answer(draft, number) ? 0 : 100) + rank * 10 + depth_of(draft, number);
}

static void choose_subject(struct draft *draft)
{
    unsigned best = NEVER, at_best = 0;
    for (uint32_t i = 1; i < draft->tree->node_count; i++) {
        const struct proposal *proposal = &draft->proposals[i];
        uint16_t number = (uint16_t)i;
        if (proposal->state != PROPOSAL_SURE || in_array(draft, number) ||
            subject_rank(proposal->category) == NEVER || draft->subject_count == DRAFT_CHOICES)
            continue;
        unsigned order = subject_order(draft, number);
        draft->subjects[draft->subject_count++] = number;
        if (order < best) {
            uint16_t swap = draft->subjects[0];
            draft->subjects[0] = number;
            draft->subjects[draft->subject_count - 1] = swap;
            best = order;
            at_best = 0;
        }
        at_best += order == best;
    }
    draft->subject_clear = at_best == 1 && best < 100;
    /* Whoever is known to refuse by another of the record's ids refuses. */
    for (size_t i = 1; i < draft->subject_count && draft->subject_clear; i++) {
        if (draft->veto_count < SUBJECT_LIMIT - 1)
            draft->vetoes[draft->veto_count++] = draft->subjects[i];
    }
}

const char *draft_signal_name(const struct discover_node *node)
{
    static const struct {
        const char *words, *name;
    } signals[] = {
        {" gpc ", "gpc"},
        {" global privacy control ", "gpc"},
        {" sec gpc ", "gpc"},
        {" dnt ", "dnt"},
        {" do not track ", "dnt"},
        {" opt out ", "opt_out"},
        {" opted out ", "opt_out"},
        {" optout ", "opt_out"},
        {" limit ad tracking ", "limit_ad_tracking"},
        {" is limit ad tracking enabled ", "limit_ad_tracking"},
    };
    uint32_t booleans = node->evidence.types[JSON_TRUE] + node->evidence.types[JSON_FALSE];
    if (booleans == 0 || booleans < evidence_scalars(&node->evidence))
        return NULL;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (strcmp(node->words.text, signals[i].words) == 0)
            return signals[i].name;
    }
    return NULL;
}

bool draft_is_signal(const struct draft *draft, uint16_t number)
{
    for (size_t i = 0; i < draft->signal_count; i++) {
        if (draft->signals[i] == number)
            return true;
    }
    return false;
}

/* A text of the record itself by which its kind can be told. */
static bool names_the_kind(const struct draft *draft, uint16_t number)
{
    static const char *const names[] = {" type ",        " kind ",       " event type ", " schema ",
                                        " record type ", " event kind ", " doc type ",   NULL};
    const struct discover_node *node = node_at(draft, number);
    return node->parent == DISCOVER_ROOT && called(node, names) &&
           node->evidence.types[JSON_STRING] == draft->tree->records;
}

enum rc draft_init(struct draft *draft, const struct discover_tree *tree)
{
    *draft = (struct draft){.tree = tree, .discriminator = DISCOVER_NONE};
    draft->proposals = calloc(DISCOVER_PATHS, sizeof *draft->proposals);
    if (!draft->proposals)
        return RC_NO_MEMORY;
    for (uint32_t i = 1; i < tree->node_count; i++) {
        uint16_t number = (uint16_t)i;
        const struct discover_node *node = &tree->nodes[i];
        if (node->parent == DISCOVER_NONE || draft_node_hidden(draft, number))
            continue;
        propose(node, &draft->proposals[i]);
        if (names_the_kind(draft, number)) {
            draft->discriminator = number;
            if (draft->proposals[i].state == PROPOSAL_UNSURE)
                snprintf(draft->proposals[i].reason, sizeof draft->proposals[i].reason,
                         "it may tell the kind of record: see `match`");
        }
        if (draft_signal_name(node) && !in_array(draft, number) &&
            draft->signal_count < SIGNAL_LIMIT)
            draft->signals[draft->signal_count++] = number;
    }
    choose_time(draft);
    choose_subject(draft);
    for (uint32_t i = 1; i < tree->node_count; i++) {
        draft->sure += draft->proposals[i].state == PROPOSAL_SURE;
        draft->unsure += draft->proposals[i].state == PROPOSAL_UNSURE;
    }
    return RC_OK;
}

void draft_release(struct draft *draft)
{
    free(draft->proposals);
    draft->proposals = NULL;
}
