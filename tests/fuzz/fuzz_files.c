/*
 * The readers of the project's own files, over files that somebody else wrote. The first character
 * chooses, the rest is the file:
 *
 *   a   an audit as it is: whole only with an unbroken chain, which the target checks by itself
 *   A   lines, each an event, a tab and members: an audit made of them reads back, and does not
 *       once a byte of it is changed, a line is taken out or its tail is cut off
 *   e   an export of an audit topic as it is: entries are seen in the file's order, if at all
 *   E   lines, each a digit (which of three chains), an event, a tab and members: an export made of
 *       them reads back, and does not once a byte of it is changed
 *   q   a quarantine file: what was read is written, and reads as the same
 *   m   a manifest: read only if it is written in exactly these bytes
 *   P   the members of an audit's publication
 *   r   a part (zstd): rows and bytes are what came out of it
 *   v   a directory: parts of FUZZ_SEPARATOR, each a first character that says which file it is,
 *       and its content; verify finds something wrong with it, in printable words
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/json_document.h"
#include "core/utf8.h"
#include "sink/audit.h"
#include "sink/audit_export.h"
#include "sink/audit_line.h"
#include "sink/layout.h"
#include "sink/manifest.h"
#include "sink/part_reader.h"
#include "sink/publication.h"
#include "sink/quarantine_file.h"
#include "sink/verify.h"
#include "tests/fuzz/fuzz.h"

enum { PATH_SIZE = 160, ARENA = 64 * 1024 * 1024, ENTRIES = 16 };

static const int64_t now = INT64_C(1795507200000);

#define STEM "0123456789abcdef0123456789abcdef"

/* One directory a process, with a tree as layout.h has it. */
static char root[64];

static const char *const names[] = {"recipients/analytics/" STEM ".ndjson.zst",
                                    "recipients/analytics/" STEM ".manifest.json",
                                    "private/quarantine/" STEM ".sealed.ndjson",
                                    "private/audit/audit.ndjson",
                                    "recipients/analytics/.hidden",
                                    "file"};
enum name { NAME_PART, NAME_MANIFEST, NAME_QUARANTINE, NAME_AUDIT, NAME_STRAY, NAME_FILE };
enum { NAME_COUNT = NAME_FILE + 1 };

static const char *path_of(enum name name)
{
    static char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", root, names[name]);
    return path;
}

static void remove_files(void)
{
    for (int i = 0; i < NAME_COUNT; i++)
        unlink(path_of((enum name)i));
}

static void remove_root(void)
{
    static const char *const directories[] = {
        "recipients/analytics", "recipients", "private/quarantine", "private/audit", "private", ""};
    char path[PATH_SIZE];
    remove_files();
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        snprintf(path, sizeof path, "%s/%s", root, directories[i]);
        rmdir(path);
    }
}

static void make_root(void)
{
    const struct slice recipients[] = {SLICE("analytics")};
    bool memory = access("/dev/shm", W_OK) == 0;
    snprintf(root, sizeof root, "%s/lethe-fuzz-XXXXXX", memory ? "/dev/shm" : "/tmp");
    FUZZ_CHECK(mkdtemp(root));
    FUZZ_CHECK(layout_create(root, recipients, 1) == RC_OK);
    atexit(remove_root);
}

static void write_file(enum name name, struct slice text)
{
    int descriptor = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_CHECK(descriptor >= 0 && file_write_all(descriptor, text) == RC_OK);
    close(descriptor);
}

struct audit_seen {
    uint64_t entries;
    struct slice events[ENTRIES]; /* that must come, where there are any */
    size_t expected;
};

static bool see_entry(void *context, uint64_t number, struct slice event,
                      const struct json_value *entry)
{
    struct audit_seen *seen = context;
    FUZZ_CHECK(number == ++seen->entries && event.length > 0 && entry->type == JSON_OBJECT);
    FUZZ_CHECK(number > seen->expected || slice_equal(event, seen->events[number - 1]));
    return true;
}

static enum rc read_audit(struct slice text, struct audit_seen *seen)
{
    uint64_t bad = 0;
    write_file(NAME_FILE, text);
    enum rc rc = audit_read(path_of(NAME_FILE), see_entry, seen, &bad);
    FUZZ_CHECK(rc == RC_OK || rc == RC_CORRUPT || rc == RC_TRUNCATED);
    FUZZ_CHECK((bad != 0) == (rc == RC_CORRUPT));
    return rc;
}

