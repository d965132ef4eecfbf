#include "anonymize/detector.h"
#include "anonymize/detector_kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static const struct value_rule plain = {.string = true, .length_limit = 256};
static const struct value_rule image_id = {
    .string = true, .length_limit = 64, .may_hold_uuid = true, .may_hold_hex16 = true};
static const struct value_rule time_rule = {
    .string = true, .number = true, .length_limit = 40, .may_hold_digits11 = true};

static const char *const clean[] = {
    "",
    "SM-G9910",
    "17.4.1",
    "com.example.app",
    "com.example.app.MainActivity.onCreate(MainActivity.java:12)",
    "iPhone15,2",
    "Xiaomi 13 Ultra",
    "HUAWEI P60 Pro (MNA-AL00)",
    "arm64-v8a",
    "zh-Hans-CN",
    "Asia/Shanghai",
    "UTC+08:00",
    "wifi",
    "WWW",
    "Huawei",
    "java.lang.NullPointerException",
    "std::vector<int>::push_back(int const&)",
    "-[UIViewController viewDidLoad]",
    "kotlinx.coroutines.DispatchedTask.run",
    "libc.so (abort+168)",
    "session:start",
    "pages/home/index",
    "main",
    "pool-1-thread-12",
    "RenderThread",
    "6.1.25-android14-11-g1234567",
    "120.0.6099.109",
    "1.2.3.400",
    "5.10.43-android12-9-00001",
    "TP1A.220624.014",
    "1234567890",
    "99999.999999",
    "-200",
    "中国移动",
    "China Mobile 46000",
    "button.click",
    "SIGSEGV",
    "EXC_BAD_ACCESS (SIGSEGV)",
    "0x1f",
    "token_refresh",
    "LoginPasswordActivity",
};

static const char *const dirty[] = {
    "13812345678",
    "call13812345678",
    "138 1234 5678",
    "138-1234-5678",
    "+8613812345678",
    "+442079460958",
    "4111111111111111",
    "4111 1111 1111 1111",
    "11010519491231002X",
    "490154203237518",
    "35-417803-685978-9",
    "8965880812100011146",
    "460001234567891",
    "zhang@example.com",
    "a@b.cn",
    "张三@例子.公司",
    "www.ab.cn",
    "http://a",
    "10.0.0.1",
    "1.2.3.4",
    "v1.2.3.4",
    "10.0.0.1-beta",
    "MIUI V14.0.6.0.TMBCNXM",
    "::1",
    "fe80::1",
    "2001:db8:1:2:3:4:5:6",
    "00:1a:2b:3c:4d:5e",
    "00-1a-2b-3c-4d-5e",
    "001a.2b3c.4d5e",
    "123e4567-e89b-12d3-a456-426614174000",
    "123E4567-E89B-12D3-A456-426614174000",
    "d41d8cd98f00b204e9800998ecf8427e",
    "9774d56d682e549c",
    "deadbeefdeadbeef",
    "0x00007fff5fbff8a0",
    "12345678901",
    "1767323045123",
    "31.2304,121.4737",
    "wxid_abcdefgh",
    "AKIAIOSFODNN7EXAMPLE",
    "LTAI5tQ7abcdefgh1234",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
    "-----BEGIN RSA PRIVATE KEY-----",
    "Bearer abcd1234",
    "password:hunter2hunter",
    "/home/bob/x",
    "C:/Users/bob/x",
    "京A12345",
    "１３８１２３４５６７８",
    "١٣٨١٢٣٤٥٦٧٨",
    "1381\xE2\x80\x8B\x32\x33\x34\x35\x36\x37\x38",
    "YWxpY2VAZXhhbXBsZS5jb20=",
    "x.YWxpY2VAZXhhbXBsZS5jb20",
    "MTM4MDAxMzgwMDA",
    "WVd4cFkyVkFaWGhoYlhCc1pTNWpiMjA",
};

