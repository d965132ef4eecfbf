/* `lethe reference`: pages made from the program's own tables. */
#include <stdio.h>
#include <string.h>

#include "schemas/reference.h"
#include "worker/metrics.h"
#include "worker/options.h"

enum { PAGE_LIMIT = 4 * 1024 * 1024 };

int command_reference(const struct command *command, int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write)(struct buffer *out);
    } pages[] = {{"categories", reference_write_categories},
                 {"actions", reference_write_actions},
                 {"reasons", reference_write_reasons},
                 {"metrics", metrics_write_reference}};
    const struct option_table table = {NULL, 0, 1, 1};
    struct arguments words;
    int status;
    if (!options_parse(command, &table, argc, argv, &words, &status))
        return status;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(words.values[0], pages[i].name) != 0)
            continue;
        struct buffer page;
        buffer_init(&page, PAGE_LIMIT);
        pages[i].write(&page);
        bool written = fwrite(page.data, 1, page.length, stdout) == page.length;
        buffer_release(&page);
        return written ? EXIT_DONE : EXIT_FAILED;
    }
    return usage_error(command, "there is no page `%s`", words.values[0]);
}
