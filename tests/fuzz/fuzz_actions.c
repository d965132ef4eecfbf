/*
 * The actions that rewrite one value. The first character chooses which, the rest is the value.
 *
 *   u, h   url, with its path or host alone   p   file path       i   IP address    s   stack
 *   t, d, w   time to hour, day, week         n   number          v   version       g, G   place
 *   m   mask                                  k   the detectors over kept values
 *
 *   what is refused appends nothing; what comes out is UTF-8, within the action's bounds, and of
 *   the characters that the action writes: of a URL never an '@', a '?' or a '#', of an address no
 *   bit beyond the network, of a place no finer than the grid, of a mask four characters at an end
 *   the action on its own result changes nothing, where the result is of the form of its input
 *   what a URL has behind its path, and before its host, makes no difference to the result
 *   the quick look at kept values lets nothing pass that the whole scan finds
 */
#include "anonymize/detector.h"
#include "anonymize/detector_kept.h"
#include "anonymize/file_path.h"
#include "anonymize/generalise.h"
#include "anonymize/ip_address.h"
#include "anonymize/mask.h"
#include "anonymize/stack_trace.h"
#include "anonymize/url.h"
#include "core/utf8.h"
#include "tests/fuzz/fuzz.h"

enum { OUTPUT_LIMIT = 1 << 20, GRID = 250, GRID_COARSE = 10000 };

static const int64_t buckets[] = {-5, 0, 1000, INT64_C(4000000000)};
enum { BUCKETS = sizeof buckets / sizeof *buckets };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool act(char choice, struct slice text, struct buffer *out)
{
    static const struct action_rule place = {
        .action = ACTION_GENERALISE, .generalisation = GENERALISE_PLACE, .grid = GRID_COARSE};
    switch (choice) {
    case 'u':
        return url_reduce(text, URL_PATH, out);
    case 'h':
        return url_reduce(text, URL_HOST, out);
    case 'p':
        return file_path_reduce(text, out);
    case 'i':
        return ip_address_truncate(text, out);
    case 's':
        return stack_trace_rewrite(text, out);
    case 't':
        return generalise_time(text, TIME_FORMAT_AUTO, TIME_HOUR, out);
    case 'd':
        return generalise_time(text, TIME_FORMAT_AUTO, TIME_DAY, out);
    case 'w':
        return generalise_time(text, TIME_FORMAT_AUTO, TIME_WEEK, out);
    case 'n':
        return generalise_number(text, buckets, BUCKETS, out);
    case 'v':
        return generalise_version(text, out);
    case 'g':
        return generalise_place(text, GRID, out);
    case 'G':
        return generalise(&place, text, out);
    default:
        return mask_text(text, 2, 3, out);
    }
}

static void check_characters(struct slice text, const char *allowed)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool word = is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        FUZZ_CHECK(word || (c != 0 && strchr(allowed, c)));
    }
}

/* Printable, but for what is in `allowed`. */
static void check_printable(struct slice text, const char *allowed)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        FUZZ_CHECK((c >= 0x20 && c != 0x7f) || (c != 0 && strchr(allowed, c)));
    }
}

static void check_url(struct slice url)
{
    size_t slashes = 0;
    check_characters(url, "-._~:/[]");
    for (size_t i = 0; i < url.length; i++)
        slashes += url.data[i] == '/';
    FUZZ_CHECK(slashes <= URL_SEGMENT_LIMIT + 3);
}

/* The result for another spelling of the URL is the same. */
static void check_same_url(char choice, struct slice text, struct slice result)
{
    struct buffer again;
    buffer_init(&again, OUTPUT_LIMIT);
    FUZZ_CHECK(act(choice, text, &again));
    FUZZ_CHECK(slice_equal(result, buffer_slice(&again)));
    buffer_release(&again);
}

static size_t find_any(struct slice text, size_t from, const char *set)
{
    while (from < text.length && (text.data[from] == 0 || !strchr(set, text.data[from])))
        from++;
    return from;
}

