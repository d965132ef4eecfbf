/* Passwords from files: which files, what of them, and that they end up nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "kafka/client_configuration.h"
#include "kafka/secret.h"

struct place {
    char directory[64];
    char file[128];
};

static int make_place(void **state)
{
    static struct place place;
    snprintf(place.directory, sizeof place.directory, "/tmp/lethe-secret-XXXXXX");
    if (!mkdtemp(place.directory))
        return -1;
    snprintf(place.file, sizeof place.file, "%s/password", place.directory);
    unsetenv("CREDENTIALS_DIRECTORY");
    *state = &place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    unsetenv("CREDENTIALS_DIRECTORY");
    unlink(place->file);
    return rmdir(place->directory);
}

static void put(const struct place *place, struct slice bytes, unsigned mode)
{
    assert_int_equal(file_write_atomically(place->file, bytes, mode, true), RC_OK);
}

static enum rc take(const char *path, struct buffer *out, const char *words)
{
    struct buffer reason;
    buffer_init(&reason, 1024);
    enum rc rc = kafka_secret_read(path, out, &reason);
    buffer_append_byte(&reason, '\0');
    if (words ? !strstr(reason.data, words) : reason.length != 1)
        fail_msg("%s", reason.data);
    if (strstr(reason.data, "canary"))
        fail_msg("the secret is in the reason");
    buffer_release(&reason);
    return rc;
}

static void expect_refused(const struct place *place, enum rc wanted, const char *words)
{
    struct buffer out;
    buffer_init(&out, KAFKA_SECRET_LIMIT + 2);
    assert_int_equal(take(place->file, &out, words), wanted);
    buffer_release(&out);
}

static void test_content(void **state)
{
    struct place *place = *state;
    static const struct {
        struct slice bytes;
        const char *wanted;
    } cases[] = {
        {{"canary", 6}, "canary"},       {{"canary\n", 7}, "canary"}, {{"canary\r\n", 8}, "canary"},
        {{"canary\n\n", 8}, "canary\n"}, {{"canary ", 7}, "canary "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer out;
        buffer_init(&out, KAFKA_SECRET_LIMIT + 2);
        put(place, cases[i].bytes, 0600);
        assert_int_equal(take(place->file, &out, NULL), RC_OK);
        assert_int_equal(out.length, strlen(cases[i].wanted) + 1);
        assert_string_equal(out.data, cases[i].wanted);
        buffer_release(&out);
    }
}

static void test_what_is_no_secret(void **state)
{
    struct place *place = *state;
    expect_refused(place, RC_NOT_FOUND, "password: there is no such file");
    put(place, SLICE(""), 0600);
    expect_refused(place, RC_CORRUPT, "empty");
    put(place, SLICE("\n"), 0600);
    expect_refused(place, RC_CORRUPT, "empty");
    put(place, SLICE(" canary"), 0600);
    expect_refused(place, RC_CORRUPT, "white space");
    put(place, SLICE("can\0ary"), 0600);
    expect_refused(place, RC_CORRUPT, "NUL");
    static char large[KAFKA_SECRET_LIMIT + 1];
    memset(large, 'x', sizeof large);
    put(place, slice_of(large, sizeof large), 0600);
    expect_refused(place, RC_CORRUPT, "too long");
    put(place, slice_of(large, sizeof large - 1), 0400);
    struct buffer out;
    buffer_init(&out, KAFKA_SECRET_LIMIT + 2);
    assert_int_equal(take(place->file, &out, NULL), RC_OK);
    assert_int_equal(out.length, KAFKA_SECRET_LIMIT + 1);
    buffer_release(&out);
}

static void test_who_else_may_read(void **state)
{
    struct place *place = *state;
    static const unsigned modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        put(place, SLICE("canary"), modes[i]);
        expect_refused(place, RC_REFUSED, "chmod 600");
    }
}

/* systemd's credentials are root's, and readable for the service by its group or an ACL. */
static void test_credentials(void **state)
{
    struct place *place = *state;
    struct buffer out;
    buffer_init(&out, KAFKA_SECRET_LIMIT + 2);
    put(place, SLICE("canary"), 0440);
    expect_refused(place, RC_REFUSED, "chmod 600");
    setenv("CREDENTIALS_DIRECTORY", place->directory, 1);
    assert_int_equal(take(place->file, &out, NULL), RC_OK);
    buffer_release(&out);
    put(place, SLICE("canary"), 0444);
    expect_refused(place, RC_REFUSED, "chmod 600");
    put(place, SLICE("canary"), 0460);
    expect_refused(place, RC_REFUSED, "chmod 600");
    /* A directory whose name only begins like it is another one. */
    put(place, SLICE("canary"), 0440);
    char shorter[64];
    snprintf(shorter, sizeof shorter, "%.*s", (int)strlen(place->directory) - 1, place->directory);
    setenv("CREDENTIALS_DIRECTORY", shorter, 1);
    expect_refused(place, RC_REFUSED, "chmod 600");
}