static void test_values(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof clean / sizeof *clean; i++) {
        if (!detector_kept_value_clean(&plain, slice_from_string(clean[i]))) {
            print_error("dropped: %s\n", clean[i]);
            wrong++;
        }
    }
    for (size_t i = 0; i < sizeof dirty / sizeof *dirty; i++) {
        if (detector_kept_value_clean(&plain, slice_from_string(dirty[i]))) {
            print_error("kept: %s\n", dirty[i]);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_allowances(void **state)
{
    (void)state;
    assert_true(
        detector_kept_value_clean(&image_id, SLICE("123E4567-E89B-12D3-A456-426614174000")));
    assert_true(detector_kept_value_clean(&image_id, SLICE("8d3a2b4c5d6e7f8091a2b3c4d5e6f708")));
    assert_true(detector_kept_value_clean(&image_id, SLICE("a13812345678b00000000")));
    assert_false(detector_kept_value_clean(&image_id, SLICE("13812345678")));
    /* hex of "alice@example.com", of "13800138000" */
    assert_false(detector_kept_value_clean(&image_id, SLICE("616c696365406578616d706c652e636f6d")));
    assert_false(detector_kept_value_clean(&image_id, SLICE("20202020203133383030313338303030")));
    assert_false(detector_kept_value_clean(&image_id, SLICE("4111111111111111")));
    assert_false(detector_kept_value_clean(&image_id, SLICE("00:1a:2b:3c:4d:5e")));
    static const char *const times[] = {
        "1767323045",          "1767323045123",        "1767323045123456",
        "1767323045123456789", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678+08:00",
        "2026-01-02 03:04:05", "1767323045.123456789", "0",
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        assert_true(detector_kept_value_clean(&time_rule, slice_from_string(times[i])));
    assert_false(detector_kept_value_clean(&time_rule, SLICE("13812345678")));
    assert_false(detector_kept_value_clean(&time_rule, SLICE("4111111111111111")));
}

/* The short way must never let through what the scan would stop. */
static void test_short_way(void **state)
{
    (void)state;
    static const char digits[] = "0123456789012345678901234567890123456789abcdefABCDEFxwW_-.. +,()"
                                 "ghijklmnopqrstuvyz:@/";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEF....  _-AKIAskxoxbeyJ01";
    srand(5);
    unsigned stopped = 0;
    for (int round = 0; round < 2000000; round++) {
        char text[40];
        size_t length = (size_t)rand() % (round % 2 ? 15 : 40);
        for (size_t i = 0; i < length; i++)
            text[i] = round % 3 ? digits[(size_t)rand() % (sizeof digits - 1)]
                                : letters[(size_t)rand() % (sizeof letters - 1)];
        struct slice value = slice_of(text, length);
        bool found =
            detector_finds(value, (struct detector_options){.kept = true}, STRENGTH_STRUCT);
        if (found && detector_kept_value_clean(&plain, value))
            fail_msg("kept: %.*s", SLICE_FORMAT(value));
        stopped += found;
    }
    assert_true(stopped > 1000);
}

/* Prints what a look costs; fails only where the short way is gone. */
static void test_speed(void **state)
{
    (void)state;
    static const char *const values[] = {"SM-G9910",
                                         "17.4.1",
                                         "wifi",
                                         "zh-Hans-CN",
                                         "iPhone15,2",
                                         "com.example.app",
                                         "java.lang.NullPointerException",
                                         "kotlinx.coroutines.DispatchedTask.run"};
    enum { ROUNDS = 200000 };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct slice value = slice_from_string(values[i]);
        struct timespec begin, end;
        unsigned good = 0;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
        for (int round = 0; round < ROUNDS; round++)
            good += detector_kept_value_clean(&plain, value);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        double spent =
            (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
        print_message("%-40s %7.1f ns\n", values[i], spent / ROUNDS);
        assert_int_equal(good, ROUNDS);
        assert_true(spent / ROUNDS < 20000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_allowances),
        cmocka_unit_test(test_short_way),
        cmocka_unit_test(test_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
