/*
 * How much the detectors find of what they should, and how often they find what is nothing.
 *
 * Recall: generated identifiers of each kind, in the spellings that a text may have, inside
 * carriers. Precision: lines as logs are made of, with random values in them. Numbers of eleven and
 * more digits that are no time are findings by rule, so the lines hold none of these.
 */
#include "anonymize/detector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROUNDS = 20000, TEXT_MOST = 512 };

static unsigned below(unsigned limit)
{
    return (unsigned)rand() % limit;
}

static void put_digits(char *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (char)('0' + below(10));
    out[count] = 0;
}

/* Replaces the last digit by the one that makes Luhn's sum come out. */
static void fix_luhn(char *digits)
{
    size_t length = strlen(digits);
    unsigned sum = 0;
    digits[length - 1] = '0';
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)(digits[length - 1 - i] - '0') << (i & 1);
        sum += digit / 10 + digit % 10;
    }
    digits[length - 1] = (char)('0' + (10 - sum % 10) % 10);
}

/* Writes digits in groups of the sizes (each a digit of `layout`), with the separator. */
static void group(char *out, const char *digits, const char *layout, char separator)
{
    size_t length = 0;
    for (size_t i = 0; layout[i]; i++) {
        if (i > 0)
            out[length++] = separator;
        size_t size = (size_t)(layout[i] - '0');
        memcpy(out + length, digits, size);
        length += size;
        digits += size;
    }
    out[length] = 0;
}

static void make_card(char *out)
{
    static const struct {
        const char *prefix;
        size_t length;
    } issuers[] = {{"4", 16},  {"51", 16},   {"2221", 16}, {"34", 15}, {"37", 15},    {"62", 16},
                   {"62", 19}, {"6011", 16}, {"3528", 16}, {"36", 14}, {"622126", 18}};
    size_t i = below(sizeof issuers / sizeof *issuers);
    char digits[32];
    put_digits(digits, issuers[i].length);
    memcpy(digits, issuers[i].prefix, strlen(issuers[i].prefix));
    fix_luhn(digits);
    if (issuers[i].length == 16 && below(2))
        group(out, digits, "4444", " -._/"[below(5)]);
    else if (issuers[i].length == 15 && below(2))
        group(out, digits, "465", " -"[below(2)]);
    else
        snprintf(out, TEXT_MOST, "%s", digits);
}

static void make_imei(char *out)
{
    static const char *const prefixes[] = {"35", "86", "01", "99", "98"};
    char digits[32];
    put_digits(digits, 15);
    memcpy(digits, prefixes[below(5)], 2);
    fix_luhn(digits);
    if (below(3) == 0)
        group(out, digits, "2661", " -./"[below(4)]);
    else
        snprintf(out, TEXT_MOST, "%s", digits);
}

static void make_iccid(char *out)
{
    char digits[32];
    put_digits(digits, 19 + below(2));
    memcpy(digits, below(2) ? "8986" : "8944", 4);
    fix_luhn(digits);
    snprintf(out, TEXT_MOST, "%s", digits);
}

static void make_resident_id(char *out)
{
    static const unsigned weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    static const unsigned provinces[] = {11, 12, 31, 32, 33, 37, 44, 51, 61};
    char id[32], serial[8];
    unsigned sum = 0;
    put_digits(serial, 7);
    snprintf(id, sizeof id, "%02u%.4s%04u%02u%02u%.3s", provinces[below(9)], serial,
             1930 + below(90), 1 + below(12), 1 + below(28), serial + 4);
    for (int i = 0; i < 17; i++)
        sum += (unsigned)(id[i] - '0') * weights[i];
    id[17] = "10X98765432"[sum % 11];
    id[18] = 0;
    if (id[17] == 'X' && below(2))
        id[17] = 'x';
    if (below(4) == 0)
        group(out, id, "684", " -"[below(2)]);
    else
        snprintf(out, TEXT_MOST, "%s", id);
}

static void make_phone(char *out)
{
    static const char *const prefixes[] = {"", "86", "+86", "+86 ", "0086", "+86-", "(+86)"};
    char digits[16], grouped[24];
    put_digits(digits, 11);
    digits[0] = '1';
    digits[1] = (char)('3' + below(7));
    group(grouped, digits, below(2) ? "344" : "56", " -."[below(3)]);
    bool groups = below(3) == 0 && strlen(grouped) == 13;
    snprintf(out, TEXT_MOST, "%s%s", prefixes[groups ? 2 + 2 * below(2) : below(7)],
             groups ? grouped : digits);
}