static void test_not_a_file(void **state)
{
    struct place *place = *state;
    assert_int_equal(symlink("/etc/hostname", place->file), 0);
    expect_refused(place, RC_REFUSED, "symbolic link");
    unlink(place->file);
    assert_int_equal(mkfifo(place->file, 0600), 0);
    expect_refused(place, RC_REFUSED, "not a regular file");
}

static void test_into_the_client(void **state)
{
    struct place *place = *state;
    const struct kafka_property properties[] = {{"security.protocol", "sasl_plaintext"},
                                                {"sasl.mechanism", "SCRAM-SHA-256"},
                                                {"sasl.username", "u"}};
    const struct kafka_secret secrets[] = {{"sasl.password", place->file}};
    const struct kafka_settings settings = {properties, 3, secrets, 1};
    const struct kafka_client_options options = {.role = KAFKA_OBSERVER, .settings = &settings};
    rd_kafka_conf_t *configuration;
    struct buffer reason;
    char value[64];
    size_t size = sizeof value;
    buffer_init(&reason, 1024);
    put(place, SLICE("canary\n"), 0600);
    assert_int_equal(client_configuration_make(&options, &configuration, &reason), RC_OK);
    assert_int_equal(reason.length, 0);
    assert_int_equal(rd_kafka_conf_get(configuration, "sasl.password", value, &size),
                     RD_KAFKA_CONF_OK);
    assert_string_equal(value, "canary");
    rd_kafka_conf_destroy(configuration);
    put(place, SLICE("canary\n"), 0644);
    assert_int_equal(client_configuration_make(&options, &configuration, &reason), RC_REFUSED);
    assert_null(configuration);
    buffer_append_byte(&reason, '\0');
    assert_true(strncmp(reason.data, "sasl.password: /tmp/", 20) == 0);
    buffer_release(&reason);
}

/* What is no secret does not come from a file: a path could otherwise be any property's way in. */
static void test_only_secrets(void **state)
{
    struct place *place = *state;
    static const char *const names[] = {"debug", "plugin.library.paths", "bootstrap.servers",
                                        "isolation.level", "no.such"};
    put(place, SLICE("canary"), 0600);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct kafka_secret secrets[] = {{names[i], place->file}};
        const struct kafka_settings settings = {.secrets = secrets, .secret_count = 1};
        const struct kafka_client_options options = {.role = KAFKA_OBSERVER, .settings = &settings};
        rd_kafka_conf_t *configuration;
        struct buffer reason;
        buffer_init(&reason, 1024);
        assert_int_equal(client_configuration_make(&options, &configuration, &reason), RC_REFUSED);
        assert_true(reason.length > 0);
        buffer_release(&reason);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_content),      CASE(test_what_is_no_secret), CASE(test_who_else_may_read),
        CASE(test_credentials),  CASE(test_not_a_file),        CASE(test_into_the_client),
        CASE(test_only_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
