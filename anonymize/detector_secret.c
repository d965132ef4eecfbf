/* Secrets that a name gives away: key=value, "key": "value", and a few spoken forms. */
#include "anonymize/detector_scan.h"

enum { KEY_MOST = 64, VALUE_STRONG = 8 };

enum key_class {
    KEY_NONE = 0,
    KEY_SECRET,  /* one token */
    KEY_COUNTED, /* the same, but a few bare digits after it are a count */
    KEY_PLURAL,  /* the same, and so are more digits */
    KEY_LINE,    /* everything to the end of the line */
};

/* A key without its separators, in lower case. */
struct key {
    char text[KEY_MOST];
    bool capital[KEY_MOST]; /* it was one, after a small letter */
    size_t length;
    bool dotted;
};

static void key_prepend(struct key *key, unsigned char byte, unsigned char before)
{
    if (key->length == KEY_MOST)
        return;
    size_t at = KEY_MOST - ++key->length;
    key->text[at] = (char)byte_lower(byte);
    key->capital[at] = byte >= 'A' && byte <= 'Z' && before >= 'a' && before <= 'z';
}

static struct slice key_slice(const struct key *key)
{
    return slice_of(key->text + KEY_MOST - key->length, key->length);
}

/* Reads the identifier that ends at `end` backwards; returns where it begins. */
static size_t read_key(const struct detector_scan *scan, size_t end, struct key *key)
{
    size_t at = end;
    while (at > 0 && end - at < KEY_MOST &&
           (byte_is(scan->text[at - 1], BYTE_WORD) || byte_in(scan->text[at - 1], "_-."))) {
        at--;
        key->dotted |= scan->text[at] == '.';
        if (byte_is(scan->text[at], BYTE_WORD))
            key_prepend(key, scan->text[at], view_before(scan, at));
    }
    return at;
}

/* What may follow a secret's word without a separator. "TokenStore" and "SessionManager" are names
 * of classes, "tokenValue" and "sessionId" of secrets. */
static bool is_suffix(struct slice rest)
{
    static const char *const suffixes[] = {
        "s",      "id",   "key",    "val",    "value",   "str",          "string", "text",
        "hash",   "data", "secret", "code",   "no",      "number",       "new",    "old",
        "1",      "2",    "again",  "repeat", "confirm", "confirmation", "field",  "input",
        "header", "md5",  "token",  NULL};
    if (rest.length == 0)
        return true;
    for (const char *const *suffix = suffixes; *suffix; suffix++) {
        if (slice_equal(rest, slice_from_string(*suffix)))
            return true;
    }
    return false;
}

/* Does one of the words stand in the key, and what follows it is no other word of a class's name
 * (or, if `strict`, nothing but a suffix)? */
static bool key_contains(const struct key *key, const char *const *words, bool strict)
{
    struct slice text = key_slice(key);
    for (; *words; words++) {
        struct slice word = slice_from_string(*words);
        for (size_t at = 0; at + word.length <= text.length; at++) {
            struct slice rest = slice_tail(text, at + word.length);
            if (!slice_starts_with(slice_tail(text, at), word))
                continue;
            bool class_name = rest.length > 0 && key->capital[KEY_MOST - rest.length];
            if (is_suffix(rest) || (!strict && !class_name))
                return true;
        }
    }
    return false;
}

static bool key_is(const struct key *key, const char *const *words)
{
    for (; *words; words++) {
        if (slice_equal(key_slice(key), slice_from_string(*words)))
            return true;
    }
    return false;
}

