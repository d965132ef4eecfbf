/*
 * The streaming part of `lethe demo`: `lethe run` between topics, as a process of its own, with
 * events that go in, a consent that is withdrawn before the viewer's eyes, and output that changes.
 *
 * It reads the output as recipients do, and the audit, and judges itself: after the withdrawal no
 * batch may hold a row that needs the consent, no row an identifier, and every event has its one
 * row. On the embedded broker (kafka/embedded.h) it says what that cannot show.
 */
#ifndef LETHE_WORKER_DEMO_STREAM_H
#define LETHE_WORKER_DEMO_STREAM_H

struct demo_stream_options {
    const char *data;      /* where schemas/ lies */
    const char *directory; /* for its files; it is there, and the caller's */
    const char *brokers;   /* HOST:PORT; NULL: an embedded one */
};

/* Returns an exit status: EXIT_DONE; EXIT_FOUND where a row is out that must not be, or one is
 * missing; EXIT_USAGE where it cannot begin; EXIT_FAILED where it does not come to its end. */
int demo_stream_run(const struct demo_stream_options *options);

#endif