static void make_email(char *out)
{
    static const char *const locals[] = {"zhang.san", "a", "x_y-z", "user+tag", "10001", "o'neil"};
    static const char *const hosts[] = {"example.com", "mail.example.co.uk", "qq.com", "a-b.cn",
                                        "xn--fiqs8s.xn--55qx5d"};
    static const char *const signs[] = {"@", "@", "@", "%40", "%2540", "＠"};
    snprintf(out, TEXT_MOST, "%s%s%s", locals[below(6)], signs[below(6)], hosts[below(5)]);
}

static void make_ip(char *out)
{
    if (below(2))
        snprintf(out, TEXT_MOST, "%u.%u.%u.%u", below(256), below(256), below(256), below(256));
    else if (below(2))
        snprintf(out, TEXT_MOST, "2001:db8:%x::%x", below(65536), 1 + below(65535));
    else
        snprintf(out, TEXT_MOST, "%x:%x:%x:%x:%x:%x:%x:%x", 8193, below(65536), below(65536),
                 below(65536), below(65536), below(65536), below(65536), below(65536));
}

static void make_mac(char *out)
{
    char separator = below(2) ? ':' : '-';
    size_t length = 0;
    for (int i = 0; i < 6; i++)
        length += (size_t)snprintf(out + length, 8, below(2) ? "%02x" : "%02X", below(256)) + 1,
            out[length - 1] = i < 5 ? separator : 0;
}

static void make_uuid(char *out)
{
    snprintf(out, TEXT_MOST,
             below(2) ? "%04x%04x-%04x-%04x-%04x-%04x%04x%04x"
                      : "%04X%04X-%04X-%04X-%04X-%04X%04X%04X",
             below(65536), below(65536), below(65536), below(65536), below(65536), below(65536),
             below(65536), below(65536));
}

static void make_url(char *out)
{
    static const char *const schemes[] = {"http", "https", "ftp", "myapp", "content"};
    snprintf(out, TEXT_MOST, "%s://h%u.example.com/p/%u?u=%u", schemes[below(5)], below(99),
             below(9999), below(9999));
}

static void make_home(char *out)
{
    static const char *const roots[] = {"/home/", "/Users/", "C:\\Users\\", "d:/users/"};
    snprintf(out, TEXT_MOST, "%suser%u/x", roots[below(4)], below(1000));
}

static void make_jwt(char *out)
{
    char signature[44];
    for (int i = 0; i < 43; i++)
        signature[i] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[below(64)];
    signature[43] = 0;
    snprintf(out, TEXT_MOST, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI%u.%s",
             10000 + below(90000), signature);
}

/* Spells ASCII in another way that means the same. */
static void respell(const char *text, unsigned style, char *out)
{
    size_t length = 0;
    for (const char *c = text; *c; c++) {
        bool digit = *c >= '0' && *c <= '9';
        if (style == 1 && digit)
            length += (size_t)snprintf(out + length, 8, "\xEF\xBC%c", 0x90 + (*c - '0'));
        else if (style == 2 && digit)
            length += (size_t)snprintf(out + length, 8, "\xD9%c", 0xA0 + (*c - '0'));
        else if (style == 3 && digit)
            length += (size_t)snprintf(out + length, 8, "%%%02X", *c);
        else if (style == 4 && c > text && c[1])
            length += (size_t)snprintf(out + length, 8, "\xE2\x80\x8B%c", *c);
        else if (style == 5 && digit)
            length += (size_t)snprintf(out + length, 8, "\\u%04x", *c);
        else
            out[length++] = *c;
    }
    out[length] = 0;
}

static const char *const carriers[][2] = {
    {"", ""},         {"id ", " ok"},       {"\"", "\""},    {"(", ")"},      {"x=", "&y=1"},
    {"号码：", "。"}, {"{\"v\":\"", "\"}"}, {"[12] ", ", "}, {"<v>", "</v>"}, {"user,", ";"},
};

