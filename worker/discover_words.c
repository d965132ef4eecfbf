#include "worker/discover_words.h"

/*
 * `leaf`: alternatives parted by `|`. One fits where its words stand in the member's own name side
 * by side (at its end, for what may be kept), or where they are the whole name written as one word
 * ("androidid"); after `=` only where they are the whole name; `*` always fits. `above`:
 * alternatives of single words, of which one must stand above the member (also in the plural);
 * NULL: anywhere.
 */
struct word_rule {
    const char *leaf, *above;
    enum category category;
};

#define PEOPLE                                                                                     \
    "user|account|member|customer|profile|person|owner|contact|author|passenger|player|usuario"
#define ORDERS   "order|cart|payment|invoice|transaction|checkout|basket|purchase|billing|trade"
#define FRAMES   "frame|exception|stacktrace|stack|backtrace|thread|trace"
#define IMAGES   "image|module|library|debug|binary"
#define PLACES   "position|location|gps|geo|place|coordinate|point"
#define ELEMENTS "element|target|widget|control|button|node"

static const struct word_rule rules[] = {
    /* what is of a fixed list, if the values are */
    {"*", "permission|权限", CATEGORY_APP_PERMISSION},
    {"*", "setting|preference|设置", CATEGORY_DEVICE_SETTING},

    /* what may hold anything, whatever its own name says */
    {"*", "register|local|var|variable|memdump|ivar|notable", CATEGORY_CRASH_REGISTER},
    {"contents|content|dump|bytes|memory", "stack|heap", CATEGORY_CRASH_REGISTER},
    {"diagnosis", "crash|report|error", CATEGORY_TEXT_FREE},
    {"memory dump|stack contents|stack dump|registers", NULL, CATEGORY_CRASH_REGISTER},
    {"*", "contacts|friend|addressbook|通讯录|联系人", CATEGORY_COMMUNICATION_CONTACT},
    {"contacts|friends|address book|通讯录|联系人", NULL, CATEGORY_COMMUNICATION_CONTACT},
    {"*", "call|calllog|通话", CATEGORY_COMMUNICATION_CALL},
    {"call log|calls|通话", NULL, CATEGORY_COMMUNICATION_CALL},
    {"*", "sms|chat|inbox|clipboard|短信", CATEGORY_COMMUNICATION_MESSAGE},
    {"clipboard|pasteboard|chat|sms body|sms text|剪贴板|聊天|短信内容", NULL,
     CATEGORY_COMMUNICATION_MESSAGE},

    /* secrets */
    {"push token|device token|fcm token|apns token|registration id|registration token|jpush id",
     NULL, CATEGORY_DEVICE_PUSH_TOKEN},
    {"password|passwd|pwd|passcode|passphrase|pin|密码|口令", NULL, CATEGORY_SECRET_PASSWORD},
    {"security answer|secret answer|security question|密保", NULL, CATEGORY_SECRET_ANSWER},
    {"sms code|otp|verification code|verify code|captcha|one time code|验证码", NULL,
     CATEGORY_SECRET_SMS_CODE},
    {"private key|certificate|pem|keystore|证书", NULL, CATEGORY_SECRET_CERTIFICATE},
    {"token|authorization|auth|authentication|bearer|api key|access key|secret|jwt|csrf|xsrf|"
     "session key|credential|credentials|license key|signing key|令牌|密钥",
     NULL, CATEGORY_SECRET_TOKEN},
    {"cookie|cookies|set cookie|sid", NULL, CATEGORY_WEB_COOKIE},
    {"*", "cookie|header", CATEGORY_WEB_COOKIE},

    /* civil identity */
    {"sex|gender|性别", NULL, CATEGORY_CIVIL_SEX},
    {"birth|birthday|birth date|date of birth|dob|birth year|=age|user age|出生|生日|年龄", NULL,
     CATEGORY_CIVIL_BIRTH_DATE},
    {"id card|identity card|id number|national id|citizen id|ssn|passport|plate number|license "
     "plate|"
     "driver license|vin|身份证|护照|车牌|证件",
     NULL, CATEGORY_CIVIL_ID_NUMBER},
    {"biometric|face id|face|voiceprint|iris|人脸|声纹", NULL, CATEGORY_CIVIL_BIOMETRIC},
    {"education|school|university|profession|occupation|job title|employer|company|学历|学校|职业",
     NULL, CATEGORY_CIVIL_EDUCATION},
    {"street|street address|postal address|home address|shipping address|billing address|postal "
     "code|"
     "postcode|zip|zip code|address line|地址|住址|邮编",
     NULL, CATEGORY_CIVIL_ADDRESS},
    {"=address|=addr", PEOPLE "|" ORDERS "|shipping|delivery", CATEGORY_CIVIL_ADDRESS},
    {"real name|full name|first name|last name|middle name|family name|given name|surname|legal "
     "name|姓名|"
     "真实姓名",
     NULL, CATEGORY_CIVIL_NAME},
    {"=name", PEOPLE "|recipient|sender|patient|employee", CATEGORY_CIVIL_NAME},

    /* money, health */
    {"bank|bank card|card number|card no|iban|account number|bank account|银行卡|卡号", NULL,
     CATEGORY_MONEY_ACCOUNT},
    {"price|amount|revenue|payment|salary|income|fee|discount|tax|cost|ltv|order id|order no|"
     "order number|order|transaction id|invoice|trade no|coupon code|价格|金额|订单|支付",
     NULL, CATEGORY_MONEY_TRANSACTION},
    {"*", ORDERS, CATEGORY_MONEY_TRANSACTION},
    {"balance|wallet|assets|coins|points balance|余额|资产", NULL, CATEGORY_MONEY_PROPERTY},
    {"credit|credit score|loan|debt|信用", NULL, CATEGORY_MONEY_CREDIT},
    {"hotel|flight|booking|itinerary|reservation|check in|航班|酒店", NULL,
     CATEGORY_MONEY_ACCOMMODATION},
    {"heart rate|pulse|steps|step count|sleep|blood|blood pressure|body "
     "weight|bmi|calories|glucose|"
     "心率|步数|血压|睡眠|体重",
     NULL, CATEGORY_HEALTH_MEASUREMENT},
    {"diagnosis|disease|medical|prescription|allergy|病历|诊断", NULL, CATEGORY_HEALTH_RECORD},
    {"*", "health|medical|patient", CATEGORY_HEALTH_MEASUREMENT},

    /* identifiers of devices */
    {"imei|imeisv", NULL, CATEGORY_DEVICE_IMEI},
    {"meid", NULL, CATEGORY_DEVICE_MEID},
    {"imsi|subscriber id", NULL, CATEGORY_DEVICE_IMSI},
    {"iccid|sim id|sim number", NULL, CATEGORY_DEVICE_ICCID},
    {"sim serial|sim serial number", NULL, CATEGORY_DEVICE_SIM_SERIAL},
    {"serial|serial number|serial no", "sim", CATEGORY_DEVICE_SIM_SERIAL},
    {"serial|serial number|serial no|=sn|hardware serial|序列号", NULL, CATEGORY_DEVICE_SERIAL},
    {"android id|ssaid|secure android id", NULL, CATEGORY_DEVICE_ANDROID_ID},
    {"idfa|identifier for advertiser|identifier for advertising", NULL, CATEGORY_DEVICE_IDFA},
    {"idfv|identifier for vendor|vendor identifier|vendor id", NULL, CATEGORY_DEVICE_IDFV},
    {"oaid", NULL, CATEGORY_DEVICE_OAID},
    {"gaid|google ad id|google advertising id|advertising id|advertisement id|advertiser id|ad "
     "id|gps adid",
     NULL, CATEGORY_DEVICE_GAID},
    {"aaid", NULL, CATEGORY_DEVICE_AAID},
    {"vaid", NULL, CATEGORY_DEVICE_VAID},
    {"bssid|ap mac|router mac|gateway mac|access point", NULL, CATEGORY_NETWORK_WIFI_BSSID},
    {"mac|mac address|address|mac addr", "bluetooth|bt|ble", CATEGORY_DEVICE_MAC_BLUETOOTH},
    {"bluetooth mac|bluetooth address|bt mac|bt address", NULL, CATEGORY_DEVICE_MAC_BLUETOOTH},
    {"=bluetooth|=bt", "mac", CATEGORY_DEVICE_MAC_BLUETOOTH},
    {"mac|mac address|mac addr|wifi mac|wlan mac|hardware address|hwaddr", NULL,
     CATEGORY_DEVICE_MAC_WIFI},
    {"*", "mac", CATEGORY_DEVICE_MAC_WIFI},
    {"nfc id|nfc|tag uid", NULL, CATEGORY_DEVICE_NFC_ID},
    {"device name|host name|hostname|computer name|machine name|node name|server name|phone "
     "name|设备名称|"
     "设备名|主机名",
     NULL, CATEGORY_DEVICE_NAME},
    {"=name", "device|bluetooth|bt|ble|host|phone", CATEGORY_DEVICE_NAME},
    {"installation id|install id|installation|instance id|app instance id|device id|device uuid|"
     "device identifier|device app hash|udid|open udid|hardware id|machine "
     "id|设备号|设备标识|设备id",
     NULL, CATEGORY_DEVICE_INSTALLATION},
    {"=id|=uuid|=guid|=identifier", "device|installation|install", CATEGORY_DEVICE_INSTALLATION},

    /* identifiers of accounts */
    {"phone|phone number|mobile|mobile number|telephone|tel|cell phone|msisdn|手机|电话|手机号",
     NULL, CATEGORY_ACCOUNT_PHONE},
    {"email|e mail|mail|email address|邮箱|邮件", NULL, CATEGORY_ACCOUNT_EMAIL},
    {"open id|union id|wechat id|wx id|wechat|qq|qq number|weibo id|facebook id|apple id|微信|微博",
     NULL, CATEGORY_ACCOUNT_OPEN_ID},
    {"nickname|nick name|nick|display name|昵称", NULL, CATEGORY_ACCOUNT_NICKNAME},
    {"avatar|profile picture|profile image|photo|portrait url|头像|照片", NULL,
     CATEGORY_ACCOUNT_AVATAR},
    {"signature|bio|签名|简介", PEOPLE, CATEGORY_ACCOUNT_SIGNATURE},
    {"anonymous id|visitor id|distinct id|client id|anon id|user pseudo id|beacon id|cookie id|ga "
     "id|"
     "fbp|fbc|gclid|fingerprint id|domain userid|network userid|访客",
     NULL, CATEGORY_WEB_VISITOR},
    {"user id|uid|user no|member id|customer id|account id|player id|profile id|owner id|author id|"
     "person id|users id|user identifier|用户id|用户编号|会员号|用户标识",
     NULL, CATEGORY_ACCOUNT_USER_ID},
    {"=id|=uuid|=guid|=identifier|=key", PEOPLE, CATEGORY_ACCOUNT_USER_ID},
    {"=login|user login|login name|user name|account name|=user|=account|用户名|账号|帐号", NULL,
     CATEGORY_ACCOUNT_LOGIN},

    /* web addresses and what a user typed */
    {"referrer|referer|ref url|refr|exit page|来源页", NULL, CATEGORY_WEB_REFERRER},
    {"url|uri|href|link|=src|endpoint|deeplink|deep link|pathname|page path|url path|request "
     "path|网址|链接",
     NULL, CATEGORY_WEB_URL},
    {"search|query|keyword|keywords|search term|term|=q|search query|user input|搜索|关键词", NULL,
     CATEGORY_USAGE_SEARCH},
    {"user agent|=ua", NULL, CATEGORY_WEB_USER_AGENT},

    /* networks */
    {"ssid|wifi name|wlan name|network name|ap name", NULL, CATEGORY_NETWORK_WIFI_SSID},
    {"level|rssi|signal|signal strength|dbm|rsrp|rsrq|asu|frequency|snr",
     "cell|tower|wifi|wlan|scan|network|radio|connected", CATEGORY_NETWORK_QUALITY},
    {"*", "cell|tower|basestation|基站", CATEGORY_NETWORK_CELL},
    {"cell id|cid|lac|mcc|mnc|cell tower|base station|基站", NULL, CATEGORY_NETWORK_CELL},
    {"ip|ip address|ip addr|client ip|remote addr|remote address|peer address|remote ip|local ip|"
     "forwarded for|ipaddress|ipv",
     NULL, CATEGORY_NETWORK_IP},
    {"address|addr|addresses|dns|gateway", "network|net|interface|dns|connection|socket|peer",
     CATEGORY_NETWORK_IP},
    {"=state|=status|wifi state", "wifi|wlan", CATEGORY_NETWORK_WIFI_STATE},
    {"wifi state|wifi enabled", NULL, CATEGORY_NETWORK_WIFI_STATE},
    {"operator|carrier|operator name|sim operator|network operator|carrier name|运营商", NULL,
     CATEGORY_NETWORK_OPERATOR},
    {"isp|internet provider|asn org", NULL, CATEGORY_NETWORK_ISP},
    {"access|network type|connection type|net type|access type|effective type|radio|network access|"
     "网络类型",
     NULL, CATEGORY_NETWORK_ACCESS},
    {"=type|=class", "network|connection", CATEGORY_NETWORK_ACCESS},
    {"=state|=status", "network|connection|net", CATEGORY_NETWORK_STATE},
    {"network state|connection state|connectivity", NULL, CATEGORY_NETWORK_STATE},
    {"latency|rtt|downlink|bandwidth|throughput|ping time|signal strength|rssi|packet loss|延迟",
     NULL, CATEGORY_NETWORK_QUALITY},

    /* places */
    {"latitude|lat|纬度", NULL, CATEGORY_PLACE_LATITUDE},
    {"longitude|lng|lon|经度", NULL, CATEGORY_PLACE_LONGITUDE},
    {"altitude|accuracy|speed|heading|bearing|street|venue|geohash|poi|floor|course", PLACES,
     CATEGORY_PLACE_DETAIL},
    {"altitude|geohash|venue|poi|海拔|楼层", NULL, CATEGORY_PLACE_DETAIL},
    {"city|town|district|metro|county|village|城市|区县", NULL, CATEGORY_PLACE_CITY},
    {"country|country code|country iso|nation|国家", NULL, CATEGORY_PLACE_COUNTRY},
    {"region|province|region code|subdivision|省份|地区", NULL, CATEGORY_PLACE_REGION},
    {"=state", PLACES "|address", CATEGORY_PLACE_REGION},
    {"latlng|latlon|lat lng|coordinates|coordinate|gps|geo "
     "point|location|position|坐标|位置|经纬度",
     NULL, CATEGORY_PLACE_POSITION},
    {"=text|=value", PLACES, CATEGORY_PLACE_POSITION},

    /* crashes */
    {"stack|stack trace|stack text|backtrace|traceback|call stack|crash log|堆栈", NULL,
     CATEGORY_CRASH_STACK},
    {"address|addr|instruction addr|instruction address|image addr|image address|load address|"
     "base address|symbol addr|symbol address|base addr|instruction pointer|return address|=pc|ip "
     "offset|"
     "module offset",
     FRAMES "|" IMAGES, CATEGORY_CRASH_ADDRESS},
    {"fault address|crash address|instruction addr|image addr|load address|base address", NULL,
     CATEGORY_CRASH_ADDRESS},
    {"=id|=uuid|build id|debug id|code id|image id|image uuid|debug identifier", IMAGES,
     CATEGORY_CRASH_IMAGE_ID},
    {"debug id|image uuid|build id|image id|code identifier|debug identifier", NULL,
     CATEGORY_CRASH_IMAGE_ID},
    {"file|file name|filename|path|absolute path|abs path|source file|source path|=package|library|"
     "image|code file|debug file|object name|image path|=source",
     FRAMES "|" IMAGES, CATEGORY_CRASH_FILE},
    {"file|file name|filename|file path|source file|abs path|absolute path|executable path|image "
     "path|"
     "bundle path|directory|folder|cwd|文件|路径",
     NULL, CATEGORY_CRASH_FILE},
    {"function|method|symbol|symbol name|func|function name|method name|raw function", FRAMES,
     CATEGORY_CRASH_FUNCTION},
    {"function|function name|method name|symbol name", NULL, CATEGORY_CRASH_FUNCTION},
    {"module|class|class name|module name|declaring class", FRAMES, CATEGORY_CRASH_MODULE},
    {"line|lineno|line no|line number|column|colno|col|column number", NULL, CATEGORY_CRASH_LINE},
    {"=name|=queue|thread name|queue name|dispatch queue", "thread|queue", CATEGORY_CRASH_THREAD},
    {"thread name|queue name|dispatch queue", NULL, CATEGORY_CRASH_THREAD},
    {"=number|=code|signal|errno|=subcode|exception code|signal number|mach code",
     "signal|mechanism|exception|mach|error|crash", CATEGORY_CRASH_CODE},
    {"signal number|errno|error number|exit code|signal code", NULL, CATEGORY_CRASH_CODE},
    {"type|name|class|kind|state|exception name|error type",
     FRAMES "|mechanism|signal|error|crash|mach|nsexception|image", CATEGORY_CRASH_TYPE},
    {"exception type|exception class|error type|error class|exception name|signal name|crash type|"
     "异常类型",
     NULL, CATEGORY_CRASH_TYPE},
    {"handled|crashed|in app|fatal|unhandled|is native|current", NULL, CATEGORY_CRASH_FLAG},

    /* logs */
    {"=level|battery level|percent|percentage", "battery", CATEGORY_DEVICE_BATTERY},
    {"=level|log level|severity|severity text|priority|级别", NULL, CATEGORY_LOG_LEVEL},
    {"=level|priority|severity|severity number|log level", NULL, CATEGORY_LOG_PRIORITY},
    {"pid|tid|process id|thread id|=process|=thread|parent pid", NULL, CATEGORY_LOG_PROCESS},
    {"=id|=index", "thread|process", CATEGORY_LOG_PROCESS},
    {"logger|logger name|facility|syslog identifier|log tag|=tag|component|subsystem", NULL,
     CATEGORY_LOG_TAG},

    /* the device */
    {"model|device model|hardware model|machine model|product model|model name|机型|型号", NULL,
     CATEGORY_DEVICE_MODEL},
    {"brand|manufacturer|make|device brand|device manufacturer|oem|品牌|厂商", NULL,
     CATEGORY_DEVICE_BRAND},
    {"os version|system version|kernel|kernel version|firmware|firmware version|os build|android "
     "version|"
     "ios version|windows version|os ver|platform version|kernel release|系统版本",
     NULL, CATEGORY_DEVICE_OS_VERSION},
    {"=version|=release", "os|system|platform|kernel", CATEGORY_DEVICE_OS_VERSION},
    {"=name|=family", "os|platform", CATEGORY_DEVICE_OS},
    {"os|os name|operating system|system name|platform|os family|操作系统|系统", NULL,
     CATEGORY_DEVICE_OS},
    {"language|lang|locale|accept language|ui language|语言", NULL, CATEGORY_DEVICE_LANGUAGE},
    {"time zone|timezone|tz|时区", NULL, CATEGORY_DEVICE_TIME_ZONE},
    {"time offset|tz offset|timezone offset|time zone offset|utc offset|gmt offset", NULL,
     CATEGORY_DEVICE_TIME_OFFSET},
    {"timezone|tz|time zone", NULL, CATEGORY_DEVICE_TIME_OFFSET},
    {"architecture|arch|abi|cpu abi|cpu arch|cpu type|cpu architecture|isa", NULL,
     CATEGORY_DEVICE_ARCHITECTURE},
    {"width|height|density|dpi|scale|pixel ratio|color depth",
     "screen|display|viewport|window|device", CATEGORY_DEVICE_SCREEN},
    {"screen width|screen height|screen density|device pixel ratio|screen dpi|viewport width|"
     "viewport height|screen scale|dpi",
     NULL, CATEGORY_DEVICE_SCREEN},
    {"battery level|battery|battery percent|battery percentage|电量", NULL,
     CATEGORY_DEVICE_BATTERY},
    {"state|status|health|plugged", "battery|power", CATEGORY_DEVICE_SETTING},
    {"memory|heap|memory used|memory usage", "app|application", CATEGORY_APP_PERFORMANCE},
    {"total|free|used|available|size|cores|count|temperature|usable|capacity",
     "memory|ram|storage|disk|swap|processor|cpu|battery|thermal", CATEGORY_DEVICE_RESOURCE},
    {"memory|ram|total memory|free memory|memory size|disk|storage|cpu cores|cpu count|processor "
     "count|"
     "memory mb|free disk|total disk|内存",
     NULL, CATEGORY_DEVICE_RESOURCE},
    {"orientation|dark mode|theme|color scheme|ringer|ringer mode|battery state|power "
     "state|appearance",
     NULL, CATEGORY_DEVICE_SETTING},
    {"kind|type|name", "sensor", CATEGORY_DEVICE_SENSOR},
    {"rooted|jailbroken|jailbreak|root|emulator|simulator|is emulator|charging|dark mode|low "
     "memory|low|"
     "is tablet|low power|is virtual|virtual machine|vpn",
     NULL, CATEGORY_DEVICE_FLAG},

    /* apps */
    {"source|installer|installer package|install source", "apps|installed|package",
     CATEGORY_APP_SOURCE},
    {"foreground time|launches|launch count|usage|use time|usage time|count|duration|opens",
     "apps|running|usage", CATEGORY_APP_USAGE},
    {"package|package name|name|version|bundle|bundle id|id|version name|version code",
     "apps|installed|running|applist|packages", CATEGORY_APP_INSTALLED},
    {"app version|version name|client version|sdk version|release|app ver|lib version|library "
     "version|"
     "version string|short version|agent version|bundle version|package version|应用版本|版本",
     NULL, CATEGORY_APP_VERSION},
    {"=name|=id", "sdk|library|app|application|client|agent|instrumentation", CATEGORY_APP_ID},
    {"=lib|lib name|library name|sdk name|package name|bundle id|bundle identifier|app "
     "id|application id|app name|package|app "
     "identifier|"
     "app key|bundle|namespace|包名|应用名",
     NULL, CATEGORY_APP_ID},
    {"=version|browser version", "browser|navigator", CATEGORY_WEB_BROWSER_VERSION},
    {"browser version|webview version", NULL, CATEGORY_WEB_BROWSER_VERSION},
    {"=name|=family|browser name", "browser|navigator", CATEGORY_WEB_BROWSER},
    {"browser|browser name|浏览器", NULL, CATEGORY_WEB_BROWSER},
    {"=version|=v|=ver", NULL, CATEGORY_APP_VERSION},
    {"build|build number|version code|app build|build no|build version", NULL, CATEGORY_APP_BUILD},
    {"channel|install channel|store|distribution|渠道", NULL, CATEGORY_APP_CHANNEL},
    {"source|medium|utm source|utm medium", "utm|campaign|attribution", CATEGORY_APP_CHANNEL},
    {"utm source|utm medium", NULL, CATEGORY_APP_CHANNEL},
    {"environment|env|app state|stage|deployment|application state|环境", NULL,
     CATEGORY_APP_ENVIRONMENT},
    {"=state", "app|application", CATEGORY_APP_ENVIRONMENT},
    {"process|process name|proc name|进程", NULL, CATEGORY_APP_PROCESS},

    /* use */
    {"session id|=session|visit id|trace id|span id|request id|event id|message id|batch "
     "id|correlation id|"
     "insert id|uuid|guid|nonce|parent id|parent span id|document id|ping id|log id|crash "
     "id|report id|"
     "incident id|会话",
     NULL, CATEGORY_USAGE_SESSION},
    {"=id|=uuid", "session|trace|request|event|message|batch|span|visit|report|crash",
     CATEGORY_USAGE_SESSION},
    {"method|http method|request method|verb", NULL, CATEGORY_WEB_METHOD},
    {"title|page title|document title|标题", NULL, CATEGORY_WEB_TITLE},
    {"x|y|scroll|client x|client y|page x|page y|scroll depth|screen x|screen y|scroll top", NULL,
     CATEGORY_USAGE_POINT},
    {"is first|first|foreground|is new|first launch|in foreground|is active|is interactive|is "
     "bounce",
     NULL, CATEGORY_USAGE_FLAG},
    {"name", "experiment|attribute|feature|flag|campaign|event", CATEGORY_USAGE_EVENT},
    {"id|type|path|selector|class|name|tag name|role|list|xpath", ELEMENTS "|item|product",
     CATEGORY_USAGE_SCREEN},
    {"name|previous|type|category", "page|screen|view|activity|route", CATEGORY_USAGE_SCREEN},
    {"screen|screen name|page name|view name|activity|page type|element id|element type|xpath|"
     "previous screen|fragment|view controller|screen class|=page|=view|页面",
     NULL, CATEGORY_USAGE_SCREEN},
    {"=from|=to", NULL, CATEGORY_USAGE_SCREEN},
    {"load time|render time|fps|frame rate|startup time|launch time|load|cpu load|cpu "
     "usage|ttfb|"
     "fcp|lcp|cls|response time|memory used|memory footprint|size|bytes|dom ready|页面加载",
     NULL, CATEGORY_APP_PERFORMANCE},
    {"status|status code|http status|error code|response code|http code|code|response "
     "status|状态码",
     NULL, CATEGORY_USAGE_STATUS},
    {"duration|elapsed|uptime|time spent|dwell|elapsed time|engagement time|play time|duration ms|"
     "length ms|时长",
     NULL, CATEGORY_USAGE_DURATION},
    {"count|number|index|sequence|seq|position|quantity|retries|times|attempt|rank|total count|num|"
     "queue|次数|数量",
     NULL, CATEGORY_USAGE_COUNT},
    {"result|outcome|variant|success|status|结果", NULL, CATEGORY_USAGE_RESULT},
    {"event|event name|event type|action|event category|category|event action|feature|campaign|"
     "utm campaign|utm content|experiment|事件",
     NULL, CATEGORY_USAGE_EVENT},
    {"content|campaign", "utm|campaign", CATEGORY_USAGE_EVENT},
    {"=type", "breadcrumb|crumb|event|log", CATEGORY_USAGE_EVENT},

    /* an id of something: in doubt of somebody */
    {"id|ids|identifier|uuid|guid|hash", NULL, CATEGORY_USAGE_SESSION},

    /* times: a rule of its own decides which of them is the event's */
    {"timestamp|ts|time|event time|occurred at|created at|created|timestamp ms|client time|"
     "device time|@timestamp|server time|datetime|date time|时间|时间戳",
     NULL, CATEGORY_TIME_EVENT},
    {"at|time|date|ts|timestamp|started|ended|start|end|expires|expiry|modified|日期", NULL,
     CATEGORY_TIME_OTHER},

    /* what is written freely */
    {"message|msg|text|body|comment|description|desc|note|notes|reason|error "
     "message|detail|details|"
     "content|logcat|log|output|feedback|tags|fingerprint|label|summary|caption|=error|value|=name|"
     "stdout|stderr|消息|内容|描述|备注|日志|信息|反馈|文本",
     NULL, CATEGORY_TEXT_FREE},
};

