#include "sink/audit_line.h"

#include <sodium.h>

#include "core/time_text.h"

void audit_hash(struct slice line, char out[static AUDIT_HASH_SIZE])
{
    unsigned char hash[AUDIT_HASH_SIZE / 2];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)line.data, line.length, NULL, 0);
    sodium_bin2hex(out, AUDIT_HASH_SIZE, hash, sizeof hash);
}

void audit_chain_begin(struct audit_chain *chain, struct slice id)
{
    *chain = (struct audit_chain){.id = id};
    memset(chain->previous, '0', AUDIT_HASH_SIZE - 1);
}

void audit_chain_advance(struct audit_chain *chain, const char hash[static AUDIT_HASH_SIZE])
{
    chain->entries++;
    memcpy(chain->previous, hash, AUDIT_HASH_SIZE);
}

/* An entry that could not be read again would spoil the whole audit: it is not composed. */
static enum rc check(struct slice line)
{
    struct json_names names;
    json_names_init(&names, 0, line.length / 4 + 1);
    enum json_fault fault = json_check(line, AUDIT_DEPTH_LIMIT, &names, NULL);
    json_names_release(&names);
    if (fault == JSON_FAULT_NO_MEMORY)
        return RC_NO_MEMORY;
    bool one_line = slice_find_byte(line, '\n') == line.length;
    return fault == JSON_FAULT_NONE && one_line ? RC_OK : RC_INTERNAL;
}

enum rc audit_line_compose(const struct audit_chain *chain, const char *event, struct slice members,
                           int64_t now, struct buffer *line, char hash[static AUDIT_HASH_SIZE])
{
    buffer_reset(line);
    buffer_append_byte(line, '{');
    if (chain->id.length) {
        buffer_append_string(line, "\"chain\":");
        json_write_string(line, chain->id);
        buffer_append_byte(line, ',');
    }
    buffer_append_string(line, "\"n\":");
    buffer_append_u64(line, chain->entries + 1);
    buffer_append_format(line, ",\"previous\":\"%s\",\"time\":\"", chain->previous);
    time_append(line, now, TIME_FORMAT_RFC3339);
    buffer_append_string(line, "\",\"event\":");
    json_write_string(line, slice_from_string(event));
    if (members.length)
        buffer_append_byte(line, ',');
    buffer_append(line, members);
    if (buffer_status(line) != RC_OK)
        return buffer_status(line);
    audit_hash(buffer_slice(line), hash);
    buffer_append_format(line, ",\"hash\":\"%s\"}", hash);
    enum rc rc = buffer_status(line);
    return rc == RC_OK ? check(buffer_slice(line)) : rc;
}

#define HASH_MEMBER ",\"hash\":\""

enum { HASH_TAIL = sizeof HASH_MEMBER - 1 + AUDIT_HASH_SIZE - 1 + 2 };

/* Takes off the hash member, checks it, and leaves the hash in `hash`. */
static bool check_hash(struct slice line, char hash[static AUDIT_HASH_SIZE])
{
    if (line.length < HASH_TAIL)
        return false;
    audit_hash(slice_head(line, line.length - HASH_TAIL), hash);
    struct slice tail = slice_tail(line, line.length - HASH_TAIL);
    struct slice stated = slice_between(tail, sizeof HASH_MEMBER - 1, HASH_TAIL - 2);
    return slice_starts_with(tail, SLICE(HASH_MEMBER)) && slice_ends_with(tail, SLICE("\"}")) &&
           slice_equal(stated, slice_from_string(hash));
}

enum rc audit_line_read(struct slice line, struct arena *arena, struct audit_entry *out)
{
    *out = (struct audit_entry){0};
    if (!check_hash(line, out->hash))
        return RC_CORRUPT;
    struct json_error error = {JSON_FAULT_NONE, 0};
    out->members = json_parse(arena, line, AUDIT_DEPTH_LIMIT, &error);
    if (!out->members)
        return error.fault == JSON_FAULT_NO_MEMORY ? RC_NO_MEMORY : RC_CORRUPT;
    out->chain = json_member_text(out->members, SLICE("chain"));
    out->event = json_member_text(out->members, SLICE("event"));
    out->previous = json_member_text(out->members, SLICE("previous"));
    struct slice time = json_member_text(out->members, SLICE("time"));
    bool whole = json_member_u64(out->members, SLICE("n"), &out->number) && out->number > 0 &&
                 out->event.length > 0 && out->previous.length == AUDIT_HASH_SIZE - 1 &&
                 time_parse(time, TIME_FORMAT_RFC3339, &out->time, NULL);
    return whole ? RC_OK : RC_CORRUPT;
}

bool audit_entry_follows(const struct audit_entry *entry, const struct audit_chain *chain)
{
    return slice_equal(entry->chain, chain->id) && entry->number == chain->entries + 1 &&
           slice_equal(entry->previous, slice_from_string(chain->previous));
}
