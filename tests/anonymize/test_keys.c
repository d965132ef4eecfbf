#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "anonymize/key_file.h"
#include "anonymize/keys.h"
#include "core/file.h"

static const struct key_schedule WEEKLY = {.epoch = TIME_WEEK, .keep = 30 * TIME_DAY};
static const int64_t MONDAY = INT64_C(1795392000000); /* 2026-11-23T00:00:00Z */

struct directory {
    char path[64];
    struct buffer reason;
};

static void setup(struct directory *directory)
{
    strcpy(directory->path, "/tmp/lethe-keys-XXXXXX");
    assert_non_null(mkdtemp(directory->path));
    buffer_init(&directory->reason, 4096);
}

static void teardown(struct directory *directory)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", directory->path);
    assert_int_equal(system(command), 0);
    buffer_release(&directory->reason);
}

static const char *in(const struct directory *directory, const char *name)
{
    static char paths[4][160];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", directory->path, name);
    return path;
}

static void put(const struct directory *directory, const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(in(directory, name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(in(directory, name), mode), 0);
}

/* A well-formed key file of that number and week, whose key is 64 times `digit`. */
static const char *key_text(unsigned number, unsigned week, char digit)
{
    static char texts[4][512];
    static unsigned next;
    char *text = texts[next++ % 4];
    char hex[65];
    memset(hex, digit, 64);
    hex[64] = 0;
    struct buffer begins, ends;
    buffer_init(&begins, 64);
    buffer_init(&ends, 64);
    time_append(&begins, MONDAY + week * TIME_WEEK, TIME_FORMAT_RFC3339);
    time_append(&ends, MONDAY + (week + 1) * TIME_WEEK, TIME_FORMAT_RFC3339);
    snprintf(text, sizeof texts[0],
             "lethe epoch key 1\nnumber %u\nbegins %.*s\nends %.*s\nkey %s\n", number,
             (int)begins.length, begins.data, (int)ends.length, ends.data, hex);
    buffer_release(&begins);
    buffer_release(&ends);
    return text;
}

static enum rc open_ring(struct directory *directory, int64_t now)
{
    buffer_reset(&directory->reason);
    struct keyring *keyring;
    enum rc rc = keyring_open(directory->path, WEEKLY, now, &keyring, &directory->reason);
    assert_true((rc == RC_OK) == (keyring != NULL));
    keyring_release(keyring);
    return rc;
}

/* No run of 8 hex digits of a key stands in a reason: keys here are one digit 64 times. */
static void assert_reason(const struct directory *directory, const char *part)
{
    struct slice reason = buffer_slice(&directory->reason);
    assert_true(reason.length > 0);
    if (slice_find(reason, slice_from_string(part)) == reason.length)
        fail_msg("`%.*s` has no `%s`", SLICE_FORMAT(reason), part);
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; digits[i]; i++) {
        char run[8];
        memset(run, digits[i], sizeof run);
        assert_true(slice_find(reason, slice_of(run, sizeof run)) == reason.length);
    }
}

static void assert_refused(struct directory *directory, enum rc rc, const char *part)
{
    assert_int_equal(open_ring(directory, MONDAY), rc);
    assert_reason(directory, part);
    unsigned made, destroyed;
    buffer_reset(&directory->reason);
    assert_int_equal(
        keys_rotate(directory->path, WEEKLY, MONDAY, 1, &made, &destroyed, &directory->reason), rc);
    assert_reason(directory, part);
    assert_int_equal(made, 0);
}

