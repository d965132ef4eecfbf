#include "ingest/decoder_walk.h"

void prediction_learn(struct prediction *prediction, const char *from, const char *to, bool first,
                      uint16_t member)
{
    size_t length = (size_t)(to - from);
    if (length > GUESS_TEXT)
        return;
    struct guess *newest = &prediction->guesses[0];
    prediction->guesses[1] = *newest;
    memcpy(newest->text, from, length);
    newest->length = (uint8_t)length;
    newest->first = first;
    newest->member = member;
}

size_t guess_quote(const struct guess *guess)
{
    return slice_find_byte(slice_of(guess->text, guess->length), '"');
}
