/*
 * What the generator's records are made of: lists of models, cities, screens and the like, parts
 * that all schemas share (addresses, messages with something hidden in them), and the identifiers
 * of a person, which are functions of the person's number and the seed. So a record, another
 * record of the same person, and the person's consent agree.
 *
 * Nothing here belongs to anybody: telephone numbers, IMEIs and the like are of valid form with
 * random digits; mail addresses are in domains reserved for examples (RFC 2606); host names too; a
 * few IP addresses are of documentation ranges, the others random.
 */
#ifndef LETHE_BENCH_GENERATE_VALUES_H
#define LETHE_BENCH_GENERATE_VALUES_H

#include "bench/generate_template.h"

extern const struct generate_list generate_lists[];
extern const struct generate_value generate_values[];
extern const struct generate_part generate_shared_parts[];

/* The parts of each kind; each has a part of its own name to begin with. */
extern const struct generate_part generate_click_parts[];
extern const struct generate_part generate_crash_parts[];
extern const struct generate_part generate_device_parts[];
extern const struct generate_part generate_consent_parts[];

/* Sets the person that the context is about: number, key and rows. */
void generate_set_subject(struct generate_context *context, uint64_t seed, uint64_t subject);

/* Are the lists as long as generate_set_subject draws rows for? */
bool generate_lists_fit(const struct generate_book *book);

#endif