/* Without query and fragment, and without user info. */
static void check_left_out(char choice, struct slice text, struct slice result)
{
    text = slice_trim(text);
    struct slice head = slice_head(text, find_any(text, 0, "?#"));
    if (head.length == slice_trim(head).length)
        check_same_url(choice, head, result);
    size_t start = slice_find(text, SLICE("://")) + 3;
    if (start > text.length || find_any(text, 0, "/\\?#") + 2 != start)
        return;
    size_t end = find_any(text, start, "/\\?#");
    size_t host = end;
    while (host > start && text.data[host - 1] != '@')
        host--;
    if (host == start || slice_find_byte(slice_tail(text, host), ' ') == 0)
        return;
    struct buffer bare;
    buffer_init(&bare, OUTPUT_LIMIT);
    buffer_append(&bare, slice_head(text, start));
    buffer_append(&bare, slice_tail(text, host));
    check_same_url(choice, buffer_slice(&bare), result);
    buffer_release(&bare);
}

static void check_path(struct slice path)
{
    static const struct slice homes[] = {{"/home/", 6}, {"/Users/", 7}};
    FUZZ_CHECK(path.length > 0 && path.length <= 4 * FILE_PATH_LIMIT);
    check_printable(path, "");
    for (size_t i = 0; i < 2; i++) {
        if (!slice_starts_with(path, homes[i]) || path.length == homes[i].length)
            continue;
        struct slice user = slice_tail(path, homes[i].length);
        static const struct slice nobody[] = {{"<user>", 6},  {"Shared", 6},    {"Public", 6},
                                              {"Default", 7}, {"All Users", 9}, {"<id>", 4}};
        bool known = false;
        user = slice_head(user, slice_find_byte(user, '/'));
        for (size_t j = 0; j < sizeof nobody / sizeof *nobody; j++)
            known |= slice_equal_ignoring_case(user, nobody[j]);
        FUZZ_CHECK(known || user.length == 0 || user.data[0] == '.');
    }
}

static void check_ip(struct slice text)
{
    struct ip_address address;
    FUZZ_CHECK(text.length <= IP_ADDRESS_TEXT_LIMIT);
    FUZZ_CHECK(ip_address_parse(text, &address));
    for (size_t i = address.v4 ? 3 : 6; i < sizeof address.bytes; i++)
        FUZZ_CHECK(address.bytes[i] == 0);
}

static void check_stack(struct slice trace)
{
    size_t lines = 0;
    FUZZ_CHECK(trace.length > 0 && trace.length <= STACK_OUTPUT_LIMIT);
    check_printable(trace, "\n\t");
    while (trace.data) {
        FUZZ_CHECK(slice_cut(&trace, '\n').length > 0);
        lines++;
    }
    FUZZ_CHECK(lines <= STACK_LINE_LIMIT);
}

static void check_time(struct slice text, struct slice result, int64_t step)
{
    enum time_format format;
    int64_t before, time;
    FUZZ_CHECK(time_parse(text, TIME_FORMAT_AUTO, &before, &format));
    /* A week that begins in 1969 cannot be read again. */
    if (time_parse(result, format, &time, NULL))
        FUZZ_CHECK(time == time_floor(before, step));
    else
        FUZZ_CHECK(step == TIME_WEEK && before < TIME_WEEK);
    check_characters(result, "-:.");
}

static void check_bucket(struct slice label)
{
    static const struct slice labels[] = {{"<-5", 3},
                                          {"[-5,0)", 6},
                                          {"[0,1000)", 8},
                                          {"[1000,4000000000)", 17},
                                          {">=4000000000", 12}};
    bool known = false;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        known |= slice_equal(label, labels[i]);
    FUZZ_CHECK(known);
}

static void check_version(struct slice version)
{
    size_t dot = slice_find_byte(version, '.');
    FUZZ_CHECK(version.length > 0 && dot > 0 && dot <= 6 && version.length <= 13);
    for (size_t i = 0; i < version.length; i++)
        FUZZ_CHECK(is_digit(version.data[i]) || (i == dot && i + 1 < version.length));
}

/* "-0.25" in thousandths. */
static int64_t thousandths(struct slice text)
{
    int64_t value = 0;
    bool negative = slice_starts_with(text, SLICE("-"));
    if (negative)
        text = slice_tail(text, 1);
    struct slice whole = slice_cut(&text, '.');
    FUZZ_CHECK(slice_to_i64(whole, &value) && value <= 180 && text.length <= 3);
    for (size_t i = 0; i < 3; i++)
        value = value * 10 + (i < text.length ? text.data[i] - '0' : 0);
    return negative ? -value : value;
}

