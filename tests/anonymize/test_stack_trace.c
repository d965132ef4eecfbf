#include "anonymize/stack_trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *rewritten; /* NULL: refused */
} cases[] = {
    /* Java, Kotlin */
    {"java.lang.IllegalStateException: user zhang@example.com not found\n"
     "\tat com.example.Foo.bar(Foo.java:12)\n"
     "\tat com.example.Foo$Companion.baz(Foo.kt)\n"
     "\tat java.lang.reflect.Method.invoke(Native Method)\n"
     "\tat java.base@17.0.1/java.lang.Thread.run(Thread.java:833)\n"
     "\tat com.example.Foo$$Lambda$123/0x0000000800c8f840.run(Unknown Source)\n"
     "\tat com.example.Foo.bar(Foo.java:12) ~[app.jar:1.0]\n"
     "\tSuppressed: com.example.BarException: secret\n"
     "\t... 2 more\n"
     "Caused by: com.example.FooError: password=hunter2\n"
     "\t... 12 common frames omitted\n",
     "java.lang.IllegalStateException\n"
     "at com.example.Foo.bar(Foo.java:12)\n"
     "at com.example.Foo$Companion.baz(Foo.kt)\n"
     "at java.lang.reflect.Method.invoke(Native Method)\n"
     "at java.base@17.0.1/java.lang.Thread.run(Thread.java:833)\n"
     "at com.example.Foo$$Lambda.run(Unknown Source)\n"
     "at com.example.Foo.bar(Foo.java:12)\n"
     "Suppressed: com.example.BarException\n"
     "... 2 more\n"
     "Caused by: com.example.FooError\n"
     "... 12 more"},
    {"Exception in thread \"user-13812345678\" java.lang.Error: x", "java.lang.Error"},
    {"FATAL EXCEPTION: main\nProcess: com.x, PID: 1\nCaused by: zhang.san: x",
     "FATAL EXCEPTION\nCaused by: ?"},
    {"at com.x.Y.z(13812345678)", "at com.x.Y.z(?)"},
    {"at com.x.a13812345678.z(Y.java:1)", "at ?(Y.java:1)"},
    {"at com.x.YWxpY2VAZXhhbXBsZS5jb20.z(Y.java:1)", "at ?(Y.java:1)"},
    {"#00 pc a1b2c3d4e5f60718  /system/lib64/libc.so (abort+4) "
     "(BuildId: 616c696365406578616d706c652e636f6d)",
     "#00 pc 0 /system/lib64/libc.so (abort+4)"},
    /* JavaScript */
    {"TypeError: Cannot read 'zhang' of undefined\n"
     "    at foo (https://user:pass@example.com/static/js/main.js?u=1:1:2345)\n"
     "    at Object.<anonymous> (/home/bob/app/index.js:10:5)\n"
     "    at async Promise.all (index 0)\n"
     "    at new Foo (webpack:///./src/Foo.js?1234:3:4)\n"
     "    at Foo.bar [as baz] (file:///C:/Users/bob/x.js:3:4)\n"
     "    at https://example.com/u/12345/x.js:1:2\n"
     "    at native\n"
     "    at eval (eval at foo (http://x/y:1:2), <anonymous>:1:1)\n"
     "    at Array.map (<anonymous>)\n",
     "TypeError\n"
     "at foo (https://example.com/static/js/main.js:1:2345)\n"
     "at Object.<anonymous> (/home/<user>/app/index.js:10:5)\n"
     "at async Promise.all (index 0)\n"
     "at new Foo (webpack:///src/Foo.js:3:4)\n"
     "at Foo.bar [as baz] (file:C:/Users/<user>/x.js:3:4)\n"
     "at https://example.com/u/:id/x.js:1:2\n"
     "at native\n"
     "at eval (eval)\n"
     "at Array.map (<anonymous>)"},
    {"foo@https://example.com/main.js:1:2\n@https://example.com/main.js:3:4\n"
     "global code@[native code]\nbar/<@index.bundle:1:5\n",
     "foo@https://example.com/main.js:1:2\n@https://example.com/main.js:3:4\n"
     "bar/<@index.bundle:1:5"},
    {"bob@example.com:1:2\nbob@example.com", NULL},
    {"Uncaught (in promise) Error: x", "Error"},
    /* Python */
    {"Traceback (most recent call last):\n"
     "  File \"/home/bob/app.py\", line 3, in <module>\n"
     "    login(\"zhang\", password=\"x\")\n"
     "  File \"<stdin>\", line 1, in f\n"
     "    ValueError\n"
     "During handling of the above exception, another exception occurred:\n"
     "requests.exceptions.ConnectionError: HTTPConnectionPool(host='10.0.0.1')\n"
     "KeyboardInterrupt\n",
     "Traceback (most recent call last):\n"
     "File \"/home/<user>/app.py\", line 3, in <module>\n"
     "File \"<stdin>\", line 1, in f\n"
     "During handling of the above exception, another exception occurred:\n"
     "requests.exceptions.ConnectionError\n"
     "KeyboardInterrupt"},
    /* Go */
    {"panic: user zhang not found\n"
     "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47]\n"
     "goroutine 1 [running]:\n"
     "main.f(0xc000012345, {0x1, 0x2})\n"
     "\t/home/bob/x.go:12 +0x1d\n"
     "main.(*T).Method(...)\n"
     "\tC:/Users/bob/x.go:13\n"
     "created by main.main in goroutine 1\n"
     "\t/x/y.go:14 +0x20\n"
     "zhang.san(hello)\n"
     "exit status 2\n",
     "panic\n"
     "goroutine 1 [running]:\n"
     "main.f(...)\n"
     "/home/<user>/x.go:12 +0x1d\n"
     "main.(*T).Method(...)\n"
     "C:/Users/<user>/x.go:13\n"
     "created by main.main\n"
     "/x/y.go:14 +0x20"},
    /* native */
    {"*** *** ***\nABI: 'arm64'\nsignal 11 (SIGSEGV), fault addr 0x0\n    x0  0000000000000000\n"
     "backtrace:\n"
     "      #00 pc 000000000004e2a8  /apex/com.android.runtime/lib64/bionic/libc.so (abort+168) "
     "(BuildId: 8d3a2b4c5d6e7f8091a2b3c4d5e6f708)\n"
     "      #01 pc 0000000000012345  /data/app/~~AbCdEfGhIjKlMnOpQrStUv==/"
     "com.example-AbCdEfGhIjKlMnOpQrStUv==/base.apk!libfoo.so (offset 0x1000) "
     "(foo::bar(int, char const*)+12)\n"
     "      #02 pc 00001234  <anonymous:7f12345678>\n",
     "backtrace:\n"
     "#00 pc 4e2a8 /apex/com.android.runtime/lib64/bionic/libc.so (abort+168) "
     "(BuildId: 8d3a2b4c5d6e7f8091a2b3c4d5e6f708)\n"
     "#01 pc 12345 /data/app/<id>/com.example-<id>/base.apk!libfoo.so "
     "(foo::bar(int, char const*)+12)\n"
     "#02 pc 1234 <anonymous:7f12345678>"},
    {"#0  0x00007ffff7a42428 in raise (sig=6) at ../sysdeps/raise.c:54\n"
     "#1  main (argc=1, argv=0x7ffe \"zhang@example.com\") at /home/bob/main.c:12\n"
     "#2  0x00007ffff7a42428 in __libc_start_main () from /lib/libc.so.6\n"
     "#3  0x0000000000400548 in foo::bar(int) (this=0x1)\n"
     "    #4 0x4a1b2c in baz(int, char*) /home/bob/x.cc:12:3\n"
     "    #5 0x4a1b2c in qux (/lib/libx.so+0x1a2b)\n"
     "    #6 0x4a1b2c (/lib/libx.so+0x1a2b)\n"
     "#hashtag 13812345678\n",
     "#0 in raise () at ../sysdeps/raise.c:54\n"
     "#1 in main () at /home/<user>/main.c:12\n"
     "#2 in __libc_start_main () from /lib/libc.so.6\n"
     "#3 in foo::bar(int) ()\n"
     "#4 in baz(int, char*) /home/<user>/x.cc:12:3\n"
     "#5 in qux (/lib/libx.so+0x1a2b)\n"
     "#6 (/lib/libx.so+0x1a2b)"},
    /* Apple */
    {"Thread 0 Crashed:\n"
     "Thread 1 name:  user zhang\n"
     "0   UIKitCore                     \t0x000000018f1a2b3c -[UIView setFrame:] + 123\n"
     "1   My App                        0x0000000100a1b2c3 0x100a00000 + 111111\n"
     "2   MyApp                         0x0000000100a1b2c3 $s5MyApp3fooyyF + 12 (main.swift:12)\n"
     "3   MyApp                         0x0000000100a1b2c3 main + 12 (/Users/bob/main.swift:12)\n"
     "0x000000018f1a2b3c UIKitCore\n"
     "0x1 zhang san\n",
     "Thread 0 Crashed:\n"
     "0 UIKitCore 0x0 -[UIView setFrame:] + 123\n"
     "1 My App 0x0 0x0 + 111111\n"
     "2 MyApp 0x0 $s5MyApp3fooyyF + 12 (main.swift:12)\n"
     "3 MyApp 0x0 main + 12 (/Users/<user>/main.swift:12)\n"
     "0x0 UIKitCore"},
    {"", NULL},
    {"\n\n", NULL},
    {"hello zhang, call 13812345678", NULL},
    {"zhang.san: hello", NULL},
    {"at", NULL},
    {"at ", NULL},
    {"at (", NULL},
    {"at )", NULL},
    {"#", NULL},
    {"#0", NULL},
    {"#0 (", NULL},
    {"#0 pc", NULL},
    {"@", NULL},
    {"File \"", NULL},
    {"File \"x\", line ", NULL},
    {"goroutine 1 [", NULL},
    {"0 x 0x1", NULL},
    {"Caused by: ", NULL},
};