static enum key_class class_of_key(const struct key *key)
{
    static const char *const line[] = {"authorization", "cookie", NULL};
    static const char *const counted[] = {"token", "session", "cookie", "credential", NULL};
    static const char *const secret[] = {
        "password", "passwd",    "pwd",        "passphrase", "passcode", "secret",
        "apikey",   "accesskey", "privatekey", "secretkey",  "sessid",   "csrf",
        "xsrf",     "smscode",   "verifycode", "authcode",   NULL};
    static const char *const exact[] = {"sid",       "auth",  "otp",       "pin",
                                        "sig",       "sign",  "signature", "jsessionid",
                                        "phpsessid", "vcode", "captcha",   NULL};
    bool plural = slice_ends_with(key_slice(key), SLICE("s"));
    if (key_contains(key, line, true) && !plural)
        return KEY_LINE;
    if (key_contains(key, secret, false) || key_is(key, exact))
        return KEY_SECRET;
    if (!key_contains(key, counted, true))
        return KEY_NONE;
    return plural ? KEY_PLURAL : KEY_COUNTED;
}

static bool ends_with_wide_key(const struct detector_scan *scan, size_t end)
{
    static const char *const words[] = {"密码",   "口令", "令牌", "密钥", "验证码",
                                        "校验码", "凭证", "会话", "密碼", NULL};
    for (const char *const *word = words; *word; word++) {
        size_t length = strlen(*word);
        if (end >= length && memcmp(scan->text + end - length, *word, length) == 0)
            return true;
    }
    return false;
}

/* The class of the key that ends before the separator at `at`. */
static enum key_class class_before(const struct detector_scan *scan, size_t at, bool *dotted)
{
    static const char *const second[] = {"key", "id", "code", "token", NULL};
    struct key key = {.length = 0};
    size_t end = at;
    for (int i = 0; i < 4 && end > 0 && byte_in(scan->text[end - 1], " \t\"'`\\]"); i++)
        end--;
    if (end > 0 && byte_is(scan->text[end - 1], BYTE_WIDE))
        return ends_with_wide_key(scan, end) ? KEY_SECRET : KEY_NONE;
    size_t start = read_key(scan, end, &key);
    if (key.length == 0)
        return KEY_NONE;
    if (key_is(&key, second) && view_before(scan, start) == ' ')
        read_key(scan, start - 1, &key);
    *dotted = key.dotted;
    return class_of_key(&key);
}

/* The value from `start`: up to its quote, else up to what ends a token (or the line). */
static size_t value_end(const struct detector_scan *scan, size_t start, unsigned char quote,
                        bool line)
{
    size_t end = start;
    for (; end < scan->length; end++) {
        unsigned char byte = scan->text[end];
        if (byte == '\n' || byte == '\r' || byte == 0)
            break;
        if (quote ? byte == quote : byte == '"')
            break;
        if (!quote && !line && (byte_is(byte, BYTE_SPACE) || byte_in(byte, ",;&'`()[]{}|")))
            break;
    }
    while (end > start && (scan->text[end - 1] == '\\' || byte_is(scan->text[end - 1], BYTE_SPACE)))
        end--;
    return end;
}

/* "<secret>": what a scrubber has been at already. */
static bool is_placeholder(const struct detector_scan *scan, size_t start, size_t end)
{
    if (end - start < 4 || end - start > 18 || scan->text[start] != '<' ||
        scan->text[end - 1] != '>')
        return false;
    for (size_t at = start + 1; at + 1 < end; at++) {
        if (!(scan->text[at] >= 'a' && scan->text[at] <= 'z') && scan->text[at] != '_')
            return false;
    }
    return true;
}

static bool says_nothing(const struct detector_scan *scan, size_t start, size_t end)
{
    size_t at = start;
    while (at < end && scan->text[at] == '*')
        at++;
    return at == end || is_placeholder(scan, start, end) ||
           view_word_is(scan, start, end, "null nil none true false undefined empty yes no");
}

static void report_value(struct detector_scan *scan, size_t start, size_t end)
{
    unsigned classes = 0;
    for (size_t at = start; at < end; at++)
        classes |= byte_class_table[scan->text[at]];
    bool strong = end - start >= VALUE_STRONG && (classes & BYTE_WORD) == BYTE_WORD;
    detector_report(scan, DETECTOR_SECRET, strong ? STRENGTH_STRUCT : STRENGTH_CONTEXT, start, end);
    scan->value_until = end; /* a value is read to its end once */
}

