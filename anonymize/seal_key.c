#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "anonymize/seal_secret.h"
#include "anonymize/secret_file.h"
#include "anonymize/secret_memory.h"
#include "anonymize/start.h"
#include "core/file.h"

#define PUBLIC_PREFIX "lethe quarantine public key 1 "
#define SECRET_PREFIX "lethe quarantine secret key 1 "

enum {
    PREFIX_LENGTH = sizeof PUBLIC_PREFIX - 1,
    LINE_LENGTH = PREFIX_LENGTH + 2 * SEAL_KEY_BYTES + 1,
};

_Static_assert(sizeof PUBLIC_PREFIX == sizeof SECRET_PREFIX, "one length for both");
_Static_assert(SEAL_KEY_BYTES == crypto_box_PUBLICKEYBYTES, "an X25519 public key");
_Static_assert(SEAL_KEY_BYTES == crypto_box_SECRETKEYBYTES, "an X25519 secret key");

static bool read_line(struct slice text, struct slice prefix, unsigned char *key)
{
    return text.length == LINE_LENGTH && slice_starts_with(text, prefix) &&
           text.data[LINE_LENGTH - 1] == '\n' &&
           secret_from_hex(slice_of(text.data + PREFIX_LENGTH, 2 * SEAL_KEY_BYTES), key,
                           SEAL_KEY_BYTES) &&
           !sodium_is_zero(key, SEAL_KEY_BYTES);
}

static void write_line(const char *prefix, const unsigned char *key, char *line)
{
    memcpy(line, prefix, PREFIX_LENGTH);
    sodium_bin2hex(line + PREFIX_LENGTH, 2 * SEAL_KEY_BYTES + 1, key, SEAL_KEY_BYTES);
    line[LINE_LENGTH - 1] = '\n';
}

void seal_key_name(struct seal_key *key)
{
    unsigned char hash[16];
    crypto_generichash(hash, sizeof hash, key->public_key, SEAL_KEY_BYTES, NULL, 0);
    sodium_bin2hex(key->id, sizeof key->id, hash, (sizeof key->id - 1) / 2);
}

/* Whoever can write the file can put a key of their own in it, and read what is sealed. */
static enum rc check_public_file(const char *path, struct buffer *reason)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return secret_refuse(reason, path, "there is no such file", RC_NOT_FOUND);
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return secret_refuse(reason, path, "belongs to somebody else", RC_REFUSED);
    if (status.st_mode & 022)
        return secret_refuse(reason, path, "group or others can write to it", RC_REFUSED);
    return RC_OK;
}

/* A point of low order would be accepted by nothing that seals: better said now. */
static bool can_seal(const struct seal_key *key)
{
    unsigned char sealed[crypto_box_SEALBYTES + 1];
    return crypto_box_seal(sealed, (const unsigned char *)"", 1, key->public_key) == 0;
}

enum rc seal_key_load(const char *path, struct seal_key *out, struct buffer *reason)
{
    *out = (struct seal_key){0};
    enum rc rc = anonymize_start();
    if (rc == RC_OK)
        rc = check_public_file(path, reason);
    if (rc != RC_OK)
        return rc;
    struct arena arena;
    struct slice text;
    arena_init(&arena, 2 * SECRET_FILE_LIMIT);
    struct seal_key key = {0};
    rc = file_read(path, SECRET_FILE_LIMIT, &arena, &text);
    if (rc != RC_OK)
        secret_refuse(reason, path, rc_sentence(rc), rc);
    else if (!read_line(text, SLICE(PUBLIC_PREFIX), key.public_key) || !can_seal(&key))
        rc = secret_refuse(reason, path, "is not a public key of the quarantine", RC_CORRUPT);
    arena_release(&arena);
    if (rc == RC_OK) {
        seal_key_name(&key);
        *out = key;
    }
    return rc;
}

static enum rc write_pair(const char *public_path, const char *secret_path, char *page,
                          struct buffer *reason)
{
    unsigned char *secret = (unsigned char *)page;
    char *line = page + SEAL_KEY_BYTES;
    unsigned char public_key[SEAL_KEY_BYTES];
    if (crypto_box_keypair(public_key, secret) != 0)
        return secret_refuse(reason, secret_path, rc_sentence(RC_INTERNAL), RC_INTERNAL);
    write_line(SECRET_PREFIX, secret, line);
    enum rc rc = file_write_atomically(secret_path, slice_of(line, LINE_LENGTH), 0600, false);
    if (rc != RC_OK)
        return secret_refuse(reason, secret_path, rc_sentence(rc), rc);
    write_line(PUBLIC_PREFIX, public_key, line);
    rc = file_write_atomically(public_path, slice_of(line, LINE_LENGTH), 0644, false);
    if (rc != RC_OK) {
        unlink(secret_path); /* half a pair is of no use, and would be in the way */
        return secret_refuse(reason, public_path, rc_sentence(rc), rc);
    }
    return RC_OK;
}

enum rc seal_key_make(const char *public_path, const char *secret_path, struct buffer *reason)
{
    struct stat status;
    if (lstat(public_path, &status) == 0)
        return secret_refuse(reason, public_path, rc_sentence(RC_EXISTS), RC_EXISTS);
    bool locked;
    char *page = secret_memory_new(1, SECRET_FILE_LIMIT, &locked);
    if (!page)
        return secret_refuse(reason, secret_path, rc_sentence(RC_NO_MEMORY), RC_NO_MEMORY);
    enum rc rc = write_pair(public_path, secret_path, page, reason);
    secret_memory_free(page);
    return rc;
}

enum rc seal_secret_load(const char *path, struct seal_secret **out, struct buffer *reason)
{
    *out = NULL;
    bool locked;
    char *page = secret_memory_new(1, SECRET_FILE_LIMIT, &locked);
    struct seal_secret *secret = secret_memory_new(1, sizeof *secret, &locked);
    enum rc rc = page && secret
                     ? RC_OK
                     : secret_refuse(reason, path, rc_sentence(RC_NO_MEMORY), RC_NO_MEMORY);
    size_t length = 0;
    if (rc == RC_OK)
        rc = secret_file_read(AT_FDCWD, path, page, &length, reason);
    if (rc == RC_OK && !read_line(slice_of(page, length), SLICE(SECRET_PREFIX), secret->secret_key))
        rc = secret_refuse(reason, path, "is not a secret key of the quarantine", RC_CORRUPT);
    if (rc == RC_OK && crypto_scalarmult_base(secret->key.public_key, secret->secret_key) != 0)
        rc = secret_refuse(reason, path, "is not a secret key of the quarantine", RC_CORRUPT);
    secret_memory_free(page);
    if (rc != RC_OK) {
        secret_memory_free(secret);
        return rc;
    }
    seal_key_name(&secret->key);
    *out = secret;
    return RC_OK;
}

void seal_secret_release(struct seal_secret *secret)
{
    secret_memory_free(secret);
}
