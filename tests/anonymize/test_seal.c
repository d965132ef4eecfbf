#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "anonymize/seal.h"
#include "anonymize/secret_file.h"
#include "core/file.h"
#include "core/time_text.h"

struct fixture {
    char directory[64];
    char public_path[96], secret_path[96];
    struct seal_key key;
    struct seal_secret *secret;
    struct buffer reason, out;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->directory, "/tmp/lethe-seal-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->public_path, sizeof f->public_path, "%s/q.pub", f->directory);
    snprintf(f->secret_path, sizeof f->secret_path, "%s/q.secret", f->directory);
    buffer_init(&f->reason, 4096);
    buffer_init(&f->out, 1 << 16);
    assert_int_equal(seal_key_make(f->public_path, f->secret_path, &f->reason), RC_OK);
    assert_int_equal(seal_key_load(f->public_path, &f->key, &f->reason), RC_OK);
    assert_int_equal(seal_secret_load(f->secret_path, &f->secret, &f->reason), RC_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", f->directory);
    assert_int_equal(system(command), 0);
    seal_secret_release(f->secret);
    buffer_release(&f->reason);
    buffer_release(&f->out);
    free(f);
    return 0;
}

static const struct seal_envelope ENVELOPE = {
    .reason = QUARANTINE_MALFORMED,
    .source = {"capture.ndjson", 14},
    .partition = 3,
    .offset = 17,
    .now = INT64_C(1795393425678), /* 00:23:45 */
    .topic = {"events.click", 12},
    .message_time = INT64_C(1795393400001),
};

static struct sealed_record seal_one(struct fixture *f, struct slice content)
{
    struct sealed_record sealed;
    assert_int_equal(seal(&f->key, &ENVELOPE, content, &f->out, &sealed), RC_OK);
    return sealed;
}

static void test_round_trip(void **state)
{
    struct fixture *f = *state;
    struct slice content = SLICE("{\"user\":\"MARKER\"\xff\n\"x");
    buffer_append_string(&f->out, "before");
    struct sealed_record sealed = seal_one(f, content);
    assert_int_equal(sealed.time, INT64_C(1795392000000));
    assert_string_equal(sealed.reason, "malformed");
    assert_true(slice_equal(sealed.source, SLICE("capture.ndjson")));
    assert_int_equal(sealed.partition, 3);
    assert_int_equal(sealed.offset, 17);
    assert_int_equal(sealed.key.length, 16);
    assert_memory_equal(f->out.data, "before", 6);
    assert_ptr_equal(sealed.sealed.data, f->out.data + 6);
    assert_int_equal(sealed.sealed.length, f->out.length - 6);
    /* Nothing of the content stands beyond the end either. */
    assert_true(slice_find(slice_of(f->out.data, f->out.capacity), SLICE("MARKER")) ==
                f->out.capacity);
    struct buffer line;
    buffer_init(&line, 4096);
    assert_int_equal(seal_open(f->secret, &sealed, &line), RC_OK);
    struct slice expected = SLICE("{\"topic\":\"events.click\",\"partition\":3,\"offset\":17,"
                                  "\"timestamp\":1795393400001,\"value\":"
                                  "\"{\\\"user\\\":\\\"MARKER\\\"\xef\xbf\xbd\\n\\\"x\"}\n");
    assert_true(slice_equal(buffer_slice(&line), expected));
    buffer_release(&line);
}

static void test_empty_and_unknown(void **state)
{
    struct fixture *f = *state;
    struct seal_envelope envelope = {
        .reason = QUARANTINE_SIZE, .now = 5, .message_time = TIME_NONE};
    struct sealed_record sealed;
    struct slice nothing = {0};
    assert_int_equal(seal(&f->key, &envelope, nothing, &f->out, &sealed), RC_OK);
    struct buffer line;
    buffer_init(&line, 4096);
    assert_int_equal(seal_open(f->secret, &sealed, &line), RC_OK);
    assert_true(
        slice_equal(buffer_slice(&line),
                    SLICE("{\"topic\":\"\",\"partition\":0,\"offset\":0,\"value\":\"\"}\n")));
    buffer_release(&line);
}

static void test_changed_or_moved(void **state)
{
    struct fixture *f = *state;
    const struct sealed_record sealed = seal_one(f, SLICE("content"));
    struct buffer line;
    buffer_init(&line, 4096);
    struct sealed_record moved = sealed;
    moved.offset++;
    assert_int_equal(seal_open(f->secret, &moved, &line), RC_CORRUPT);
    moved = sealed;
    moved.partition = 4;
    assert_int_equal(seal_open(f->secret, &moved, &line), RC_CORRUPT);
    moved = sealed;
    moved.time += TIME_HOUR;
    assert_int_equal(seal_open(f->secret, &moved, &line), RC_CORRUPT);
    moved = sealed;
    moved.reason = "utf8";
    assert_int_equal(seal_open(f->secret, &moved, &line), RC_CORRUPT);
    moved = sealed;
    moved.source = SLICE("capture.ndjsom");
    assert_int_equal(seal_open(f->secret, &moved, &line), RC_CORRUPT);
    moved = sealed;
    moved.key = SLICE("0000000000000000");
    assert_int_equal(seal_open(f->secret, &moved, &line), RC_CORRUPT);
    for (size_t i = 0; i <= sealed.sealed.length; i++) {
        moved = sealed;
        moved.sealed.length = i;
        if (i < sealed.sealed.length)
            assert_int_equal(seal_open(f->secret, &moved, &line), RC_CORRUPT);
    }
    for (size_t i = 0; i < sealed.sealed.length; i++) {
        f->out.data[i] ^= 1;
        assert_int_equal(seal_open(f->secret, &sealed, &line), RC_CORRUPT);
        f->out.data[i] ^= 1;
    }
    assert_int_equal(line.length, 0);
    assert_int_equal(seal_open(f->secret, &sealed, &line), RC_OK);
    buffer_release(&line);
}

static void test_no_room(void **state)
{
    struct fixture *f = *state;
    const struct sealed_record sealed = seal_one(f, SLICE("content"));
    size_t needed = sealed.sealed.length;
    for (size_t room = 0; room <= needed; room++) {
        struct buffer small;
        struct sealed_record out;
        buffer_init(&small, room);
        enum rc rc = seal(&f->key, &ENVELOPE, SLICE("content"), &small, &out);
        assert_int_equal(rc, room < needed ? RC_LIMIT : RC_OK);
        assert_int_equal(small.length, room < needed ? 0 : needed);
        assert_false(small.failed);
        for (size_t i = 0; room < needed && i < small.capacity && small.data; i++)
            assert_int_equal(small.data[i] == 'c' && i + 7 <= small.capacity &&
                                 memcmp(small.data + i, "content", 7) == 0,
                             0);
        buffer_release(&small);
    }
    struct buffer line;
    buffer_init(&line, 20);
    assert_int_equal(seal_open(f->secret, &sealed, &line), RC_LIMIT);
    assert_int_equal(line.length, 0);
    buffer_release(&line);
}

static void test_sealing_hides_equality(void **state)
{
    struct fixture *f = *state;
    struct sealed_record a = seal_one(f, SLICE("same"));
    size_t length = a.sealed.length;
    seal_one(f, SLICE("same"));
    assert_memory_not_equal(f->out.data, f->out.data + length, length);
}

static void test_keys_are_not_overwritten(void **state)
{
    struct fixture *f = *state;
    char other[96];
    snprintf(other, sizeof other, "%s/other", f->directory);
    assert_int_equal(seal_key_make(f->public_path, other, &f->reason), RC_EXISTS);
    assert_int_equal(access(other, F_OK), -1);
    assert_int_equal(seal_key_make(other, f->secret_path, &f->reason), RC_EXISTS);
    assert_int_equal(access(other, F_OK), -1);
    assert_int_equal(seal_key_make("/nonexistent/a", other, &f->reason), RC_NOT_FOUND);
    assert_int_equal(access(other, F_OK), -1); /* no half pair */
    struct stat status;
    assert_int_equal(stat(f->secret_path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void write_text(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void test_bad_key_files(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {
        "",
        "lethe quarantine public key 1 \n",
        "lethe quarantine secret key 1 "
        "9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015\n",
        "lethe quarantine public key 2 "
        "9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015\n",
        "lethe quarantine public key 1 "
        "9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015",
        "lethe quarantine public key 1 "
        "9F86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015\n",
        "lethe quarantine public key 1 "
        "0000000000000000000000000000000000000000000000000000000000000000\n",
        "lethe quarantine public key 1 " /* a point of low order */
        "0100000000000000000000000000000000000000000000000000000000000000\n",
    };
    struct seal_key key;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text(f->public_path, bad[i], 0644);
        buffer_reset(&f->reason);
        assert_int_equal(seal_key_load(f->public_path, &key, &f->reason), RC_CORRUPT);
        assert_true(f->reason.length > 0);
        assert_true(slice_find(buffer_slice(&f->reason), SLICE("9f86")) == f->reason.length);
        assert_int_equal(key.public_key[0], 0);
    }
    write_text(f->public_path, bad[2], 0666);
    assert_int_equal(seal_key_load(f->public_path, &key, &f->reason), RC_REFUSED);
    assert_int_equal(seal_key_load("/nonexistent", &key, &f->reason), RC_NOT_FOUND);
    struct seal_secret *secret;
    chmod(f->secret_path, 0640);
    assert_int_equal(seal_secret_load(f->secret_path, &secret, &f->reason), RC_REFUSED);
    assert_null(secret);
    write_text(f->secret_path, bad[4], 0600);
    assert_int_equal(seal_secret_load(f->secret_path, &secret, &f->reason), RC_CORRUPT);
    unlink(f->secret_path);
    assert_int_equal(symlink("q.pub", f->secret_path), 0);
    assert_int_equal(seal_secret_load(f->secret_path, &secret, &f->reason), RC_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty_and_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed_or_moved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sealing_hides_equality, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys_are_not_overwritten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_key_files, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
