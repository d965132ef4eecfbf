#include "anonymize/detector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOTHING DETECTOR_KIND_COUNT

/* In each text, [[ and ]] stand around what must be found, as that kind; nothing else may be. */
static const struct {
    enum detector_kind kind;
    const char *text;
} cases[] = {
    {DETECTOR_EMAIL, "mail [[zhang.san@example.com]] now"},
    {DETECTOR_EMAIL, "<[[a+b_c@sub.example.co.uk]]>"},
    {DETECTOR_EMAIL, "x=[[o'brien@example.com]];"},
    {DETECTOR_EMAIL, "[[\"john doe\"@example.com]]"},
    {DETECTOR_EMAIL, "发邮件到[[zhang@example.com]]。"},
    {DETECTOR_EMAIL, "[[josé.garcía@example.es]]"},
    {DETECTOR_EMAIL, "[[张三@例子.公司]]"},
    {DETECTOR_EMAIL, "[[me@xn--fsqu00a.xn--55qx5d]]"},
    {DETECTOR_EMAIL, "[[user%40example.com]]"},
    {DETECTOR_EMAIL, "[[user%2540example.com]]"},
    {DETECTOR_EMAIL, "[[user%252540example.com]]"},
    {DETECTOR_EMAIL, "[[user＠example．com]]"},
    {DETECTOR_EMAIL, "[[us\xE2\x80\x8B"
                     "er@exam\xC2\xAD"
                     "ple.com]]"},
    {DETECTOR_EMAIL, "[[user\\u0040example.com]]"},
    {DETECTOR_EMAIL, "[[user [at] example.com]]"},
    {DETECTOR_EMAIL, "[[user@10.0.0.1]]"},
    {DETECTOR_EMAIL, "[[user@[10.0.0.1]]]"},
    {NOTHING, "Foo@1a2b3c4 lodash@4.17.21 @Override a@b root@localhost @ @@ x@.com"},
    {DETECTOR_URL, "see [[https://user:pass@example.com/a?b=c#d]]."},
    {DETECTOR_URL, "([[http://10.0.0.1:8080/x]])"},
    {DETECTOR_URL, "[[content://com.android.contacts/people/7]]"},
    {DETECTOR_URL, "go to [[www.example.com/x]], please"},
    {DETECTOR_URL, "\"url\":\"[[http:\\/\\/example.com\\/x]]\""},
    {DETECTOR_URL, "[[https%3A%2F%2Fexample.com%2Fa%3Fu%3D1]]"},
    {NOTHING, "a:// :// http: www www. std::x a//b // comment"},
    {DETECTOR_IP, "from [[203.0.113.7]]."},
    {DETECTOR_IP, "[[10.0.0.1:8080]] refused"},
    {DETECTOR_IP, "net [[192.168.1.0/24]]"},
    {DETECTOR_IP, "[[192.168.001.010]]"},
    {DETECTOR_IP, "api.example.com/[[93.184.216.34]]"},
    {DETECTOR_IP, "addr [[2001:db8::1]]"},
    {DETECTOR_IP, "addr:[[fe80::211:22ff:fe33:4455%eth0]]"},
    {DETECTOR_IP, "[[[2001:db8::1]:443]]"},
    {DETECTOR_IP, "[[::ffff:203.0.113.7]]"},
    {DETECTOR_IP, "[[2001:db8:1:2:3:4:5:6]]"},
    {DETECTOR_IP, "[[2001:db8:1:2:3:4:5:6:8080]]"},
    {DETECTOR_IP, "[[１２７.０.０.１]]"},
    {NOTHING, "1.2.3 1.2.3.4.5 1.2.3.400 120.0.6099.109 12:34:56 12:34:56.789 a::b std::map"},
    {NOTHING, "version 1.2.3.4, v1.2.3.4, 版本1.2.3.4 Chrome/110.0.0.0 rev: 1.2.3.4"},
    {NOTHING, "2026-01-02T03:04:05.678+08:00 cc::LayerTreeHost crate::a::b ::std::string"},
    {DETECTOR_MAC, "wlan0 [[00:1A:2b:3C:4d:5E]] up"},
    {DETECTOR_MAC, "[[00-1a-2b-3c-4d-5e]]"},
    {DETECTOR_MAC, "[[001a.2b3c.4d5e]]"},
    {DETECTOR_MAC, "[[00e0-fc12-3456]]"},
    {DETECTOR_MAC, "[[00:1a:2b:ff:fe:3c:4d:5e]]"},
    {DETECTOR_MAC, "[[0:1a:2b:3:4d:5]]"},
    {DETECTOR_MAC, "mac=[[001a2b3c4d5e]]"},
    {NOTHING, "001a2b3c4d5e 2026.0102.0304 26-01-02-03-04-05 1:2:3:4:5:6"},
    {DETECTOR_CARD, "card [[4111111111111111]]"},
    {DETECTOR_CARD, "[[4111 1111 1111 1111]]"},
    {DETECTOR_CARD, "[[5500-0000-0000-0004]]"},
    {DETECTOR_CARD, "[[3782 822463 10005]]"},
    {DETECTOR_CARD, "[[30569309025904]]"},
    {DETECTOR_CARD, "[[6222020000000000000]]"},
    {DETECTOR_CARD, "[[4111_1111_1111_1111]] [[4111.1111.1111.1111]]"},
    {DETECTOR_CARD, "[[４１１１１１１１１１１１１１１１]]"},
    {DETECTOR_CARD, "[[٤١١١١١١١١١١١١١١١]]"},
    {DETECTOR_CARD, "[[4111\xE2\x80\x8B"
                    "111111111111]]"},
    {DETECTOR_CARD, "[[4111\xC2\xA0"
                    "1111\xC2\xA0"
                    "1111\xC2\xA0"
                    "1111]]"},
    {DETECTOR_CARD, "[[4111–1111–1111–1111]]"},
    {NOTHING, "4111 1111 1111 1112, 0.4111111111111111"},
    {DETECTOR_IMEI, "imei [[490154203237518]]"},
    {DETECTOR_IMEI, "[[35-417803-685978-9]]"},
    {DETECTOR_IMEI, "[[354178 03 685978 9]]"},
    {DETECTOR_IMEI, "IMEI: [[35417803685978]]"},
    {DETECTOR_IMEI, "[[35-417803-685978-12]]"},
    {DETECTOR_IMSI, "[[460001234567891]]"},
    {DETECTOR_ICCID, "[[8965880812100011146]]"},
    {DETECTOR_ICCID, "[[89860112345678901234]]"},
    {DETECTOR_PHONE, "call [[13812345678]]!"},
    {DETECTOR_PHONE, "手机[[13812345678]]号"},
    {DETECTOR_PHONE, "user[[13812345678]]"},
    {DETECTOR_PHONE, "1.[[13812345678]]"},
    {DETECTOR_PHONE, "[[+8613812345678]]"},
    {DETECTOR_PHONE, "[[+86 138 1234 5678]]"},
    {DETECTOR_PHONE, "([[+86)138-1234-5678]]"},
    {DETECTOR_PHONE, "[[8613812345678]]"},
    {DETECTOR_PHONE, "[[008613812345670]]"},
    {DETECTOR_PHONE, "[[138-1234-5678]] [[138 1234 5678]] [[138.1234.5678]] [[138 12345678]]"},
    {DETECTOR_PHONE, "[[+1 (415) 555-2671]]"},
    {DETECTOR_PHONE, "[[(415) 555-2671]] or [[415-555-2671]]"},
    {DETECTOR_PHONE, "[[+442079460958]]"},
    {DETECTOR_PHONE, "[[010-12345678]] [[0755-1234567]] [[(021)12345678]]"},
    {DETECTOR_PHONE, "[[１３８１２３４５６７８]]"},
    {DETECTOR_PHONE, "tel: [[5551234]]"},
    {DETECTOR_PHONE, "12\xE2\x80\x8B[[13812345678]]"},
    {DETECTOR_PHONE, "50%[[13812345678]]"},
    {DETECTOR_PHONE, "[[%31%33%38%31%32%33%34%35%36%37%38]]"},
    {DETECTOR_PHONE, "[[%25313812345678]]"},
    {DETECTOR_PHONE, "<phone>[[5551234]]</phone>"},
    {NOTHING, "pid 12345 1.2.3+20260102 fn+1234567 +0800 +12 1920x1080 <phone> 1234567"},
    {DETECTOR_RESIDENT_ID, "[[11010519491231002X]]"},
    {DETECTOR_RESIDENT_ID, "no[[11010519491231002x]]."},
    {DETECTOR_RESIDENT_ID, "[[34052419800101001X]]"},
    {DETECTOR_RESIDENT_ID, "[[440524188001010014]]"},
    {DETECTOR_RESIDENT_ID, "[[110105 19491231 002X]] [[110105-1949-1231-002x]]"},
    {DETECTOR_UUID, "[[123e4567-e89b-12d3-a456-426614174000]]"},
    {DETECTOR_UUID, "{[[123E4567-E89B-12D3-A456-426614174000]]}"},
    {DETECTOR_UUID, "user[[12345678-1234-1234-1234-123456789abc]]"},
    {DETECTOR_UUID, "[[00000000-0000-0000-0000-000000000000]]"},
    {DETECTOR_HEX, "id [[9774d56d682e549c]]"},
    {DETECTOR_HEX, "[[d41d8cd98f00b204e9800998ecf8427e]]"},
    {DETECTOR_DIGITS, "order [[22345678901]]"},
    {NOTHING, "epoch 1767323045123 1767323045123456 1767323045123456789 20260102030405 1767323045"},
    {NOTHING, "0x00007fff5fbff8a0 0x7f13812345678 0.12345678901234567 abcdef12 deadbeef"},
    {NOTHING, "(BuildId: 8d3a2b4c5d6e7f8091a2b3c4d5e6f708)"},
    {DETECTOR_JWT, "[[eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0."
                   "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U]] end"},
    {DETECTOR_JWT, "[[eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.]]"},
    {NOTHING, "eyJhbGciOi eyelash.eyeball.eye"},
    {DETECTOR_PEM,
     "x [[-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----]] y"},
    {DETECTOR_PEM, "[[-----BEGIN CERTIFICATE-----\nMIIabc 13812345678]]"},
    {DETECTOR_AUTHORIZATION, "[[Bearer abcdef123456]] ok"},
    {DETECTOR_AUTHORIZATION, "[[Basic dXNlcjpwYXNzd29yZA==]]"},
    {NOTHING, "bearer token expired, basic authentication, token refreshed"},
    {DETECTOR_TOKEN, "[[AKIAIOSFODNN7EXAMPLE]]"},
    {DETECTOR_TOKEN, "[[ghp_abcdefghijklmnopqrstuvwxyz0123456789]]"},
    {DETECTOR_TOKEN, "[[AIzaSyA1234567890abcdefghijklmnopqrstuv]]"},
    {DETECTOR_TOKEN, "[[LTAI5tQ7abcdefgh1234]]"},
    {DETECTOR_TOKEN, "[[xoxb-1234567890-abcdefg]]"},
    {DETECTOR_TOKEN, "[[sk_live_abcdefghij1234]]"},
    {DETECTOR_SECRET, "password=[[hunter2]]&x"},
    {DETECTOR_SECRET, "\"access_token\": \"[[abc def]]\""},
    {DETECTOR_SECRET, "{\\\"pwd\\\":\\\"[[xyz]]\\\"}"},
    {DETECTOR_SECRET, "X-Api-Key: [[zzz]]"},
    {DETECTOR_SECRET, "sessionId=[[12345678]]"},
    {DETECTOR_SECRET, "Authorization: [[Bearer abcdef123456]]"},
    {DETECTOR_SECRET, "Set-Cookie: [[a=b; c=d]]\nnext"},
    {DETECTOR_SECRET, "密码：[[hunter2]] 口令=[[abc]]"},
    {DETECTOR_SECRET, "密码是[[hunter2]]"},
    {DETECTOR_SECRET, "password%3D[[hunter2]]"},
    {NOTHING,
     "tokens: 512 token=null password=*** secret=<secret> Token::class TokenStore.java:12"},
    {NOTHING,
     "E TokenStore: status=2 SessionManager: start tokenizer: x cookies: 84632 f + 1234567"},
    {DETECTOR_SECRET, "tokenValue: [[abc]] session_key=[[abc]] userPassword2=[[abc]]"},
    {DETECTOR_PHONE, "[[0086138-1234-5678]] [[86138 1234 5678]]"},
    {DETECTOR_HOME_PATH, "/home/[[bob]]/x.txt"},
    {DETECTOR_HOME_PATH, "\"/Users/[[alice]]\""},
    {DETECTOR_HOME_PATH, "C:\\Users\\[[John Smith]]\\Desktop"},
    {DETECTOR_HOME_PATH, "C:\\\\Users\\\\[[bob]]\\\\x"},
    {DETECTOR_HOME_PATH, "D:/Documents and Settings/[[bob]]/x"},
    {DETECTOR_HOME_PATH, "\\\\[[fileserver]]\\share\\x"},
    {DETECTOR_HOME_PATH, "~[[bob]]/x"},
    {DETECTOR_HOME_PATH, "/data/user/[[10]]/com.x"},
    {DETECTOR_HOME_PATH, "%2Fhome%2F[[bob]]%2Fx"},
    {NOTHING, "/data/user/0/com.x /storage/emulated/0/x pages/home/index /home/<user>/x ~/x ~5"},
    {DETECTOR_POSITION, "at [[31.2304,121.4737]]"},
    {DETECTOR_POSITION, "[[121.4737, 31.2304]]"},
    {DETECTOR_POSITION, "[[-33.8688,151.2093]]"},
    {DETECTOR_POSITION, "[[31.2304%2C121.4737]]"},
    {DETECTOR_POSITION, "lat: [[31.2304]] x"},
    {DETECTOR_POSITION, "[[31°13'49\"N]]"},
    {DETECTOR_POSITION, "[[$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A]]"},
    {NOTHING, "0.52, 0.58, 0.59 took 12.345 ms, 200.123,300.456 lat 1.2"},
    {DETECTOR_PLATE, "车牌[[京A12345]]，"},
    {DETECTOR_PLATE, "[[沪A·D12345]] [[粤B12345D]] [[京A1234警]]"},
    {NOTHING, "京A类 新VERSION1 川大 沪A1234"},
    {DETECTOR_WECHAT, "[[wxid_abc123def456]]"},
    {DETECTOR_WECHAT, "微信号：[[zhang_san1]]"},
    {DETECTOR_QQ, "QQ: [[12345678]]"},
    {NOTHING, "QQBrowser 12345678, qq"},
    {DETECTOR_PASSPORT, "护照号[[E12345678]]"},
    {NOTHING, "E12345678"},
};