static void test_init_makes_keys(void **state)
{
    (void)state;
    struct directory d;
    setup(&d);
    const char *path = in(&d, "a/keys");
    assert_int_equal(keys_init(path, WEEKLY, MONDAY + TIME_DAY, 2, &d.reason), RC_OK);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(stat(in(&d, "a/keys/epoch-000003.key"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(keys_init(path, WEEKLY, MONDAY, 2, &d.reason), RC_EXISTS);
    struct keyring *ring;
    assert_int_equal(keyring_open(path, WEEKLY, MONDAY + TIME_DAY, &ring, &d.reason), RC_OK);
    assert_int_equal(keyring_count(ring), 3);
    assert_int_equal(keyring_at(ring, 0)->begins, MONDAY);
    assert_int_equal(keyring_at(ring, 0)->state, KEY_CURRENT);
    assert_int_equal(keyring_at(ring, 1)->state, KEY_FUTURE);
    assert_null(keyring_at(ring, 3));
    assert_int_equal(keyring_epoch(ring, MONDAY - 1), 0);
    assert_int_equal(keyring_epoch(ring, MONDAY), 1);
    assert_int_equal(keyring_epoch(ring, MONDAY + TIME_WEEK - 1), 1);
    assert_int_equal(keyring_epoch(ring, MONDAY + TIME_WEEK), 2);
    assert_int_equal(keyring_epoch(ring, MONDAY + 3 * TIME_WEEK), 0);
    assert_int_equal(keyring_epoch(ring, TIME_NONE), 0);
    assert_int_equal(keyring_epoch(ring, TIME_NEVER), 0);
    assert_int_equal(keyring_ahead(ring, MONDAY + TIME_DAY), 3 * TIME_WEEK - TIME_DAY);
    assert_int_equal(keyring_ahead(ring, MONDAY - 1), 0);
    assert_non_null(keyring_secret(ring, 2));
    assert_memory_not_equal(keyring_secret(ring, 1), keyring_secret(ring, 2), KEY_BYTES);
    assert_null(keyring_secret(ring, 0));
    assert_null(keyring_secret(ring, 4));
    keyring_release(ring);
    teardown(&d);
}

static void test_bad_schedules(void **state)
{
    (void)state;
    struct directory d;
    setup(&d);
    const struct key_schedule bad[] = {
        {.epoch = TIME_HOUR - 1, .keep = 0}, {.epoch = 0, .keep = 0},
        {.epoch = -TIME_DAY, .keep = 0},     {.epoch = INT64_MAX, .keep = 0},
        {.epoch = TIME_DAY, .keep = -1},     {.epoch = TIME_DAY, .keep = INT64_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct keyring *ring;
        assert_int_equal(keys_init(in(&d, "k"), bad[i], MONDAY, 1, &d.reason), RC_CONFIGURATION);
        assert_int_equal(keyring_throw_away(bad[i], MONDAY, NULL, &ring), RC_CONFIGURATION);
        assert_null(ring);
    }
    assert_int_equal(keys_init(in(&d, "k"), WEEKLY, -1, 1, &d.reason), RC_CONFIGURATION);
    assert_int_equal(keys_init(in(&d, "k"), WEEKLY, TIME_NEVER, 1, &d.reason), RC_CONFIGURATION);
    assert_int_equal(keys_init(in(&d, "k"), WEEKLY, MONDAY, KEY_LIMIT, &d.reason),
                     RC_CONFIGURATION);
    assert_int_equal(access(in(&d, "k"), F_OK), -1);
    teardown(&d);
}

static void test_modes_and_owners(void **state)
{
    (void)state;
    struct directory d;
    setup(&d);
    put(&d, "epoch-000001.key", key_text(1, 0, 'a'), 0400);
    assert_int_equal(open_ring(&d, MONDAY), RC_OK);
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0777};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        chmod(in(&d, "epoch-000001.key"), modes[i]);
        assert_refused(&d, RC_REFUSED, "epoch-000001.key: group or others");
    }
    chmod(in(&d, "epoch-000001.key"), 0600);
    static const mode_t directory_modes[] = {0750, 0701, 0755, 0720};
    for (size_t i = 0; i < sizeof directory_modes / sizeof *directory_modes; i++) {
        chmod(d.path, directory_modes[i]);
        assert_refused(&d, RC_REFUSED, "group or others");
    }
    chmod(d.path, 0700);
    if (geteuid() == 0) {
        assert_int_equal(chown(in(&d, "epoch-000001.key"), 12345, 0), 0);
        assert_refused(&d, RC_REFUSED, "belongs to somebody else");
        assert_int_equal(chown(in(&d, "epoch-000001.key"), 0, 0), 0);
        assert_int_equal(chown(d.path, 12345, 0), 0);
        assert_refused(&d, RC_REFUSED, "belongs to somebody else");
        assert_int_equal(chown(d.path, 0, 0), 0);
    }
    assert_int_equal(open_ring(&d, MONDAY), RC_OK);
    teardown(&d);
}

static void test_not_regular(void **state)
{
    (void)state;
    struct directory d;
    setup(&d);
    put(&d, "real", key_text(1, 0, 'a'), 0600);
    assert_int_equal(symlink("real", in(&d, "epoch-000001.key")), 0);
    assert_refused(&d, RC_REFUSED, "symbolic link");
    unlink(in(&d, "epoch-000001.key"));
    assert_int_equal(mkfifo(in(&d, "epoch-000001.key"), 0600), 0);
    assert_refused(&d, RC_REFUSED, "not a regular file");
    unlink(in(&d, "epoch-000001.key"));
    assert_int_equal(mkdir(in(&d, "epoch-000001.key"), 0700), 0);
    assert_refused(&d, RC_REFUSED, "not a regular file");
    rmdir(in(&d, "epoch-000001.key"));
    struct directory link = d;
    snprintf(link.path, sizeof link.path, "%s", in(&d, "link"));
    assert_int_equal(symlink(".", link.path), 0);
    assert_refused(&link, RC_REFUSED, "symbolic link");
    snprintf(link.path, sizeof link.path, "%s", in(&d, "none"));
    assert_refused(&link, RC_NOT_FOUND, "no such directory");
    snprintf(link.path, sizeof link.path, "%s", in(&d, "real"));
    assert_refused(&link, RC_REFUSED, "cannot be opened as a directory");
    d.reason = link.reason;
    teardown(&d);
}

static void test_bad_text(void **state)
{
    (void)state;
    struct directory d;
    setup(&d);
    static const char good[] = "lethe epoch key 1\nnumber 1\nbegins 2026-11-23T00:00:00Z\n"
                               "ends 2026-11-30T00:00:00Z\nkey "
                               "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";
    put(&d, "epoch-000001.key", good, 0600);
    assert_int_equal(open_ring(&d, MONDAY), RC_OK);
    static const struct {
        const char *find, *replace;
    } cases[] = {
        {"lethe epoch key 1", "lethe epoch key 2"},
        {"lethe", "Lethe"},
        {"number 1", "number 01"},
        {"number 1", "number +1"},
        {"number 1", "number 0"},
        {"number 1", "number 4294967297"},
        {"number 1", "number"},
        {"number 1\n", ""},
        {"begins 2026-11-23T00:00:00Z", "begins 2026-11-23T00:00:00z"},
        {"begins 2026-11-23T00:00:00Z", "begins 2026-11-23T08:00:00+08:00"},
        {"begins 2026-11-23", "begins 2026-11-31"},
        {"begins 2026-11-23", "begins 2026-11-30"}, /* begins where it ends */
        {"ends 2026-11-30", "ends 2026-11-22"},
        {"ends", "end"},
        {"key 0", "key  0"},
        {"abcdef\n", "abcde\n"},    /* short */
        {"abcdef\n", "abcdef00\n"}, /* long */
        {"abcdef\n", "abcdeF\n"},
        {"abcdef\n", "abcdeg\n"},
        {"abcdef\n", "abcdef"},
        {"abcdef\n", "abcdef\n\n"},
        {"\nends", "\r\nends"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        const char *at = strstr(good, cases[i].find);
        assert_non_null(at);
        if (strcmp(cases[i].find, "abcdef\n") == 0)
            at = good + sizeof good - 8;
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, cases[i].replace,
                 at + strlen(cases[i].find));
        put(&d, "epoch-000001.key", text, 0600);
        assert_refused(&d, RC_CORRUPT, "epoch-000001.key: is not of the form");
    }
    put(&d, "epoch-000001.key", "", 0600);
    assert_refused(&d, RC_CORRUPT, "is not of the form");
    char longest[SECRET_FILE_LIMIT + 1];
    memset(longest, 'f', sizeof longest);
    longest[SECRET_FILE_LIMIT] = 0;
    put(&d, "epoch-000001.key", longest, 0600);
    assert_refused(&d, RC_CORRUPT, "too long");
    put(&d, "epoch-000001.key", key_text(1, 0, '0'), 0600);
    assert_refused(&d, RC_REFUSED, "key of zeros");
    put(&d, "epoch-000001.key", key_text(2, 0, 'a'), 0600);
    assert_refused(&d, RC_REFUSED, "another number");
    teardown(&d);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "epoch-1.key",          "epoch-0000001.key",      "epoch-000000.key",
        "epoch-000001.key~",    "epoch-000001.key.",      "epoch-000001.key.swp",
        "epoch-000001",         "epoch-+00001.key",       "epoch-",
        "epoch-4294967296.key", "epoch-00001a.key",       "epoch-000001.KEY",
        "epoch-000001.bak",     "epoch-000001.destroyed1"};
    struct directory d;
    setup(&d);
    put(&d, "README", "not ours", 0644);
    put(&d, "epoch-000001.key", key_text(1, 0, 'a'), 0600);
    assert_int_equal(open_ring(&d, MONDAY), RC_OK);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        put(&d, refused[i], key_text(1, 0, 'a'), 0600);
        assert_refused(&d, RC_REFUSED, "is none");
        unlink(in(&d, refused[i]));
    }
    uint32_t number;
    bool destroyed;
    assert_true(key_file_name_parse("epoch-4294967295.destroyed", &number, &destroyed));
    assert_int_equal(number, UINT32_MAX);
    assert_true(destroyed);
    teardown(&d);
}

