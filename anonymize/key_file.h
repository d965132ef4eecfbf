/*
 * The files of one epoch key (keys.h shows them): their names and their exact text. Internal to the
 * keys; nothing here opens anything.
 */
#ifndef LETHE_ANONYMIZE_KEY_FILE_H
#define LETHE_ANONYMIZE_KEY_FILE_H

#include "anonymize/keys.h"
#include "anonymize/secret_file.h"

enum { KEY_NAME_SIZE = 32 /* bytes of a file's name with its NUL */ };

/* What the files of one number say. */
struct key_record {
    uint32_t number;
    int64_t begins, ends;
    int64_t destroyed; /* by the record of its destruction, or TIME_NONE */
    bool key_file;     /* `.key` is there */
    bool record_file;  /* `.destroyed` is there: it outweighs the key */
};

/* `epoch-000042.key` or `epoch-000042.destroyed`. */
void key_file_name(uint32_t number, bool destroyed, char name[static KEY_NAME_SIZE]);

/* True only for exactly what key_file_name writes, of a number from 1. */
bool key_file_name_parse(const char *name, uint32_t *number, bool *destroyed);

/* The text of a key file, or, with `secret` NULL, of the record of its destruction. `memory` is
 * guarded where there is a secret. Returns the length, 0 where there was no memory. */
size_t key_file_write(const struct key_record *key, const unsigned char *secret,
                      char memory[static SECRET_FILE_LIMIT]);

/* The opposite, exact to the byte. Sets number, begins, ends, and the secret (KEY_BYTES, guarded)
 * or, with `secret` NULL, destroyed. */
bool key_file_read(struct slice text, struct key_record *out, unsigned char *secret);

#endif