static void measure(const char *name, void (*make)(char *), bool digits, double least)
{
    unsigned missed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        char plain[TEXT_MOST], spelt[TEXT_MOST * 6], text[TEXT_MOST * 7];
        struct finding found[8];
        size_t count;
        make(plain);
        respell(plain, digits && below(4) == 0 ? 1 + below(5) : 0, spelt);
        size_t c = below(sizeof carriers / sizeof *carriers);
        size_t start = strlen(carriers[c][0]);
        snprintf(text, sizeof text, "%s%s%s", carriers[c][0], spelt, carriers[c][1]);
        assert_true(
            detector_scan(slice_from_string(text), (struct detector_options){0}, found, 8, &count));
        /* of a home path the user, of the others everything must be covered */
        size_t from = make == make_home ? start + 9 : start + (plain[0] == '(' ? 4 : 0);
        size_t to = make == make_home ? start + 10 : start + strlen(spelt);
        bool covered = false;
        for (size_t i = 0; i < count; i++)
            covered |= found[i].start <= from && found[i].end >= to;
        if (!covered && ++missed <= 3)
            print_message("    missed: %s\n", text);
    }
    double recall = 1 - (double)missed / ROUNDS;
    print_message("%-12s recall %.4f\n", name, recall);
    assert_true(recall >= least);
}

static void test_recall(void **state)
{
    (void)state;
    srand(17);
    measure("card", make_card, true, 0.999);
    measure("imei", make_imei, true, 0.999);
    measure("iccid", make_iccid, true, 0.999);
    measure("resident_id", make_resident_id, true, 0.999);
    measure("phone", make_phone, true, 0.999);
    measure("jwt", make_jwt, false, 0.999);
    measure("email", make_email, false, 0.999);
    measure("ip", make_ip, false, 0.999);
    measure("mac", make_mac, false, 0.998); /* all digits, and a time by its looks */
    measure("uuid", make_uuid, false, 0.999);
    measure("url", make_url, false, 0.999);
    measure("home_path", make_home, false, 0.999);
}

/* d: a number, t: epoch in seconds, m: milliseconds, u: microseconds, T: RFC 3339, L: log time,
 * v: version, x: hex address, h: short hash, f: a small fraction, F: a long one, n: a name in code
 */
static const char *const lines[] = {
    "%L D/%n(%d): onResume took %d ms",
    "%L I ActivityManager: Start proc %d:com.example.app/u0a%d for activity {com.example.app/.%n}",
    "%T INFO [main] c.e.%n - started in %f seconds (JVM running for %f)",
    "%T WARN %n: retry %d of %d in %d ms, last error code %d",
    "[%m] %n.%n(): state=%d next=%d",
    "%t %d %d E %n: status=%d reason=timeout",
    "ts=%u level=info msg=\"request done\" bytes=%d dur=%fms",
    "kernel: [%d.%d] usb %d-%d: new high-speed USB device number %d using xhci_hcd",
    "version %v build %d sdk %d",
    "App/%v (Linux; Android %d; SM-G%d) okhttp/%v",
    "Mozilla/5.0 (Linux; Android %d; K) AppleWebKit/537.36 Chrome/%d.0.0.0 Safari/537.36",
    "Build/TP1A.220624.0%d, fingerprint generic/%n:%d/%h:user/release-keys",
    "frame #%d: %x %n`%n + %d",
    "at com.example.%n.%n(%n.java:%d)",
    "#%d pc %x  /system/lib64/lib%n.so (%n+%d)",
    "signal %d (SIGSEGV), code %d, fault addr %x",
    "x0 %x x1 %x x2 %x x3 %x",
    "commit %h by ci, %d files changed, %d insertions(+), %d deletions(-)",
    "cpu=%f%% mem=%d/%d kB load=%f, %f, %f",
    "GC freed %d(%dKB) AllocSpace objects, %d%% free, paused %dus total %fms",
    "fps=%f jank=%d/%d p50=%d p90=%d p99=%d",
    "value=%F delta=%F",
    "screen %dx%d density %f dpi %d",
    "HTTP/1.1 200 OK content-length: %d max-age=%d",
    "GET /api/v1/items 200 %dms %dB",
    "2026/01/02 03:04:%d.%d %n.go:%d: accepted",
    "01-02 03:04:05.%d  %d  %d W %n: slow operation: %dms",
    "Thread-%d [pool-%d-thread-%d] %n waiting on <%x>",
    "java.lang.%nException: index %d out of bounds for length %d",
    "std::%n<int, std::allocator<int>>::operator[](%d)",
    "cc::%n::Draw(%d) viz::%n",
    "position x=%f y=%f w=%d h=%d",
    "battery level=%d temp=%d voltage=%d status=%d",
    "wifi rssi=-%d freq=%d speed=%dMbps",
    "sensor %d: %f %f %f",
    "progress %d/%d (%d%%)",
    "tokens: %d, sessions: %d, cookies: %d",
    "loaded lib%n.so version %v at %x",
    "schema migration %d -> %d done",
    "db: %d rows in %fms [SELECT count(*) FROM %n WHERE state=%d]",
    "UTC+08:00 offset +0800 %T",
    "range %d-%d of %d",
    "id=%h parent=%h depth=%d",
    "用户点击了按钮 %d 次，耗时 %d 毫秒",
    "页面加载完成：%f 秒",
    "内存 %d MB，版本 %v",
    "%n: 0 1 2 3 4 5 6 7 8 9",
    "date=20260102 time=030405 stamp=20260102030405",
    "E/%n: %n$%n.%n: %d",
    "onTrimMemory(%d) heap=%dM/%dM",
    "pages/home/index -> pages/%n/detail",
    "/data/user/0/com.example.app/files/%n.db opened",
    "/storage/emulated/0/Android/data/com.example.app/cache/%n",
    "password screen shown, session started, token refreshed",
    "exit code %d after %fs",
};