/* The chain, checked by cutting lines apart. */
static bool chain_holds(struct slice text)
{
    static const char member[] = ",\"hash\":\"";
    char hash[AUDIT_HASH_SIZE], previous[AUDIT_HASH_SIZE];
    memset(previous, '0', AUDIT_HASH_SIZE);
    for (uint64_t number = 1; text.length > 0; number++) {
        char head[160];
        struct slice line = slice_cut(&text, '\n');
        size_t tail = sizeof member - 1 + AUDIT_HASH_SIZE - 1 + 2;
        if (!text.data || line.length < tail)
            return false;
        struct slice body = slice_head(line, line.length - tail);
        audit_hash(body, hash);
        struct slice stated = slice_tail(line, body.length + sizeof member - 1);
        snprintf(head, sizeof head, "\"previous\":\"%.64s\"", previous);
        if (!slice_equal(slice_head(stated, AUDIT_HASH_SIZE - 1), slice_of(hash, 64)) ||
            slice_find(body, slice_from_string(head)) == body.length)
            return false;
        memcpy(previous, hash, sizeof previous);
    }
    return true;
}

static void check_audit(struct slice text)
{
    struct audit_seen seen = {0};
    if (read_audit(text, &seen) == RC_OK)
        FUZZ_CHECK(text.length > 0 && chain_holds(text));
}

static struct slice read_file(struct arena *arena)
{
    struct slice text;
    FUZZ_CHECK(file_read(path_of(NAME_FILE), ARENA / 2, arena, &text) == RC_OK);
    return text;
}

/* Appends what the lines say; what is refused leaves the audit as it was. */
static void append_all(struct audit *audit, struct slice text, struct audit_seen *seen)
{
    for (int i = 0; i < ENTRIES - 1 && text.length > 0; i++) {
        char event[32] = "event";
        struct slice members = slice_cut(&text, '\n');
        struct slice name = slice_cut(&members, '\t');
        bool letters = name.length > 0 && name.length < sizeof event;
        for (size_t j = 0; letters && j < name.length; j++)
            letters = (name.data[j] >= 'a' && name.data[j] <= 'z') || name.data[j] == '_';
        if (letters && !slice_equal(name, SLICE("end")))
            snprintf(event, sizeof event, "%.*s", SLICE_FORMAT(name));
        enum rc rc = audit_append(audit, event, members, now);
        FUZZ_CHECK(rc == RC_OK || rc == RC_INTERNAL || rc == RC_LIMIT);
        FUZZ_CHECK(!audit_is_doubtful(audit));
        if (rc == RC_OK)
            seen->events[seen->expected++] =
                letters && !slice_equal(name, SLICE("end")) ? name : SLICE("event");
    }
}

/* A bit changed, the last bytes gone, and a line gone: each at a place that the content chooses. */
static void check_damaged(struct slice text, size_t place)
{
    struct audit_seen seen = {0};
    struct slice copy = fuzz_copy(text);
    char *at = (char *)copy.data + place % copy.length;
    *at = (char)(*at ^ (1 << place % 7));
    FUZZ_CHECK(read_audit(copy, &seen) != RC_OK);
    free((char *)copy.data);
    seen.entries = 0;
    FUZZ_CHECK(read_audit(slice_head(text, place % text.length), &seen) != RC_OK);
    size_t line = slice_find_byte(text, '\n') + 1;
    seen.entries = 0;
    FUZZ_CHECK(read_audit(slice_tail(text, line), &seen) != RC_OK);
}

static void check_made_audit(struct slice text)
{
    struct audit *audit;
    struct audit_seen seen = {0};
    struct arena arena;
    unlink(path_of(NAME_FILE));
    FUZZ_CHECK(audit_create(path_of(NAME_FILE), &audit) == RC_OK);
    append_all(audit, text, &seen);
    seen.events[seen.expected++] = SLICE("end");
    FUZZ_CHECK(audit_end(audit, (struct slice){0}, now) == RC_OK);
    arena_init(&arena, ARENA);
    struct slice written = read_file(&arena);
    FUZZ_CHECK(read_audit(written, &seen) == RC_OK && seen.entries == seen.expected);
    FUZZ_CHECK(chain_holds(written));
    size_t place = text.length;
    for (size_t i = 0; i < text.length; i++)
        place = place * 31 + (unsigned char)text.data[i];
    check_damaged(written, place);
    arena_release(&arena);
}

static bool see_exported(void *context, uint64_t line, struct slice event,
                         const struct json_value *entry)
{
    uint64_t *last = context;
    FUZZ_CHECK(line > *last && event.length > 0 && entry->type == JSON_OBJECT);
    *last = line;
    return true;
}

static enum rc read_export(struct slice text, uint64_t *last)
{
    uint64_t bad = 0;
    *last = 0;
    write_file(NAME_FILE, text);
    (void)audit_is_export(path_of(NAME_FILE));
    enum rc rc = audit_export_read(path_of(NAME_FILE), see_exported, last, &bad);
    FUZZ_CHECK(rc == RC_OK || rc == RC_CORRUPT || rc == RC_TRUNCATED || rc == RC_LIMIT);
    FUZZ_CHECK(rc != RC_CORRUPT || bad > *last);
    return rc;
}

