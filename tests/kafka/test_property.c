#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka/property.h"

static void test_verdicts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        enum property_verdict verdict;
        const char *words;
    } cases[] = {
        {"bootstrap.servers", "127.0.0.1:9092", PROPERTY_ALLOWED, NULL},
        {"compression.type", "zstd", PROPERTY_ALLOWED, NULL},
        {"plugin.library.paths", "x.so", PROPERTY_REFUSED, "code"},
        {"sasl.kerberos.kinit.cmd", "id", PROPERTY_REFUSED, "code"},
        {"ssl.engine.location", "x", PROPERTY_REFUSED, "code"},
        {"enable.ssl.certificate.verification", "false", PROPERTY_REFUSED, "TLS"},
        {"enable.ssl.certificate.verification", "true", PROPERTY_ALLOWED, NULL},
        {"check.crcs", "false", PROPERTY_REFUSED, "damaged"},
        {"check.crcs", "true", PROPERTY_ALLOWED, NULL},
        {"enable.ssl.certificate.verification", "True", PROPERTY_REFUSED, "TLS"},
        {"ssl.endpoint.identification.algorithm", "none", PROPERTY_REFUSED, "TLS"},
        {"ssl.endpoint.identification.algorithm", "https", PROPERTY_ALLOWED, NULL},
        {"enable.idempotence", "true", PROPERTY_REFUSED, "exactly-once"},
        {"isolation.level", "read_uncommitted", PROPERTY_REFUSED, "exactly-once"},
        {"transactional.id", "x", PROPERTY_REFUSED, "exactly-once"},
        {"acks", "all", PROPERTY_REFUSED, "exactly-once"},
        {"debug", "all", PROPERTY_REFUSED, "logs"},
        {"sasl.password", "x", PROPERTY_REFUSED, "secret"},
        {"ssl.key.pem", "x", PROPERTY_REFUSED, "secret"},
        {"no.such.property", "x", PROPERTY_UNKNOWN, NULL},
        {"", "", PROPERTY_UNKNOWN, NULL},
        {"Bootstrap.Servers", "x", PROPERTY_UNKNOWN, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *reason;
        enum property_verdict verdict = property_judge(slice_from_string(cases[i].name),
                                                       slice_from_string(cases[i].value), &reason);
        if (verdict != cases[i].verdict ||
            (cases[i].words ? !reason || !strstr(reason, cases[i].words) : reason != NULL))
            fail_msg("%s=%s", cases[i].name, cases[i].value);
    }
}

static void test_nearest(void **state)
{
    (void)state;
    assert_true(
        slice_equal(property_nearest(SLICE("bootstrap.server")), SLICE("bootstrap.servers")));
    assert_int_equal(property_nearest(SLICE("nothing like any of them at all")).length, 0);
}

static void test_plaintext_abroad(void **state)
{
    (void)state;
    static const struct {
        const char *protocol, *brokers;
        bool abroad;
    } cases[] = {
        {"", "127.0.0.1:9092", false},
        {"", "127.0.0.1", false},
        {"", "127.8.9.10:1", false},
        {"", "localhost:9092, [::1]:9092", false},
        {"plaintext", "localhost:9092,kafka.example.com:9092", true},
        {"", "127.0.0.1.example.com:9092", true},
        {"", "127.1:9092", true},
        {"", "127.0.0.256:9092", true},
        {"", "localhost.example.com:9092", true},
        {"", "PLAINTEXT://127.0.0.1:9092", true},
        {"", "[::2]:9092", true},
        {"", "10.0.0.1:9092", true},
        {"sasl_plaintext", "10.0.0.1:9092", true},
        {"SSL", "10.0.0.1:9092", false},
        {"sasl_ssl", "kafka.example.com:9092", false},
        {"sslx", "kafka.example.com:9092", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (property_is_plaintext_abroad(slice_from_string(cases[i].protocol),
                                         slice_from_string(cases[i].brokers)) != cases[i].abroad)
            fail_msg("%s %s", cases[i].protocol, cases[i].brokers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_plaintext_abroad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
