/* The identifiers of a person, each a function of the person's number and the seed. */
#include "bench/generate_values.h"

#include "core/time_text.h"
#include "schemas/canonical.h"

enum {
    ANDROID_DEVICES = 24, /* the first rows of the device lists; the rest are Apple's */
    DEVICES = 32,
    PLACES = 18,
    HOME_PLACES = 12, /* the first rows of the place lists: in mainland China */
    RELEASES = 8,
};

/* Independent words of one person. */
enum {
    WORD_DEVICE,
    WORD_PLACE,
    WORD_RELEASE,
    WORD_ANDROID_ID,
    WORD_OAID,
    WORD_GAID = WORD_OAID + 2,
    WORD_IDFA = WORD_GAID + 2,
    WORD_IDFV = WORD_IDFA + 2,
    WORD_INSTALLATION = WORD_IDFV + 2,
    WORD_OPTED_OUT,
    WORD_IMEI,
    WORD_IMEI2,
    WORD_IMSI,
    WORD_ICCID,
    WORD_MAC,
    WORD_BLUETOOTH,
    WORD_SERIAL,
    WORD_PHONE,
    WORD_NAME,
    WORD_ADDRESS,
    WORD_VISITOR,
    WORD_SESSION,
    WORD_PUSH,
    WORD_OPEN = WORD_PUSH + 2,
    WORD_RESIDENT = WORD_OPEN + 2,
    WORD_CARD,
};

static const uint32_t imei_models[DEVICES] = {
    35123411, 35298711, 86712306, 86539806, 86401705, 86258005, 86640106, 86483105,
    86092704, 86818006, 86327905, 86731206, 86604805, 86155904, 86750206, 86577305,
    86190704, 86790106, 35476112, 35832111, 35710911, 86667206, 86853003, 86270904,
    35331213, 35301112, 35261111, 35292811, 35373713, 35738209, 35448811, 35308709};

static uint64_t person_word(const struct generate_context *context, unsigned which)
{
    return generate_mix(context->subject_key + which * UINT64_C(0xd1342543de82ef95));
}

static char *put(char *out, const char *text)
{
    size_t length = strlen(text);
    memcpy(out, text, length);
    return out + length;
}

/* A number of nine digits; different for each of the first 900 million people of a seed. */
static char *put_id(char *out, struct generate_context *context)
{
    uint64_t number = (context->subject * UINT64_C(2654435761) + context->seed_offset) % 900000000;
    return generate_put_padded(out, 100000000 + number, 9);
}

static char *put_uuid(char *out, uint64_t high, uint64_t low, bool upper)
{
    char *begin = out;
    out = generate_put_hex(out, high, 8);
    *out++ = '-';
    out = generate_put_hex(out, high << 32, 4);
    *out++ = '-';
    *out++ = '4';
    out = generate_put_hex(out, high << 48, 3);
    *out++ = '-';
    *out++ = "89ab"[low >> 62];
    out = generate_put_hex(out, low << 2, 3);
    *out++ = '-';
    out = generate_put_hex(out, low << 16, 12);
    for (char *at = begin; upper && at < out; at++) {
        if (*at >= 'a' && *at <= 'f')
            *at = (char)(*at - 'a' + 'A');
    }
    return out;
}

static char *put_person_uuid(char *out, const struct generate_context *context, unsigned word,
                             bool upper)
{
    return put_uuid(out, person_word(context, word), person_word(context, word + 1), upper);
}

/* Zeros where the person has opted out of advertising, `percent` of all. */
static char *put_advertising(char *out, const struct generate_context *context, unsigned word,
                             unsigned percent)
{
    if (generate_scale(person_word(context, WORD_OPTED_OUT), 100) < percent)
        return put(out, "00000000-0000-0000-0000-000000000000");
    return put_person_uuid(out, context, word, word == WORD_IDFA);
}

static char *put_oaid(char *out, struct generate_context *context)
{
    return put_advertising(out, context, WORD_OAID, 12);
}

static char *put_gaid(char *out, struct generate_context *context)
{
    return put_advertising(out, context, WORD_GAID, 12);
}

static char *put_idfa(char *out, struct generate_context *context)
{
    return put_advertising(out, context, WORD_IDFA, 45);
}

static char *put_idfv(char *out, struct generate_context *context)
{
    return put_person_uuid(out, context, WORD_IDFV, true);
}