static void check_export(struct slice text)
{
    uint64_t last;
    (void)read_export(text, &last);
}

static void check_made_export(struct slice text)
{
    enum { CHAINS = 3 };
    static const char *const ids[CHAINS] = {"lethe.g.a.0", "lethe.g.a.1", "lethe.g.b.0"};
    struct audit_chain chains[CHAINS];
    struct buffer line, out;
    uint64_t written = 0, last;
    buffer_init(&line, AUDIT_LINE_LIMIT);
    buffer_init(&out, ARENA);
    for (int i = 0; i < CHAINS; i++)
        audit_chain_begin(&chains[i], slice_from_string(ids[i]));
    for (int i = 0; i < ENTRIES && text.length > 0; i++) {
        char hash[AUDIT_HASH_SIZE];
        struct slice members = slice_cut(&text, '\n');
        struct audit_chain *chain =
            &chains[members.length > 0 ? (unsigned char)members.data[0] % CHAINS : 0];
        members = slice_tail(members, members.length > 0);
        enum rc rc = audit_line_compose(chain, "event", members, now, &line, hash);
        FUZZ_CHECK(rc == RC_OK || rc == RC_INTERNAL || rc == RC_LIMIT);
        if (rc != RC_OK)
            continue;
        audit_chain_advance(chain, hash);
        buffer_append(&out, buffer_slice(&line));
        buffer_append_byte(&out, '\n');
        written++;
    }
    if (written > 0) {
        FUZZ_CHECK(read_export(buffer_slice(&out), &last) == RC_OK && last == written);
        size_t place = written * 131 + out.length;
        struct slice copy = fuzz_copy(buffer_slice(&out));
        char *at = (char *)copy.data + place % copy.length;
        *at = (char)(*at ^ (1 << place % 7));
        FUZZ_CHECK(read_export(copy, &last) != RC_OK);
        free((char *)copy.data);
    }
    buffer_release(&line);
    buffer_release(&out);
}

static bool see_again(void *context, uint64_t line, const struct sealed_record *sealed)
{
    const struct sealed_record *first = context;
    FUZZ_CHECK(line == 1 && slice_equal(sealed->sealed, first->sealed));
    FUZZ_CHECK(slice_equal(sealed->source, first->source) && sealed->reason == first->reason);
    FUZZ_CHECK(sealed->partition == first->partition && sealed->offset == first->offset);
    FUZZ_CHECK(sealed->time == first->time && slice_equal(sealed->key, first->key));
    return true;
}

/* Lines are few: each is written to a file of its own. */
static bool see_sealed(void *context, uint64_t line, const struct sealed_record *sealed)
{
    uint64_t *lines = context;
    struct buffer text;
    uint64_t bad;
    FUZZ_CHECK(line > *lines && sealed->reason && sealed->sealed.length > 0);
    FUZZ_CHECK(utf8_valid(sealed->source) && sealed->key.length == 16);
    *lines = line;
    buffer_init(&text, QUARANTINE_LINE_LIMIT);
    quarantine_write_line(&text, sealed);
    write_file(NAME_STRAY, buffer_slice(&text));
    FUZZ_CHECK(quarantine_read(path_of(NAME_STRAY), see_again, (void *)sealed, &bad) == RC_OK);
    buffer_release(&text);
    return true;
}

static void check_quarantine(struct slice text)
{
    uint64_t lines = 0;
    uint64_t bad = 0;
    uint64_t newlines = 0;
    for (size_t i = 0; i < text.length; i++)
        newlines += text.data[i] == '\n';
    write_file(NAME_FILE, text);
    enum rc rc = quarantine_read(path_of(NAME_FILE), see_sealed, &lines, &bad);
    FUZZ_CHECK(rc == RC_OK || rc == RC_CORRUPT);
    FUZZ_CHECK((bad != 0) == (rc == RC_CORRUPT) && bad <= newlines + 1 && lines <= newlines);
    if (rc == RC_OK)
        FUZZ_CHECK(lines == newlines && (text.length == 0 || slice_ends_with(text, SLICE("\n"))));
}

static bool manifest_is_good(struct slice text)
{
    struct arena arena;
    struct manifest manifest;
    struct buffer again;
    arena_init(&arena, ARENA);
    enum rc rc = manifest_read(text, &arena, &manifest);
    FUZZ_CHECK(rc == RC_OK || rc == RC_CORRUPT);
    if (rc == RC_OK) {
        buffer_init(&again, MANIFEST_LIMIT * 2);
        manifest_write(&again, &manifest);
        FUZZ_CHECK(slice_equal(buffer_slice(&again), text));
        FUZZ_CHECK(manifest.label < LABEL_COUNT && utf8_valid(manifest.recipient));
        for (size_t i = 1; i < manifest.epoch_count; i++)
            FUZZ_CHECK(manifest.epochs[i - 1] < manifest.epochs[i]);
        buffer_release(&again);
    }
    arena_release(&arena);
    return rc == RC_OK;
}

