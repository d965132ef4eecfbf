/* The worst shapes that each detector can be given: four times the text takes about four times as
 * long, whatever is in it. */
#include "anonymize/detector.h"
#include "anonymize/file_path.h"
#include "anonymize/scrub.h"
#include "anonymize/stack_trace.h"
#include "anonymize/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { LARGE = 1024 * 1024, SMALL = LARGE / 4, FINDINGS = 1 << 18, ROUNDS = 30 };

static const char *const shapes[] = {
    "@",
    "a@",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@",
    "a@b.",
    "a@b.cc ",
    "\"@",
    "\"",
    ".",
    "a.b.",
    ":",
    "::",
    "a:",
    "1:",
    "ab:cd:",
    "0:0:0:0:0:0:0:0:",
    "fe80::",
    "://",
    "a://",
    "a://b ",
    "www.",
    "www.a ",
    "1",
    "12",
    "1 ",
    "1-",
    "1.",
    "1.2.3.",
    "1.2.3.4 ",
    "138-1234-",
    "4111 ",
    "4111-1111 ",
    "+1 ",
    "+",
    "+86 138",
    "(1) ",
    "imei 123456789012345 ",
    "qq 12345 ",
    "phone 123 4567 ",
    "tel tel tel tel ",
    "imeiimei",
    "a",
    "f",
    "deadbeef",
    "deadbeefdeadbeef",
    "deadbeef-",
    "deadbeef-dead-",
    "12345678-1234-1234-1234-",
    "00-",
    "00-11-22-33-44-",
    "0011.",
    "abcd-abcd-",
    "ey",
    "eyJ.",
    "eyJhbGciOiJub25lIn0.",
    "eyJhbGciOiJub25lIn0.a.",
    "-----BEGIN ",
    "-----BEGIN X-----",
    "-----END ",
    "-",
    "=",
    "password=",
    "password=a ",
    "password=\"",
    "token:",
    "cookie: ",
    "cookie: a\n",
    "aaaaaaaaaaaaaaaa=",
    "aaaaaaaaaaaaaaaa:",
    "Bearer ",
    "Bearer a ",
    "basic aaaaaaaaaaaa ",
    "ghp_",
    "sk_live_",
    "AKIA",
    "xoxb-",
    "wxid_",
    "xoxb-aaaaaaaaaa-",
    "bearer=",
    "bearer=a1 ",
    "token=5:",
    "wxid_aaaaaa-",
    "wechat=",
    "/home/",
    "/home/a",
    "/home/a b",
    "C:\\Users\\",
    "\\\\",
    "\\\\a\\b",
    "\\Users\\a b c ",
    "~",
    "~a",
    "~a/",
    "/",
    "\\",
    "31.2304,",
    "31.2304,121.4737 ",
    "lat 31.2304 ",
    "$GPRMC,",
    "$",
    "at",
    "[at]",
    "a [at] b",
    "<",
    "<phone>",
    "0x",
    "0x1234567890123456 ",
    "v1.2.3.4 ",
    "a=b=c=",
    "\n",
    " ",
    "\t",
    "a\n",
};

/* What calls for a normalised view is limited to DETECTOR_TEXT_LIMIT. */
static const char *const wide_shapes[] = {
    "张",       "é",         "\xE2\x80\x8B", "1\xE2\x80\x8B",
    "１",       "１３８",    "@\xC2\xAD",    "京",
    "京A",      "京A1234",   "密码",         "密码是",
    "密码是a",  "手机",      "手机1234567",  "°",
    "1°1'",     "%",         "%2",           "%25",
    "%2525",    "%25252525", "%31",          "%40",
    "a%40",     "%5C",       "\\u",          "\\u0040",
    "\\u005cu", "\\",        "\\\\",         "\\x40",
    "％",       "%EF%BC%91", "\\uFF11",      "%E5",
    "张@",      "a张@",      "张三@a.b",
};

static struct finding found[FINDINGS];

static double seconds_of_scan(const char *shape, size_t length)
{
    static char text[LARGE];
    struct timespec begin, end;
    size_t count;
    for (size_t i = 0; i < length; i++)
        text[i] = shape[i % strlen(shape)];
    size_t cut = length; /* no half of a character at the end */
    while (cut > 0 && length - cut < 4 && ((unsigned char)text[cut - 1] & 0xC0) == 0x80)
        cut--;
    if (cut > 0 && (unsigned char)text[cut - 1] >= 0xC0)
        cut--;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    detector_scan(slice_of(text, cut), (struct detector_options){0}, found, FINDINGS, &count);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) * 1e-9;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* Quadratic work would take sixteen times as long. A machine that is shared only ever adds to a
 * time, so the least of several is the nearest to what the work takes: it is tried until that is
 * linear, or for so often that it is not. */
static void check_shape(const char *shape, size_t small, size_t large, double *worst,
                        const char **worst_shape)
{
    double less = 1e9;
    double more = 1e9;
    bool linear = false;
    for (int round = 0; round < ROUNDS && !linear; round++) {
        less = least(less, seconds_of_scan(shape, small));
        more = least(more, seconds_of_scan(shape, large));
        linear = more < 0.002 || more < less * 10;
    }
    if (!linear)
        fail_msg("\"%s\": %.4f s for %zu bytes", shape, more, large);
    double rate = more / (double)large * 1e9;
    if (rate > *worst) {
        *worst = rate;
        *worst_shape = shape;
    }
}

static void test_plain_shapes(void **state)
{
    (void)state;
    double worst = 0;
    const char *shape = "";
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        check_shape(shapes[i], SMALL, LARGE, &worst, &shape);
    print_message("slowest: \"%s\", %.1f ns a byte\n", shape, worst);
}

static void test_wide_shapes(void **state)
{
    (void)state;
    double worst = 0;
    const char *shape = "";
    for (size_t i = 0; i < sizeof wide_shapes / sizeof *wide_shapes; i++)
        check_shape(wide_shapes[i], DETECTOR_TEXT_LIMIT / 4, DETECTOR_TEXT_LIMIT, &worst, &shape);
    print_message("slowest: \"%s\", %.1f ns a byte\n", shape, worst);
}

/* The functions that use the detectors, on 1 MiB of each shape, or as much as they take. */
static void test_users_of_detectors(void **state)
{
    (void)state;
    static char text[LARGE];
    struct buffer out;
    struct timespec begin, end;
    double worst = 0;
    const char *shape = "";
    buffer_init(&out, 4 * LARGE);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (size_t j = 0; j < sizeof text; j++)
            text[j] = shapes[i][j % strlen(shapes[i])];
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
        scrub_text(slice_of(text, SCRUB_TEXT_LIMIT), NULL, &out);
        stack_trace_rewrite(slice_of(text, sizeof text), &out);
        url_reduce(slice_of(text, URL_LENGTH_LIMIT), URL_PATH, &out);
        file_path_reduce(slice_of(text, FILE_PATH_LIMIT), &out);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        double spent =
            (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) * 1e-9;
        buffer_reset(&out);
        if (spent > worst) {
            worst = spent;
            shape = shapes[i];
        }
    }
    print_message("slowest: \"%s\", %.4f s\n", shape, worst);
    assert_true(worst < 2);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_shapes),
        cmocka_unit_test(test_wide_shapes),
        cmocka_unit_test(test_users_of_detectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