static char *put_installation(char *out, struct generate_context *context)
{
    return generate_put_hex(put(out, "inst-"), person_word(context, WORD_INSTALLATION), 16);
}

static char *put_android_id(char *out, struct generate_context *context)
{
    uint64_t word = person_word(context, WORD_ANDROID_ID);
    if (word % 200 == 0) /* one faulty release gave it to every device */
        return put(out, "9774d56d682e549c");
    return generate_put_hex(out, word, 16);
}

/* Appends the digit that makes all `length` + 1 digits pass Luhn's check. */
static char *put_check_digit(char *begin, char *end)
{
    for (char digit = '0'; digit <= '9'; digit++) {
        *end = digit;
        if (luhn_valid(slice_of(begin, (size_t)(end - begin) + 1)))
            break;
    }
    return end + 1;
}

static char *put_equipment(char *out, const struct generate_context *context, unsigned word)
{
    char *end = generate_put_padded(out, imei_models[context->rows[ROW_DEVICE]], 8);
    end = generate_put_padded(end, person_word(context, word) % 1000000, 6);
    return put_check_digit(out, end);
}

static char *put_imei(char *out, struct generate_context *context)
{
    return put_equipment(out, context, WORD_IMEI);
}

/* As it is printed on a box: 35-417803-685978-9. */
static char *put_imei2(char *out, struct generate_context *context)
{
    char digits[16];
    put_equipment(digits, context, WORD_IMEI2);
    memcpy(out, digits, 2);
    out[2] = '-';
    memcpy(out + 3, digits + 2, 6);
    out[9] = '-';
    memcpy(out + 10, digits + 8, 6);
    out[16] = '-';
    out[17] = digits[14];
    return out + 18;
}

static char *put_meid(char *out, struct generate_context *context)
{
    char *end = generate_put_hex(put(out, "A1"), person_word(context, WORD_IMEI), 12);
    for (char *at = out; at < end; at++) {
        if (*at >= 'a' && *at <= 'f')
            *at = (char)(*at - 'a' + 'A');
    }
    return end;
}

static char *put_imsi(char *out, struct generate_context *context)
{
    static const char *const networks[] = {"46000", "46001", "46011", "46002", "46009"};
    uint64_t word = person_word(context, WORD_IMSI);
    return generate_put_padded(put(out, networks[word % 5]), word >> 16, 10);
}

static char *put_iccid(char *out, struct generate_context *context)
{
    char *end = generate_put_padded(put(out, "8986"), person_word(context, WORD_ICCID), 15);
    return put_check_digit(out, end);
}

static char *put_mac_tail(char *out, uint64_t word)
{
    for (unsigned i = 0; i < 6; i++, word <<= 8) {
        if (i > 0)
            *out++ = ':';
        /* an address of one device, given by its maker */
        out = generate_put_hex(out, i == 0 ? word & ~(UINT64_C(3) << 56) : word, 2);
    }
    return out;
}

/* Most systems tell apps a fixed one. */
static char *put_mac(char *out, struct generate_context *context)
{
    uint64_t word = person_word(context, WORD_MAC);
    if (word % 100 < 55)
        return put(out, "02:00:00:00:00:00");
    return put_mac_tail(out, word);
}

static char *put_bluetooth(char *out, struct generate_context *context)
{
    return put_mac_tail(out, person_word(context, WORD_BLUETOOTH));
}

static char *put_serial_text(char *out, uint64_t word)
{
    for (unsigned i = 0; i < 12; i++, word >>= 5)
        *out++ = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"[word & 31];
    return out;
}

static char *put_serial(char *out, struct generate_context *context)
{
    uint64_t word = person_word(context, WORD_SERIAL);
    return word >> 62 ? put_serial_text(out, word) : put(out, "unknown");
}

static char *put_sim_serial(char *out, struct generate_context *context)
{
    return put_serial_text(put(out, "SIM"), person_word(context, WORD_ICCID));
}

static uint64_t phone_number(const struct generate_context *context)
{
    static const unsigned prefixes[] = {138, 139, 136, 150, 151, 158, 186, 187,
                                        188, 199, 177, 133, 166, 135, 182, 159};
    uint64_t word = person_word(context, WORD_PHONE);
    return prefixes[word >> 60] * UINT64_C(100000000) + word % 100000000;
}

static char *put_phone(char *out, struct generate_context *context)
{
    return generate_put_padded(out, phone_number(context), 11);
}

