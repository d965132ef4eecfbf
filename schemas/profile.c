/*
 * The third parties of clause 2.3 of the obligations, translated into the taxonomy.
 *
 * A ceiling is an upper bound, so the translation is the narrow one: an identifier is in a ceiling
 * only where the declaration names it or its kind, and what is merely usual is not.
 *
 *   device identifier      what identifies the device, of those that clause 1.4.1 names: IMEI,
 * MEID, serial, Android ID, IDFA, IDFV, OAID/GAID (with AAID and VAID, their siblings). Not: IMSI,
 * ICCID and SIM serial, which identify a SIM (bugly's declaration names the SIM serial beside the
 * device identifier); not the NFC id, push token and installation id, which no declaration names.
 *   device serial          device.serial alone
 *   MAC                    device.mac.wifi, device.mac.bluetooth; never an access point's
 *   place, coarse place    place: its floor lets nothing finer than 0.1 degree out, and no city
 *   device facts           clause 1.4.1: model, OS, software version, language, time zone,
 *                          settings, sensors, and the group's other plain facts
 *   device statistics      device facts
 *   operator, ISP          network.operator; network.isp
 *   network type           network.access
 *   Wi-Fi state            network.wifi.state
 *   storage permission     app.permission
 *   logs, error logs       log, and text.free: a log's message; time.event: a log line has a time
 *   processes              app.process, log.process
 *   crashes                crash, time.event
 *   performance            app.performance
 *   app source             app.source, app.channel
 *   use time, frequency    app.usage, usage.count, usage.duration, time.event, time.other
 *   key paths, clicks      usage (its prefix admits no session id), web.url
 *   referrer, exit pages   web.referrer
 */
#include "schemas/recipient.h"

#define DEVICE_IDENTIFIER                                                                          \
    "device.imei", "device.meid", "device.serial", "device.android_id", "device.idfa",             \
        "device.idfv", "device.oaid", "device.gaid", "device.aaid", "device.vaid"
#define MAC "device.mac.wifi", "device.mac.bluetooth"
#define DEVICE_FACTS                                                                               \
    "device.model", "device.brand", "device.os", "device.os_version", "device.language",           \
        "device.time_zone", "device.time_offset", "device.architecture", "device.screen",          \
        "device.resource", "device.battery", "device.setting", "device.flag", "device.sensor",     \
        "app.version", "app.build"

static const char *const getui[] = {DEVICE_IDENTIFIER, MAC, "place", "app.permission", NULL};

static const char *const wechat[] = {
    DEVICE_FACTS, MAC, "network.operator", "network.access", "place", NULL,
};

static const char *const amap[] = {
    DEVICE_FACTS, MAC, "network.operator", "network.wifi.state", "place", NULL,
};

static const char *const bugly[] = {
    DEVICE_IDENTIFIER,
    MAC,
    "device.sim_serial",
    "network.operator",
    "log",
    "text.free",
    "app.process",
    "crash",
    "app.performance",
    "app.source",
    "app.channel",
    "time.event",
    NULL,
};

static const char *const umeng[] = {
    "device.serial", DEVICE_FACTS, "place",      "network.ip",   "network.isp",
    "app.usage",     "usage",      "web.url",    "web.referrer", "log",
    "text.free",     "crash",      "time.event", "time.other",   NULL,
};

static const struct profile profiles[] = {
    {"getui", "push messages", getui},   {"wechat", "sharing", wechat},  {"amap", "maps", amap},
    {"bugly", "crash reporting", bugly}, {"umeng", "statistics", umeng},
};

size_t profile_count(void)
{
    return sizeof(profiles) / sizeof(profiles[0]);
}

const struct profile *profile_at(size_t index)
{
    return index < profile_count() ? &profiles[index] : NULL;
}

const struct profile *profile_find(struct slice name)
{
    for (size_t i = 0; i < profile_count(); i++) {
        if (slice_equal(name, slice_from_string(profiles[i].name)))
            return &profiles[i];
    }
    return NULL;
}