static void test_keys_together(void **state)
{
    (void)state;
    struct directory d;
    setup(&d);
    put(&d, "epoch-000001.key", key_text(1, 0, 'a'), 0600);
    put(&d, "epoch-000002.key", key_text(2, 1, 'a'), 0600);
    assert_refused(&d, RC_REFUSED, "the same key");
    put(&d, "epoch-000002.key", key_text(2, 0, 'b'), 0600);
    assert_refused(&d, RC_REFUSED, "overlap");
    put(&d, "epoch-000002.key", key_text(2, 1, 'b'), 0600);
    assert_int_equal(open_ring(&d, MONDAY), RC_OK);
    teardown(&d);
}

static void test_due_keys_are_not_taken(void **state)
{
    (void)state;
    struct directory d;
    setup(&d);
    for (unsigned i = 1; i <= 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "epoch-%06u.key", i);
        put(&d, name, key_text(i, i - 1, (char)('a' + i)), 0600);
    }
    /* Number 5 is of the letter f; the others are b to e. */
    struct keyring *ring;
    int64_t now = MONDAY + 30 * TIME_DAY + TIME_WEEK; /* the first is due to the millisecond */
    assert_int_equal(keyring_open(d.path, WEEKLY, now - 1, &ring, &d.reason), RC_OK);
    assert_int_equal(keyring_count(ring), 5);
    assert_non_null(keyring_secret(ring, 1));
    keyring_release(ring);
    assert_int_equal(keyring_open(d.path, WEEKLY, now, &ring, &d.reason), RC_OK);
    assert_int_equal(keyring_count(ring), 4);
    assert_null(keyring_secret(ring, 1));
    assert_int_equal(keyring_epoch(ring, MONDAY), 0);
    assert_int_equal(keyring_secret(ring, 5)[7], 0xff);
    assert_int_equal(keyring_secret(ring, 2)[0], 0xcc);
    keyring_release(ring);
    unlink(in(&d, "epoch-000003.key"));
    assert_int_equal(keyring_open(d.path, WEEKLY, now, &ring, &d.reason), RC_OK);
    assert_int_equal(keyring_count(ring), 3);
    assert_null(keyring_secret(ring, 3));
    assert_int_equal(keyring_secret(ring, 4)[31], 0xee);
    assert_int_equal(keyring_ahead(ring, MONDAY + TIME_WEEK), TIME_WEEK); /* a gap behind 2 */
    keyring_release(ring);
    teardown(&d);
}

