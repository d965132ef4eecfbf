#include "ingest/decoder_walk.h"

void prediction_learn(struct prediction *prediction, const char *from, const char *to, bool first,
                      uint16_t member)
{
    size_t length = (size_t)(to - from);
    if (length > PREDICTION_TEXT)
        return;
    memcpy(prediction->text, from, length);
    prediction->length = (uint8_t)length;
    prediction->first = first;
    prediction->member = member;
}

size_t prediction_quote(const struct prediction *prediction)
{
    return slice_find_byte(slice_of(prediction->text, prediction->length), '"');
}