enum { RULE_COUNT = sizeof rules / sizeof rules[0] };

static bool is_word_byte(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80;
}

static bool is_upper(unsigned char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool is_lower(unsigned char byte)
{
    return byte >= 'a' && byte <= 'z';
}

/* Does a new word begin here? userId, HTTPStatus: before I, before S. */
static bool begins_word(struct slice name, size_t i)
{
    unsigned char here = (unsigned char)name.data[i];
    unsigned char before = i > 0 ? (unsigned char)name.data[i - 1] : 0;
    unsigned char after = i + 1 < name.length ? (unsigned char)name.data[i + 1] : 0;
    if (!is_word_byte(before))
        return true;
    return is_upper(here) && (is_lower(before) || (is_upper(before) && is_lower(after)));
}

void words_add(struct words *words, struct slice name)
{
    if (words->length == 0 && name.length > 0)
        words->text[words->length++] = ' ';
    for (size_t i = 0; i < name.length && words->length + 2 < WORDS_LIMIT; i++) {
        unsigned char byte = (unsigned char)name.data[i];
        bool in_word = words->text[words->length - 1] != ' ';
        if (is_word_byte(byte)) {
            if (in_word && begins_word(name, i))
                words->text[words->length++] = ' ';
            words->text[words->length++] = (char)(is_upper(byte) ? byte - 'A' + 'a' : byte);
        } else if (in_word) {
            words->text[words->length++] = ' ';
        }
    }
    if (words->length > 0 && words->text[words->length - 1] != ' ')
        words->text[words->length++] = ' ';
}

static struct slice words_slice(const struct words *words)
{
    return slice_of(words->text, words->length);
}

/* Is the phrase the whole name, spaces aside? */
static bool equals_joined(struct slice words, struct slice phrase)
{
    size_t at = 0;
    for (size_t i = 0; i < words.length; i++) {
        if (words.data[i] == ' ')
            continue;
        while (at < phrase.length && phrase.data[at] == ' ')
            at++;
        if (at == phrase.length || phrase.data[at] != words.data[i])
            return false;
        at++;
    }
    return at == phrase.length;
}

/* Only units of a measure, or nothing? */
static bool are_units(struct slice words)
{
    static const char *const units[] = {"ms",      "us",     "ns",  "sec",  "secs", "second",
                                        "seconds", "millis", "min", "mins", "mb",   "kb",
                                        "gb",      "bytes",  "pct", "px",   "utc"};
    while ((words = slice_trim(words)).length > 0) {
        struct slice word = slice_cut(&words, ' ');
        bool unit = false;
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
            unit |= slice_equal(word, slice_from_string(units[i]));
        if (!unit)
            return false;
    }
    return true;
}

/* Does the phrase stand in the words, bounded by spaces, its last word maybe in the plural? With
 * `last` only units may follow it. A phrase that is not ASCII may stand anywhere. */
static bool contains(struct slice words, struct slice phrase, bool last)
{
    bool ascii = (unsigned char)phrase.data[0] < 0x80;
    for (size_t i = 0; i + phrase.length <= words.length; i++) {
        if (memcmp(words.data + i, phrase.data, phrase.length) != 0)
            continue;
        size_t end = i + phrase.length;
        if (!ascii)
            return true;
        if (i == 0 || words.data[i - 1] != ' ')
            continue;
        if (end < words.length && words.data[end] == 's')
            end++;
        if (end < words.length && words.data[end] == ' ' &&
            (!last || are_units(slice_tail(words, end))))
            return true;
    }
    return false;
}

/* The alternative that fits, or the empty slice. */
static struct slice fitting(const char *alternatives, struct slice words, bool last)
{
    struct slice rest = slice_from_string(alternatives);
    while (rest.length > 0) {
        struct slice phrase = slice_cut(&rest, '|');
        if (slice_equal(phrase, SLICE("*")))
            return phrase;
        if (slice_starts_with(phrase, SLICE("="))) {
            if (equals_joined(words, slice_tail(phrase, 1)))
                return slice_tail(phrase, 1);
        } else if (contains(words, phrase, last) || equals_joined(words, phrase)) {
            return phrase;
        }
    }
    return (struct slice){0};
}

/* A name's last word says what it is ("memory level"), the others of what. That is enough where the
 * value may be kept; what is stricter is believed of any word ("session count"). */
static struct slice fitting_name(const struct word_rule *rule, const struct words *name)
{
    enum kind kind = category_info(rule->category)->kind;
    bool last = kind == KIND_TOKEN || kind == KIND_NUMBER || kind == KIND_VERSION ||
                kind == KIND_BOOLEAN || kind == KIND_TIME;
    return fitting(rule->leaf, words_slice(name), last);
}

const struct word_rule *word_rule_next(const struct word_rule *previous, const struct words *name,
                                       const struct words *above)
{
    for (const struct word_rule *rule = previous ? previous + 1 : rules; rule < rules + RULE_COUNT;
         rule++) {
        if (fitting_name(rule, name).length == 0)
            continue;
        if (!rule->above || fitting(rule->above, words_slice(above), false).length > 0)
            return rule;
    }
    return NULL;
}

enum category word_rule_category(const struct word_rule *rule)
{
    return rule->category;
}

struct slice word_rule_reason(const struct word_rule *rule, const struct words *name)
{
    return fitting_name(rule, name);
}
