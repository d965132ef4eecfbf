#include "worker/demo_cast.h"

#include "core/time_text.h"

const struct demo_person demo_people[DEMO_PEOPLE] = {
    {"Anna",
     "Aster 5",
     {"703100411", "anna.k.1990", "anna.k@example.com", "13800138011", "a1b2c3d4e5f60711",
      "203.0.113.57"},
     true,
     true,
     true,
     "operation, research"},
    {"Bo",
     "Birch 7",
     {"703100422", "bo_on_tour", "bo@mail.example.org", "13800138022", "b1b2c3d4e5f60722",
      "203.0.113.68"},
     true,
     true,
     true,
     "operation, research"},
    {"Chen",
     "Cedar 2",
     {"703100433", "chen-8899", "chen@example.cn", "13800138033", "c1b2c3d4e5f60733",
      "198.51.100.79"},
     true,
     true,
     false,
     "operation"},
    {"Dara",
     "Dahlia X",
     {"703100444", "dara.writes", "dara@example.net", "13800138044", "d1b2c3d4e5f60744",
      "198.51.100.80"},
     true,
     false,
     false,
     "denied"},
    {"Emil",
     "Elm 12",
     {"703100455", "emil4711x", "emil@example.com", "13800138055", "e1b2c3d4e5f60755",
      "192.0.2.91"},
     false,
     false,
     false,
     "never asked"},
};

size_t demo_person_of_model(struct slice model)
{
    size_t person = 0;
    while (person < DEMO_PEOPLE &&
           !slice_equal(model, slice_from_string(demo_people[person].model)))
        person++;
    return person;
}

bool demo_has_secret(struct slice text)
{
    for (size_t person = 0; person < DEMO_PEOPLE; person++)
        for (size_t i = 0; i < DEMO_SECRETS; i++) {
            const char *secret = demo_people[person].secrets[i];
            if (memmem(text.data ? text.data : "", text.length, secret, strlen(secret)))
                return true;
        }
    return false;
}

void demo_event_write(struct buffer *out, size_t person, uint64_t number, int64_t now)
{
    static const char *const events[] = {"page_view", "click", "search", "add_to_cart"};
    static const char *const pages[] = {"home", "orders", "search", "basket"};
    const struct demo_person *who = &demo_people[person];
    const char *const *secret = who->secrets;
    unsigned kind = (unsigned)(number / DEMO_PEOPLE % 4);
    buffer_append_format(out,
                         "{\"type\":\"click\",\"event\":\"%s\",\"ts\":%lld,\"user_id\":\"%s\",",
                         events[kind], (long long)now, secret[0]);
    buffer_append_format(out, "\"user\":{\"login\":\"%s\",\"email\":\"%s\",\"phone\":\"%s\"},",
                         secret[1], secret[2], secret[3]);
    buffer_append_format(out,
                         "\"device\":{\"android_id\":\"%s\",\"name\":\"%s's phone\","
                         "\"model\":\"%s\",\"os\":\"Android\",\"os_version\":\"14.1.3\"},",
                         secret[4], who->name, who->model);
    buffer_append_format(out,
                         "\"network\":{\"ip\":\"%s\",\"access\":\"wifi\"},"
                         "\"geo\":{\"country\":\"CN\",\"latitude\":31.2304,"
                         "\"longitude\":121.4737},",
                         secret[5]);
    buffer_append_format(out,
                         "\"page\":{\"url\":\"https://shop.example.com/%s?user=%s\"},"
                         "\"element\":{\"text\":\"receipt to %s\"}}",
                         pages[kind], secret[0], secret[2]);
}

static void write_purpose(struct buffer *out, const char *name, const char *state, int64_t since)
{
    buffer_append_format(out, "\"%s\":{\"state\":\"%s\",\"since\":\"", name, state);
    time_append(out, since, TIME_FORMAT_RFC3339);
    buffer_append_string(out, "\",\"until\":null,\"policy_version\":3}");
}

void demo_consent_write(struct buffer *key, struct buffer *value, size_t person, bool withdrawn,
                        int64_t now)
{
    const struct demo_person *who = &demo_people[person];
    int64_t since = time_floor(withdrawn ? now : now - TIME_DAY, 1000);
    const char *no = withdrawn ? "withdrawn" : "denied";
    buffer_append_format(key, "account.user_id:%s", who->secrets[0]);
    buffer_append_format(value, "{\"seq\":%d,\"purposes\":{", withdrawn ? 2 : 1);
    write_purpose(value, "operation", who->operation && !withdrawn ? "granted" : no, since);
    buffer_append_byte(value, ',');
    write_purpose(value, "research", who->research && !withdrawn ? "granted" : no, since);
    buffer_append_string(value, "}}");
}
