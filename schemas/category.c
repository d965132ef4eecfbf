#include "schemas/category.h"

#include "core/diagnostics.h"

static const struct category_info categories[CATEGORY_COUNT] = {
    [CATEGORY_NONE] = {.code = "CATEGORY_NONE",
                       .name = "",
                       .kind = KIND_FORBIDDEN,
                       .default_action = "drop",
                       .description = "no datum"},
#define CATEGORY_INFO(code_, name_, group_, kind_, form_, value_, default_, description_)          \
    [code_] = {#code_, name_, group_, kind_, form_, value_, default_, description_},
    CATEGORY_TABLE(CATEGORY_INFO)
#undef CATEGORY_INFO
};

/* Looking up a name compares lengths first: consent messages ask for one each. */
static const uint8_t name_lengths[CATEGORY_COUNT] = {
#define CATEGORY_LENGTH(code_, name_, ...) [code_] = sizeof(name_) - 1,
    CATEGORY_TABLE(CATEGORY_LENGTH)
#undef CATEGORY_LENGTH
};

static const char *const group_names[CATEGORY_GROUP_COUNT] = {
#define GROUP_NAME(code, name) [code] = name,
    CATEGORY_GROUP_TABLE(GROUP_NAME)
#undef GROUP_NAME
};

static struct slice category_name(size_t category)
{
    return slice_of(categories[category].name, name_lengths[category]);
}

const char *category_group_name(enum category_group group)
{
    return (unsigned)group < CATEGORY_GROUP_COUNT ? group_names[group] : "";
}

const struct category_info *category_info(enum category category)
{
    return &categories[(unsigned)category < CATEGORY_COUNT ? category : CATEGORY_NONE];
}

enum category category_from_name(struct slice name)
{
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        if (name.length == name_lengths[i] &&
            memcmp(name.data, categories[i].name, name.length) == 0)
            return (enum category)i;
    }
    return CATEGORY_NONE;
}

bool category_has_prefix(enum category category, struct slice prefix)
{
    if (category == CATEGORY_NONE || (unsigned)category >= CATEGORY_COUNT || prefix.length == 0)
        return false;
    struct slice name = category_name(category);
    return slice_starts_with(name, prefix) &&
           (name.length == prefix.length || name.data[prefix.length] == '.');
}

bool category_prefix_exists(struct slice prefix)
{
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        if (category_has_prefix((enum category)i, prefix))
            return true;
    }
    return false;
}

static struct slice candidate(const void *context, size_t index)
{
    (void)context;
    return category_name(index + 1);
}

/* Every name whole, cut at its first dot and cut at its last. */
static struct slice prefix_candidate(const void *context, size_t index)
{
    struct slice name = candidate(context, index / 3);
    if (index % 3 == 1)
        return slice_head(name, slice_find_byte(name, '.'));
    if (index % 3 == 2) {
        while (name.length > 0 && name.data[name.length - 1] != '.')
            name.length--;
        return slice_head(name, name.length > 0 ? name.length - 1 : 0);
    }
    return name;
}

struct slice category_prefix_nearest(struct slice name)
{
    return nearest_word(name, 3 * (size_t)(CATEGORY_COUNT - 1), prefix_candidate, NULL);
}

struct slice category_nearest(struct slice name)
{
    return nearest_word(name, CATEGORY_COUNT - 1, candidate, NULL);
}

size_t category_set_admit(struct category_set *set, struct slice name_or_prefix)
{
    enum category exact = category_from_name(name_or_prefix);
    if (exact != CATEGORY_NONE) {
        category_set_add(set, exact);
        return 1;
    }
    size_t count = 0;
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        enum category category = (enum category)i;
        if (!category_has_prefix(category, name_or_prefix) || categories[i].kind == KIND_IDENTIFIER)
            continue;
        category_set_add(set, category);
        count++;
    }
    return count;
}