static void check(const char *text, const char *expected, unsigned *wrong)
{
    struct buffer out;
    buffer_init(&out, 128 * 1024);
    bool released = stack_trace_rewrite(slice_from_string(text), &out);
    if (released != (expected != NULL) ||
        !slice_equal(buffer_slice(&out), slice_from_string(expected))) {
        print_error("%s\n----\n%.*s\n====\n", text, SLICE_FORMAT(buffer_slice(&out)));
        ++*wrong;
    }
    buffer_release(&out);
}

static void test_cases(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(cases[i].text, cases[i].rewritten, &wrong);
    assert_int_equal(wrong, 0);
}

static void test_carriage_returns(void **state)
{
    (void)state;
    unsigned wrong = 0;
    check("at a.b.C.d(E.java:1)\r\nat a.b.C.d(E.java:2)\r\n",
          "at a.b.C.d(E.java:1)\nat a.b.C.d(E.java:2)", &wrong);
    assert_int_equal(wrong, 0);
}

static void test_limits(void **state)
{
    (void)state;
    struct buffer text, out;
    buffer_init(&text, 4 * 1024 * 1024);
    buffer_init(&out, 1024 * 1024);
    for (int i = 0; i < 2000; i++)
        buffer_append_string(&text, "at a.b.C.d(E.java:1)\n");
    assert_true(stack_trace_rewrite(buffer_slice(&text), &out));
    assert_int_equal(out.length, STACK_LINE_LIMIT * 21 - 1);
    buffer_reset(&text);
    buffer_reset(&out);
    for (int i = 0; i < 500; i++) {
        buffer_append_string(&text, "at a.b.");
        for (int j = 0; j < 20; j++)
            buffer_append_string(&text, "Longname_");
        buffer_append_string(&text, ".d(E.java:1)\n");
    }
    assert_true(stack_trace_rewrite(buffer_slice(&text), &out));
    assert_true(out.length <= STACK_OUTPUT_LIMIT && out.length > STACK_OUTPUT_LIMIT - 300);
    assert_int_equal(out.data[out.length - 1], ')');
    buffer_release(&out);
    buffer_init(&out, 10);
    assert_false(stack_trace_rewrite(SLICE("at a.b.C.d(E.java:1)"), &out));
    assert_int_equal(out.length, 0);
    buffer_release(&out);
    buffer_release(&text);
}

