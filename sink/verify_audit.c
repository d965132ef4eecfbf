#include <stdlib.h>

#include "sink/audit_export.h"
#include "sink/publication.h"
#include "sink/verify_state.h"

struct covered {
    uint64_t origin; /* of a replay: its number; of an export: which of `inputs` */
    int64_t partition, first, last;
};

/* What offsets of an export count in: an event topic, read by a group. */
struct input {
    struct slice group, topic;
};

struct audit_check {
    struct verify *verify;
    uint64_t entry; /* the one being looked at */
    bool export;
    struct slice group; /* of that entry */
    struct input *inputs;
    size_t input_count, input_capacity;
    struct covered *covered;
    size_t count, capacity;
    bool no_memory;
};

static const struct verify_place the_audit = {.descriptor = -1, .path = "audit"};

static int compare_files(const void *a, const void *b)
{
    const struct found_file *first = a, *second = b;
    int order = memcmp(first->stem, second->stem, FILE_STEM_SIZE);
    return order ? order : (int)first->kind - (int)second->kind;
}

static struct found_file *find(struct verify *verify, enum file_kind kind, const char *stem)
{
    struct found_file key = {.kind = kind};
    memcpy(key.stem, stem, sizeof key.stem);
    if (!verify->file_count)
        return NULL;
    return bsearch(&key, verify->files, verify->file_count, sizeof key, compare_files);
}

/* Does DIR hold what the audit speaks of? One recipient's directory holds only its own. */
static bool concerns(const struct verify *verify, const struct publication_file *file)
{
    return verify->whole ||
           (file->kind == FILE_PART && slice_equal(file->recipient, verify->recipient));
}

static void compare(struct verify *verify, const struct verify_place *place, const char *name,
                    const struct publication_file *stated, const struct found_file *file)
{
    if (!file->readable)
        return; /* that was found before */
    if (!slice_equal(stated->checksum, slice_from_string(file->checksum)))
        verify_finding(verify, place, name, "its checksum is not the audit's");
    if (stated->rows != file->rows || stated->stored_bytes != file->stored_bytes ||
        (stated->kind == FILE_PART && stated->bytes != file->bytes))
        verify_finding(verify, place, name, "its rows or bytes are not the audit's");
    if (stated->kind == FILE_PART && !slice_equal(stated->recipient, file->recipient))
        verify_finding(verify, place, name, "the audit names it for another recipient");
    if (stated->kind == FILE_PART && file->schema.length &&
        !slice_equal(stated->schema, file->schema))
        verify_finding(verify, place, name, "the audit names it for another schema");
}

static bool check_file(void *context, const struct publication_file *stated)
{
    struct audit_check *check = context;
    struct verify *verify = check->verify;
    char name[FILE_NAME_SIZE];
    struct verify_place place = {.descriptor = -1, .path = ""};
    struct found_file *file = find(verify, stated->kind, stated->stem);
    layout_name(stated->kind, stated->stem, name);
    if (!file) {
        bool ended = stated->kind == FILE_QUARANTINE && find(verify, FILE_ENDED, stated->stem);
        if (!ended && concerns(verify, stated))
            verify_finding(verify, &the_audit, "", "entry %llu names %s, which is not there",
                           (unsigned long long)check->entry, name);
        return true;
    }
    if (file->named)
        verify_finding(verify, &the_audit, "", "entry %llu names %s, which was named before",
                       (unsigned long long)check->entry, name);
    file->named = true;
    compare(verify, &place, name, stated, file);
    return true;
}

/* Its number in `inputs`; UINT64_MAX: no memory. */
static uint64_t input_number(struct audit_check *check, struct slice topic)
{
    for (size_t i = 0; i < check->input_count; i++)
        if (slice_equal(check->inputs[i].topic, topic) &&
            slice_equal(check->inputs[i].group, check->group))
            return i;
    if (check->input_count == check->input_capacity) {
        size_t capacity = check->input_capacity ? check->input_capacity * 2 : 16;
        struct input *larger = reallocarray(check->inputs, capacity, sizeof *larger);
        if (!larger)
            return UINT64_MAX;
        check->inputs = larger;
        check->input_capacity = capacity;
    }
    struct input *input = &check->inputs[check->input_count];
    input->topic = arena_copy(&check->verify->arena, topic);
    input->group = arena_copy(&check->verify->arena, check->group);
    return input->topic.data && input->group.data ? check->input_count++ : UINT64_MAX;
}

static bool note_range(void *context, const struct publication_range *range)
{
    struct audit_check *check = context;
    uint64_t origin = check->export ? input_number(check, range->source) : range->origin;
    if (origin == UINT64_MAX) {
        check->no_memory = true;
        return false;
    }
    if (check->count == check->capacity) {
        size_t capacity = check->capacity ? check->capacity * 2 : 256;
        struct covered *larger = reallocarray(check->covered, capacity, sizeof *larger);
        if (!larger) {
            check->no_memory = true;
            return false;
        }
        check->covered = larger;
        check->capacity = capacity;
    }
    check->covered[check->count++] = (struct covered){.origin = origin,
                                                      .partition = range->partition,
                                                      .first = range->first,
                                                      .last = range->last};
    return true;
}

