#include "anonymize/scrub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *scrubbed; /* NULL: refused */
} cases[] = {
    {"", ""},
    {"nothing here", "nothing here"},
    {"mail zhang@example.com and 13812345678.", "mail <email> and <phone>."},
    {"connect to /10.0.0.1:8080 failed", "connect to /<ip> failed"},
    {"open /home/bob/x.txt: ENOENT", "open /home/<user>/x.txt: ENOENT"},
    {"C:\\Users\\John Smith\\x", "C:\\Users\\<user>\\x"},
    {"password=hunter2&user=1", "password=<secret>&user=1"},
    {"password=zhang@example.com", "password=<email>"},
    {"{\"token\":\"abc\",\"n\":1}", "{\"token\":\"<secret>\",\"n\":1}"},
    {"GET https://a.example/x?token=abc HTTP/1.1", "GET <url> HTTP/1.1"},
    {"at 1767323045123 ms, 0.123456789012 s", "at 1767323045123 ms, 0.123456789012 s"},
    {"b64 emhhbmcuc2FuQGV4YW1wbGUuY29t", "b64 <encoded>"},
    {"b64 xyzemhhbmcuc2FuQGV4YW1wbGUuY29t", "b64 <encoded>"},
    {"hex 7a68616e672e73616e406578616d706c652e636f6d", "hex <hex>"},
    {"0x4111111111111111", "0x4111111111111111"},
    {"twice WlcxaGFXd2dlbWhoYm1jdWMyRnVRR1Y0WVcxd2JHVXVZMjl0", "twice <encoded>"},
    {"utf16 egBoAGEAbgBnAEAAZQB4AGEAbQBwAGwAZQAuAGMAbwBtAA==", "utf16 <encoded>=="},
    {"plain words: internationalization/counterrevolutionaries",
     "plain words: internationalization/counterrevolutionaries"},
    {"我的手机１３８１２３４５６７８，谢谢", "我的手机<phone>，谢谢"},
    {"<phone> 1234567 <email> <ip>", "<phone> 1234567 <email> <ip>"},
    {"\xff\xfe", NULL},
    {"cut \xe4\xb8", NULL},
};

static void test_cases(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        buffer_init(&out, 1024);
        bool released = scrub_text(slice_from_string(cases[i].text), NULL, &out);
        struct slice expected = slice_from_string(cases[i].scrubbed);
        if (released != (cases[i].scrubbed != NULL) || !slice_equal(buffer_slice(&out), expected)) {
            print_error("%s\n    %.*s\n", cases[i].text, SLICE_FORMAT(buffer_slice(&out)));
            wrong++;
        }
        buffer_release(&out);
    }
    assert_int_equal(wrong, 0);
}

static void test_refused(void **state)
{
    (void)state;
    static char large[SCRUB_TEXT_LIMIT + 1];
    struct buffer out;
    struct scrub_counts counts = {0};
    buffer_init(&out, 256 * 1024);
    buffer_append_string(&out, "before");
    assert_false(scrub_text(slice_of("a\0b", 3), &counts, &out));
    assert_false(scrub_text(slice_of("z\0h\0@\0", 6), &counts, &out));
    memset(large, 'x', sizeof large);
    assert_false(scrub_text(slice_of(large, sizeof large), &counts, &out));
    for (size_t i = 0; i + 8 <= sizeof large; i += 8)
        memcpy(large + i, "a@bb.cc ", 8);
    assert_false(scrub_text(slice_of(large, SCRUB_TEXT_LIMIT), &counts, &out));
    for (int i = 0; i < DETECTOR_KIND_COUNT; i++)
        assert_int_equal(counts.found[i], 0);
    assert_int_equal(out.length, 6);
    assert_true(scrub_text(slice_of(large, SCRUB_FINDING_LIMIT * 8), &counts, &out));
    assert_int_equal(counts.found[DETECTOR_EMAIL], SCRUB_FINDING_LIMIT);
    buffer_release(&out);
    buffer_init(&out, 10);
    assert_false(scrub_text(SLICE("mail zhang@example.com"), &counts, &out));
    assert_int_equal(out.length, 0);
    buffer_release(&out);
}

/* What random texts are put together from: things found, things not found, and what lies between.
 */
static const char *const pieces[] = {
    "13812345678",
    "zhang@example.com",
    "10.0.0.1",
    "4111111111111111",
    "password=",
    "token: ",
    "\"",
    "'",
    " ",
    " ",
    "-",
    "--",
    ".",
    ",",
    ":",
    "=",
    "/",
    "\\",
    "@",
    "+",
    "86",
    "%",
    "%40",
    "%25",
    "<",
    ">",
    "<email>",
    "<secret>",
    "<phone>",
    "<user>",
    "imei",
    "phone ",
    "QQ",
    "lat ",
    "12",
    "138",
    "1234",
    "5678",
    "31.2304",
    "121.4737",
    "fe80::1",
    "::",
    "abc",
    "deadbeef",
    "0x",
    "home/",
    "/home/",
    "/Users/",
    "C:\\Users\\",
    "www.",
    "http://",
    "Bearer ",
    "eyJhbGciOiJub25lIn0.",
    "张",
    "密码",
    "是",
    "京A",
    "１３８",
    "\xE2\x80\x8B",
    "-----BEGIN ",
    "-----END ",
    "\n",
    "emhhbmcuc2FuQGV4YW1wbGUuY29t",
    "123e4567-e89b-12d3-a456-426614174000",
    "00:1a:2b:3c:4d:5e",
    "x",
    "\\u0040",
    "wxid_",
    "cookie=",
};

/* scrub(scrub(x)) == scrub(x), and nothing is found in what was scrubbed that would change it. */
static void test_idempotent(void **state)
{
    (void)state;
    unsigned refused = 0;
    unsigned changed = 0;
    const int rounds = 60000;
    srand(7);
    for (int round = 0; round < rounds; round++) {
        struct buffer text, once, twice;
        buffer_init(&text, 4096);
        buffer_init(&once, 16384);
        buffer_init(&twice, 16384);
        for (int i = rand() % 14; i >= 0; i--)
            buffer_append_string(&text, pieces[(size_t)rand() % (sizeof pieces / sizeof *pieces)]);
        if (!scrub_text(buffer_slice(&text), NULL, &once)) {
            refused++;
        } else {
            changed += !slice_equal(buffer_slice(&once), buffer_slice(&text));
            if (!scrub_text(buffer_slice(&once), NULL, &twice) ||
                !slice_equal(buffer_slice(&once), buffer_slice(&twice)))
                fail_msg("%.*s\n    %.*s\n    %.*s", SLICE_FORMAT(buffer_slice(&text)),
                         SLICE_FORMAT(buffer_slice(&once)), SLICE_FORMAT(buffer_slice(&twice)));
        }
        buffer_release(&text);
        buffer_release(&once);
        buffer_release(&twice);
    }
    print_message("%d texts, %u changed, %u refused\n", rounds, changed, refused);
    assert_true(changed > (unsigned)rounds / 2);
    assert_true(refused < (unsigned)rounds / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_idempotent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