/* Takes the brackets out; returns the number of marked spans. */
static size_t unmark(const char *marked, char *text, size_t *length, struct finding *expected)
{
    size_t count = 0;
    size_t out = 0;
    bool open = false;
    for (size_t i = 0; marked[i];) {
        if (!open && marked[i] == '[' && marked[i + 1] == '[') {
            expected[count].start = out;
            open = true;
            i += 2;
        } else if (open && marked[i] == ']' && marked[i + 1] == ']' && marked[i + 2] != ']') {
            expected[count++].end = out;
            open = false;
            i += 2;
        } else {
            text[out++] = marked[i++];
        }
    }
    *length = out;
    assert_false(open);
    return count;
}

static void test_cases(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        size_t length, count;
        struct finding expected[8], found[16];
        size_t marked = unmark(cases[i].text, text, &length, expected);
        assert_int_equal(marked > 0, cases[i].kind != NOTHING);
        bool whole =
            detector_scan(slice_of(text, length), (struct detector_options){0}, found, 16, &count);
        bool right = whole && count == marked;
        for (size_t j = 0; right && j < count; j++)
            right = found[j].start == expected[j].start && found[j].end == expected[j].end &&
                    found[j].kind == cases[i].kind && found[j].strength != STRENGTH_NONE &&
                    found[j].strength <= STRENGTH_CHECKSUM;
        if (right)
            continue;
        wrong++;
        print_error("%s\n", cases[i].text);
        for (size_t j = 0; j < count; j++)
            print_error("    %s: %.*s\n", detector_name(found[j].kind),
                        (int)(found[j].end - found[j].start), text + found[j].start);
    }
    assert_int_equal(wrong, 0);
}

