#include "anonymize/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *path; /* with URL_PATH; NULL: refused */
    const char *host; /* with URL_HOST */
} cases[] = {
    {"https://example.com", "https://example.com", "https://example.com"},
    {"HTTPS://WWW.Example.COM/A/b", "https://www.example.com/A/b", "https://www.example.com"},
    {"https://example.com/a/b?x=1#y", "https://example.com/a/b", "https://example.com"},
    {"https://example.com?x=1", "https://example.com", "https://example.com"},
    {"https://example.com/tel/138/0013/8000", "https://example.com/:id", "https://example.com"},
    {"https://example.com/02/42/ac/11/00/02/x", "https://example.com/:id", "https://example.com"},
    {"https://example.com/2026/11/24/10", "https://example.com/2026/11/24/10",
     "https://example.com"},
    {"https://203.0.113.57.nip.io/x", NULL, NULL},
    {"https://a.203.0.113.57.example.com/x", NULL, NULL},
    {"https://1.2.3.example.com/x", "https://1.2.3.example.com/x", "https://1.2.3.example.com"},
    {"https://example.com#a@b", "https://example.com", "https://example.com"},
    {" https://example.com/ ", "https://example.com", "https://example.com"},
    {"https://example.com./a", "https://example.com/a", "https://example.com"},
    {"https://example.com:8443/a", "https://example.com/a", "https://example.com"},
    {"https://example.com:/a", "https://example.com/a", "https://example.com"},
    {"https://user:pass@example.com/a", "https://example.com/a", "https://example.com"},
    {"https://user@example.com@example.org/a", "https://example.org/a", "https://example.org"},
    {"https://us%40er:p%2Fss@example.com/a", "https://example.com/a", "https://example.com"},
    {"https://user:pass@[2001:db8:1::1]:443/a", "https://[2001:db8:1::]/a",
     "https://[2001:db8:1::]"},
    {"http://203.0.113.77:8080/x", "http://203.0.113.0/x", "http://203.0.113.0"},
    {"http://[::ffff:203.0.113.77]/x", "http://203.0.113.0/x", "http://203.0.113.0"},
    {"http://localhost:3000/x", "http://localhost/x", "http://localhost"},
    {"wss://example.com/ws", "wss://example.com/ws", "wss://example.com"},
    {"myapp://profile/settings?id=7", "myapp://profile/settings", "myapp://profile"},
    {"com.example.app://open", "com.example.app://open", "com.example.app://open"},
    {"//cdn.example.com/x.js", "//cdn.example.com/x.js", "//cdn.example.com"},
    {"\\\\cdn.example.com\\x.js", "//cdn.example.com/x.js", "//cdn.example.com"},
    {"http:\\\\example.com\\a", "http://example.com/a", "http://example.com"},
    {"http:////example.com/a", "http://example.com/a", "http://example.com"},
    {"http://example.com\\@evil.org/a", "http://example.com/:id/a", "http://example.com"},
    {"/a/b?x=1", "/a/b", NULL},
    {"/", "/", NULL},
    {"pages/home/index?x=1", "pages/home/index", NULL},
    {"/a//b/./c/../d/", "/a/b/d", NULL},
    {"/../../a", "/a", NULL},
    {"/a/%2e%2e/b/%2E", "/b", NULL},
    {"/a/%252e%252e/b", "/b", NULL},
    {"/..", "/", NULL},
    {"/users/12345", "/users/:id", NULL},
    {"/users/1234/posts", "/users/1234/posts", NULL},
    {"/users/1a2b3c4d5", "/users/:id", NULL},
    {"/u/123e4567-e89b-12d3-a456-426614174000/x", "/u/:id/x", NULL},
    {"/u/deadbeefdeadbeef", "/u/:id", NULL},
    {"/u/zhang@example.com", "/u/:id", NULL},
    {"/u/zhang%40example.com", "/u/:id", NULL},
    {"/u/zhang%2540example.com", "/u/:id", NULL},
    {"/u/zhang%25252540example.com", "/u/:id", NULL},
    {"/u/%31%32%33%34%35", "/u/:id", NULL},
    {"/u/%7Ea", "/u/~a", NULL},
    {"/u/10.0.0.1/x", "/u/:id/x", NULL},
    {"/u/a;jsessionid=5", "/u/:id", NULL},
    {"/u/a%3Bjsessionid=5", "/u/:id", NULL},
    {"/u/a%2Fb", "/u/:id", NULL},
    {"/u/a%00b", "/u/:id", NULL},
    {"/u/%zz", "/u/:id", NULL},
    {"/u/100%", "/u/:id", NULL},
    {"/u/a b", "/u/:id", NULL},
    {"/u/张三", "/u/:id", NULL},
    {"/u/%E5%BC%A0", "/u/:id", NULL},
    {"/u/:id/x", "/u/:id/x", NULL},
    {"/t/abcdefghijklmnopqrs1", "/t/:id", NULL},
    {"/t/getUserAccountSettingsOverview", "/t/getUserAccountSettingsOverview", NULL},
    {"/t/aBcDeFgHiJkLmNoPqRsT", "/t/:id", NULL},
    {"/t/wxid_abcdefgh", "/t/:id", NULL},
    {"/r/http://user:pass@host/x", "/r/:id/:id/x", NULL},
    {"/r/http%3A%2F%2Fuser%3Apass%40host", "/r/:id", NULL},
    {"/r/user:pass@host", "/r/:id", NULL},
    {"user@host/x", ":id/x", NULL},
    {"", NULL, NULL},
    {"?x=1", NULL, NULL},
    {"#x", NULL, NULL},
    {":", NULL, NULL},
    {"://example.com", NULL, NULL},
    {"http:", NULL, NULL},
    {"http://", NULL, NULL},
    {"http:///", NULL, NULL},
    {"http:example.com", NULL, NULL},
    {"http:/example.com", NULL, NULL},
    {"user:pass@example.com/x", NULL, NULL},
    {"http://user:pass@/x", NULL, NULL},
    {"http://example.com:80a/x", NULL, NULL},
    {"http://example.com:123456/x", NULL, NULL},
    {"http://exa mple.com/x", NULL, NULL},
    {"http://exa%6Dple.com/x", NULL, NULL},
    {"http://user%40example.com/x", NULL, NULL},
    {"http://例子.公司/x", NULL, NULL},
    {"http://example..com/x", NULL, NULL},
    {"http://-example.com/x", NULL, NULL},
    {"http://3232235777/x", NULL, NULL},
    {"http://0x7f000001/x", NULL, NULL},
    {"http://0300.0250.1.1/x", NULL, NULL},
    {"http://127.1/x", NULL, NULL},
    {"http://1.2.3.4.5/x", NULL, NULL},
    {"http://[::1/x", NULL, NULL},
    {"http://[zz]/x", NULL, NULL},
    {"http://johns-macbook.local/x", NULL, NULL},
    {"http://johns-macbook/x", NULL, NULL},
    {"http://u13812345678.example.com/x", NULL, NULL},
    {"http://ec2-203-0-113-25.example.com/x", NULL, NULL},
    {"http://d41d8cd98f00b204e9800998ecf8427e.example.com/", NULL, NULL},
    {"wx1234567890abcdef://x", NULL, NULL},
    {"data:text/plain,zhang@example.com", NULL, NULL},
    {"blob:https://example.com/x", NULL, NULL},
    {"javascript:alert(1)", NULL, NULL},
    {"JavaScript://example.com/%0aalert(1)", NULL, NULL},
    {"mailto:zhang@example.com", NULL, NULL},
    {"tel:+8613812345678", NULL, NULL},
    {"tel://13812345678", NULL, NULL},
    {"file:///home/bob/x", NULL, NULL},
    {"content://com.android.contacts/people/7", NULL, NULL},
    {"http://example.com/a\nb", NULL, NULL},
    {"ht\ttp://example.com/a", NULL, NULL},
    {"ht tp://example.com/a", NULL, NULL},
};

