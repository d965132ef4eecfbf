#include "anonymize/ip_address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct example {
    const char *text;
    const char *network; /* NULL: refused */
};

static const struct example examples[] = {
    {"203.0.113.77", "203.0.113.0"},
    {"0.0.0.0", "0.0.0.0"},
    {"255.255.255.255", "255.255.255.0"},
    {"127.0.0.1", "127.0.0.0"},
    {"10.1.2.3", "10.1.2.0"},
    {"192.168.1.1/24", "192.168.1.0"},
    {"203.0.113.77:8080", "203.0.113.0"},
    {"2001:db8:1:2:3:4:5:6", "2001:db8:1::"},
    {"2001:DB8:1::", "2001:db8:1::"},
    {"2001:db8::1", "2001:db8::"},
    {"::1", "::"},
    {"::", "::"},
    {"fe80::1%eth0", "fe80::"},
    {"fe80::1%25eth0", "fe80::"},
    {"[fe80::1%eth0]:443", "fe80::"},
    {"[2001:db8:abcd:1::1]:443", "2001:db8:abcd::"},
    {"[2001:db8:abcd:1::1]", "2001:db8:abcd::"},
    {"2001:db8:abcd::/48", "2001:db8:abcd::"},
    {"2001:0db8:0001:0000:0000:0000:0000:0001", "2001:db8:1::"},
    {"0:0:1:2:3:4:5:6", "0:0:1::"},
    {"1:0:0:2:3:4:5:6", "1::"},
    {"fe80::211:22ff:fe33:4455", "fe80::"},
    {"::ffff:203.0.113.77", "203.0.113.0"},
    {"::FFFF:cb00:714d", "203.0.113.0"},
    {"0:0:0:0:0:ffff:203.0.113.77", "203.0.113.0"},
    {"::ffff:0:203.0.113.77", "203.0.113.0"},
    {"64:ff9b::203.0.113.77", "203.0.113.0"},
    {"64:ff9b::cb00:714d", "203.0.113.0"},
    {"64:ff9b:1:2:3:4:203.0.113.77", "203.0.113.0"},
    {"2002:cb00:714d::1", "203.0.113.0"},
    {"::203.0.113.77", "203.0.113.0"},
    {"[::ffff:203.0.113.77]:80", "203.0.113.0"},
    {"", NULL},
    {" 1.2.3.4", NULL},
    {"1.2.3.4 ", NULL},
    {"1.2.3", NULL},
    {"1.2.3.4.5", NULL},
    {"1.2.3.", NULL},
    {".1.2.3.4", NULL},
    {"1..2.3", NULL},
    {"01.2.3.4", NULL},
    {"1.2.3.04", NULL},
    {"1.2.3.256", NULL},
    {"1.2.3.4444", NULL},
    {"0x1.2.3.4", NULL},
    {"3232235777", NULL},
    {"-1.2.3.4", NULL},
    {"1.2.3.4:", NULL},
    {"1.2.3.4:65536", NULL},
    {"1.2.3.4:080", NULL},
    {"1.2.3.4/33", NULL},
    {"1.2.3.4/", NULL},
    {"1.2.3.4%eth0", NULL},
    {"[1.2.3.4]:80", NULL},
    {"[::1", NULL},
    {"::1]", NULL},
    {"[::1]x", NULL},
    {"[::1]:", NULL},
    {"[::1]:99999", NULL},
    {"::1%", NULL},
    {"::1%a b", NULL},
    {"::1/129", NULL},
    {":", NULL},
    {":::", NULL},
    {"1::2::3", NULL},
    {":1:2:3:4:5:6:7:8", NULL},
    {"1:2:3:4:5:6:7", NULL},
    {"1:2:3:4:5:6:7:8:9", NULL},
    {"1:2:3:4:5:6:7:8:", NULL},
    {"1:2:3:4:5:6:7::8", NULL},
    {"12345::", NULL},
    {"g::", NULL},
    {"1.2.3.4::", NULL},
    {"::1.2.3.4:5", NULL},
    {"::1.2.3", NULL},
    {"::01.2.3.4", NULL},
    {"1:2:3:4:5:6:7:1.2.3.4", NULL},
    {"localhost", NULL},
    {"example.com:80", NULL},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct buffer out;
        buffer_init(&out, 64);
        bool released = ip_address_truncate(slice_from_string(examples[i].text), &out);
        if (released != (examples[i].network != NULL))
            fail_msg("\"%s\": %s", examples[i].text, released ? "released" : "refused");
        if (released && !slice_equal(buffer_slice(&out), slice_from_string(examples[i].network)))
            fail_msg("\"%s\": got \"%.*s\"", examples[i].text, SLICE_FORMAT(buffer_slice(&out)));
        if (!released)
            assert_int_equal(out.length, 0);
        buffer_release(&out);
    }
}