static void test_rotate(void **state)
{
    (void)state;
    struct directory d;
    setup(&d);
    unsigned made, destroyed;
    assert_int_equal(keys_init(d.path, WEEKLY, MONDAY, 1, &d.reason), RC_OK);
    assert_int_equal(keys_rotate(d.path, WEEKLY, MONDAY, 1, &made, &destroyed, &d.reason), RC_OK);
    assert_int_equal(made + destroyed, 0);
    int64_t now = MONDAY + TIME_WEEK;
    assert_int_equal(keys_rotate(d.path, WEEKLY, now, 1, &made, &destroyed, &d.reason), RC_OK);
    assert_int_equal(made, 1);
    assert_int_equal(destroyed, 0);
    /* After a long sleep: all but none are due, and new ones begin now and not in the past. */
    put(&d, ".tmp-0123456789abcdef", key_text(9, 0, '9'), 0600);
    now = MONDAY + 20 * TIME_WEEK + TIME_DAY;
    assert_int_equal(keys_rotate(d.path, WEEKLY, now, 2, &made, &destroyed, &d.reason), RC_OK);
    assert_int_equal(made, 3);
    assert_int_equal(destroyed, 3);
    assert_int_equal(access(in(&d, ".tmp-0123456789abcdef"), F_OK), -1);
    assert_int_equal(access(in(&d, "epoch-000001.key"), F_OK), -1);
    struct epoch_key *keys;
    size_t count;
    assert_int_equal(keys_list(d.path, WEEKLY, now, &keys, &count, &d.reason), RC_OK);
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(keys[i].number, i + 1);
    assert_int_equal(keys[0].state, KEY_DESTROYED);
    assert_int_equal(keys[0].destroyed, now);
    assert_int_equal(keys[0].begins, MONDAY);
    assert_int_equal(keys[3].state, KEY_CURRENT);
    assert_int_equal(keys[3].begins, MONDAY + 20 * TIME_WEEK);
    assert_int_equal(keys[3].destroyed, TIME_NONE);
    assert_int_equal(keys[5].state, KEY_FUTURE);
    free(keys);
    /* Shorter epochs from now on: what is there stays, what comes is shorter and has no gap. */
    const struct key_schedule daily = {.epoch = TIME_DAY, .keep = 30 * TIME_DAY};
    assert_int_equal(keys_rotate(d.path, daily, now, 5, &made, &destroyed, &d.reason), RC_OK);
    assert_int_equal(made, 3);
    struct keyring *ring;
    assert_int_equal(keyring_open(d.path, daily, now, &ring, &d.reason), RC_OK);
    assert_int_equal(keyring_ahead(ring, now), 3 * TIME_WEEK - TIME_DAY + 3 * TIME_DAY);
    keyring_release(ring);
    teardown(&d);
}