static void check(const char *text, enum url_detail detail, const char *expected, unsigned *wrong)
{
    struct buffer out;
    buffer_init(&out, 32 * 1024);
    bool released = url_reduce(slice_from_string(text), detail, &out);
    if (released != (expected != NULL) ||
        !slice_equal(buffer_slice(&out), slice_from_string(expected))) {
        print_error("%s\n    %.*s\n", text, SLICE_FORMAT(buffer_slice(&out)));
        ++*wrong;
    }
    buffer_release(&out);
}

static void test_cases(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check(cases[i].text, URL_PATH, cases[i].path, &wrong);
        check(cases[i].text, URL_HOST, cases[i].host, &wrong);
        if (cases[i].path && cases[i].path[0] != ':') /* what left once leaves the same again */
            check(cases[i].path, URL_PATH, cases[i].path, &wrong);
    }
    assert_int_equal(wrong, 0);
}

static void test_limits(void **state)
{
    (void)state;
    struct buffer out, text;
    buffer_init(&text, URL_LENGTH_LIMIT + 1);
    buffer_init(&out, 64 * 1024);
    while (text.length < URL_LENGTH_LIMIT)
        buffer_append_string(&text, "/a");
    assert_true(url_reduce(buffer_slice(&text), URL_PATH, &out));
    assert_int_equal(out.length, URL_SEGMENT_LIMIT * 2);
    buffer_append_byte(&text, 'x');
    assert_false(url_reduce(buffer_slice(&text), URL_PATH, &out));
    buffer_release(&out);
    buffer_init(&out, 12);
    assert_false(url_reduce(SLICE("http://example.com/"), URL_PATH, &out));
    assert_int_equal(out.length, 0);
    buffer_release(&out);
    buffer_release(&text);
}