static char *put_phone_spaced(char *out, struct generate_context *context)
{
    uint64_t number = phone_number(context);
    out = generate_put_padded(out, number / 100000000, 3);
    *out++ = ' ';
    out = generate_put_padded(out, number / 10000 % 10000, 4);
    *out++ = ' ';
    return generate_put_padded(out, number % 10000, 4);
}

static const char *const surnames[] = {"zhang", "wang",  "li",     "zhao",  "chen",    "liu",
                                       "yang",  "huang", "wu",     "zhou",  "mueller", "smith",
                                       "xu",    "sun",   "tanaka", "garcia"};
static const char *const given_names[] = {"wei",   "fang",  "min", "jing", "lei",  "qiang",
                                          "yan",   "jie",   "tao", "ming", "anna", "peter",
                                          "lucia", "james", "hui", "xin"};

static char *put_login(char *out, struct generate_context *context)
{
    uint64_t word = person_word(context, WORD_NAME);
    out = put(out, surnames[word >> 60]);
    out = put(out, given_names[(word >> 56) & 15]);
    return generate_put_number(out, word % 9000);
}

static char *put_email(char *out, struct generate_context *context)
{
    static const char *const domains[] = {"@example.com", "@example.org", "@mail.example.cn",
                                          "@corp.example.net"};
    uint64_t word = person_word(context, WORD_NAME);
    out = put(out, given_names[(word >> 56) & 15]);
    *out++ = '.';
    out = put(out, surnames[word >> 60]);
    out = generate_put_number(out, word % 9000);
    return put(out, domains[(word >> 40) & 3]);
}

static char *put_device_name(char *out, struct generate_context *context)
{
    uint64_t word = person_word(context, WORD_NAME);
    char *begin = out;
    out = put(out, given_names[(word >> 56) & 15]);
    *begin = (char)(*begin - 'a' + 'A');
    return put(out, context->rows[ROW_PLATFORM] ? "’s iPhone" : "’s phone");
}

/* Four of five have an IPv4 address. */
static char *put_ip(char *out, struct generate_context *context)
{
    static const unsigned char first[] = {36, 39, 58, 101, 112, 117, 183, 223};
    uint64_t word = person_word(context, WORD_ADDRESS);
    if (word % 5 == 0) {
        out = generate_put_hex(put(out, "240e:3"), word, 2);
        for (unsigned i = 0; i < 4; i++) {
            out = put(out, ":1");
            out = generate_put_hex(out, word << (8 + 12 * i), 3);
        }
        return put(out, "::1");
    }
    out = generate_put_number(out, first[word >> 61]);
    for (unsigned i = 1; i < 4; i++) {
        *out++ = '.';
        out = generate_put_number(out, (word >> (8 * i)) & 255);
    }
    return out;
}

static char *put_visitor(char *out, struct generate_context *context)
{
    uint64_t word = person_word(context, WORD_VISITOR);
    out = generate_put_padded(put(out, "v1."), 1700000000 + word % 60000000, 10);
    *out++ = '.';
    return generate_put_hex(out, word, 10);
}

/* A session lasts an hour at most. */
static char *put_session(char *out, struct generate_context *context)
{
    uint64_t hour = (uint64_t)(context->time / TIME_HOUR);
    return generate_put_hex(put(out, "s-"), generate_mix(person_word(context, WORD_SESSION) + hour),
                            16);
}

static char *put_push_token(char *out, struct generate_context *context)
{
    out = generate_put_hex(put(out, "APA91b"), person_word(context, WORD_PUSH), 16);
    return generate_put_hex(out, person_word(context, WORD_PUSH + 1), 16);
}

static char *put_open_id(char *out, struct generate_context *context)
{
    out = generate_put_hex(put(out, "oX"), person_word(context, WORD_OPEN), 16);
    return generate_put_hex(out, person_word(context, WORD_OPEN + 1), 10);
}

/* Region, date of birth, sequence, and the check character of GB 11643. */
static char *put_resident_id(char *out, struct generate_context *context)
{
    static const unsigned regions[] = {110105, 310104, 440305, 330106,
                                       510107, 420106, 610113, 320102};
    uint64_t word = person_word(context, WORD_RESIDENT);
    char *end = generate_put_padded(out, regions[word >> 61], 6);
    end = generate_put_padded(end, 1950 + word % 60, 4);
    end = generate_put_padded(end, 1 + (word >> 8) % 12, 2);
    end = generate_put_padded(end, 1 + (word >> 16) % 28, 2);
    end = generate_put_padded(end, (word >> 24) % 1000, 3);
    for (const char *check = "0123456789X"; *check; check++) {
        *end = *check;
        if (resident_id_valid(slice_of(out, 18)))
            break;
    }
    return end + 1;
}