/* Digits alone, fewer than `limit`. */
static bool is_count(const struct detector_scan *scan, size_t start, size_t limit)
{
    size_t end = start;
    while (end - start < limit && byte_is(view_at(scan, end), BYTE_DIGIT))
        end++;
    return end > start && end - start < limit && !byte_is(view_at(scan, end), BYTE_HOST);
}

void detect_secret(struct detector_scan *scan, size_t at)
{
    size_t start = at + 1;
    bool dotted = false;
    unsigned char after = view_at(scan, start);
    if (at < scan->block_until || at < scan->value_until || view_before(scan, at) == ':' ||
        (scan->text[at] == ':' && (after == ':' || (after == '/' && view_at(scan, at + 2) == '/'))))
        return;
    enum key_class class = class_before(scan, at, &dotted);
    if (class == KEY_NONE) {
        detect_wechat_key(scan, at);
        return;
    }
    if (after == '>' || after == '=')
        start++;
    for (int i = 0; i < 4 && byte_in(view_at(scan, start), " \t\\"); i++)
        start++;
    unsigned char quote = view_at(scan, start);
    if (byte_in(quote, "\"'`"))
        start++;
    else
        quote = 0;
    if ((class == KEY_COUNTED || class == KEY_PLURAL || dotted) &&
        is_count(scan, start, class == KEY_PLURAL ? 11 : 7))
        return;
    size_t end = value_end(scan, start, quote, class == KEY_LINE);
    if (end > start && !says_nothing(scan, start, end))
        report_value(scan, start, end);
}

/* "密码是hunter2", "验证码 123456": at a word of another script. */
void detect_spoken_secret(struct detector_scan *scan, size_t at)
{
    static const char *const words[] = {"密码", "口令", "验证码", "密碼", NULL};
    static const char *const links[] = {"是", "为", "为：", " ", NULL};
    for (const char *const *word = words; *word; word++) {
        if (!view_has(scan, at, slice_from_string(*word)))
            continue;
        size_t start = at + strlen(*word);
        size_t linked = start;
        for (const char *const *link = links; *link; link++) {
            if (view_has(scan, linked, slice_from_string(*link)))
                linked += strlen(*link);
        }
        size_t ascii = linked;
        while (view_at(scan, ascii) > ' ' && scan->text[ascii] < 0x7F &&
               !byte_in(scan->text[ascii], ",;&\"'`()[]{}|"))
            ascii++;
        bool digits = view_run(scan, start, BYTE_DIGIT) >= start + 4;
        if ((linked > start || digits) && ascii >= linked + 4 && !says_nothing(scan, linked, ascii))
            detector_report(scan, DETECTOR_SECRET, STRENGTH_CONTEXT, linked, ascii);
    }
}

/* "微信号: some_name", "wechat=some_name": a custom id is known by its key alone. */
void detect_wechat_key(struct detector_scan *scan, size_t at)
{
    static const char *const words[] = {"wechat", "weixin", "wechatid", "wxid", NULL};
    struct key key = {.length = 0};
    size_t end = at;
    size_t start = at + 1;
    while (end > 0 && at - end < 4 && byte_in(scan->text[end - 1], " \"'\\"))
        end--;
    bool wide = (end >= 6 && memcmp(scan->text + end - 6, "微信", 6) == 0) ||
                (end >= 9 && memcmp(scan->text + end - 9, "微信号", 9) == 0);
    if (!wide) {
        read_key(scan, end, &key);
        if (!key_is(&key, words))
            return;
    }
    for (int i = 0; i < 4 && byte_in(view_at(scan, start), " \"'\\"); i++)
        start++;
    size_t stop = start;
    while (byte_is(view_at(scan, stop), BYTE_WORD) || byte_in(view_at(scan, stop), "_-"))
        stop++;
    if (stop - start >= 6 && stop - start <= 20 && byte_is(scan->text[start], BYTE_LETTER))
        detector_report(scan, DETECTOR_WECHAT, STRENGTH_CONTEXT, start, stop);
}
