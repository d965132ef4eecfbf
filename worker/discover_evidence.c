#include "worker/discover_evidence.h"

#include <xxhash.h>

#include "anonymize/detector_kept.h"
#include "anonymize/ip_address.h"
#include "schemas/canonical.h"

enum { FINDINGS = 16 };

static bool is_scalar_text(enum json_type type)
{
    return type == JSON_STRING || type == JSON_NUMBER;
}

bool evidence_fits(enum category category, enum json_type type, struct slice text)
{
    const struct category_info *info = category_info(category);
    char memory[CANONICAL_LIMIT];
    struct slice id;
    struct ip_address address;
    switch (info->kind) {
    case KIND_FORBIDDEN:
        return true;
    case KIND_IDENTIFIER:
        return is_scalar_text(type) &&
               canonical_id(category, type, text, memory, &id) != CANONICAL_UNUSABLE;
    case KIND_IP:
        return type == JSON_STRING && ip_address_parse(text, &address);
    case KIND_URL:
    case KIND_PATH:
    case KIND_TEXT:
    case KIND_STACK:
        return type == JSON_STRING;
    case KIND_POSITION:
        return is_scalar_text(type);
    default:
        break;
    }
    if (!value_rule_allows(&info->value, type, text))
        return false;
    return type != JSON_STRING || info->kind == KIND_TIME ||
           detector_kept_value_clean(&info->value, text);
}

void evidence_init(struct evidence *evidence, const struct words *name, const struct words *above)
{
    const struct word_rule *rule = NULL;
    while (evidence->candidate_count < EVIDENCE_CANDIDATES &&
           (rule = word_rule_next(rule, name, above)) != NULL) {
        bool known = false;
        for (uint32_t i = 0; i < evidence->candidate_count; i++)
            known |= word_rule_category(evidence->candidates[i].rule) == word_rule_category(rule);
        if (!known)
            evidence->candidates[evidence->candidate_count++].rule = rule;
    }
}

static void count_distinct(struct evidence *evidence, struct slice text, uint64_t seed)
{
    if (evidence->distinct_count == EVIDENCE_DISTINCT)
        return;
    uint64_t hash = XXH3_64bits_withSeed(text.data ? text.data : "", text.length, seed);
    for (uint32_t i = 0; i < evidence->distinct_count; i++) {
        if (evidence->distinct[i] == hash)
            return;
    }
    evidence->distinct[evidence->distinct_count++] = hash;
    if (evidence->distinct_count == EVIDENCE_DISTINCT)
        evidence->distinct_after = evidence->values;
}

static void count_time(struct evidence *evidence, enum json_type type, struct slice text)
{
    enum time_format format;
    int64_t time;
    if (!value_rule_allows(&category_info(CATEGORY_TIME_EVENT)->value, type, text) ||
        !time_parse(text, TIME_FORMAT_AUTO, &time, &format))
        return;
    evidence->times++;
    evidence->formats[format]++;
}

static void count_findings(struct evidence *evidence, struct slice text)
{
    struct finding findings[FINDINGS];
    size_t count = 0;
    struct slice trimmed = slice_trim(text);
    bool all = detector_scan(text, (struct detector_options){0}, findings, FINDINGS, &count);
    evidence->found += count > 0 || !all;
    for (size_t i = 0; i < count; i++) {
        size_t length = findings[i].end - findings[i].start;
        if (length * 10 >= trimmed.length * 9)
            evidence->whole[findings[i].kind]++;
        else
            evidence->inside[findings[i].kind]++;
    }
}

static void count_layout(struct evidence *evidence, struct slice text)
{
    bool space = false, foreign = false, lines = false;
    size_t slashes = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        space |= byte == ' ';
        lines |= byte == '\n';
        foreign |= byte >= 0x80;
        slashes += byte == '/' || byte == '\\';
    }
    evidence->prose += space || foreign || lines;
    evidence->lines += lines;
    evidence->paths += !space && slashes >= 2;
}

void evidence_add(struct evidence *evidence, const struct json_value *value, uint64_t seed)
{
    evidence->types[value->type]++;
    if (value->type == JSON_NULL || value->type == JSON_OBJECT || value->type == JSON_ARRAY)
        return;
    for (uint32_t i = 0; i < evidence->candidate_count; i++) {
        struct candidate *candidate = &evidence->candidates[i];
        candidate->fits +=
            evidence_fits(word_rule_category(candidate->rule), value->type, value->text);
    }
    if (!is_scalar_text(value->type))
        return;
    evidence->values++;
    count_distinct(evidence, value->text, seed);
    count_time(evidence, value->type, value->text);
    count_findings(evidence, value->text);
    if (value->type == JSON_STRING)
        count_layout(evidence, value->text);
}

uint32_t evidence_scalars(const struct evidence *evidence)
{
    return evidence->types[JSON_FALSE] + evidence->types[JSON_TRUE] + evidence->types[JSON_NUMBER] +
           evidence->types[JSON_STRING];
}

bool evidence_scattered(const struct evidence *evidence)
{
    if (evidence->distinct_after > 0)
        return evidence->distinct_after < EVIDENCE_DISTINCT * 3 / 2;
    return evidence->distinct_count >= 20 && evidence->distinct_count * 3 > evidence->values * 2;
}