static void check_place(struct slice place, int64_t grid)
{
    FUZZ_CHECK(place.length > 0);
    while (place.data) {
        struct slice part = slice_cut(&place, ',');
        check_characters(part, "-.");
        int64_t corner = thousandths(part);
        FUZZ_CHECK(corner % grid == 0 || corner == -180000 || corner == -90000);
    }
}

static void check_mask(struct slice text, struct slice masked)
{
    struct slice stars = SLICE("****");
    size_t at = slice_find(masked, stars);
    FUZZ_CHECK(masked.length <= MASK_ASTERISKS + (2 + 3) * 4);
    FUZZ_CHECK(at < masked.length);
    FUZZ_CHECK(text.length >= masked.length - MASK_ASTERISKS);
}

static void check_result(char choice, struct slice text, struct slice result)
{
    switch (choice) {
    case 'u':
    case 'h':
        check_url(result);
        check_left_out(choice, text, result);
        break;
    case 'p':
        check_path(result);
        break;
    case 'i':
        check_ip(result);
        break;
    case 's':
        check_stack(result);
        break;
    case 't':
    case 'd':
    case 'w':
        check_time(text, result, choice == 't' ? TIME_HOUR : choice == 'd' ? TIME_DAY : TIME_WEEK);
        break;
    case 'n':
        check_bucket(result);
        break;
    case 'v':
        check_version(result);
        break;
    case 'g':
    case 'G':
        check_place(result, choice == 'g' ? GRID : GRID_COARSE);
        break;
    default:
        check_mask(text, result);
        break;
    }
}

/* Of these the result is a value of the kind that came in; but a path that begins with ":id" reads
 * as a URL without a scheme. */
static bool is_repeatable(char choice, struct slice result)
{
    return choice != 0 && strchr("uhpiv", choice) && !slice_starts_with(result, SLICE(":"));
}

static void check_repeated(char choice, struct slice result)
{
    struct buffer again;
    struct slice copy = fuzz_copy(result);
    buffer_init(&again, OUTPUT_LIMIT);
    FUZZ_CHECK(act(choice, copy, &again));
    FUZZ_CHECK(slice_equal(slice_trim(result), slice_trim(buffer_slice(&again))));
    buffer_release(&again);
    free((char *)copy.data);
}

/* A buffer without room refuses, and keeps what it had. */
static void check_full(char choice, struct slice text, struct slice result)
{
    struct buffer small;
    if (result.length < 2)
        return;
    buffer_init(&small, result.length - 1);
    FUZZ_CHECK(!act(choice, text, &small) && small.length == 0);
    buffer_release(&small);
}

static void check_action(char choice, struct slice text)
{
    struct buffer out;
    buffer_init(&out, OUTPUT_LIMIT);
    if (act(choice, text, &out)) {
        FUZZ_CHECK(!out.failed && utf8_valid(buffer_slice(&out)));
        check_result(choice, text, buffer_slice(&out));
        check_full(choice, text, buffer_slice(&out));
        if (is_repeatable(choice, buffer_slice(&out)))
            check_repeated(choice, buffer_slice(&out));
    } else {
        FUZZ_CHECK(out.length == 0);
    }
    buffer_release(&out);
}

static void check_kept(struct slice text)
{
    static const struct value_rule rules[] = {
        {.string = true},
        {.string = true, .may_hold_uuid = true, .may_hold_hex16 = true},
        {.string = true, .may_hold_mac = true, .may_hold_digits11 = true},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct detector_options options = {.kept = true,
                                           .allow_hex = rules[i].may_hold_hex16,
                                           .allow_uuid = rules[i].may_hold_uuid,
                                           .allow_mac = rules[i].may_hold_mac,
                                           .allow_digits = rules[i].may_hold_digits11};
        FUZZ_CHECK(detector_kept_value_clean(&rules[i], text) ==
                   !detector_finds(text, options, STRENGTH_STRUCT));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    char choice = (char)fuzz_take_choice(&text);
    if (!utf8_valid(text))
        return 0; /* values are decoded strings */
    struct slice copy = fuzz_copy(text);
    if (choice == 'k')
        check_kept(copy);
    else
        check_action(choice, copy);
    free((char *)copy.data);
    return 0;
}
