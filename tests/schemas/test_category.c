/* The taxonomy: complete, consistent with its kinds, found by name and prefix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schemas/category.h"

static struct slice name_of(unsigned category)
{
    return slice_from_string(category_info((enum category)category)->name);
}

static void every_category_is_complete(void **state)
{
    (void)state;
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        const struct category_info *info = category_info((enum category)i);
        assert_true(slice_starts_with(slice_from_string(info->code), SLICE("CATEGORY_")));
        assert_true((unsigned)info->group < CATEGORY_GROUP_COUNT);
        assert_true((unsigned)info->kind < KIND_COUNT);
        assert_true((unsigned)info->form < FORM_COUNT);
        assert_true(strlen(info->default_action) > 0);
        assert_true(strlen(info->description) > 0);
        assert_true(slice_find_byte(name_of(i), '.') < name_of(i).length);
        for (const char *at = info->name; *at; at++)
            assert_true((*at >= 'a' && *at <= 'z') || *at == '_' || *at == '.');
        for (unsigned j = CATEGORY_NONE + 1; j < CATEGORY_COUNT; j++) {
            if (i != j) /* so that a name is a category or a prefix, never both */
                assert_false(category_has_prefix((enum category)j, name_of(i)));
        }
    }
    for (unsigned i = 0; i < CATEGORY_GROUP_COUNT; i++)
        assert_true(strlen(category_group_name((enum category_group)i)) > 0);
    assert_string_equal(category_group_name(CATEGORY_GROUP_COUNT), "");
}

/* What a kind can keep has a rule for its values; what it cannot keep has none at all. */
static void value_rules_fit_kinds(void **state)
{
    (void)state;
    static const struct value_rule nothing;
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        const struct category_info *info = category_info((enum category)i);
        const struct value_rule *rule = &info->value;
        bool kept = action_permission(info->kind, ACTION_KEEP) != PERMITTED_NEVER;
        assert_int_equal(kept, rule->string || rule->number || rule->boolean);
        if (!kept)
            assert_memory_equal(rule, &nothing, sizeof(nothing));
        assert_int_equal(info->kind == KIND_IDENTIFIER, info->form != FORM_NONE);
        assert_int_equal(info->kind == KIND_BOOLEAN, rule->boolean);
        assert_int_equal(info->kind == KIND_TIME, rule->instant);
        if (rule->string) {
            assert_true(rule->length_limit > 0 && rule->length_limit <= 256);
            assert_true(rule->alphabet != ALPHABET_NONE);
        }
        if (rule->number)
            assert_true(rule->minimum < rule->maximum);
        if (info->kind == KIND_NUMBER) { /* none can hold the 11 digits of a telephone number */
            assert_true(rule->number && !rule->string);
            assert_true(rule->maximum <= INT64_C(9999999999));
        }
        if (info->kind == KIND_TOKEN || info->kind == KIND_VERSION)
            assert_true(rule->string);
    }
}

/* The groups of obligations.md whose data never leave, and those that leave as pseudonyms. */
static void sensitive_groups_have_their_floor(void **state)
{
    (void)state;
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        const struct category_info *info = category_info((enum category)i);
        switch (info->group) {
        case GROUP_SECRET:
        case GROUP_CIVIL:
        case GROUP_MONEY:
        case GROUP_HEALTH:
        case GROUP_COMMUNICATION:
            assert_int_equal(info->kind, KIND_FORBIDDEN);
            break;
        case GROUP_DEVICE_IDENTIFIER:
        case GROUP_ACCOUNT:
            assert_true(info->kind == KIND_FORBIDDEN || info->kind == KIND_IDENTIFIER);
            break;
        case GROUP_TEXT:
            assert_int_equal(info->kind, KIND_TEXT);
            break;
        case GROUP_TIME:
            assert_int_equal(info->kind, KIND_TIME);
            break;
        default:
            break;
        }
    }
    static const char *const forbidden[] = {
        "network.wifi.ssid", "network.wifi.bssid", "network.cell", "web.cookie",
        "usage.search",      "crash.register",     "place.city"};
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        enum category category = category_from_name(slice_from_string(forbidden[i]));
        assert_int_equal(category_info(category)->kind, KIND_FORBIDDEN);
        assert_int_not_equal(category, CATEGORY_NONE);
    }
}

