/* The shipped profiles against the declarations of obligations.md, category by category. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schemas/recipient.h"

static struct category_set ceiling_of(const char *name)
{
    const struct profile *profile = profile_find(slice_from_string(name));
    assert_non_null(profile);
    struct category_set set = {0};
    for (const char *const *entry = profile->ceiling; *entry; entry++)
        assert_true(category_set_admit(&set, slice_from_string(*entry)) > 0);
    return set;
}

/* g w a b u: in the ceiling of getui, wechat, amap, bugly, umeng. Every identifier is listed, the
 * ones that nobody gets too. */
static const struct {
    const char *category;
    const char *recipients;
} identifiers[] = {
    {"device.imei", "gb"},       {"device.meid", "gb"},       {"device.imsi", ""},
    {"device.iccid", ""},        {"device.serial", "gbu"},    {"device.sim_serial", "b"},
    {"device.android_id", "gb"}, {"device.idfa", "gb"},       {"device.idfv", "gb"},
    {"device.oaid", "gb"},       {"device.gaid", "gb"},       {"device.aaid", "gb"},
    {"device.vaid", "gb"},       {"device.mac.wifi", "gwab"}, {"device.mac.bluetooth", "gwab"},
    {"device.nfc_id", ""},       {"device.installation", ""}, {"device.push_token", ""},
    {"account.user_id", ""},     {"account.login", ""},       {"account.phone", ""},
    {"account.email", ""},       {"account.open_id", ""},     {"usage.session", ""},
    {"web.visitor", ""},
};

static const struct {
    const char *category;
    const char *recipients;
} facts[] = {
    {"place.latitude", "gwau"},
    {"place.region", "gwau"},
    {"app.permission", "g"},
    {"device.model", "wau"},
    {"device.os_version", "wau"},
    {"device.language", "wau"},
    {"device.time_zone", "wau"},
    {"app.version", "wau"},
    {"network.operator", "wab"},
    {"network.access", "w"},
    {"network.wifi.state", "a"},
    {"network.isp", "u"},
    {"network.ip", "u"},
    {"network.wifi.ssid", ""},
    {"network.wifi.bssid", ""},
    {"network.cell", ""},
    {"crash.type", "bu"},
    {"crash.stack", "bu"},
    {"log.tag", "bu"},
    {"text.free", "bu"},
    {"app.process", "b"},
    {"app.performance", "b"},
    {"app.source", "b"},
    {"app.installed", ""},
    {"app.usage", "u"},
    {"usage.event", "u"},
    {"usage.duration", "u"},
    {"web.url", "u"},
    {"web.referrer", "u"},
    {"web.cookie", ""},
    {"time.event", "bu"},
    {"time.other", "u"},
    {"secret.password", ""},
    {"civil.name", ""},
    {"money.account", ""},
    {"health.record", ""},
    {"account.nickname", ""},
    {"communication.contact", ""},
    {"web.user_agent", ""},
    {"web.title", ""},
};

static const struct {
    const char *name;
    char letter;
} recipients[] = {{"getui", 'g'}, {"wechat", 'w'}, {"amap", 'a'}, {"bugly", 'b'}, {"umeng", 'u'}};

static void check(const char *category_name, const char *admitted)
{
    enum category category = category_from_name(slice_from_string(category_name));
    assert_int_not_equal(category, CATEGORY_NONE);
    for (size_t i = 0; i < sizeof(recipients) / sizeof(recipients[0]); i++) {
        struct category_set set = ceiling_of(recipients[i].name);
        bool expected = strchr(admitted, recipients[i].letter) != NULL;
        if (category_set_has(&set, category) != expected)
            fail_msg("%s is %sin the ceiling of %s", category_name, expected ? "not " : "",
                     recipients[i].name);
    }
}

static void ceilings_are_as_declared(void **state)
{
    (void)state;
    size_t count = 0;
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++)
        count += category_info((enum category)i)->kind == KIND_IDENTIFIER;
    assert_int_equal(count, sizeof(identifiers) / sizeof(identifiers[0]));
    for (size_t i = 0; i < sizeof(identifiers) / sizeof(identifiers[0]); i++) {
        check(identifiers[i].category, identifiers[i].recipients);
        enum category category = category_from_name(slice_from_string(identifiers[i].category));
        assert_int_equal(category_info(category)->kind, KIND_IDENTIFIER);
    }
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        check(facts[i].category, facts[i].recipients);
}

static void groups_that_nobody_may_have(void **state)
{
    (void)state;
    for (size_t i = 0; i < profile_count(); i++) {
        struct category_set set = ceiling_of(profile_at(i)->name);
        for (unsigned j = CATEGORY_NONE + 1; j < CATEGORY_COUNT; j++) {
            enum category_group group = category_info((enum category)j)->group;
            if (group == GROUP_SECRET || group == GROUP_CIVIL || group == GROUP_MONEY ||
                group == GROUP_HEALTH || group == GROUP_COMMUNICATION || group == GROUP_ACCOUNT)
                assert_false(category_set_has(&set, (enum category)j));
        }
    }
}

static void profiles_are_found_by_name(void **state)
{
    (void)state;
    assert_int_equal(profile_count(), sizeof(recipients) / sizeof(recipients[0]));
    for (size_t i = 0; i < profile_count(); i++) {
        const struct profile *profile = profile_at(i);
        assert_ptr_equal(profile_find(slice_from_string(profile->name)), profile);
        assert_true(strlen(profile->purpose) > 0);
    }
    assert_null(profile_at(profile_count()));
    static const char *const wrong[] = {"", "Umeng", "umeng ", "ume", "umengx"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_null(profile_find(slice_from_string(wrong[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ceilings_are_as_declared),
        cmocka_unit_test(groups_that_nobody_may_have),
        cmocka_unit_test(profiles_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
