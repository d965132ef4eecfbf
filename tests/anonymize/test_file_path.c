#include "anonymize/file_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *path; /* NULL: refused */
} cases[] = {
    {"main.c", "main.c"},
    {"src/main.c", "src/main.c"},
    {"./src/./main.c", "src/main.c"},
    {"../src/main.c", "../src/main.c"},
    {"/usr/lib/libc.so.6", "/usr/lib/libc.so.6"},
    {"/home/bob", "/home/<user>"},
    {"/home/bob/src/main.c", "/home/<user>/src/main.c"},
    {"/home/bob/bob.txt", "/home/<user>/<id>"},
    {"/home/bob/Bobs files/x", "/home/<user>/<id>/x"},
    {"home/bob/x", "home/<user>/x"},
    {"//home/bob/x", "//home/<user>/x"},
    {"///home/bob/x", "/home/<user>/x"},
    {"/home/x/../bob/y", "/home/<user>/y"},
    {"/HOME/bob/y", "/HOME/<user>/y"},
    {"/var/home/bob/y", "/var/home/<user>/y"},
    {"/export/home/bob/y", "/export/home/<user>/y"},
    {"/Users/alice/Library/x", "/Users/<user>/Library/x"},
    {"/Users/Shared/x", "/Users/Shared/x"},
    {"/Volumes/Macintosh HD/Users/alice/x", "/Volumes/Macintosh HD/Users/<user>/x"},
    {"/System/Volumes/Data/Users/alice/x", "/System/Volumes/Data/Users/<user>/x"},
    {"/private/var/folders/ab/c1d2e3f4g5/T/x", "/private/var/folders/<id>/<id>/T/x"},
    {"/src/home/index.js", "/src/home/index.js"},
    {"/src/users/List.tsx", "/src/users/List.tsx"},
    {"/root/x", "/root/x"},
    {"~/x", "~/x"},
    {"~bob/x", "<user>/x"},
    {"/~bob/x", "/<user>/x"},
    {"%20/home/bob/x ", "/home/<user>/x"},
    {"file:%20/home/bob", "file:/home/<user>"},
    {"jar: file: /home/bob?y", "file:/home/<user>"},
    {"/home/%20/bob", "/home/<user>"},
    {"/home/.. /home/bob", "/home/<user>"},
    {"x/. / .. /../home/bob", "../home/<user>"},
    {"../../home/bob/x", "../../home/<user>/x"},
    {"\"/home/bob/x", "\"/home/<user>/x"},
    {"\xC2\xA0/home/bob/x", "<id>/home/<user>/x"},
    {"/srv/home/bob/x", "/srv/home/<user>/x"},
    {"c:users\\bob\\x", "c:\\users\\<user>\\x"},
    {"C:\\Users\\John Smith\\Desktop\\x.txt", "C:\\Users\\<user>\\Desktop\\x.txt"},
    {"c:/users/bob/x", "c:/users/<user>/x"},
    {"D:\\Documents and Settings\\bob\\x", "D:\\Documents and Settings\\<user>\\x"},
    {"C:\\DOCUME~1\\JOHNSM~1\\LOCALS~1\\x", "C:\\DOCUME~1\\<user>\\<id>\\x"},
    {"C:\\PROGRA~1\\App\\x.exe", "C:\\PROGRA~1\\App\\x.exe"},
    {"C:\\Users.\\bob\\x", "C:\\Users.\\<user>\\x"},
    {"C:\\Users\\Public\\x", "C:\\Users\\Public\\x"},
    {"\\\\?\\C:\\Users\\bob\\x", "C:\\Users\\<user>\\x"},
    {"\\\\.\\C:\\Users\\bob\\x", "C:\\Users\\<user>\\x"},
    {"\\\\?\\UNC\\server\\share\\x", "\\\\<host>\\share\\x"},
    {"\\\\server\\share\\x", "\\\\<host>\\share\\x"},
    {"\\\\server\\c$\\Users\\bob\\x", "\\\\<host>\\c$\\Users\\<user>\\x"},
    {"\\\\server\\users\\bob\\x", "\\\\<host>\\users\\<user>\\x"},
    {"//server/share/x", "//<host>/share/x"},
    {"/mnt/c/Users/bob/x", "/mnt/c/Users/<user>/x"},
    {"/cygdrive/c/Users/bob/x", "/cygdrive/c/Users/<user>/x"},
    {"file:///home/bob/x", "file:/home/<user>/x"},
    {"file:/home/bob/x", "file:/home/<user>/x"},
    {"file:///C:/Users/bob/x?y#z", "file:C:/Users/<user>/x"},
    {"file://server/share/x", "file://<host>/share/x"},
    {"FILE:///%68ome/bob/x", "file:/home/<user>/x"},
    {"jar:file:/home/bob/a.jar!/B.class", "file:/home/<user>/a.jar!/B.class"},
    {"/home%2Fbob/x", "/home/<user>/x"},
    {"%2Fhome%252Fbob%25252Fx", "/home/<user>/x"},
    {"/data/user/0/com.example.app/x", "/data/user/<user>/com.example.app/x"},
    {"/data/user_de/10/com.example.app/x", "/data/user_de/<user>/com.example.app/x"},
    {"/data/data/com.example.app/x", "/data/data/com.example.app/x"},
    {"/storage/emulated/0/DCIM/x.jpg", "/storage/emulated/<user>/DCIM/x.jpg"},
    {"/run/user/1000/x", "/run/user/<user>/x"},
    {"/data/app/~~AbCdEfGhIjKlMnOpQrStUv==/com.example.app-AbCdEfGhIjKlMnOpQrStUv==/base.apk",
     "/data/app/<id>/com.example.app-<id>/base.apk"},
    {"/data/app/com.example.app-1/base.apk", "/data/app/com.example.app-1/base.apk"},
    {"/var/mobile/Containers/Data/Application/123E4567-E89B-12D3-A456-426614174000/Documents/x",
     "/var/mobile/Containers/Data/Application/<id>/Documents/x"},
    {"/sdcard/13812345678.vcf", "/sdcard/<id>"},
    {"/sdcard/zhang@example.com/x", "/sdcard/<id>/x"},
    {"/sdcard/张三/x", "/sdcard/<id>/x"},
    {"/x/user:pass@host/y", "/x/<id>/y"},
    {"/x/d41d8cd98f00b204e9800998ecf8427e/y", "/x/<id>/y"},
    {"/x/a1b2c3d4e5f6g7h8i9j0/y", "/x/<id>/y"},
    {"/x/00:1a:2b:3c:4d:5e", "/x/<id>"},
    {"/x/node_modules/@angular/core/index.js", "/x/node_modules/@angular/core/index.js"},
    {"/x/lodash@4.17.21/index.js", "/x/lodash@4.17.21/index.js"},
    {"/x/main.js?token=abc", "/x/main.js"},
    {"Foo.kt", "Foo.kt"},
    {"", NULL},
    {"   ", NULL},
    {"/", NULL},
    {"..", ".."},
    {"/..", NULL},
    {"http://example.com/x", NULL},
    {"content://com.android/x", NULL},
    {"a\nb", NULL},
    {"a%00b", NULL},
    {"a%0Ab", NULL},
    {"a%FFb", NULL},
};

