#include "anonymize/percent.h"

#include "core/ascii.h"

size_t percent_decode_round(char *text, size_t length)
{
    size_t out = 0;
    for (size_t i = 0; i < length;) {
        int high = text[i] == '%' && i + 2 < length ? ascii_hex_value(text[i + 1]) : -1;
        int low = high >= 0 ? ascii_hex_value(text[i + 2]) : -1;
        text[out++] = (char)(low >= 0 ? high << 4 | low : text[i]);
        i += low >= 0 ? 3 : 1;
    }
    return out;
}
