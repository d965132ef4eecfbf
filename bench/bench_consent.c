/*
 * The consent table: memory a subject, load rate, look-up time at 1 and 10 million subjects, or at
 * the numbers given as arguments (in millions).
 *
 * The yardstick is one dependent read of a random cache line in memory of the same size, in huge
 * pages where there are any, in the same run: absolute times move with the machine. A dependent
 * look-up cannot begin before the one before it has ended, as that read; the others may overlap.
 */
#include "bench/thread_time.h"
#include "consent/file.h"
#include "core/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MILLION = 1000000, CHUNK = 200000, LOOKUPS = 4 * MILLION, ID_LENGTH = 16, LINE = 64 };

static uint64_t random_state = UINT64_C(0x9E3779B97F4A7C15);

static uint64_t draw(uint64_t below)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint64_t)(((unsigned __int128)(random_state * UINT64_C(2685821657736338717)) * below) >>
                      64);
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_consent: %s\n", what);
    exit(3);
}

static double resident_mib(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*u %lu", &pages) != 1)
        fail("no /proc/self/statm");
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static void append_key(struct buffer *out, uint64_t number)
{
    buffer_append_format(out, "account.user_id:u%015llu", (unsigned long long)number);
}

/* Three purposes, as a usual subject has. */
static void append_value(struct buffer *out, uint64_t number)
{
    static const char *const states[] = {"granted", "granted", "granted", "denied", "withdrawn"};
    unsigned second = (unsigned)(number % 60);
    buffer_append_format(out, "{\"seq\":%llu,\"purposes\":{",
                         (unsigned long long)(1 + number % 1000));
    static const char *const names[] = {"operation", "research", "cross_border"};
    for (unsigned i = 0; i < 3; i++)
        buffer_append_format(out,
                             "%s\"%s\":{\"state\":\"%s\",\"since\":\"2026-01-02T03:04:%02uZ\","
                             "\"until\":null,\"policy_version\":3}",
                             i ? "," : "", names[i], states[(number + i) % 5], second);
    buffer_append_format(out, "},\"age\":%u,\"erase_at\":null}", (unsigned)(14 + number % 60));
}

struct bench {
    struct consent_table *table;
    struct consent_reader *reader;
    struct buffer text;
    uint64_t subjects;
};

static void load(struct bench *bench)
{
    static struct slice keys[CHUNK];
    static struct slice values[CHUNK];
    int64_t spent = 0;
    uint64_t bytes = 0;
    for (uint64_t from = 0; from < bench->subjects; from += CHUNK) {
        buffer_reset(&bench->text);
        size_t ends[2];
        for (unsigned i = 0; i < CHUNK; i++) {
            size_t begin = bench->text.length;
            append_key(&bench->text, from + i);
            ends[0] = bench->text.length;
            append_value(&bench->text, from + i);
            ends[1] = bench->text.length;
            keys[i] = slice_of(NULL, ends[0] - begin);
            values[i] = slice_of(NULL, ends[1] - ends[0]);
        }
        const char *at = bench->text.data;
        for (unsigned i = 0; i < CHUNK; i++) {
            keys[i].data = at;
            values[i].data = at + keys[i].length;
            at = values[i].data + values[i].length;
        }
        int64_t begin = thread_ns();
        for (unsigned i = 0; i < CHUNK; i++)
            consent_table_message(bench->table, bench->reader, keys[i], values[i]);
        spent += thread_ns() - begin;
        bytes += bench->text.length;
    }
    printf("  load          %8.2f M messages/s  (%.0f bytes each)\n",
           (double)bench->subjects * 1e3 / (double)spent, (double)bytes / (double)bench->subjects);
}

static char ids[LOOKUPS / 4][ID_LENGTH + 1];

static void draw_ids(uint64_t from, uint64_t subjects)
{
    for (unsigned i = 0; i < LOOKUPS / 4; i++) {
        unsigned long long number = from + draw(subjects);
        ids[i][0] = 'u';
        for (unsigned digit = ID_LENGTH; --digit > 0; number /= 10)
            ids[i][digit] = (char)('0' + number % 10);
    }
}

/* ns a look-up of random ids; `from` beyond the subjects makes them unknown. */
static double look_up(struct bench *bench, uint64_t from, bool dependent, uint64_t *found)
{
    int64_t spent = 0;
    struct subject_consent subject;
    *found = 0;
    for (unsigned round = 0; round < 4; round++) {
        draw_ids(from, bench->subjects);
        uint64_t last = 0;
        int64_t begin = thread_ns();
        for (unsigned i = 0; i < LOOKUPS / 4; i++) {
            const char *id = ids[dependent ? i + last : i]; /* `last` is 0, but who knows */
            *found += consent_table_find(bench->table, CATEGORY_ACCOUNT_USER_ID,
                                         slice_of(id, ID_LENGTH), &subject);
            last = subject.seq >> 63;
        }
        spent += thread_ns() - begin;
    }
    return (double)spent / LOOKUPS;
}

/* The same for known ones, of which a record has several: all are begun before the first is waited
 * for. */
static double look_up_together(struct bench *bench, uint64_t *found)
{
    enum { TOGETHER = 4 };
    int64_t spent = 0;
    struct subject_consent subject;
    struct consent_seek seeks[TOGETHER];
    *found = 0;
    for (unsigned round = 0; round < 4; round++) {
        draw_ids(0, bench->subjects);
        uint64_t last = 0;
        int64_t begin = thread_ns();
        for (unsigned i = 0; i < LOOKUPS / 4; i += TOGETHER) {
            for (unsigned k = 0; k < TOGETHER; k++)
                consent_table_seek(bench->table, CATEGORY_ACCOUNT_USER_ID,
                                   slice_of(ids[i + k + last], ID_LENGTH), &seeks[k]);
            for (unsigned k = 0; k < TOGETHER; k++)
                *found += consent_table_found(bench->table, &seeks[k], &subject);
            last = subject.seq >> 63;
        }
        spent += thread_ns() - begin;
    }
    return (double)spent / LOOKUPS;
}

/* ns a read of a cache line whose address the one before it holds (Sattolo's cycle over all). */
static double chase(uint64_t size, bool huge_pages)
{
    uint64_t lines = size / LINE;
    uint64_t *memory = mmap(NULL, lines * LINE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        fail("out of memory");
    if (huge_pages)
        (void)madvise(memory, lines * LINE, MADV_HUGEPAGE);
    for (uint64_t i = 0; i < lines; i++)
        memory[i * LINE / 8] = i;
    for (uint64_t i = lines - 1; i > 0; i--) {
        uint64_t j = draw(i);
        uint64_t kept = memory[i * LINE / 8];
        memory[i * LINE / 8] = memory[j * LINE / 8];
        memory[j * LINE / 8] = kept;
    }
    uint64_t at = 0;
    int64_t begin = thread_ns();
    for (unsigned i = 0; i < LOOKUPS; i++)
        at = memory[at * LINE / 8];
    int64_t spent = thread_ns() - begin;
    munmap(memory, lines * LINE);
    return (double)spent / LOOKUPS + (double)(at == UINT64_MAX);
}

static void report_look_ups(struct bench *bench, uint64_t bytes)
{
    static const struct {
        const char *name;
        bool known, dependent;
    } kinds[] = {
        {"known, dependent", true, true}, {"known", true, false}, {"unknown", false, false}};
    double small = chase(bytes, false);
    double yardstick = chase(bytes, true);
    printf("  yardstick     %8.1f ns a dependent read of a random line (%.1f in small pages)\n",
           yardstick, small);
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        uint64_t found;
        double time =
            look_up(bench, kinds[i].known ? 0 : (uint64_t)1 << 40, kinds[i].dependent, &found);
        if (found != (kinds[i].known ? LOOKUPS : 0))
            fail("a look-up went wrong");
        printf("  look-up       %8.1f ns  %5.2f M/s  ratio %.2f  (%s)\n", time, 1e3 / time,
               time / yardstick, kinds[i].name);
    }
    uint64_t found;
    double time = look_up_together(bench, &found);
    if (found != LOOKUPS)
        fail("a look-up went wrong");
    printf("  look-up       %8.1f ns  %5.2f M/s  ratio %.2f  (known, four at a time, dependent)\n",
           time, 1e3 / time, time / yardstick);
}

/* The same messages from a file, as `replay` reads them. */
static void load_file(struct bench *bench)
{
    char path[] = "/tmp/lethe-bench-XXXXXX";
    struct consent_file_report report;
    int descriptor = mkstemp(path);
    if (descriptor < 0)
        fail("no temporary file");
    FILE *file = fdopen(descriptor, "w");
    for (uint64_t i = 0; file && i < MILLION; i++) {
        buffer_reset(&bench->text);
        buffer_append_string(&bench->text, "{\"key\":\"");
        append_key(&bench->text, i);
        buffer_append_string(&bench->text, "\",\"value\":");
        append_value(&bench->text, i);
        buffer_append_string(&bench->text, "}\n");
        fwrite(bench->text.data, 1, bench->text.length, file);
    }
    if (!file || fclose(file) != 0)
        fail("the temporary file cannot be written");
    int64_t begin = thread_ns();
    enum rc rc = consent_file_load(path, bench->table, bench->reader, &report);
    int64_t spent = thread_ns() - begin;
    unlink(path);
    if (rc != RC_OK || report.lines != MILLION || report.bad_line != 0)
        fail("the file was not read");
    printf("  file          %8.2f M lines/s\n", MILLION * 1e3 / (double)spent);
}

static void run(uint64_t subjects, struct policy *policy)
{
    struct bench bench = {.subjects = subjects};
    struct consent_counts counts;
    double before = resident_mib();
    buffer_init(&bench.text, (size_t)CHUNK * 1024);
    if (!buffer_reserve(&bench.text, (size_t)CHUNK * 400) ||
        consent_reader_new(policy, &bench.reader) != RC_OK ||
        consent_table_new(subjects, NULL, &bench.table) != RC_OK)
        fail("out of memory");
    printf("%llu subjects with three purposes\n", (unsigned long long)subjects);
    load(&bench);
    consent_table_counts(bench.table, &counts);
    if (counts.subjects != subjects || consent_table_block(bench.table) != CONSENT_BLOCK_NONE)
        fail("subjects are missing");
    buffer_reset(&bench.text);
    printf(
        "  memory        %8.1f bytes a subject (%.1f MiB; resident +%.1f MiB with the messages)\n",
        (double)counts.bytes / (double)subjects, (double)counts.bytes / 1048576,
        resident_mib() - before);
    report_look_ups(&bench, counts.bytes);
    load_file(&bench);
    consent_table_free(bench.table);
    consent_reader_free(bench.reader);
    buffer_release(&bench.text);
}

int main(int argument_count, char **arguments)
{
    static struct policy policy;
    policy.purpose_count = 3;
    policy.purposes[1].name = SLICE("operation");
    policy.purposes[2].name = SLICE("research");
    if (argument_count < 2) {
        run(MILLION, &policy);
        run((uint64_t)10 * MILLION, &policy);
    }
    for (int i = 1; i < argument_count; i++) {
        uint64_t millions;
        if (!slice_to_u64(slice_from_string(arguments[i]), &millions) || millions == 0 ||
            millions > 500)
            fail("give numbers of millions");
        run(millions * MILLION, &policy);
    }
    return 0;
}
