#include "sink/digest.h"

#include <sodium.h>

void digest_hex(struct slice bytes, char out[static DIGEST_HEX + 1])
{
    unsigned char digest[DIGEST_HEX / 2];
    crypto_generichash(digest, sizeof digest, (const unsigned char *)bytes.data, bytes.length, NULL,
                       0);
    sodium_bin2hex(out, DIGEST_HEX + 1, digest, sizeof digest);
}