/* Every case again inside carriers: what is found must not depend on what stands around it. */
static void test_carriers(void **state)
{
    (void)state;
    static const char *const carriers[][2] = {
        {"", ""},     {" ", " "},      {"\"", "\""},   {"(", ")"},      {"[x] ", ""},
        {"\n", "\n"}, {"中文 ", "。"}, {"a, ", "; b"}, {"<b>", "</b>"}, {"{\"k\": \"", "\"}"},
    };
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t c = 0; c < sizeof carriers / sizeof *carriers; c++) {
            char text[512], carried[640];
            size_t length, count;
            struct finding expected[8], found[16];
            size_t marked = unmark(cases[i].text, text, &length, expected);
            text[length] = 0;
            if (cases[i].kind == DETECTOR_PEM || strchr(text, '\n') ||
                (strchr(text, '"') && strchr(carriers[c][0], '"')))
                continue;
            snprintf(carried, sizeof carried, "%s%s%s", carriers[c][0], text, carriers[c][1]);
            size_t shift = strlen(carriers[c][0]);
            assert_true(detector_scan(slice_from_string(carried), (struct detector_options){0},
                                      found, 16, &count));
            /* every marked byte is covered */
            for (size_t j = 0; j < marked; j++) {
                bool covered = false;
                for (size_t k = 0; k < count; k++)
                    covered |= found[k].start <= expected[j].start + shift &&
                               found[k].end >= expected[j].end + shift;
                if (!covered) {
                    print_error("not covered: %s\n", carried);
                    wrong++;
                }
            }
            if (marked == 0 && count > 0) {
                print_error("found %s: %s\n", detector_name(found[0].kind), carried);
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_overflow(void **state)
{
    (void)state;
    struct finding found[2];
    size_t count;
    struct detector_options options = {0};
    assert_true(detector_scan(SLICE("a@b.cc a@b.cc"), options, found, 2, &count));
    assert_int_equal(count, 2);
    assert_false(detector_scan(SLICE("a@b.cc a@b.cc a@b.cc"), options, found, 2, &count));
    assert_false(detector_scan(SLICE("a@b.cc"), options, found, 0, &count));
    assert_true(detector_scan(SLICE("nothing"), options, found, 0, &count));
    assert_true(detector_scan((struct slice){0}, options, found, 0, &count));
    static char large[DETECTOR_TEXT_LIMIT + 8];
    memset(large, 'x', sizeof large);
    assert_true(detector_scan(slice_of(large, sizeof large), options, found, 2, &count));
    memcpy(large, "é", 2);
    assert_false(detector_scan(slice_of(large, sizeof large), options, found, 2, &count));
    assert_true(detector_scan(slice_of(large, DETECTOR_TEXT_LIMIT), options, found, 2, &count));
}

static void test_options(void **state)
{
    (void)state;
    struct detector_options kept = {.kept = true};
    assert_true(detector_finds(SLICE("1767323045123"), kept, STRENGTH_STRUCT));
    assert_true(detector_finds(SLICE("v1.2.3.4"), kept, STRENGTH_STRUCT));
    assert_true(detector_finds(SLICE("0x00007fff5fbff8a0"), kept, STRENGTH_STRUCT));
    kept.allow_digits = true;
    assert_false(detector_finds(SLICE("1767323045123"), kept, STRENGTH_STRUCT));
    assert_true(detector_finds(SLICE("13812345678"), kept, STRENGTH_STRUCT));
    assert_true(detector_finds(SLICE("4111111111111111"), kept, STRENGTH_STRUCT));
    kept.allow_hex = true;
    assert_false(detector_finds(SLICE("8d3a2b4c5d6e7f8091a2b3c4d5e6f708"), kept, STRENGTH_STRUCT));
    assert_false(detector_finds(SLICE("a13812345678b0000000"), kept, STRENGTH_STRUCT));
    assert_true(
        detector_finds(SLICE("123e4567-e89b-12d3-a456-426614174000"), kept, STRENGTH_STRUCT));
    kept.allow_uuid = true;
    assert_false(
        detector_finds(SLICE("123e4567-e89b-12d3-a456-426614174000"), kept, STRENGTH_STRUCT));
    assert_true(detector_finds(SLICE("00:1a:2b:3c:4d:5e"), kept, STRENGTH_STRUCT));
    kept.allow_mac = true;
    assert_false(detector_finds(SLICE("00:1a:2b:3c:4d:5e"), kept, STRENGTH_STRUCT));
}

static void test_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < DETECTOR_KIND_COUNT; i++) {
        struct slice placeholder = detector_placeholder((enum detector_kind)i);
        assert_true(placeholder.length > 2 && placeholder.data[0] == '<');
        assert_true(detector_name((enum detector_kind)i)[0] != 0);
        assert_true(detector_description((enum detector_kind)i)[0] != 0);
        assert_true(detector_kind_strength((enum detector_kind)i) != STRENGTH_NONE);
        assert_false(detector_finds(placeholder, (struct detector_options){0}, STRENGTH_CONTEXT));
    }
    assert_string_equal(detector_name((enum detector_kind)99), "unknown");
    assert_string_equal(detector_description((enum detector_kind)99), "unknown");
    assert_int_equal(detector_kind_strength((enum detector_kind)99), STRENGTH_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),    cmocka_unit_test(test_carriers),
        cmocka_unit_test(test_overflow), cmocka_unit_test(test_options),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
