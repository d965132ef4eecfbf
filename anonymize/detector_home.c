/* The user's name in a home directory, the host in a network path. */
#include "anonymize/detector_scan.h"

enum { USER_MOST = 64 };

static bool is_separator(unsigned char byte)
{
    return byte == '/' || byte == '\\';
}

/* Skips separators that are written twice ("C:\\Users"). */
static size_t skip_separators(const struct detector_scan *scan, size_t at)
{
    for (int i = 0; i < 4 && is_separator(view_at(scan, at)); i++)
        at++;
    return at;
}

static bool name_byte(unsigned char byte)
{
    return byte > ' ' && byte != 0x7F && !is_separator(byte) &&
           !byte_in(byte, "\"'`<>|*?:;,()[]{}");
}

/* The end of a user's name; in Windows paths it may hold spaces, if a separator follows. */
static size_t name_end(const struct detector_scan *scan, size_t start, bool spaces)
{
    size_t end = start;
    while (end - start < USER_MOST && name_byte(view_at(scan, end)))
        end++;
    size_t longer = end;
    while (spaces && longer - start < USER_MOST &&
           (name_byte(view_at(scan, longer)) || view_at(scan, longer) == ' '))
        longer++;
    return is_separator(view_at(scan, longer)) ? longer : end;
}

static void report_name(struct detector_scan *scan, size_t start, bool spaces)
{
    size_t end = name_end(scan, start, spaces);
    while (end > start && scan->text[end - 1] == '.')
        end--;
    if (end == start || byte_in(scan->text[start], "$%<{~") ||
        view_word_is(scan, start, end, "public shared default guest"))
        return;
    detector_report(scan, DETECTOR_HOME_PATH, STRENGTH_STRUCT, start, end);
}

/* Does the word before the separator at `at` let a home directory follow? "pages/home/x" does not,
 * "/export/home/x" does. */
static bool may_precede(const struct detector_scan *scan, size_t at)
{
    size_t end;
    if (!byte_is(view_before(scan, at), BYTE_WORD | BYTE_WIDE))
        return true;
    size_t begin = view_word_before(scan, at, "", &end);
    return view_word_is(scan, begin, end,
                        "export mnt var usr media volumes c d e f system host net "
                        "rootfs private");
}

static void look_at_directory(struct detector_scan *scan, size_t at)
{
    static const struct {
        struct slice name;
        bool windows; /* names may hold spaces */
        bool number;  /* the user is a number, of which 0 is everybody's */
    } homes[] = {
        {SLICE("home"), false, false},
        {SLICE("users"), true, false},
        {SLICE("documents and settings"), true, false},
        {SLICE("data/user"), false, true},
        {SLICE("data/user_de"), false, true},
        {SLICE("storage/emulated"), false, true},
        {SLICE("mnt/user"), false, true},
    };
    size_t name = skip_separators(scan, at);
    for (size_t i = 0; i < sizeof homes / sizeof *homes; i++) {
        size_t end = name + homes[i].name.length;
        if (!view_has(scan, name, homes[i].name) || !is_separator(view_at(scan, end)))
            continue;
        size_t user = skip_separators(scan, end);
        if (!homes[i].number && may_precede(scan, at)) {
            report_name(scan, user, homes[i].windows && scan->text[end] == '\\');
        } else if (homes[i].number) {
            size_t stop = view_run(scan, user, BYTE_DIGIT);
            if (stop > user && !(stop == user + 1 && scan->text[user] == '0'))
                detector_report(scan, DETECTOR_HOME_PATH, STRENGTH_STRUCT, user, stop);
        }
    }
}

/* \\host\share */
static void look_at_host(struct detector_scan *scan, size_t at)
{
    unsigned char before = view_before(scan, at);
    size_t start = at + 2;
    size_t end = start;
    if (view_at(scan, at + 1) != '\\' || byte_is(before, BYTE_WORD) || byte_in(before, ":\\"))
        return;
    while (end - start < USER_MOST &&
           (byte_is(view_at(scan, end), BYTE_WORD) || byte_in(view_at(scan, end), "._-")))
        end++;
    if (end - start >= 2 && view_at(scan, end) == '\\' &&
        byte_is(view_at(scan, end + 1), BYTE_WORD) && byte_is(view_at(scan, end + 2), BYTE_WORD))
        detector_report(scan, DETECTOR_HOME_PATH, STRENGTH_STRUCT, start, end);
}

/* ~user/ */
static void look_at_tilde(struct detector_scan *scan, size_t at)
{
    size_t end = at + 1;
    if (byte_is(view_before(scan, at), BYTE_WORD | BYTE_WIDE) ||
        !byte_is(view_at(scan, end), BYTE_LETTER))
        return;
    while (end - at < USER_MOST &&
           (byte_is(view_at(scan, end), BYTE_WORD) || byte_in(view_at(scan, end), "_-.")))
        end++;
    if (view_at(scan, end) == '/' && end > at + 2)
        detector_report(scan, DETECTOR_HOME_PATH, STRENGTH_STRUCT, at + 1, end);
}

void detect_home(struct detector_scan *scan, size_t at)
{
    if (scan->text[at] == '~') {
        look_at_tilde(scan, at);
        return;
    }
    if (is_separator(view_before(scan, at)))
        return;
    look_at_directory(scan, at);
    if (scan->text[at] == '\\')
        look_at_host(scan, at);
}
