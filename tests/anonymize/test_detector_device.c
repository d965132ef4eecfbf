/* What a device is called, in lines as logs have them. */
#include "anonymize/detector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOTHING DETECTOR_KIND_COUNT

/* [[ and ]] stand around what must be found, as that kind; nothing else may be. */
static const struct {
    enum detector_kind kind;
    const char *text;
} cases[] = {
    {DETECTOR_SERIAL, "usb 1-1: SerialNumber: [[4C5300AB]]"},
    {DETECTOR_SERIAL, "nvme nvme0: model ABC serial [[S9ZZNX0N123999]]"},
    {DETECTOR_SERIAL, "DMI: Maker 20XX, S/N [[PF9ZZYYX]]"},
    {DETECTOR_SERIAL, "[ro.serialno]: [[[R58ZZ99XYZ]]]"},
    {DETECTOR_SERIAL, "serial_number=[[7654321]] ok"},
    {DETECTOR_SERIAL, "serial no. [[ZX-1234-AB]],"},
    {DETECTOR_SERIAL, "{\"serial\":\"[[AB12CD34]]\"}"},
    {DETECTOR_SERIAL, "sn: [[QWE123RTY]]"},
    {NOTHING, "Serial: 8250/16550 driver, 1 ports, serial port 0, serial 0x3f8a12, serial 12345"},
    {NOTHING, "sn=1234567 serialized 12 items, serial8250: ttyS0, serial number missing"},
    {DETECTOR_SSID, "SSID=\"[[Home of Ann]]\" up"},
    {DETECTOR_SSID, "ssid: [[Home of Ann]], bssid unknown"},
    {DETECTOR_SSID, "trying SSID '[[guest]]'"},
    {DETECTOR_SSID, "{\"ssid\":\"[[Home 5G]]\"}"},
    {DETECTOR_SSID, "associated with [[ANN_2E6A]] (up)"},
    {NOTHING, "SSID is hidden, ssid=<ssid>, SSID: unknown, associated with the account"},
    {DETECTOR_DEVICE_NAME, "Hostname set to <[[anns-host]]>."},
    {DETECTOR_DEVICE_NAME, "lease for hostname [[anns-host]]"},
    {DETECTOR_DEVICE_NAME, "hostname=[[aspen]]"},
    {NOTHING, "hostname verification failed, hostname: localhost, hostname not found"},
    {DETECTOR_DEVICE_NAME, "usb 1-1: Product: [[Ann's iPhone]]"},
    {DETECTOR_DEVICE_NAME, "input: [[Ann Example’s AirPods]] Pro"},
    {DETECTOR_DEVICE_NAME, "paired with [[Ann's Apple]] Watch"},
    {DETECTOR_DEVICE_NAME, "lease to [[Anns-MacBook-Pro]] renewed"},
    {DETECTOR_DEVICE_NAME, "peer=[[张三的iPhone]] 失败"},
    {DETECTOR_DEVICE_NAME, "peer [[DESKTOP-AB12CD3]] gone"},
    {NOTHING, "你的iPhone is an iPhone, its Mac, the-iPhone, ios-iphone, DESKTOP-mode, s iPad"},
    {DETECTOR_DEVICE_NAME, "Linux version 6.1 ([[builder@aspen]]) (gcc)"},
    {DETECTOR_DEVICE_NAME, "[[ann@anns-host]]: done"},
    {NOTHING, "memcpy@GLIBC_2.2.5 react@v18 a@b-c x/y@pod-1/z (root@localhost) f@plt @Override"},
    {DETECTOR_TOKEN, "RSA SHA256:[[abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ]]"},
    {NOTHING, "SHA256:abc sha256: ok"},
};

static bool find(const char *marked, char *plain, struct finding *expected)
{
    bool any = false;
    size_t length = 0;
    for (const char *at = marked; *at;) {
        if (strncmp(at, "[[", 2) == 0 && strncmp(at, "[[[", 3) != 0) {
            expected->start = length;
            any = true;
            at += 2;
        } else if (strncmp(at, "]]", 2) == 0 && any && expected->end == 0) {
            expected->end = length;
            at += 2;
        } else {
            plain[length++] = *at++;
        }
    }
    plain[length] = 0;
    return any;
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char plain[256];
        struct finding expected = {.kind = cases[i].kind};
        struct finding found[8];
        size_t count;
        size_t wanted = find(cases[i].text, plain, &expected) ? 1 : 0;
        bool scanned =
            detector_scan(slice_from_string(plain), (struct detector_options){0}, found, 8, &count);
        if (!scanned || count != wanted ||
            (wanted && (found[0].kind != expected.kind || found[0].start != expected.start ||
                        found[0].end != expected.end))) {
            print_error("%s: %zu found", cases[i].text, count);
            for (size_t j = 0; j < count; j++)
                print_error(" %s %zu-%zu", detector_name(found[j].kind), found[j].start,
                            found[j].end);
            print_error("\n");
            fail();
        }
    }
}

/* A word beside it is no proof: what is kept as it is passes. */
static void test_kept(void **state)
{
    (void)state;
    struct detector_options kept = {.kept = true};
    assert_false(detector_finds(SLICE("SSID=\"a\" serial AB12CD34"), kept, STRENGTH_CONTEXT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