static void test_destroy(void **state)
{
    (void)state;
    struct directory d;
    setup(&d);
    assert_int_equal(keys_init(d.path, WEEKLY, MONDAY, 2, &d.reason), RC_OK);
    assert_int_equal(chmod(in(&d, "epoch-000001.key"), 0400), 0);
    /* A second name shows what became of the bytes on the disk. */
    assert_int_equal(link(in(&d, "epoch-000001.key"), in(&d, "other")), 0);
    unsigned destroyed, made;
    int64_t now = MONDAY + TIME_DAY + 1234;
    assert_int_equal(keys_destroy(d.path, 7, now, &destroyed, &d.reason), RC_NOT_FOUND);
    assert_int_equal(keys_destroy(d.path, 1, now, &destroyed, &d.reason), RC_OK);
    assert_int_equal(destroyed, 1);
    assert_int_equal(access(in(&d, "epoch-000001.key"), F_OK), -1);
    struct arena arena;
    arena_init(&arena, 4096);
    struct slice text;
    assert_int_equal(file_read(in(&d, "other"), 1024, &arena, &text), RC_OK);
    assert_true(text.length > 100);
    for (size_t i = 0; i < text.length; i++)
        assert_int_equal(text.data[i], 0);
    assert_int_equal(file_read(in(&d, "epoch-000001.destroyed"), 1024, &arena, &text), RC_OK);
    assert_true(slice_equal(text, SLICE("lethe epoch key 1\nnumber 1\nbegins 2026-11-23T00:00:00Z\n"
                                        "ends 2026-11-30T00:00:00Z\n"
                                        "destroyed 2026-11-24T00:00:01Z\n")));
    assert_int_equal(keys_destroy(d.path, 1, now, &destroyed, &d.reason), RC_OK);
    assert_int_equal(destroyed, 0);
    /* The rest of the week gets another key; the destroyed one's number and times do not return. */
    assert_int_equal(keys_rotate(d.path, WEEKLY, now, 2, &made, &destroyed, &d.reason), RC_OK);
    assert_int_equal(made, 1);
    struct keyring *ring;
    assert_int_equal(keyring_open(d.path, WEEKLY, now, &ring, &d.reason), RC_OK);
    assert_int_equal(keyring_epoch(ring, MONDAY), 0);
    assert_int_equal(keyring_epoch(ring, now), 4);
    keyring_release(ring);
    assert_int_equal(keys_destroy(d.path, 0, now, &destroyed, &d.reason), RC_OK);
    assert_int_equal(destroyed, 3);
    struct epoch_key *keys;
    size_t count;
    assert_int_equal(keys_list(d.path, WEEKLY, now, &keys, &count, &d.reason), RC_OK);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(keys[i].state, KEY_DESTROYED);
    free(keys);
    arena_release(&arena);
    teardown(&d);
}