static void test_embedded_nul_and_length(void **state)
{
    (void)state;
    struct ip_address address;
    char longest[4096];
    memset(longest, ':', sizeof longest);
    assert_false(ip_address_parse(slice_of("1.2.3.4\0", 8), &address));
    assert_false(ip_address_parse(slice_of("1.2\0.3.4", 8), &address));
    assert_false(ip_address_parse(slice_of(longest, sizeof longest), &address));
    assert_false(ip_address_parse((struct slice){0}, &address));
}

/* The C library reads and writes IPv6 too: where both read a text they must agree, and what we
 * write must be what it writes (RFC 5952), dotted quads aside, which we never write. */
static void test_against_library(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 200000; round++) {
        unsigned char bytes[16];
        char text[INET6_ADDRSTRLEN], written[IP_ADDRESS_TEXT_LIMIT];
        struct ip_address address;
        int style = rand() % 3;
        for (int i = 0; i < 16; i++)
            bytes[i] = rand() % 3 == 0 ? (unsigned char)rand() : 0;
        bytes[0] = 0x20;
        bytes[1] = 0x01;
        if (style == 0)
            snprintf(text, sizeof text, "%x:%x:%x:%x:%x:%x:%x:%x", bytes[0] << 8 | bytes[1],
                     bytes[2] << 8 | bytes[3], bytes[4] << 8 | bytes[5], bytes[6] << 8 | bytes[7],
                     bytes[8] << 8 | bytes[9], bytes[10] << 8 | bytes[11],
                     bytes[12] << 8 | bytes[13], bytes[14] << 8 | bytes[15]);
        else
            inet_ntop(AF_INET6, bytes, text, sizeof text);
        assert_true(ip_address_parse(slice_from_string(text), &address));
        assert_false(address.v4);
        assert_memory_equal(address.bytes, bytes, 16);
        inet_ntop(AF_INET6, bytes, text, sizeof text);
        size_t length = ip_address_write(&address, written);
        assert_int_equal(length, strlen(text));
        assert_memory_equal(written, text, length);
    }
}

/* Random texts over the alphabet of addresses: accepted only where the C library accepts. */
static void test_strictness(void **state)
{
    (void)state;
    static const char alphabet[] = "0129af::::..";
    int accepted = 0;
    srand(2);
    for (int round = 0; round < 400000; round++) {
        char text[40];
        int length = 1 + rand() % 14;
        for (int i = 0; i < length; i++)
            text[i] = alphabet[rand() % (int)(sizeof alphabet - 1)];
        text[length] = 0;
        struct ip_address address;
        unsigned char bytes[16];
        const char *colon = strchr(text, ':');
        bool port = colon && !strchr(colon + 1, ':') && memchr(text, '.', (size_t)(colon - text));
        if (port)
            continue;
        bool ours = ip_address_parse(slice_from_string(text), &address);
        bool theirs = inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
        if (ours != theirs)
            fail_msg("\"%s\": %d, the library %d", text, ours, theirs);
        accepted += ours;
    }
    assert_true(accepted > 100);
}

static void test_full_buffer(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 5);
    assert_false(ip_address_truncate(SLICE("203.0.113.77"), &out));
    assert_int_equal(out.length, 0);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),        cmocka_unit_test(test_embedded_nul_and_length),
        cmocka_unit_test(test_against_library), cmocka_unit_test(test_strictness),
        cmocka_unit_test(test_full_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