static bool check_entry(void *context, uint64_t number, struct slice event,
                        const struct json_value *entry)
{
    struct audit_check *check = context;
    check->verify->report->audit_entries = number;
    check->entry = number;
    if (!slice_equal(event, SLICE(PUBLICATION_EVENT)))
        return true;
    check->group = json_member_text(entry, SLICE("group"));
    enum rc rc = check->export && check->group.length == 0 ? RC_CORRUPT : RC_OK;
    if (rc == RC_OK)
        rc = publication_files(entry, check_file, check);
    if (rc == RC_OK)
        rc = publication_ranges(entry, note_range, check);
    if (rc != RC_OK)
        verify_finding(check->verify, &the_audit, "", "entry %llu is no publication",
                       (unsigned long long)number);
    return !check->no_memory;
}

static int compare_covered(const void *a, const void *b)
{
    const struct covered *first = a, *second = b;
    if (first->origin != second->origin)
        return first->origin < second->origin ? -1 : 1;
    if (first->partition != second->partition)
        return first->partition < second->partition ? -1 : 1;
    if (first->first != second->first)
        return first->first < second->first ? -1 : 1;
    return first->last < second->last ? -1 : first->last > second->last;
}

static void report_range(const struct audit_check *check, const struct covered *where, int64_t from,
                         int64_t to, const char *what)
{
    if (check->export)
        verify_finding(check->verify, &the_audit, "",
                       "group %.*s topic %.*s partition %lld: offsets %lld to %lld %s",
                       SLICE_FORMAT(check->inputs[where->origin].group),
                       SLICE_FORMAT(check->inputs[where->origin].topic),
                       (long long)where->partition, (long long)from, (long long)to, what);
    else
        verify_finding(check->verify, &the_audit, "",
                       "input %llu partition %lld: records %lld to %lld %s",
                       (unsigned long long)where->origin, (long long)where->partition,
                       (long long)from, (long long)to, what);
}

static void check_tiling(struct audit_check *check)
{
    if (check->count < 2)
        return;
    qsort(check->covered, check->count, sizeof *check->covered, compare_covered);
    int64_t last = check->covered[0].last; /* the highest record of this partition so far */
    for (size_t i = 1; i < check->count; i++) {
        const struct covered *one = &check->covered[i], *before = one - 1;
        if (one->origin != before->origin || one->partition != before->partition) {
            last = one->last;
            continue;
        }
        if (one->first <= last)
            report_range(check, one, one->first, one->last < last ? one->last : last,
                         "are in two publications");
        else if (one->first - 1 != last)
            report_range(check, one, last + 1, one->first - 1, "are in no publication");
        if (one->last > last)
            last = one->last;
    }
}

static void report_reading(struct verify *verify, enum rc rc, uint64_t bad_entry)
{
    if (rc == RC_CORRUPT)
        verify_finding(verify, &the_audit, "", "entry %llu was changed, removed or added",
                       (unsigned long long)bad_entry);
    else if (rc == RC_TRUNCATED)
        verify_finding(verify, &the_audit, "", "its end is missing");
    else if (rc != RC_OK)
        verify_finding(verify, &the_audit, "", "cannot be read: %s", rc_sentence(rc));
}

static void report_unnamed(struct verify *verify)
{
    for (size_t i = 0; i < verify->file_count; i++) {
        const struct found_file *file = &verify->files[i];
        char name[FILE_NAME_SIZE];
        struct verify_place place = {.descriptor = -1, .path = ""};
        layout_name(file->kind, file->stem, name);
        if (!file->named && file->kind != FILE_ENDED)
            verify_finding(verify, &place, name, "the audit does not name it");
    }
}

enum rc verify_audit(struct verify *verify, const char *path)
{
    struct audit_check check = {.verify = verify};
    uint64_t bad_entry;
    if (verify->file_count)
        qsort(verify->files, verify->file_count, sizeof *verify->files, compare_files);
    if (!verify->whole && verify->file_count)
        verify->recipient = verify->files[0].recipient;
    check.export = audit_is_export(path);
    enum rc rc = check.export ? audit_export_read(path, check_entry, &check, &bad_entry)
                              : audit_read(path, check_entry, &check, &bad_entry);
    verify->report->audit = rc;
    if (rc != RC_NO_MEMORY && !check.no_memory) {
        report_reading(verify, rc, bad_entry);
        /* Of an audit that could not be read at all, that is all there is to say. */
        if (rc == RC_OK || rc == RC_CORRUPT || rc == RC_TRUNCATED) {
            report_unnamed(verify);
            check_tiling(&check);
        }
        rc = RC_OK;
    } else {
        rc = RC_NO_MEMORY;
    }
    free(check.covered);
    free(check.inputs);
    return rc;
}