static int put_value(char kind, char *out, size_t room)
{
    static const char *const names[] = {
        "MainActivity",  "NetworkClient", "Cache", "ui.Widget", "RenderThread", "decode",
        "LoginActivity", "TokenStore",    "abort", "Facade",    "bed",          "onCreate"};
    switch (kind) {
    case 'd': {
        static const unsigned sizes[] = {10, 100, 1000, 10000, 100000, 10000000};
        return snprintf(out, room, "%u", below(sizes[below(6)]));
    }
    case 't':
        return snprintf(out, room, "17%08u", below(100000000));
    case 'm':
        return snprintf(out, room, "17%06u%05u", below(1000000), below(100000));
    case 'u':
        return snprintf(out, room, "17%06u%08u", below(1000000), below(100000000));
    case 'T':
        return snprintf(out, room, "2026-%02u-%02uT%02u:%02u:%02u.%03u%s", 1 + below(12),
                        1 + below(28), below(24), below(60), below(60), below(1000),
                        below(2) ? "Z" : "+08:00");
    case 'L':
        return snprintf(out, room, "%02u-%02u %02u:%02u:%02u.%03u", 1 + below(12), 1 + below(28),
                        below(24), below(60), below(60), below(1000));
    case 'v':
        return below(2) ? snprintf(out, room, "%u.%u.%u", below(200), below(30), below(300))
                        : snprintf(out, room, "%u.%u.%u.%u", 90 + below(60), below(10),
                                   1000 + below(8000), below(300));
    case 'x':
        return below(2) ? snprintf(out, room, "0x%08x%08x", below(0x8000), (unsigned)rand())
                        : snprintf(out, room, "0x%x", (unsigned)rand());
    case 'h':
        return snprintf(out, room, "%07x", (unsigned)rand() & 0xFFFFFFF);
    case 'f':
        return snprintf(out, room, "%u.%0*u", below(200), 1 + (int)below(2), below(10));
    case 'F':
        return snprintf(out, room, "0.%u%08u", 1 + below(99999999), below(100000000));
    default:
        return snprintf(out, room, "%s", names[below(sizeof names / sizeof *names)]);
    }
}

static void make_line(const char *form, char *out, size_t room)
{
    size_t length = 0;
    for (const char *c = form; *c && length + 64 < room; c++) {
        if (*c != '%' || c[1] == '%') {
            out[length++] = *c;
            c += *c == '%';
        } else {
            length += (size_t)put_value(*++c, out + length, room - length);
        }
    }
    out[length] = 0;
}

static void test_precision(void **state)
{
    (void)state;
    unsigned wrong = 0;
    unsigned total = 0;
    srand(19);
    for (int round = 0; round < 1000; round++) {
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
            char line[1024];
            struct finding found[16];
            size_t count;
            make_line(lines[i], line, sizeof line);
            assert_true(detector_scan(slice_from_string(line), (struct detector_options){0}, found,
                                      16, &count));
            total++;
            if (count > 0 && ++wrong <= 20)
                print_message("    %s \"%.*s\": %s\n", detector_name(found[0].kind),
                              (int)(found[0].end - found[0].start), line + found[0].start, line);
        }
    }
    print_message("%u of %u lines: %.4f %%\n", wrong, total, 100.0 * wrong / total);
    assert_true(wrong * 200.0 <= total);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recall),
        cmocka_unit_test(test_precision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
