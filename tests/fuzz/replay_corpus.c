/*
 * Feeds files to a fuzz target, as an ordinary program: every regular file of the directories and
 * every file that the arguments name, in the order of their names. So a corpus is a test wherever
 * there is no libFuzzer. An empty or missing directory is a failure: it would test nothing.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "core/file.h"
#include "tests/fuzz/fuzz.h"

enum { INPUT_LIMIT = 16 * 1024 * 1024, PATH_SIZE = 4096 };

static int fail(const char *path, const char *what)
{
    fprintf(stderr, "%s: %s\n", path, what);
    return -1;
}

static int replay_file(const char *path)
{
    struct arena arena;
    struct slice content;
    arena_init(&arena, INPUT_LIMIT + 1024);
    enum rc rc = file_read(path, INPUT_LIMIT, &arena, &content);
    if (rc == RC_OK) {
        struct slice input = fuzz_copy(content);
        LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.length);
        free((char *)input.data);
    }
    arena_release(&arena);
    return rc == RC_OK ? 1 : fail(path, rc_sentence(rc));
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay_directory(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, not_hidden, alphasort);
    if (count < 0)
        return fail(path, "cannot be read");
    int replayed = 0;
    for (int i = 0; i < count; i++) {
        char file[PATH_SIZE];
        int length = snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        int result = length > 0 && (size_t)length < sizeof file ? replay_file(file)
                                                                : fail(path, "is too long");
        replayed = result < 0 || replayed < 0 ? -1 : replayed + result;
        free(entries[i]);
    }
    free(entries);
    return replayed == 0 ? fail(path, "holds nothing to replay") : replayed;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        struct stat status;
        bool directory = stat(argv[i], &status) == 0 && S_ISDIR(status.st_mode);
        int replayed = directory ? replay_directory(argv[i]) : replay_file(argv[i]);
        if (replayed < 0)
            return EXIT_FAILURE;
        total += replayed;
    }
    printf("%d inputs replayed\n", total);
    return total > 0 ? EXIT_SUCCESS : fail("arguments", "name nothing to replay") + 2;
}
