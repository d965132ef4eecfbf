#include "worker/notify.h"

#include <systemd/sd-daemon.h>

#include "core/clock.h"

/* That nobody listens is no failure. */
#define NOTIFY(...) ((void)sd_notifyf(0, __VA_ARGS__))

void notify_ready(const char *sentence)
{
    NOTIFY("READY=1\nSTATUS=%s", sentence);
}

void notify_reloading(const char *sentence)
{
    NOTIFY("RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=%s", (long long)(clock_monotonic_ns() / 1000),
           sentence);
}

void notify_stopping(const char *sentence)
{
    NOTIFY("STOPPING=1\nSTATUS=%s", sentence);
}

void notify_status(const char *sentence)
{
    NOTIFY("STATUS=%s", sentence);
}

void notify_extend(int64_t milliseconds)
{
    NOTIFY("EXTEND_TIMEOUT_USEC=%lld", (long long)milliseconds * 1000);
}

int64_t notify_watchdog_interval(void)
{
    uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0)
        return 0;
    int64_t half = (int64_t)(microseconds / 2000);
    return half > 0 ? half : 1;
}

void notify_alive(void)
{
    NOTIFY("WATCHDOG=1");
}
