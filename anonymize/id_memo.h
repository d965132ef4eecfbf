/*
 * The canonical form of an id, remembered for its field: consent asks for it, and then each
 * recipient's pseudonym does. Decided by the text itself, so it is right whatever was before; a
 * test decides with and without it.
 *
 * Of each field only the last one is there, as its record is in the decoder and its row in the
 * batch; the engine's arena is overwritten when it is freed.
 */
#ifndef LETHE_ANONYMIZE_ID_MEMO_H
#define LETHE_ANONYMIZE_ID_MEMO_H

#include "schemas/canonical.h"

enum { ID_MEMO_TEXT = 64 };

/* Of one field. {0} remembers nothing. */
struct id_memo {
    uint8_t type; /* enum json_type; JSON_ABSENT: nothing */
    uint8_t length, id_length;
    uint8_t result; /* enum canonical_result */
    char text[ID_MEMO_TEXT];
    char id[ID_MEMO_TEXT];
};

/* canonical_id of a field's value, which is of one category. *out is set for CANONICAL_OK, and good
 * until the next value of the field, or, in `memory`, as long as that is. */
static inline enum canonical_result id_memo_canonical(struct id_memo *memo, enum category category,
                                                      enum json_type type, struct slice text,
                                                      char memory[static CANONICAL_LIMIT],
                                                      struct slice *out)
{
    if (memo->type == (uint8_t)type && memo->length == text.length &&
        memcmp(memo->text, text.data, text.length) == 0) {
        *out = slice_of(memo->id, memo->id_length);
        return (enum canonical_result)memo->result;
    }
    struct slice id = {0};
    enum canonical_result result = canonical_id(category, type, text, memory, &id);
    *out = id;
    if (text.length == 0 || text.length > ID_MEMO_TEXT || id.length > ID_MEMO_TEXT)
        return result;
    memo->type = (uint8_t)type;
    memo->length = (uint8_t)text.length;
    memo->result = (uint8_t)result;
    memcpy(memo->text, text.data, text.length);
    memo->id_length = (uint8_t)id.length;
    if (id.length > 0)
        memcpy(memo->id, id.data, id.length);
    return result;
}

#endif