/* A marker where people's data stands in a trace never comes out. */
static void test_messages_stay(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "java.lang.Error: %",
        "Caused by: a.B.CError: %",
        "Suppressed: %",
        "%",
        "% %",
        "\tat a.b.C.d(E.java:1) %",
        "panic: %",
        "    %()",
        "ValueError: %",
        "Exception in thread \"%\" a.b.CError",
        "#0 0x1 in f (x=%) at x.c:1",
        "main.f(%)",
        "at f (https://%@example.com/x.js:1:2)",
        "at f (https://example.com/x.js?%:1:2)",
        "File \"/home/%/x.py\", line 3, in f",
        "0 App 0x1 f + 12 %",
        "%: %",
        "% at % (%)",
        "goroutine 1 [running]: %",
        "#00 pc 0001 /home/%/x.so (f+1)",
        "Thread 1 name: %",
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct buffer text, out;
        buffer_init(&text, 1024);
        buffer_init(&out, 4096);
        for (const char *c = forms[i]; *c; c++) {
            if (*c == '%')
                buffer_append_string(&text, "Canary");
            else
                buffer_append_byte(&text, *c);
        }
        stack_trace_rewrite(buffer_slice(&text), &out);
        if (slice_find(buffer_slice(&out), SLICE("Canary")) < out.length)
            fail_msg("%.*s: %.*s", SLICE_FORMAT(buffer_slice(&text)),
                     SLICE_FORMAT(buffer_slice(&out)));
        buffer_release(&text);
        buffer_release(&out);
    }
}

static void test_random(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "at ",       "(",       ")",           " ",           ".",        "a",        "b.c",
        ":",         "1",       ":12",         "#0 ",         "0x1",      " in ",     "pc ",
        "@",         "://",     "/x.js",       "/x.go",       "\n",       "\t",       "File \"",
        "\", line ", "+",       "+0x1",        "Error",       "... ",     "more",     "goroutine ",
        "[",         "]:",      "created by ", "Caused by: ", "$$Lambda", "eval at ", "\"",
        " (",        ") at ",   " + ",         "Thread ",     "é",        "\\",       "file:",
        "BuildId: ", "offset ",
    };
    srand(13);
    for (int round = 0; round < 200000; round++) {
        struct buffer text, out;
        buffer_init(&text, 1024);
        buffer_init(&out, 16 * 1024);
        for (int i = rand() % 16; i >= 0; i--)
            buffer_append_string(&text, pieces[(size_t)rand() % (sizeof pieces / sizeof *pieces)]);
        bool released = stack_trace_rewrite(buffer_slice(&text), &out);
        assert_int_equal(released, out.length > 0);
        buffer_release(&text);
        buffer_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),  cmocka_unit_test(test_carriage_returns),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_messages_stay),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