/* A marker planted anywhere but in a plain segment or the host never comes out. */
static void test_canary(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "https://%s@example.com/a",       "https://x:%s@example.com/a",
        "https://example.com/a?%s",       "https://example.com/a?x=%s",
        "https://example.com/a#%s",       "https://example.com/a;%s",
        "https://example.com/a/x@%s",     "https://example.com/x%%3A%s",
        "https://example.com/a?/../%s",   "https://example.com/a#/../%s",
        "https://%s%%40example.com/a",    "https://example.com/%%2F%s/../b",
        "https:\\\\%s@example.com\\a?%s", "//%s:x@example.com/",
        "/a?next=//%s@example.com",       "https://example.com:%s/a",
    };
    static const char marker[] = "Canary";
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char text[256];
        size_t length = 0;
        for (const char *c = forms[i]; *c; c++) {
            if (c[0] == '%' && c[1] == 's') {
                memcpy(text + length, marker, sizeof marker - 1);
                length += sizeof marker - 1;
                c++;
            } else {
                c += c[0] == '%';
                text[length++] = *c;
            }
        }
        for (int detail = URL_HOST; detail <= URL_PATH; detail++) {
            struct buffer out;
            buffer_init(&out, 1024);
            url_reduce(slice_of(text, length), (enum url_detail)detail, &out);
            if (out.length > 0 && memmem(out.data, out.length, marker, sizeof marker - 1))
                fail_msg("%.*s", (int)length, text);
            buffer_release(&out);
        }
    }
}

static void test_random(void **state)
{
    (void)state;
    static const char alphabet[] = "ab:/\\?#@%[]25.e-;";
    srand(11);
    for (int round = 0; round < 300000; round++) {
        char text[48];
        struct buffer once, twice;
        size_t length = (size_t)rand() % sizeof text;
        for (size_t i = 0; i < length; i++)
            text[i] = alphabet[(size_t)rand() % (sizeof alphabet - 1)];
        buffer_init(&once, 1024);
        buffer_init(&twice, 1024);
        if (url_reduce(slice_of(text, length), URL_PATH, &once)) {
            for (size_t i = 0; i < once.length; i++)
                assert_null(strchr("@?#;%\\", once.data[i]));
            if (once.data[0] != ':') { /* a relative ":id" reads as a scheme */
                assert_true(url_reduce(buffer_slice(&once), URL_PATH, &twice));
                assert_true(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
            }
        }
        buffer_release(&once);
        buffer_release(&twice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_canary),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
