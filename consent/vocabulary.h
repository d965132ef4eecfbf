/*
 * The member names that one kind of object of a consent message may have, and reading an object by
 * them. Writers keep their order, so the member that followed another last time is tried first, as
 * the bytes `,"name":`; any other spelling that JSON allows is read too, only slower. Internal to
 * consent.
 *
 * Duplicates: of known names the members_... functions keep a bit each, of the others the scanner
 * looks after them, so a name twice in one object is found in every case.
 */
#ifndef LETHE_CONSENT_VOCABULARY_H
#define LETHE_CONSENT_VOCABULARY_H

#include "core/arena.h"
#include "core/json_scan.h"

enum { VOCABULARY_LIMIT = 8 };

/* {0} is empty. One reader at a time: it learns the order of members while it reads. */
struct vocabulary {
    struct slice names[VOCABULARY_LIMIT];
    struct slice quoted[VOCABULARY_LIMIT]; /* empty where the name would need escapes */
    unsigned count;
    uint8_t next[VOCABULARY_LIMIT + 1]; /* after member i: next[i + 1] */
};

/* The name is borrowed. RC_LIMIT where the vocabulary is full, RC_NO_MEMORY. */
LETHE_CHECKED enum rc vocabulary_add(struct vocabulary *vocabulary, struct arena *arena,
                                     struct slice name);

/* Where in an object. */
struct members {
    struct vocabulary *vocabulary;
    unsigned index; /* the current member's, or the vocabulary's count where it is not known */
    uint32_t seen;  /* a bit for every known name that was there */
    bool duplicate; /* one of them twice: the text is not well formed */
    struct json_container object;
};

/* As json_enter. */
bool members_enter(struct members *members, struct json_scanner *scanner,
                   struct vocabulary *vocabulary);

/* As json_next_member. */
bool members_next(struct members *members, struct json_scanner *scanner);

#endif
