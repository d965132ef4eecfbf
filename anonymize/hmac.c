#include "anonymize/hmac.h"

#include <endian.h>
#include <pthread.h>

#include "anonymize/sha256_instructions.h"

/* What fits into one block with its padding: a bit that is set, and the length in 64 bits. */
enum { SHORT_LIMIT = SHA256_BLOCK - 1 - 8 };

static pthread_once_t looked = PTHREAD_ONCE_INIT;
static bool has_instructions, uses_instructions;

static void look(void)
{
    has_instructions = sha256_instructions_present();
    uses_instructions = has_instructions;
}

bool hmac_start(void)
{
    pthread_once(&looked, look);
    return has_instructions;
}

void hmac_use_instructions(bool on)
{
    uses_instructions = on && has_instructions;
}

void hmac_key_init(struct hmac_key *key, const unsigned char *bytes, size_t length)
{
    crypto_auth_hmacsha256_init(&key->state, bytes, length);
}

static void hmac_by_libsodium(const struct hmac_key *key, struct slice message, unsigned char *out)
{
    crypto_auth_hmacsha256_state state = key->state;
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)message.data, message.length);
    crypto_auth_hmacsha256_final(&state, out); /* wipes the copy */
}

/* The last block of a message that had one block, the key's, before it. */
static void pad_block(unsigned char *block, const void *bytes, size_t length)
{
    uint64_t bits = htobe64((SHA256_BLOCK + length) * 8);
    memset(block, 0, SHA256_BLOCK);
    memcpy(block, bytes, length);
    block[length] = 0x80;
    memcpy(block + SHA256_BLOCK - sizeof bits, &bits, sizeof bits);
}

static void write_words(const uint32_t *words, unsigned char *out)
{
    for (int i = 0; i < SHA256_WORDS; i++) {
        uint32_t word = htobe32(words[i]);
        memcpy(out + 4 * i, &word, sizeof word);
    }
}

static bool is_short(struct slice message)
{
    return message.length > 0 && message.length <= SHORT_LIMIT;
}

/* A message's way through both hashes. */
struct passage {
    uint32_t state[SHA256_WORDS];
    unsigned char block[SHA256_BLOCK];
};

static void begin_inner(struct passage *passage, const struct hmac_key *key, struct slice message)
{
    memcpy(passage->state, key->state.ictx.state, sizeof passage->state);
    pad_block(passage->block, message.data, message.length);
}

static void begin_outer(struct passage *passage, const struct hmac_key *key)
{
    unsigned char inner[HMAC_BYTES];
    write_words(passage->state, inner);
    memcpy(passage->state, key->state.octx.state, sizeof passage->state);
    pad_block(passage->block, inner, sizeof inner);
}

void hmac(const struct hmac_key *key, struct slice message, unsigned char out[static HMAC_BYTES])
{
    if (!uses_instructions || !is_short(message)) {
        hmac_by_libsodium(key, message, out);
        return;
    }
    struct passage passage;
    begin_inner(&passage, key, message);
    sha256_compress(passage.state, passage.block);
    begin_outer(&passage, key);
    sha256_compress(passage.state, passage.block);
    write_words(passage.state, out);
}

void hmac_pair(const struct hmac_key *const keys[static 2], const struct slice messages[static 2],
               unsigned char out[static 2][HMAC_BYTES])
{
    if (!uses_instructions || !is_short(messages[0]) || !is_short(messages[1])) {
        hmac(keys[0], messages[0], out[0]);
        hmac(keys[1], messages[1], out[1]);
        return;
    }
    struct passage passages[2];
    for (int i = 0; i < 2; i++)
        begin_inner(&passages[i], keys[i], messages[i]);
    sha256_compress_pair(passages[0].state, passages[0].block, passages[1].state,
                         passages[1].block);
    for (int i = 0; i < 2; i++)
        begin_outer(&passages[i], keys[i]);
    sha256_compress_pair(passages[0].state, passages[0].block, passages[1].state,
                         passages[1].block);
    for (int i = 0; i < 2; i++)
        write_words(passages[i].state, out[i]);
}
