/*
 * Two small things that framing, envelopes and the decoder share about JSON text. Internal to
 * ingest.
 */
#ifndef LETHE_INGEST_JSON_TEXT_H
#define LETHE_INGEST_JSON_TEXT_H

#include "core/json_scan.h"
#include "schemas/reason.h"

/* Why a record with that fault cannot be processed; QUARANTINE_NONE for no fault. */
enum quarantine_reason json_fault_reason(enum json_fault fault);

/*
 * Where the JSON value that begins at the text's first byte ends, found by its quotes and brackets
 * alone: the length of the value, or 0 where the text ends first. Of a valid text this is the
 * value's length; of anything else it is some length, never beyond the text. It is no check: who
 * cuts a text here still has both parts checked.
 */
size_t json_value_span(struct slice text);

#endif