static char *put_card(char *out, struct generate_context *context)
{
    char *end = generate_put_padded(put(out, "62"), person_word(context, WORD_CARD), 13);
    return put_check_digit(out, end);
}

static char *put_order(char *out, struct generate_context *context)
{
    out = generate_put_padded(out, (uint64_t)(context->time / TIME_SECOND), 10);
    return generate_put_padded(out, generate_next(&context->random), 8);
}

static char *put_address(char *out, struct generate_context *context)
{
    uint64_t word = person_word(context, WORD_PLACE);
    out = put(out, "示例路");
    out = generate_put_number(out, 1 + word % 900);
    return put(out, "号");
}

/* When the SDK sent the event: a little later. */
static char *put_sent(char *out, struct generate_context *context)
{
    uint64_t later = 20 + generate_below(&context->random, 4000);
    return generate_put_number(out, (uint64_t)context->time + later);
}

/* Half a year to two years after the capture. */
static char *put_ahead(char *out, struct generate_context *context)
{
    uint64_t days = 180 + generate_below(&context->random, 550);
    return generate_put_time_text(out, context, context->time + (int64_t)days * TIME_DAY);
}

const struct generate_value generate_values[] = {
    {"person.id", put_id, 9},
    {"person.android_id", put_android_id, 16},
    {"person.oaid", put_oaid, 36},
    {"person.gaid", put_gaid, 36},
    {"person.idfa", put_idfa, 36},
    {"person.idfv", put_idfv, 36},
    {"person.installation", put_installation, 21},
    {"person.imei", put_imei, 16},
    {"person.imei2", put_imei2, 18},
    {"person.meid", put_meid, 14},
    {"person.imsi", put_imsi, 15},
    {"person.iccid", put_iccid, 21},
    {"person.mac", put_mac, 17},
    {"person.mac_bluetooth", put_bluetooth, 17},
    {"person.serial", put_serial, 12},
    {"person.sim_serial", put_sim_serial, 15},
    {"person.phone", put_phone, 11},
    {"person.phone_spaced", put_phone_spaced, 13},
    {"person.login", put_login, 32},
    {"person.email", put_email, 48},
    {"person.device_name", put_device_name, 32},
    {"person.ip", put_ip, 40},
    {"person.visitor", put_visitor, 24},
    {"person.session", put_session, 18},
    {"person.push_token", put_push_token, 38},
    {"person.open_id", put_open_id, 28},
    {"person.resident_id", put_resident_id, 19},
    {"person.card", put_card, 17},
    {"person.order", put_order, 18},
    {"person.address", put_address, 32},
    {"time.sent", put_sent, 20},
    {"time.ahead", put_ahead, 24},
    {0},
};

bool generate_lists_fit(const struct generate_book *book)
{
    return generate_book_list_count(book, "device.model") == DEVICES &&
           generate_book_list_count(book, "place.country") == PLACES &&
           generate_book_list_count(book, "app.version") == RELEASES;
}

void generate_set_subject(struct generate_context *context, uint64_t seed, uint64_t subject)
{
    context->subject = subject;
    context->seed_offset = generate_mix(seed) % 900000000;
    context->subject_key = generate_mix(generate_mix(seed ^ UINT64_C(0x6c65746865)) + subject);
    uint64_t device = person_word(context, WORD_DEVICE);
    uint64_t place = person_word(context, WORD_PLACE);
    uint64_t release = person_word(context, WORD_RELEASE);
    bool apple = (device & 1023) < 256;
    size_t row = apple ? generate_rank(device << 10, device << 24, DEVICES - ANDROID_DEVICES)
                       : generate_rank(device << 10, device << 24, ANDROID_DEVICES);
    context->rows[ROW_DEVICE] = (uint32_t)row + (apple ? ANDROID_DEVICES : 0);
    context->rows[ROW_PLATFORM] = apple;
    context->rows[ROW_PLACE] = (uint32_t)generate_rank(place << 10, place << 24,
                                                       (place & 1023) < 940 ? HOME_PLACES : PLACES);
    context->rows[ROW_APP] = (uint32_t)generate_rank(release << 10, release << 24, RELEASES);
}
