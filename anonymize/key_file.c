#include "anonymize/key_file.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

void key_file_name(uint32_t number, bool destroyed, char name[static KEY_NAME_SIZE])
{
    snprintf(name, KEY_NAME_SIZE, "epoch-%06" PRIu32 ".%s", number,
             destroyed ? "destroyed" : "key");
}

bool key_file_name_parse(const char *name, uint32_t *number, bool *destroyed)
{
    struct slice rest = slice_from_string(name);
    if (!slice_starts_with(rest, SLICE("epoch-")))
        return false;
    rest = slice_tail(rest, 6);
    uint64_t value;
    if (!slice_to_u64(slice_cut(&rest, '.'), &value) || value == 0 || value > UINT32_MAX)
        return false;
    *number = (uint32_t)value;
    *destroyed = slice_equal(rest, SLICE("destroyed"));
    char canonical[KEY_NAME_SIZE];
    key_file_name(*number, *destroyed, canonical);
    return strcmp(canonical, name) == 0;
}

static void write_head(struct buffer *head, const struct key_record *key)
{
    buffer_append_string(head, "lethe epoch key 1\nnumber ");
    buffer_append_u64(head, key->number);
    buffer_append_string(head, "\nbegins ");
    time_append(head, key->begins, TIME_FORMAT_RFC3339);
    buffer_append_string(head, "\nends ");
    time_append(head, key->ends, TIME_FORMAT_RFC3339);
    buffer_append_byte(head, '\n');
}

size_t key_file_write(const struct key_record *key, const unsigned char *secret,
                      char memory[static SECRET_FILE_LIMIT])
{
    char text[SECRET_FILE_LIMIT - 4 - 2 * KEY_BYTES - 2];
    /* Borrowed memory, so that nothing is allocated and nothing to be released. */
    struct buffer head = {.data = text, .capacity = sizeof text, .limit = sizeof text};
    write_head(&head, key);
    if (!secret) {
        buffer_append_string(&head, "destroyed ");
        time_append(&head, key->destroyed, TIME_FORMAT_RFC3339);
        buffer_append_byte(&head, '\n');
    }
    size_t length = buffer_status(&head) == RC_OK ? head.length : 0;
    if (length > 0)
        memcpy(memory, head.data, length);
    if (length > 0 && secret) {
        memcpy(memory + length, "key ", 4);
        length += 4;
        sodium_bin2hex(memory + length, 2 * KEY_BYTES + 1, secret, KEY_BYTES);
        length += 2 * KEY_BYTES;
        memory[length++] = '\n';
    }
    return length;
}

/* Takes the line `name value` off the front; the value is empty where it is another line. */
static struct slice take_line(struct slice *text, struct slice name)
{
    struct slice line = slice_cut(text, '\n');
    return slice_starts_with(line, name) ? slice_tail(line, name.length) : (struct slice){0};
}

static bool read_head(struct slice *text, struct key_record *out)
{
    struct slice all = *text;
    uint64_t number;
    take_line(text, SLICE("lethe"));
    if (!slice_to_u64(take_line(text, SLICE("number ")), &number) || number == 0 ||
        number > UINT32_MAX)
        return false;
    out->number = (uint32_t)number;
    if (!time_parse(take_line(text, SLICE("begins ")), TIME_FORMAT_RFC3339, &out->begins, NULL) ||
        !time_parse(take_line(text, SLICE("ends ")), TIME_FORMAT_RFC3339, &out->ends, NULL) ||
        out->begins >= out->ends)
        return false;
    /* Written again it must be the same bytes: one key has one form. */
    char again[SECRET_FILE_LIMIT];
    struct buffer head = {.data = again, .capacity = sizeof again, .limit = sizeof again};
    write_head(&head, out);
    return slice_equal(buffer_slice(&head), slice_head(all, all.length - text->length));
}

bool key_file_read(struct slice text, struct key_record *out, unsigned char *secret)
{
    if (!read_head(&text, out))
        return false;
    if (secret) {
        if (text.length != 4 + 2 * KEY_BYTES + 1 || text.data[text.length - 1] != '\n' ||
            !slice_starts_with(text, SLICE("key ")))
            return false;
        return secret_from_hex(slice_of(text.data + 4, 2 * KEY_BYTES), secret, KEY_BYTES);
    }
    struct slice value = take_line(&text, SLICE("destroyed "));
    /* slice_cut leaves a NULL pointer where there was no newline at the end. */
    return text.data && text.length == 0 &&
           time_parse(value, TIME_FORMAT_RFC3339, &out->destroyed, NULL);
}