static void none_and_out_of_range_are_forbidden(void **state)
{
    (void)state;
    static const unsigned wrong[] = {CATEGORY_NONE, CATEGORY_COUNT, 0xffffffu};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct category_info *info = category_info((enum category)wrong[i]);
        assert_string_equal(info->name, "");
        assert_int_equal(info->kind, KIND_FORBIDDEN);
        assert_int_equal(info->form, FORM_NONE);
        assert_false(info->value.string || info->value.number || info->value.boolean);
        assert_false(category_has_prefix((enum category)wrong[i], SLICE("device")));
        assert_false(category_has_prefix((enum category)wrong[i], (struct slice){0}));
    }
}

static void names_are_exact(void **state)
{
    (void)state;
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++)
        assert_int_equal(category_from_name(name_of(i)), i);
    static const char *const wrong[] = {
        "",  "device",     "device.", "Device.imei", "device.imei ", "device.imei.x",
        ".", "device.imie"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(category_from_name(slice_from_string(wrong[i])), CATEGORY_NONE);
    assert_int_equal(category_from_name(slice_of("device.imei\0", 12)), CATEGORY_NONE);
    assert_int_equal(category_from_name(slice_of("device.im\0i", 11)), CATEGORY_NONE);
    assert_int_equal(category_from_name((struct slice){0}), CATEGORY_NONE);
}

static void prefixes_end_at_dots(void **state)
{
    (void)state;
    assert_true(category_has_prefix(CATEGORY_DEVICE_IMEI, SLICE("device")));
    assert_true(category_has_prefix(CATEGORY_DEVICE_IMEI, SLICE("device.imei")));
    assert_true(category_has_prefix(CATEGORY_DEVICE_MAC_WIFI, SLICE("device.mac")));
    assert_false(category_has_prefix(CATEGORY_DEVICE_IMEI, SLICE("dev")));
    assert_false(category_has_prefix(CATEGORY_DEVICE_IMEI, SLICE("device.")));
    assert_false(category_has_prefix(CATEGORY_DEVICE_IMEI, SLICE("device.im")));
    assert_false(category_has_prefix(CATEGORY_DEVICE_IMEI, SLICE("device.imei.x")));
    assert_false(category_has_prefix(CATEGORY_DEVICE_IMEI, (struct slice){0}));
    assert_true(category_prefix_exists(SLICE("network.wifi")));
    assert_false(category_prefix_exists(SLICE("network.wif")));
    assert_false(category_prefix_exists((struct slice){0}));
}

static void the_nearest_name_is_suggested(void **state)
{
    (void)state;
    assert_true(slice_equal(category_nearest(SLICE("device.imie")), SLICE("device.imei")));
    assert_true(slice_equal(category_nearest(SLICE("acount.user_id")), SLICE("account.user_id")));
    assert_true(slice_equal(category_prefix_nearest(SLICE("netwrk")), SLICE("network")));
    assert_true(slice_equal(category_prefix_nearest(SLICE("device.mca")), SLICE("device.mac")));
    assert_int_equal(category_nearest(SLICE("entirely unlike anything")).length, 0);
}

static void a_prefix_admits_no_identifier(void **state)
{
    (void)state;
    struct category_set set = {0};
    size_t expected = 0;
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        assert_false(category_set_has(&set, (enum category)i));
        expected += category_has_prefix((enum category)i, SLICE("device")) &&
                    category_info((enum category)i)->kind != KIND_IDENTIFIER;
    }
    assert_int_equal(category_set_admit(&set, SLICE("device")), expected);
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        enum category category = (enum category)i;
        assert_int_equal(category_set_has(&set, category),
                         category_has_prefix(category, SLICE("device")) &&
                             category_info(category)->kind != KIND_IDENTIFIER);
    }
    assert_int_equal(category_set_admit(&set, SLICE("device.imei")), 1);
    assert_true(category_set_has(&set, CATEGORY_DEVICE_IMEI));
    assert_int_equal(category_set_admit(&set, SLICE("device.imei")), 1);
    assert_int_equal(category_set_admit(&set, SLICE("device.mac")), 0); /* identifiers only */
    assert_int_equal(category_set_admit(&set, SLICE("nothing.like.it")), 0);
    assert_int_equal(category_set_admit(&set, (struct slice){0}), 0);
    assert_false(category_set_has(&set, CATEGORY_DEVICE_MAC_WIFI));
    assert_false(category_set_has(&set, CATEGORY_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_category_is_complete),
        cmocka_unit_test(value_rules_fit_kinds),
        cmocka_unit_test(sensitive_groups_have_their_floor),
        cmocka_unit_test(none_and_out_of_range_are_forbidden),
        cmocka_unit_test(names_are_exact),
        cmocka_unit_test(prefixes_end_at_dots),
        cmocka_unit_test(the_nearest_name_is_suggested),
        cmocka_unit_test(a_prefix_admits_no_identifier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
