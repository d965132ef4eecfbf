#include "worker/discover_propose.h"

#include <stdio.h>

/* The category of values that are each one finding of a detector; of several meanings the
 * strictest. */
static const enum category found_categories[DETECTOR_KIND_COUNT] = {
    [DETECTOR_PEM] = CATEGORY_SECRET_CERTIFICATE,
    [DETECTOR_JWT] = CATEGORY_SECRET_TOKEN,
    [DETECTOR_AUTHORIZATION] = CATEGORY_SECRET_TOKEN,
    [DETECTOR_TOKEN] = CATEGORY_SECRET_TOKEN,
    [DETECTOR_SECRET] = CATEGORY_SECRET_TOKEN,
    [DETECTOR_URL] = CATEGORY_WEB_URL,
    [DETECTOR_EMAIL] = CATEGORY_ACCOUNT_EMAIL,
    [DETECTOR_RESIDENT_ID] = CATEGORY_CIVIL_ID_NUMBER,
    [DETECTOR_CARD] = CATEGORY_MONEY_ACCOUNT,
    [DETECTOR_IMEI] = CATEGORY_DEVICE_IMEI,
    [DETECTOR_ICCID] = CATEGORY_DEVICE_ICCID,
    [DETECTOR_IMSI] = CATEGORY_DEVICE_IMSI,
    [DETECTOR_PHONE] = CATEGORY_ACCOUNT_PHONE,
    [DETECTOR_MAC] = CATEGORY_NETWORK_WIFI_BSSID,
    [DETECTOR_IP] = CATEGORY_NETWORK_IP,
    [DETECTOR_UUID] = CATEGORY_USAGE_SESSION,
    [DETECTOR_POSITION] = CATEGORY_PLACE_POSITION,
    [DETECTOR_PLATE] = CATEGORY_CIVIL_ID_NUMBER,
    [DETECTOR_PASSPORT] = CATEGORY_CIVIL_ID_NUMBER,
    [DETECTOR_WECHAT] = CATEGORY_ACCOUNT_OPEN_ID,
    [DETECTOR_QQ] = CATEGORY_ACCOUNT_OPEN_ID,
    [DETECTOR_HOME_PATH] = CATEGORY_CRASH_FILE,
    [DETECTOR_SERIAL] = CATEGORY_DEVICE_SERIAL,
    [DETECTOR_SSID] = CATEGORY_NETWORK_WIFI_SSID,
    [DETECTOR_DEVICE_NAME] = CATEGORY_DEVICE_NAME,
    [DETECTOR_HEX] = CATEGORY_USAGE_SESSION,
    [DETECTOR_DIGITS] = CATEGORY_USAGE_SESSION,
    [DETECTOR_ENCODED] = CATEGORY_SECRET_TOKEN,
};

/* At least so many hundredths? */
static bool mostly(uint32_t part, uint32_t all, uint32_t hundredths)
{
    return all > 0 && (uint64_t)part * 100 >= (uint64_t)all * hundredths;
}

static unsigned percent(uint32_t part, uint32_t all)
{
    return all > 0 ? (unsigned)((uint64_t)part * 100 / all) : 0;
}

static enum kind kind_of(enum category category)
{
    return category_info(category)->kind;
}

/* The kind of finding that most values are, each as a whole; -1 where no kind is half of them. */
static int dominant_finding(const struct evidence *evidence)
{
    for (int kind = 0; kind < DETECTOR_KIND_COUNT; kind++) {
        if (mostly(evidence->whole[kind], evidence->values, 50))
            return kind;
    }
    return -1;
}

static bool is_kept(enum category category)
{
    enum kind kind = kind_of(category);
    return kind == KIND_TOKEN || kind == KIND_NUMBER || kind == KIND_VERSION ||
           kind == KIND_BOOLEAN || kind == KIND_TIME;
}

/* Names of code, versions and package names differ from one another by nature. */
static bool may_scatter(enum category category)
{
    switch (category) {
    case CATEGORY_CRASH_ADDRESS:
    case CATEGORY_CRASH_IMAGE_ID:
    case CATEGORY_CRASH_FUNCTION:
    case CATEGORY_CRASH_MODULE:
    case CATEGORY_APP_INSTALLED:
        return true;
    default:
        return kind_of(category) != KIND_TOKEN;
    }
}

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_SCATTERED };