/* A crash between the record and the overwriting: the key is not used, and the next run ends it. */
static void test_interrupted_destruction(void **state)
{
    (void)state;
    struct directory d;
    setup(&d);
    put(&d, "epoch-000001.key", "half overwritt", 0600);
    put(&d, "epoch-000001.destroyed",
        "lethe epoch key 1\nnumber 1\nbegins 2026-11-23T00:00:00Z\nends 2026-11-30T00:00:00Z\n"
        "destroyed 2026-11-24T00:00:01Z\n",
        0600);
    struct keyring *ring;
    assert_int_equal(keyring_open(d.path, WEEKLY, MONDAY, &ring, &d.reason), RC_OK);
    assert_int_equal(keyring_count(ring), 0);
    keyring_release(ring);
    struct epoch_key *keys;
    size_t count;
    assert_int_equal(keys_list(d.path, WEEKLY, MONDAY, &keys, &count, &d.reason), RC_OK);
    assert_int_equal(keys[0].state, KEY_DUE);
    free(keys);
    unsigned made, destroyed;
    assert_int_equal(
        keys_rotate(d.path, WEEKLY, MONDAY + 2 * TIME_DAY, 0, &made, &destroyed, &d.reason), RC_OK);
    assert_int_equal(destroyed, 1);
    assert_int_equal(made, 1);
    assert_int_equal(access(in(&d, "epoch-000001.key"), F_OK), -1);
    put(&d, "epoch-000003.destroyed", "lethe epoch key 1\n", 0600);
    assert_refused(&d, RC_CORRUPT, "is not of the form");
    teardown(&d);
}

static void test_two_rotate_at_once(void **state)
{
    (void)state;
    struct directory d;
    setup(&d);
    assert_int_equal(keys_init(d.path, WEEKLY, MONDAY, 0, &d.reason), RC_OK);
    enum { PROCESSES = 8 };
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            unsigned made, destroyed;
            enum rc rc = keys_rotate(d.path, WEEKLY, MONDAY, 20, &made, &destroyed, NULL);
            _exit(rc == RC_OK && (made == 0 || made == 20) ? (int)made : 99);
        }
    }
    int made = 0;
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        made += WEXITSTATUS(status);
    }
    assert_int_equal(made, 20);
    assert_int_equal(open_ring(&d, MONDAY), RC_OK);
    teardown(&d);
}