static void check(const char *text, const char *expected, unsigned *wrong)
{
    struct buffer out;
    buffer_init(&out, 8192);
    bool released = file_path_reduce(slice_from_string(text), &out);
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
        check(cases[i].text, cases[i].path, &wrong);
        if (cases[i].path) /* what left once leaves the same again */
            check(cases[i].path, cases[i].path, &wrong);
    }
    assert_int_equal(wrong, 0);
}

/* However it is spelt, the name does not come out. */
static void test_names_stay(void **state)
{
    (void)state;
    static const char *const roots[] = {
        "/home/",
        "/Users/",
        "C:\\Users\\",
        "c:/Users/",
        "\\\\?\\C:\\Users\\",
        "//home/",
        "file:///home/",
        "file:///C:/Users/",
        "/%68ome/",
        "/home/./",
        "/home//",
        "/home/x/../",
        "\\Users\\",
        "/mnt/c/Users/",
        "/export/home/",
        "~",
        "C:\\\\Users\\\\",
        "%2Fhome%2F",
        "\\\\srv\\Users\\",
        "D:\\Documents and Settings\\",
    };
    static const char *const tails[] = {"", "/", "\\", "/x", "\\x", "/zhangsan", "/x.zhangsan.y"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        for (size_t j = 0; j < sizeof tails / sizeof *tails; j++) {
            struct buffer text, out;
            buffer_init(&text, 256);
            buffer_init(&out, 1024);
            buffer_append_string(&text, roots[i]);
            buffer_append_string(&text, "zhangsan");
            buffer_append_string(&text, tails[j]);
            file_path_reduce(buffer_slice(&text), &out);
            if (slice_find(buffer_slice(&out), SLICE("zhang")) < out.length)
                fail_msg("%.*s", SLICE_FORMAT(buffer_slice(&text)));
            buffer_release(&text);
            buffer_release(&out);
        }
    }
}

static void test_limits(void **state)
{
    (void)state;
    static char text[FILE_PATH_LIMIT + 1];
    struct buffer out;
    buffer_init(&out, 64 * 1024);
    memset(text, 'a', sizeof text);
    assert_false(file_path_reduce(slice_of(text, sizeof text), &out));
    assert_true(file_path_reduce(slice_of(text, FILE_PATH_LIMIT), &out));
    assert_true(slice_equal(buffer_slice(&out), SLICE("<id>")));
    memset(text, '/', sizeof text);
    assert_false(file_path_reduce(slice_of(text, FILE_PATH_LIMIT), &out));
    for (size_t i = 0; i < sizeof text; i += 2)
        text[i] = 'a';
    assert_false(file_path_reduce(slice_of(text, FILE_PATH_LIMIT), &out)); /* too many segments */
    assert_int_equal(out.length, 4);
    buffer_release(&out);
    buffer_init(&out, 4);
    assert_false(file_path_reduce(SLICE("/home/bob"), &out));
    assert_int_equal(out.length, 0);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_names_stay),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