static bool see_file(void *context, const struct publication_file *file)
{
    char name[FILE_NAME_SIZE], stem[FILE_STEM_SIZE];
    (void)context;
    FUZZ_CHECK(file->kind == FILE_PART || file->kind == FILE_QUARANTINE);
    layout_name(file->kind, file->stem, name);
    FUZZ_CHECK(layout_kind(name, stem, NULL) == file->kind && strcmp(stem, file->stem) == 0);
    FUZZ_CHECK(file->kind == FILE_QUARANTINE ? file->recipient.length == 0
                                             : layout_recipient_name_is_usable(file->recipient));
    return true;
}

static bool see_range(void *context, const struct publication_range *range)
{
    (void)context;
    FUZZ_CHECK(range->first <= range->last && utf8_valid(range->source));
    return true;
}

static void check_publication(struct slice text)
{
    struct arena arena;
    arena_init(&arena, ARENA);
    const struct json_value *entry = json_parse(&arena, text, AUDIT_DEPTH_LIMIT, NULL);
    if (entry) {
        enum rc files = publication_files(entry, see_file, NULL);
        enum rc ranges = publication_ranges(entry, see_range, NULL);
        FUZZ_CHECK(files == RC_OK || files == RC_CORRUPT);
        FUZZ_CHECK(ranges == RC_OK || ranges == RC_CORRUPT);
        FUZZ_CHECK(entry->type == JSON_OBJECT || (files && ranges));
    }
    arena_release(&arena);
}

static bool see_row(void *context, uint64_t number, struct slice row)
{
    struct part_contents *seen = context;
    FUZZ_CHECK(number == ++seen->rows && slice_find_byte(row, '\n') == row.length);
    seen->bytes += row.length + 1;
    return true;
}

static void check_part(struct slice text)
{
    struct part_contents seen = {0};
    struct part_contents contents = {0};
    write_file(NAME_FILE, text);
    int directory = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FUZZ_CHECK(directory >= 0);
    enum rc rc = part_read(directory, names[NAME_FILE], see_row, &seen, &contents);
    FUZZ_CHECK(rc == RC_OK || rc == RC_TRUNCATED || rc == RC_CORRUPT || rc == RC_LIMIT);
    FUZZ_CHECK(seen.rows == contents.rows && seen.bytes == contents.bytes);
    FUZZ_CHECK(rc != RC_OK || text.length > 0);
    close(directory);
}

static void check_directory(struct slice text)
{
    static const char kinds[] = "pmqas";
    struct slice last[NAME_COUNT] = {0};
    struct verify_report report;
    struct buffer out;
    remove_files();
    while (text.data) {
        struct slice content = slice_cut(&text, FUZZ_SEPARATOR);
        char kind = (char)fuzz_take_choice(&content);
        const char *found = kind ? strchr(kinds, kind) : NULL;
        if (!found)
            continue;
        write_file((enum name)(found - kinds), content);
        last[found - kinds] = content.data ? content : SLICE("");
    }
    buffer_init(&out, 1 << 20);
    FUZZ_CHECK(verify_directory(root, NULL, &report, &out) == RC_OK);
    bool stray = last[NAME_STRAY].data;
    bool bad_part = last[NAME_PART].data && !manifest_is_good(last[NAME_MANIFEST]);
    bool lone_manifest = last[NAME_MANIFEST].data && !last[NAME_PART].data;
    FUZZ_CHECK(report.findings > 0 || (!stray && !bad_part && !lone_manifest));
    FUZZ_CHECK((report.findings > 0) == (out.length > 0));
    for (size_t i = 0; i < out.length; i++)
        FUZZ_CHECK((out.data[i] >= 0x20 && out.data[i] < 0x7f) || out.data[i] == '\n');
    buffer_release(&out);
    remove_files();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    if (!*root)
        make_root();
    switch (fuzz_take_choice(&text)) {
    case 'a':
        check_audit(text);
        break;
    case 'A':
        check_made_audit(text);
        break;
    case 'e':
        check_export(text);
        break;
    case 'E':
        check_made_export(text);
        break;
    case 'q':
        check_quarantine(text);
        break;
    case 'm':
        (void)manifest_is_good(text);
        break;
    case 'P':
        check_publication(text);
        break;
    case 'r':
        check_part(text);
        break;
    case 'v':
        check_directory(text);
        break;
    default:
        break;
    }
    return 0;
}