static void test_throw_away(void **state)
{
    (void)state;
    uint64_t seed = 42, other = 43;
    struct keyring *a, *b, *c, *r;
    int64_t now = MONDAY + TIME_DAY;
    assert_int_equal(keyring_throw_away(WEEKLY, now, &seed, &a), RC_OK);
    assert_int_equal(keyring_throw_away(WEEKLY, now + TIME_WEEK, &seed, &b), RC_OK);
    assert_int_equal(keyring_throw_away(WEEKLY, now, &other, &c), RC_OK);
    assert_int_equal(keyring_throw_away(WEEKLY, now, NULL, &r), RC_OK);
    uint32_t epoch = keyring_epoch(a, now);
    assert_true(epoch > 2900);
    assert_int_equal(epoch, keyring_epoch(b, now));
    assert_memory_equal(keyring_secret(a, epoch), keyring_secret(b, epoch), KEY_BYTES);
    assert_memory_not_equal(keyring_secret(a, epoch), keyring_secret(c, epoch), KEY_BYTES);
    assert_memory_not_equal(keyring_secret(a, epoch), keyring_secret(r, epoch), KEY_BYTES);
    assert_memory_not_equal(keyring_secret(a, epoch), keyring_secret(a, epoch - 1), KEY_BYTES);
    assert_true(keyring_epoch(a, now - WEEKLY.keep - WEEKLY.epoch) != 0);
    assert_true(keyring_epoch(a, now + WEEKLY.epoch) != 0);
    keyring_release(a);
    keyring_release(b);
    keyring_release(c);
    keyring_release(r);
    const struct key_schedule many = {.epoch = TIME_HOUR, .keep = 5000 * (int64_t)TIME_HOUR};
    assert_int_equal(keyring_throw_away(many, now, &seed, &a), RC_LIMIT);
    assert_int_equal(keyring_throw_away(WEEKLY, 0, &seed, &a), RC_OK);
    assert_int_equal(keyring_epoch(a, 0), 1);
    keyring_release(a);
    keyring_release(NULL);
}

static void test_too_many(void **state)
{
    (void)state;
    struct directory d;
    setup(&d);
    const struct key_schedule hourly = {.epoch = TIME_HOUR, .keep = 0};
    for (uint32_t i = 1; i <= KEY_LIMIT; i++) {
        struct key_record key = {.number = i,
                                 .begins = MONDAY + i * (int64_t)TIME_HOUR,
                                 .ends = MONDAY + (i + 1) * (int64_t)TIME_HOUR};
        unsigned char secret[KEY_BYTES] = {1, (unsigned char)i, (unsigned char)(i >> 8)};
        char text[SECRET_FILE_LIMIT + 1], name[KEY_NAME_SIZE];
        text[key_file_write(&key, secret, text)] = 0;
        key_file_name(i, false, name);
        put(&d, name, text, 0600);
    }
    unsigned made, destroyed;
    assert_int_equal(open_ring(&d, MONDAY), RC_OK);
    assert_int_equal(keys_rotate(d.path, hourly, MONDAY, 1, &made, &destroyed, &d.reason),
                     RC_LIMIT);
    assert_int_equal(made, 0);
    put(&d, "epoch-009999.key", key_text(9999, 99, 'a'), 0600);
    assert_refused(&d, RC_LIMIT, "too many keys");
    teardown(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init_makes_keys),
        cmocka_unit_test(test_bad_schedules),
        cmocka_unit_test(test_modes_and_owners),
        cmocka_unit_test(test_not_regular),
        cmocka_unit_test(test_bad_text),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_keys_together),
        cmocka_unit_test(test_due_keys_are_not_taken),
        cmocka_unit_test(test_rotate),
        cmocka_unit_test(test_destroy),
        cmocka_unit_test(test_interrupted_destruction),
        cmocka_unit_test(test_two_rotate_at_once),
        cmocka_unit_test(test_throw_away),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
