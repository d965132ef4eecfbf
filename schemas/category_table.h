/*
 * The table of category.h; never included by anything else.
 *
 * X(code, name, group, kind, form, value rule, default, description)
 *
 * How value rules are chosen: as narrow as real values allow. Digits are counted over the whole
 * value, so that a telephone number, a card or an IMEI does not fit whatever separates its groups;
 * a number has no more digits than its quantity needs (none reaches the 11 of a telephone number).
 */
#ifndef LETHE_SCHEMAS_CATEGORY_TABLE_H
#define LETHE_SCHEMAS_CATEGORY_TABLE_H

// clang-format off

/* Value rules that several categories share. */
#define VALUE_NOTHING {0}
#define VALUE_TOKEN(letters, limit, digits)                                                      \
    {.string = true, .alphabet = (letters), .length_limit = (limit), .digit_limit = (digits)}
#define VALUE_ONE_OF(list)                                                                       \
    {.string = true, .alphabet = ALPHABET_DOTTED, .length_limit = 32, .digit_limit = 4,          \
     .enumeration = (list)}
#define VALUE_INTEGER(low, high) {.number = true, .minimum = (low), .maximum = (high)}
#define VALUE_DECIMAL(low, high, digits)                                                         \
    {.number = true, .minimum = (low), .maximum = (high), .fraction_limit = (digits)}
#define VALUE_BOOLEAN {.boolean = true}
/* A number and a text are both held to the years that `instant` means. */
#define VALUE_TIME                                                                               \
    {.string = true, .number = true, .instant = true, .alphabet = ALPHABET_TIME,                 \
     .length_limit = 40, .digit_limit = 30, .maximum = INT64_MAX, .fraction_limit = 9,           \
     .may_hold_digits11 = true}
/* A name, or MCC and MNC as text or number. */
#define VALUE_OPERATOR                                                                           \
    {.string = true, .number = true, .alphabet = ALPHABET_LABEL, .length_limit = 48,             \
     .digit_limit = 6, .maximum = 999999}
/* As a number an address cannot be told from a telephone number, so it must be text with 0x. */
#define VALUE_ADDRESS                                                                            \
    {.string = true, .alphabet = ALPHABET_HEX, .length_limit = 18, .digit_limit = 17,            \
     .may_hold_hex16 = true, .may_hold_digits11 = true}
/* 32 hex digits at least: an Android ID and a MAC are shorter. */
#define VALUE_BUILD_ID                                                                           \
    {.string = true, .alphabet = ALPHABET_BUILD_ID, .length_limit = 72, .digit_limit = 72,       \
     .may_hold_uuid = true, .may_hold_hex16 = true}

/* The values of those that are of a fixed list; compared exactly. */
#define VALUE_SWITCHED                                                                           \
    VALUE_ONE_OF("on|off|enabled|disabled|connected|disconnected|connecting|unknown")
#define VALUE_ACCESS                                                                             \
    VALUE_ONE_OF("wifi|WIFI|WiFi|Wi-Fi|wlan|WLAN|cellular|mobile|MOBILE|ethernet|ETHERNET|"      \
                 "bluetooth|vpn|VPN|2g|3g|4g|5g|2G|3G|4G|5G|GPRS|EDGE|CDMA|UMTS|HSPA|HSPA+|"     \
                 "LTE|NR|none|NONE|offline|other|unknown|UNKNOWN")
#define VALUE_CONNECTION                                                                         \
    VALUE_ONE_OF("online|offline|connected|disconnected|connecting|roaming|metered|"             \
                 "unmetered|captive|unknown")
#define VALUE_SETTING                                                                            \
    VALUE_ONE_OF("on|off|enabled|disabled|auto|light|dark|system|portrait|landscape|"            \
                 "charging|discharging|full|unplugged|low|normal|high|silent|vibrate|unknown")
#define VALUE_ENVIRONMENT                                                                        \
    VALUE_ONE_OF("production|staging|development|test|beta|alpha|canary|release|debug|"          \
                 "foreground|background|unknown")
#define VALUE_PERMISSION                                                                         \
    VALUE_ONE_OF("granted|denied|prompt|limited|restricted|unknown")
#define VALUE_METHOD                                                                             \
    VALUE_ONE_OF("GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS|CONNECT|TRACE|get|post|put|delete|"     \
                 "head|patch|options")