/* Is the candidate's category what these values are? */
static enum verdict judge(const struct evidence *evidence, const struct candidate *candidate)
{
    enum category category = word_rule_category(candidate->rule);
    uint32_t scalars = evidence_scalars(evidence);
    uint32_t strings = evidence->types[JSON_STRING];
    switch (kind_of(category)) {
    case KIND_FORBIDDEN:
        return VERDICT_YES;
    case KIND_IDENTIFIER:
        return mostly(evidence->values, scalars, 50);
    case KIND_IP:
        return mostly(candidate->fits, scalars, 50);
    case KIND_STACK:
        return mostly(evidence->lines, scalars, 50);
    case KIND_URL:
    case KIND_PATH:
    case KIND_TEXT:
        return mostly(strings, scalars, 50);
    case KIND_POSITION:
        return mostly(category == CATEGORY_PLACE_POSITION ? strings : evidence->values, scalars,
                      50);
    default:
        if (!mostly(candidate->fits, scalars, 95))
            return VERDICT_NO;
        return strings > 0 && !may_scatter(category) && evidence_scattered(evidence)
                   ? VERDICT_SCATTERED
                   : VERDICT_YES;
    }
}

static void say(struct proposal *out, enum proposal_state state, enum category category,
                const char *reason)
{
    out->state = state;
    out->category = category;
    snprintf(out->reason, sizeof out->reason, "%s", reason);
}

/* A finding that never leaves outweighs a name that would let something of it leave. */
static bool overruled(const struct evidence *evidence, enum category category, struct proposal *out)
{
    int finding = dominant_finding(evidence);
    if (finding < 0 || kind_of(category) == KIND_FORBIDDEN ||
        kind_of(found_categories[finding]) != KIND_FORBIDDEN ||
        found_categories[finding] == CATEGORY_NETWORK_WIFI_BSSID)
        return false;
    out->state = PROPOSAL_SURE;
    out->category = found_categories[finding];
    snprintf(out->reason, sizeof out->reason, "values: %s in %u %%",
             detector_description((enum detector_kind)finding),
             percent(evidence->whole[finding], evidence->values));
    return true;
}

static bool propose_by_name(const struct discover_node *node, struct proposal *out)
{
    const struct evidence *evidence = &node->evidence;
    enum category scattered = CATEGORY_NONE;
    for (uint32_t i = 0; i < evidence->candidate_count; i++) {
        const struct candidate *candidate = &evidence->candidates[i];
        enum category category = word_rule_category(candidate->rule);
        enum verdict verdict = judge(evidence, candidate);
        if (verdict == VERDICT_NO)
            continue;
        if (verdict == VERDICT_SCATTERED) {
            scattered = scattered == CATEGORY_NONE ? category : scattered;
            continue;
        }
        /* After a doubt only what is stricter is believed. */
        if (scattered != CATEGORY_NONE && is_kept(category))
            continue;
        if (overruled(evidence, category, out))
            return true;
        struct slice reason = word_rule_reason(candidate->rule, &node->words);
        bool anything = slice_equal(reason, SLICE("*"));
        out->state = PROPOSAL_SURE;
        out->category = category;
        snprintf(out->reason, sizeof out->reason, "name: %.*s",
                 SLICE_FORMAT(anything ? SLICE("what stands above it") : reason));
        uint32_t scalars = evidence_scalars(evidence);
        if (kind_of(category) == KIND_IDENTIFIER && !mostly(candidate->fits, scalars, 50)) {
            out->state = PROPOSAL_UNSURE;
            snprintf(out->reason, sizeof out->reason, "only %u %% of the values have its form",
                     percent(candidate->fits, scalars));
        }
        return true;
    }
    if (scattered == CATEGORY_NONE)
        return false;
    say(out, PROPOSAL_UNSURE, scattered, "nearly every value is another one: an identifier?");
    return true;
}

/* Times as text are told by their form; as a number they could be anything. */
static bool are_written_times(const struct evidence *evidence)
{
    return mostly(evidence->formats[TIME_FORMAT_RFC3339], evidence_scalars(evidence), 95);
}