#define CATEGORY_TABLE(X)                                                                        \
    /* device identifiers */                                                                     \
    X(CATEGORY_DEVICE_IMEI, "device.imei", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER, FORM_IMEI,  \
      VALUE_NOTHING, "drop", "mobile equipment identity, 15 digits with a check digit")          \
    X(CATEGORY_DEVICE_MEID, "device.meid", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER, FORM_MEID,  \
      VALUE_NOTHING, "drop", "mobile equipment identifier of CDMA devices, 14 hex digits")       \
    X(CATEGORY_DEVICE_IMSI, "device.imsi", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER, FORM_IMSI,  \
      VALUE_NOTHING, "drop", "subscriber identity of the SIM, 14 or 15 digits")                  \
    X(CATEGORY_DEVICE_ICCID, "device.iccid", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER,           \
      FORM_ICCID, VALUE_NOTHING, "drop", "number of the SIM card, 18 to 22 digits from 89")      \
    X(CATEGORY_DEVICE_SERIAL, "device.serial", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER,         \
      FORM_SERIAL, VALUE_NOTHING, "drop", "serial number of the device")                         \
    X(CATEGORY_DEVICE_SIM_SERIAL, "device.sim_serial", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER, \
      FORM_SERIAL, VALUE_NOTHING, "drop", "serial number of the SIM as the system reports it")   \
    X(CATEGORY_DEVICE_ANDROID_ID, "device.android_id", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER, \
      FORM_ANDROID_ID, VALUE_NOTHING, "pseudonym when granted",                                  \
      "Android's Settings.Secure.ANDROID_ID, 64 bits of hex")                                    \
    X(CATEGORY_DEVICE_IDFA, "device.idfa", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER,             \
      FORM_ADVERTISING, VALUE_NOTHING, "drop", "Apple's advertising identifier")                 \
    X(CATEGORY_DEVICE_IDFV, "device.idfv", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER, FORM_UUID,  \
      VALUE_NOTHING, "pseudonym when granted", "Apple's identifier for a vendor's apps")         \
    X(CATEGORY_DEVICE_OAID, "device.oaid", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER,             \
      FORM_ADVERTISING, VALUE_NOTHING, "drop",                                                   \
      "open anonymous device identifier, used for advertising")                                  \
    X(CATEGORY_DEVICE_GAID, "device.gaid", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER,             \
      FORM_ADVERTISING, VALUE_NOTHING, "drop", "Google's advertising identifier")                \
    X(CATEGORY_DEVICE_AAID, "device.aaid", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER,             \
      FORM_ADVERTISING, VALUE_NOTHING, "drop",                                                   \
      "anonymous identifier of an app on the device (AAID)")                                     \
    X(CATEGORY_DEVICE_VAID, "device.vaid", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER,             \
      FORM_ADVERTISING, VALUE_NOTHING, "drop",                                                   \
      "anonymous identifier of a vendor's apps on the device (VAID)")                            \
    X(CATEGORY_DEVICE_MAC_WIFI, "device.mac.wifi", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER,     \
      FORM_MAC, VALUE_NOTHING, "drop", "hardware address of the Wi-Fi interface")                \
    X(CATEGORY_DEVICE_MAC_BLUETOOTH, "device.mac.bluetooth", GROUP_DEVICE_IDENTIFIER,            \
      KIND_IDENTIFIER, FORM_MAC, VALUE_NOTHING, "drop",                                          \
      "hardware address of the Bluetooth interface")                                             \
    X(CATEGORY_DEVICE_NFC_ID, "device.nfc_id", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER,         \
      FORM_HEX, VALUE_NOTHING, "drop", "identifier of the NFC chip or of a tag it read")         \
    X(CATEGORY_DEVICE_INSTALLATION, "device.installation", GROUP_DEVICE_IDENTIFIER,              \
      KIND_IDENTIFIER, FORM_TEXT, VALUE_NOTHING, "pseudonym when granted",                       \
      "identifier that an SDK made for this installation")                                       \
    X(CATEGORY_DEVICE_PUSH_TOKEN, "device.push_token", GROUP_DEVICE_IDENTIFIER, KIND_IDENTIFIER, \
      FORM_TEXT, VALUE_NOTHING, "drop", "address for push messages")                             \
    X(CATEGORY_DEVICE_NAME, "device.name", GROUP_DEVICE_IDENTIFIER, KIND_FORBIDDEN, FORM_NONE,   \
      VALUE_NOTHING, "drop", "the name that its owner gave the device, or its host name")        \
    /* account identifiers */                                                                    \
    X(CATEGORY_ACCOUNT_USER_ID, "account.user_id", GROUP_ACCOUNT, KIND_IDENTIFIER, FORM_TEXT,    \
      VALUE_NOTHING, "pseudonym when granted",                                                   \
      "number or name under which the service knows the user")                                   \
    X(CATEGORY_ACCOUNT_LOGIN, "account.login", GROUP_ACCOUNT, KIND_IDENTIFIER, FORM_TEXT,        \
      VALUE_NOTHING, "drop", "login name")                                                       \
    X(CATEGORY_ACCOUNT_PHONE, "account.phone", GROUP_ACCOUNT, KIND_IDENTIFIER, FORM_PHONE,       \
      VALUE_NOTHING, "drop", "telephone number")                                                 \
    X(CATEGORY_ACCOUNT_EMAIL, "account.email", GROUP_ACCOUNT, KIND_IDENTIFIER, FORM_EMAIL,       \
      VALUE_NOTHING, "drop", "e-mail address")                                                   \
    X(CATEGORY_ACCOUNT_OPEN_ID, "account.open_id", GROUP_ACCOUNT, KIND_IDENTIFIER, FORM_TEXT,    \
      VALUE_NOTHING, "drop",                                                                     \
      "identifier from a platform (open id, union id, WeChat id, QQ number)")                    \
    X(CATEGORY_ACCOUNT_NICKNAME, "account.nickname", GROUP_ACCOUNT, KIND_FORBIDDEN, FORM_NONE,   \
      VALUE_NOTHING, "drop", "nickname")                                                         \
    X(CATEGORY_ACCOUNT_AVATAR, "account.avatar", GROUP_ACCOUNT, KIND_FORBIDDEN, FORM_NONE,       \
      VALUE_NOTHING, "drop", "picture of the user, or its address")                              \
    X(CATEGORY_ACCOUNT_SIGNATURE, "account.signature", GROUP_ACCOUNT, KIND_FORBIDDEN, FORM_NONE, \
      VALUE_NOTHING, "drop", "personal signature line")                                          \
    /* secrets */                                                                                \
    X(CATEGORY_SECRET_PASSWORD, "secret.password", GROUP_SECRET, KIND_FORBIDDEN, FORM_NONE,      \
      VALUE_NOTHING, "drop", "password or PIN")                                                  \
    X(CATEGORY_SECRET_ANSWER, "secret.answer", GROUP_SECRET, KIND_FORBIDDEN, FORM_NONE,          \
      VALUE_NOTHING, "drop", "answer to a protection question")                                  \
    X(CATEGORY_SECRET_CERTIFICATE, "secret.certificate", GROUP_SECRET, KIND_FORBIDDEN,           \
      FORM_NONE, VALUE_NOTHING, "drop", "digital certificate or private key")                    \
    X(CATEGORY_SECRET_TOKEN, "secret.token", GROUP_SECRET, KIND_FORBIDDEN, FORM_NONE,            \
      VALUE_NOTHING, "drop", "session, access or refresh token")                                 \
    X(CATEGORY_SECRET_SMS_CODE, "secret.sms_code", GROUP_SECRET, KIND_FORBIDDEN, FORM_NONE,      \
      VALUE_NOTHING, "drop", "one-time code")                                                    \
    /* civil identity */                                                                         \
    X(CATEGORY_CIVIL_NAME, "civil.name", GROUP_CIVIL, KIND_FORBIDDEN, FORM_NONE, VALUE_NOTHING,  \
      "drop", "real name")                                                                       \
    X(CATEGORY_CIVIL_ID_NUMBER, "civil.id_number", GROUP_CIVIL, KIND_FORBIDDEN, FORM_NONE,       \
      VALUE_NOTHING, "drop", "number of an identity card, passport, licence or vehicle")         \
    X(CATEGORY_CIVIL_BIRTH_DATE, "civil.birth_date", GROUP_CIVIL, KIND_FORBIDDEN, FORM_NONE,     \
      VALUE_NOTHING, "drop", "date of birth, or age")                                            \
    X(CATEGORY_CIVIL_SEX, "civil.sex", GROUP_CIVIL, KIND_FORBIDDEN, FORM_NONE, VALUE_NOTHING,    \
      "drop", "sex or gender")                                                                   \
    X(CATEGORY_CIVIL_BIOMETRIC, "civil.biometric", GROUP_CIVIL, KIND_FORBIDDEN, FORM_NONE,       \
      VALUE_NOTHING, "drop", "fingerprint, face, voice")                                         \
    X(CATEGORY_CIVIL_EDUCATION, "civil.education", GROUP_CIVIL, KIND_FORBIDDEN, FORM_NONE,       \
      VALUE_NOTHING, "drop", "education and profession")                                         \
    X(CATEGORY_CIVIL_ADDRESS, "civil.address", GROUP_CIVIL, KIND_FORBIDDEN, FORM_NONE,           \
      VALUE_NOTHING, "drop", "postal address")                                                   \
    /* money, health, communication */                                                           \
    X(CATEGORY_MONEY_ACCOUNT, "money.account", GROUP_MONEY, KIND_FORBIDDEN, FORM_NONE,           \
      VALUE_NOTHING, "drop", "bank account or card number")                                      \
    X(CATEGORY_MONEY_TRANSACTION, "money.transaction", GROUP_MONEY, KIND_FORBIDDEN, FORM_NONE,   \
      VALUE_NOTHING, "drop", "orders, payments, amounts")                                        \
    X(CATEGORY_MONEY_PROPERTY, "money.property", GROUP_MONEY, KIND_FORBIDDEN, FORM_NONE,         \
      VALUE_NOTHING, "drop", "property and virtual assets")                                      \
    X(CATEGORY_MONEY_CREDIT, "money.credit", GROUP_MONEY, KIND_FORBIDDEN, FORM_NONE,             \
      VALUE_NOTHING, "drop", "credit records")                                                   \
    X(CATEGORY_MONEY_ACCOMMODATION, "money.accommodation", GROUP_MONEY, KIND_FORBIDDEN,          \
      FORM_NONE, VALUE_NOTHING, "drop", "accommodation and travel records")                      \
    X(CATEGORY_HEALTH_RECORD, "health.record", GROUP_HEALTH, KIND_FORBIDDEN, FORM_NONE,          \
      VALUE_NOTHING, "drop", "medical records")                                                  \
    X(CATEGORY_HEALTH_MEASUREMENT, "health.measurement", GROUP_HEALTH, KIND_FORBIDDEN,           \
      FORM_NONE, VALUE_NOTHING, "drop", "physiological measurements: pulse, steps, sleep")       \
    X(CATEGORY_COMMUNICATION_CONTACT, "communication.contact", GROUP_COMMUNICATION,              \
      KIND_FORBIDDEN, FORM_NONE, VALUE_NOTHING, "drop", "address book, friends")                 \
    X(CATEGORY_COMMUNICATION_CALL, "communication.call", GROUP_COMMUNICATION, KIND_FORBIDDEN,    \
      FORM_NONE, VALUE_NOTHING, "drop", "call records")                                          \
    X(CATEGORY_COMMUNICATION_MESSAGE, "communication.message", GROUP_COMMUNICATION,              \
      KIND_FORBIDDEN, FORM_NONE, VALUE_NOTHING, "drop", "messages: who, when and what")          \
    /* network */                                                                                \
    X(CATEGORY_NETWORK_IP, "network.ip", GROUP_NETWORK, KIND_IP, FORM_NONE, VALUE_NOTHING,       \
      "truncate", "IP address of the device, or of what it talked to")                           \
    X(CATEGORY_NETWORK_WIFI_SSID, "network.wifi.ssid", GROUP_NETWORK, KIND_FORBIDDEN, FORM_NONE, \
      VALUE_NOTHING, "drop", "name of a wireless network: few bits, and it can be located")      \
    X(CATEGORY_NETWORK_WIFI_BSSID, "network.wifi.bssid", GROUP_NETWORK, KIND_FORBIDDEN,          \
      FORM_NONE, VALUE_NOTHING, "drop",                                                          \
      "hardware address of an access point: it can be located")                                  \
    X(CATEGORY_NETWORK_WIFI_STATE, "network.wifi.state", GROUP_NETWORK, KIND_TOKEN, FORM_NONE,   \
      VALUE_SWITCHED, "keep", "whether Wi-Fi is on and connected")                               \
    X(CATEGORY_NETWORK_CELL, "network.cell", GROUP_NETWORK, KIND_FORBIDDEN, FORM_NONE,           \
      VALUE_NOTHING, "drop", "base station: cell id, location area")                             \
    X(CATEGORY_NETWORK_OPERATOR, "network.operator", GROUP_NETWORK, KIND_TOKEN, FORM_NONE,       \
      VALUE_OPERATOR, "keep", "mobile operator, by name or by MCC and MNC")                      \
    X(CATEGORY_NETWORK_ISP, "network.isp", GROUP_NETWORK, KIND_TOKEN, FORM_NONE,                 \
      VALUE_TOKEN(ALPHABET_LABEL, 48, 6), "keep", "internet service provider")                   \
    X(CATEGORY_NETWORK_ACCESS, "network.access", GROUP_NETWORK, KIND_TOKEN, FORM_NONE,           \
      VALUE_ACCESS, "keep", "kind of network access")                                            \
    X(CATEGORY_NETWORK_STATE, "network.state", GROUP_NETWORK, KIND_TOKEN, FORM_NONE,             \
      VALUE_CONNECTION, "keep", "state of the connection")                                       \
    X(CATEGORY_NETWORK_QUALITY, "network.quality", GROUP_NETWORK, KIND_NUMBER, FORM_NONE,        \
      VALUE_DECIMAL(-200, 1000000, 2), "buckets", "signal strength, latency, throughput")           \
    /* place */                                                                                  \
    X(CATEGORY_PLACE_POSITION, "place.position", GROUP_PLACE, KIND_POSITION, FORM_NONE,          \
      VALUE_NOTHING, "drop", "latitude and longitude in one text")                               \
    X(CATEGORY_PLACE_LATITUDE, "place.latitude", GROUP_PLACE, KIND_POSITION, FORM_NONE,          \
      VALUE_NOTHING, "drop", "latitude in degrees")                                              \
    X(CATEGORY_PLACE_LONGITUDE, "place.longitude", GROUP_PLACE, KIND_POSITION, FORM_NONE,        \
      VALUE_NOTHING, "drop", "longitude in degrees")                                             \
    X(CATEGORY_PLACE_DETAIL, "place.detail", GROUP_PLACE, KIND_FORBIDDEN, FORM_NONE,             \
      VALUE_NOTHING, "drop", "altitude, accuracy, speed, heading, street, venue, geohash")       \
    X(CATEGORY_PLACE_CITY, "place.city", GROUP_PLACE, KIND_FORBIDDEN, FORM_NONE, VALUE_NOTHING,  \
      "drop",                                                                                    \
      "city; nothing of it leaves until there is a list of cities above a population floor")     \
    X(CATEGORY_PLACE_REGION, "place.region", GROUP_PLACE, KIND_TOKEN, FORM_NONE,                 \
      VALUE_TOKEN(ALPHABET_WORD, 6, 3), "keep", "first-level region as an ISO 3166-2 code")      \
    X(CATEGORY_PLACE_COUNTRY, "place.country", GROUP_PLACE, KIND_TOKEN, FORM_NONE,               \
      VALUE_TOKEN(ALPHABET_WORD, 3, 3), "keep", "country as an ISO 3166-1 code")                 \
    /* device facts */                                                                           \
    X(CATEGORY_DEVICE_MODEL, "device.model", GROUP_DEVICE_FACT, KIND_TOKEN, FORM_NONE,           \
      VALUE_TOKEN(ALPHABET_MODEL, 48, 10), "keep", "hardware model")                             \
    X(CATEGORY_DEVICE_BRAND, "device.brand", GROUP_DEVICE_FACT, KIND_TOKEN, FORM_NONE,           \
      VALUE_TOKEN(ALPHABET_MODEL, 32, 6), "keep", "brand or manufacturer")                       \
    X(CATEGORY_DEVICE_OS, "device.os", GROUP_DEVICE_FACT, KIND_TOKEN, FORM_NONE,                 \
      VALUE_TOKEN(ALPHABET_MODEL, 32, 8), "keep", "operating system")                            \
    X(CATEGORY_DEVICE_OS_VERSION, "device.os_version", GROUP_DEVICE_FACT, KIND_VERSION,          \
      FORM_NONE, VALUE_TOKEN(ALPHABET_VERSION, 64, 32), "keep",                                  \
      "version of the operating system, kernel or firmware")                                     \
    X(CATEGORY_DEVICE_LANGUAGE, "device.language", GROUP_DEVICE_FACT, KIND_TOKEN, FORM_NONE,     \
      VALUE_TOKEN(ALPHABET_LOCALE, 24, 4), "keep", "language and locale")                        \
    X(CATEGORY_DEVICE_TIME_ZONE, "device.time_zone", GROUP_DEVICE_FACT, KIND_TOKEN, FORM_NONE,   \
      VALUE_TOKEN(ALPHABET_LOCALE, 40, 6), "keep", "time zone, by name or offset")               \
    X(CATEGORY_DEVICE_TIME_OFFSET, "device.time_offset", GROUP_DEVICE_FACT, KIND_NUMBER,         \
      FORM_NONE, VALUE_INTEGER(-86400, 86400), "keep", "offset from UTC in minutes or seconds")  \
    X(CATEGORY_DEVICE_ARCHITECTURE, "device.architecture", GROUP_DEVICE_FACT, KIND_TOKEN,        \
      FORM_NONE, VALUE_TOKEN(ALPHABET_DOTTED, 24, 6), "keep", "processor architecture")          \
    X(CATEGORY_DEVICE_SCREEN, "device.screen", GROUP_DEVICE_FACT, KIND_NUMBER, FORM_NONE,        \
      VALUE_DECIMAL(0, 20000, 2), "keep", "screen width, height, density")                       \
    X(CATEGORY_DEVICE_RESOURCE, "device.resource", GROUP_DEVICE_FACT, KIND_NUMBER, FORM_NONE,    \
      VALUE_DECIMAL(0, 9999999999, 2), "buckets",                                                \
      "memory, storage, processor: sizes and counts")                                            \
    X(CATEGORY_DEVICE_BATTERY, "device.battery", GROUP_DEVICE_FACT, KIND_NUMBER, FORM_NONE,      \
      VALUE_DECIMAL(-1, 100, 2), "keep", "battery level")                                        \
    X(CATEGORY_DEVICE_SETTING, "device.setting", GROUP_DEVICE_FACT, KIND_TOKEN, FORM_NONE,       \
      VALUE_SETTING, "keep", "a setting or state with a fixed set of values")                    \
    X(CATEGORY_DEVICE_FLAG, "device.flag", GROUP_DEVICE_FACT, KIND_BOOLEAN, FORM_NONE,           \
      VALUE_BOOLEAN, "keep", "a yes or no fact: rooted, emulator, charging")                     \
    X(CATEGORY_DEVICE_SENSOR, "device.sensor", GROUP_DEVICE_FACT, KIND_TOKEN, FORM_NONE,         \
      VALUE_TOKEN(ALPHABET_DOTTED, 48, 6), "keep", "kind of a sensor, not its reading")          \
    /* apps */                                                                                   \
    X(CATEGORY_APP_ID, "app.id", GROUP_APP, KIND_TOKEN, FORM_NONE,                               \
      VALUE_TOKEN(ALPHABET_DOTTED, 96, 10), "keep",                                              \
      "the reporting app itself, by package or bundle name")                                     \
    X(CATEGORY_APP_VERSION, "app.version", GROUP_APP, KIND_VERSION, FORM_NONE,                   \
      VALUE_TOKEN(ALPHABET_VERSION, 48, 24), "keep", "version of the reporting app or SDK")      \
    X(CATEGORY_APP_BUILD, "app.build", GROUP_APP, KIND_NUMBER, FORM_NONE,                        \
      VALUE_INTEGER(0, 2147483647), "keep", "build number of the reporting app")                 \
    X(CATEGORY_APP_CHANNEL, "app.channel", GROUP_APP, KIND_TOKEN, FORM_NONE,                     \
      VALUE_TOKEN(ALPHABET_DOTTED, 32, 10), "keep",                                              \
      "store or channel the reporting app came through")                                         \
    X(CATEGORY_APP_ENVIRONMENT, "app.environment", GROUP_APP, KIND_TOKEN, FORM_NONE,             \
      VALUE_ENVIRONMENT, "keep", "deployment or state the reporting app ran in")                 \
    X(CATEGORY_APP_INSTALLED, "app.installed", GROUP_APP, KIND_TOKEN, FORM_NONE,                 \
      VALUE_TOKEN(ALPHABET_DOTTED, 96, 10), "drop",                                              \
      "an app installed or running beside the reporting one")                                    \
    X(CATEGORY_APP_SOURCE, "app.source", GROUP_APP, KIND_TOKEN, FORM_NONE,                       \
      VALUE_TOKEN(ALPHABET_DOTTED, 64, 10), "drop", "where an app was installed from")           \
    X(CATEGORY_APP_USAGE, "app.usage", GROUP_APP, KIND_NUMBER, FORM_NONE,                        \
      VALUE_DECIMAL(0, 9999999999, 3), "drop", "how long and how often an app was used")         \
    X(CATEGORY_APP_PROCESS, "app.process", GROUP_APP, KIND_TOKEN, FORM_NONE,                     \
      VALUE_TOKEN(ALPHABET_SYMBOL, 96, 10), "keep", "name of the reporting process")             \
    X(CATEGORY_APP_PERMISSION, "app.permission", GROUP_APP, KIND_TOKEN, FORM_NONE,               \
      VALUE_PERMISSION, "keep", "state of a permission, for instance storage")                   \
    X(CATEGORY_APP_PERFORMANCE, "app.performance", GROUP_APP, KIND_NUMBER, FORM_NONE,            \
      VALUE_DECIMAL(0, 9999999999, 3), "buckets",                                                   \
      "times, frame rates and sizes measured in the reporting app")                              \
    /* usage */                                                                                  \
    X(CATEGORY_USAGE_SESSION, "usage.session", GROUP_USAGE, KIND_IDENTIFIER, FORM_TEXT,          \
      VALUE_NOTHING, "pseudonym when granted", "identifier of a session, trace or request")      \
    X(CATEGORY_USAGE_EVENT, "usage.event", GROUP_USAGE, KIND_TOKEN, FORM_NONE,                   \
      VALUE_TOKEN(ALPHABET_SYMBOL, 64, 8), "keep", "name of an event, from the app's own code")  \
    X(CATEGORY_USAGE_SCREEN, "usage.screen", GROUP_USAGE, KIND_TOKEN, FORM_NONE,                 \
      VALUE_TOKEN(ALPHABET_SYMBOL, 96, 8), "keep",                                               \
      "name of a screen, page type or element, from the app's own code")                         \
    X(CATEGORY_USAGE_RESULT, "usage.result", GROUP_USAGE, KIND_TOKEN, FORM_NONE,                 \
      VALUE_TOKEN(ALPHABET_WORD, 32, 8), "keep", "outcome of an operation")                      \
    X(CATEGORY_USAGE_STATUS, "usage.status", GROUP_USAGE, KIND_NUMBER, FORM_NONE,                \
      VALUE_INTEGER(-99999, 99999), "keep", "status or error code")                              \
    X(CATEGORY_USAGE_COUNT, "usage.count", GROUP_USAGE, KIND_NUMBER, FORM_NONE,                  \
      VALUE_INTEGER(0, 999999999), "buckets", "how often")                                          \
    X(CATEGORY_USAGE_DURATION, "usage.duration", GROUP_USAGE, KIND_NUMBER, FORM_NONE,            \
      VALUE_DECIMAL(0, 999999999, 3), "buckets", "how long")                                        \
    X(CATEGORY_USAGE_POINT, "usage.point", GROUP_USAGE, KIND_NUMBER, FORM_NONE,                  \
      VALUE_DECIMAL(-20000, 20000, 2), "buckets", "a point on the screen")                          \
    X(CATEGORY_USAGE_SEARCH, "usage.search", GROUP_USAGE, KIND_FORBIDDEN, FORM_NONE,             \
      VALUE_NOTHING, "drop", "what the user typed or searched for")                              \
    X(CATEGORY_USAGE_FLAG, "usage.flag", GROUP_USAGE, KIND_BOOLEAN, FORM_NONE, VALUE_BOOLEAN,    \
      "keep", "a yes or no fact about an event")                                                 \
    /* crash and logs */                                                                         \
    X(CATEGORY_CRASH_TYPE, "crash.type", GROUP_CRASH, KIND_TOKEN, FORM_NONE,                     \
      VALUE_TOKEN(ALPHABET_SYMBOL, 128, 10), "keep",                                             \
      "class of an exception, name of a signal or of a bug check")                               \
    X(CATEGORY_CRASH_CODE, "crash.code", GROUP_CRASH, KIND_NUMBER, FORM_NONE,                    \
      VALUE_INTEGER(-2147483648, 4294967295), "keep", "number of a signal or error")             \
    X(CATEGORY_CRASH_FLAG, "crash.flag", GROUP_CRASH, KIND_BOOLEAN, FORM_NONE, VALUE_BOOLEAN,    \
      "keep", "a yes or no fact about a crash or frame")                                         \
    X(CATEGORY_CRASH_FUNCTION, "crash.function", GROUP_CRASH, KIND_TOKEN, FORM_NONE,             \
      VALUE_TOKEN(ALPHABET_SYMBOL, 256, 64), "keep", "function of a stack frame")                \
    X(CATEGORY_CRASH_MODULE, "crash.module", GROUP_CRASH, KIND_TOKEN, FORM_NONE,                 \
      VALUE_TOKEN(ALPHABET_SYMBOL, 128, 24), "keep",                                             \
      "module, class or library of a stack frame, without its folder")                           \
    X(CATEGORY_CRASH_FILE, "crash.file", GROUP_CRASH, KIND_PATH, FORM_NONE, VALUE_NOTHING,       \
      "path", "source file or binary image of a stack frame")                                    \
    X(CATEGORY_CRASH_LINE, "crash.line", GROUP_CRASH, KIND_NUMBER, FORM_NONE,                    \
      VALUE_INTEGER(0, 9999999), "keep", "line or column of a stack frame")                      \
    X(CATEGORY_CRASH_ADDRESS, "crash.address", GROUP_CRASH, KIND_TOKEN, FORM_NONE,               \
      VALUE_ADDRESS, "drop", "address in memory of a frame or image, with 0x")                   \
    X(CATEGORY_CRASH_IMAGE_ID, "crash.image_id", GROUP_CRASH, KIND_TOKEN, FORM_NONE,             \
      VALUE_BUILD_ID, "keep", "build id of a binary image: the same on every device")            \
    X(CATEGORY_CRASH_THREAD, "crash.thread", GROUP_CRASH, KIND_TOKEN, FORM_NONE,                 \
      VALUE_TOKEN(ALPHABET_SYMBOL, 64, 10), "keep",                                              \
      "name of a thread or queue, from the app's own code")                                      \
    X(CATEGORY_CRASH_REGISTER, "crash.register", GROUP_CRASH, KIND_FORBIDDEN, FORM_NONE,         \
      VALUE_NOTHING, "drop", "registers and memory: they can hold anything")                     \
    X(CATEGORY_CRASH_STACK, "crash.stack", GROUP_CRASH, KIND_STACK, FORM_NONE, VALUE_NOTHING,    \
      "stack", "a whole stack trace as one text")                                                \
    X(CATEGORY_LOG_LEVEL, "log.level", GROUP_CRASH, KIND_TOKEN, FORM_NONE,                       \
      VALUE_TOKEN(ALPHABET_WORD, 16, 4), "keep", "level of a log line, as a word")               \
    X(CATEGORY_LOG_PRIORITY, "log.priority", GROUP_CRASH, KIND_NUMBER, FORM_NONE,                \
      VALUE_INTEGER(0, 999), "keep", "level of a log line, as a number")                         \
    X(CATEGORY_LOG_TAG, "log.tag", GROUP_CRASH, KIND_TOKEN, FORM_NONE,                           \
      VALUE_TOKEN(ALPHABET_SYMBOL, 64, 10), "keep", "tag, facility or logger of a log line")     \
    X(CATEGORY_LOG_PROCESS, "log.process", GROUP_CRASH, KIND_NUMBER, FORM_NONE,                  \
      VALUE_INTEGER(0, 4194304), "keep", "process or thread number")                             \
    /* web */                                                                                    \
    X(CATEGORY_WEB_URL, "web.url", GROUP_WEB, KIND_URL, FORM_NONE, VALUE_NOTHING, "url",         \
      "address of a page or request")                                                            \
    X(CATEGORY_WEB_REFERRER, "web.referrer", GROUP_WEB, KIND_URL, FORM_NONE, VALUE_NOTHING,      \
      "url", "page the user came from or went to")                                               \
    X(CATEGORY_WEB_COOKIE, "web.cookie", GROUP_WEB, KIND_FORBIDDEN, FORM_NONE, VALUE_NOTHING,    \
      "drop", "cookies and headers that carry them")                                             \
    X(CATEGORY_WEB_VISITOR, "web.visitor", GROUP_WEB, KIND_IDENTIFIER, FORM_TEXT, VALUE_NOTHING, \
      "drop", "identifier behind a cookie, beacon or pixel tag")                                 \
    X(CATEGORY_WEB_METHOD, "web.method", GROUP_WEB, KIND_TOKEN, FORM_NONE, VALUE_METHOD, "keep", \
      "method of a request")                                                                     \
    X(CATEGORY_WEB_TITLE, "web.title", GROUP_WEB, KIND_TEXT, FORM_NONE, VALUE_NOTHING,           \
      "scrub when granted", "title of a page")                                                   \
    X(CATEGORY_WEB_USER_AGENT, "web.user_agent", GROUP_WEB, KIND_TEXT, FORM_NONE, VALUE_NOTHING, \
      "scrub when granted", "user agent line")                                                   \
    X(CATEGORY_WEB_BROWSER, "web.browser", GROUP_WEB, KIND_TOKEN, FORM_NONE,                     \
      VALUE_TOKEN(ALPHABET_MODEL, 32, 6), "keep", "browser, by name")                            \
    X(CATEGORY_WEB_BROWSER_VERSION, "web.browser_version", GROUP_WEB, KIND_VERSION, FORM_NONE,   \
      VALUE_TOKEN(ALPHABET_VERSION, 32, 20), "keep", "version of the browser")                   \
    /* free text */                                                                              \
    X(CATEGORY_TEXT_FREE, "text.free", GROUP_TEXT, KIND_TEXT, FORM_NONE, VALUE_NOTHING,          \
      "scrub when granted", "messages and any text that a person or a program wrote freely")     \
    /* time */                                                                                   \
    X(CATEGORY_TIME_EVENT, "time.event", GROUP_TIME, KIND_TIME, FORM_NONE, VALUE_TIME, "keep",   \
      "when the event happened")                                                                 \
    X(CATEGORY_TIME_OTHER, "time.other", GROUP_TIME, KIND_TIME, FORM_NONE, VALUE_TIME,           \
      "generalise", "another time in the record: start, install, boot, breadcrumb")

// clang-format on

#endif