static bool propose_by_values(const struct evidence *evidence, struct proposal *out)
{
    uint32_t scalars = evidence_scalars(evidence), strings = evidence->types[JSON_STRING];
    int finding = dominant_finding(evidence);
    bool numeric_times = mostly(evidence->times, scalars, 95);
    /* Long numbers alone do not outweigh a name that speaks of sizes or counts. */
    if (finding == DETECTOR_DIGITS && evidence->candidate_count > 0)
        finding = -1;
    if (are_written_times(evidence)) {
        say(out, PROPOSAL_SURE, CATEGORY_TIME_OTHER, "values: times");
    } else if (finding >= 0 && mostly(evidence->values, scalars, 50) && !numeric_times) {
        out->state = PROPOSAL_SURE;
        out->category = found_categories[finding];
        snprintf(out->reason, sizeof out->reason, "values: %s in %u %%",
                 detector_description((enum detector_kind)finding),
                 percent(evidence->whole[finding], evidence->values));
    } else if (mostly(strings, scalars, 50) && mostly(evidence->paths, strings, 50)) {
        say(out, PROPOSAL_SURE, CATEGORY_TEXT_FREE, "values: paths, of files or pages");
    } else if (mostly(strings, scalars, 50) && mostly(evidence->prose, strings, 10)) {
        say(out, PROPOSAL_SURE, CATEGORY_TEXT_FREE, "values: text of several words");
    } else if (mostly(strings, scalars, 50) && evidence->found > 0 && !numeric_times) {
        /* What nearly always holds an identifier is made of them (a cursor, a key), not a text. */
        out->state =
            mostly(evidence->found, evidence->values, 95) ? PROPOSAL_UNSURE : PROPOSAL_SURE;
        out->category = CATEGORY_TEXT_FREE;
        snprintf(out->reason, sizeof out->reason, "values: something that identifies in %u of %u",
                 evidence->found, evidence->values);
    } else {
        return false;
    }
    return true;
}

/* The first candidate that speaks of the name itself, not only of what stands above it. */
static const struct candidate *named_candidate(const struct discover_node *node)
{
    const struct evidence *evidence = &node->evidence;
    for (uint32_t i = 0; i < evidence->candidate_count; i++) {
        struct slice reason = word_rule_reason(evidence->candidates[i].rule, &node->words);
        if (!slice_equal(reason, SLICE("*")))
            return &evidence->candidates[i];
    }
    return NULL;
}

static void explain_doubt(const struct discover_node *node, struct proposal *out)
{
    const struct evidence *evidence = &node->evidence;
    uint32_t scalars = evidence_scalars(evidence);
    uint32_t booleans = evidence->types[JSON_FALSE] + evidence->types[JSON_TRUE];
    const struct candidate *candidate = named_candidate(node);
    if (scalars == 0) {
        say(out, PROPOSAL_UNSURE, CATEGORY_NONE, "only null was seen");
    } else if (mostly(evidence->times, scalars, 95)) {
        say(out, PROPOSAL_UNSURE, CATEGORY_TIME_OTHER, "could be times, or identifiers");
    } else if (mostly(booleans, scalars, 95)) {
        say(out, PROPOSAL_UNSURE, CATEGORY_USAGE_FLAG, "a flag, of what?");
    } else if (candidate) {
        out->state = PROPOSAL_UNSURE;
        out->category = word_rule_category(candidate->rule);
        if (candidate->fits == 0)
            snprintf(out->reason, sizeof out->reason, "no value is fit for what its name says");
        else
            snprintf(out->reason, sizeof out->reason,
                     "only %u %% of the values are fit for what its name says",
                     percent(candidate->fits, scalars));
    } else if (evidence->found > 0) {
        say(out, PROPOSAL_UNSURE, CATEGORY_NONE, "some values could identify somebody");
    } else if (evidence_scattered(evidence) && evidence->types[JSON_STRING] > 0) {
        say(out, PROPOSAL_UNSURE, CATEGORY_NONE,
            "nearly every value is another one: an identifier?");
    } else {
        say(out, PROPOSAL_UNSURE, CATEGORY_NONE, "nothing in its name is known");
    }
}

void propose(const struct discover_node *node, struct proposal *out)
{
    const struct evidence *evidence = &node->evidence;
    uint32_t scalars = evidence_scalars(evidence);
    *out = (struct proposal){.state = PROPOSAL_CONTAINER};
    if (evidence->types[JSON_OBJECT] + evidence->types[JSON_ARRAY] > scalars)
        return;
    if (scalars > 0 && (propose_by_name(node, out) || propose_by_values(evidence, out)))
        return;
    explain_doubt(node, out);
}
