/* Lists and parts that the records of all schemas share; generate_values.h says what they are. */
#include "bench/generate_values.h"

const struct generate_list generate_lists[] = {
    /* one row for each device, place or release: the same position means the same one */
    {"device.model", ROW_DEVICE,
     "SM-S9180|SM-A5460|23013RK75C|2211133C|22101316C|M2007J3SC|ALN-AL00|NOH-AN00|"
     "ELS-AN00|PGT-AN10|ANY-AN00|V2309A|V2218A|V1986A|PHB110|PGU110|PDVM00|PJD110|Pixel 7|"
     "Pixel 4a|XT2301-5|RMX3700|Redmi 6A|ZTE A2121|iPhone15,2|iPhone14,5|iPhone13,2|"
     "iPhone12,1|iPhone16,2|iPhone11,8|iPad13,1|iPhone10,4"},
    {"device.brand", ROW_DEVICE,
     "samsung|samsung|Redmi|Xiaomi|Redmi|Xiaomi|HUAWEI|HUAWEI|HUAWEI|HONOR|HONOR|vivo|"
     "vivo|vivo|OPPO|OPPO|OPPO|OnePlus|Google|Google|motorola|realme|xiaomi|ZTE|Apple|"
     "Apple|Apple|Apple|Apple|Apple|Apple|Apple"},
    {"device.os_version", ROW_DEVICE,
     "14|13|14|13|12|12|12|10|10|13|12|14|13|11|14|13|11|14|14|13|13|13|9|10|17.4.1|17.2|"
     "16.7.7|16.3.1|17.5|15.8|17.4|14.8.1"},
    {"screen.width", ROW_DEVICE,
     "1440|1080|1440|1080|1080|1080|1260|1344|1200|1312|1080|1260|1080|1080|1240|1080|"
     "1080|1440|1080|1080|1080|1240|720|720|1179|1170|1170|828|1290|828|1640|750"},
    {"screen.height", ROW_DEVICE,
     "3088|2340|3200|2400|2400|2400|2720|2772|2640|2848|2388|2800|2400|2400|2772|2412|"
     "2400|3168|2400|2340|2400|2772|1440|1560|2556|2532|2532|1792|2796|1792|2360|1334"},
    {"screen.density", ROW_DEVICE,
     "3.5|2.75|3.5|3|2.75|2.75|3.25|3|3|3.5|2.75|3.25|3|3|3.25|3|3|3.5|2.62|2.75|2.5|"
     "3.25|2|2|3|3|3|2|3|2|2|2"},
    {"device.architecture", ROW_DEVICE,
     "arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|"
     "arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|"
     "arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|arm64-v8a|armeabi-v7a|armeabi-v7a|"
     "arm64e|arm64e|arm64e|arm64e|arm64e|arm64e|arm64e|arm64"},
    {"device.memory", ROW_DEVICE,
     "12288|8192|12288|8192|6144|8192|12288|8192|8192|12288|8192|16384|8192|6144|12288|"
     "8192|8192|16384|8192|6144|8192|12288|2048|3072|6144|4096|4096|4096|8192|3072|4096|"
     "2048"},
    {"device.cores", ROW_DEVICE, "8|8|8|8|8|8|8|8|8|8|8|8|8|8|8|8|8|8|8|8|8|8|8|8|6|6|6|6|6|6|6|6"},
    {"device.oui", ROW_DEVICE,
     "8c:c8:4b|8c:c8:4b|64:cc:2e|50:8e:49|64:cc:2e|50:8e:49|48:46:fb|48:46:fb|48:46:fb|"
     "c4:9f:4c|c4:9f:4c|9c:e0:63|9c:e0:63|9c:e0:63|a8:9c:ed|a8:9c:ed|a8:9c:ed|94:65:2d|"
     "f4:f5:d8|f4:f5:d8|40:88:05|ac:5f:ea|50:8e:49|d0:5b:a8|f0:18:98|f0:18:98|f0:18:98|"
     "f0:18:98|f0:18:98|f0:18:98|f0:18:98|f0:18:98"},
    {"device.os", ROW_PLATFORM, "Android|iOS"},
    {"place.city", ROW_PLACE,
     "上海|北京|深圳|广州|杭州|成都|武汉|南京|重庆|西安|沈阳|"
     "乌鲁木齐|香港|台北|Singapore|Berlin|London|San Jose"},
    {"place.region", ROW_PLACE,
     "CN-SH|CN-BJ|CN-GD|CN-GD|CN-ZJ|CN-SC|CN-HB|CN-JS|CN-CQ|CN-SN|CN-LN|CN-XJ|HK|TW-TPE|"
     "SG|DE-BE|GB-LND|US-CA"},
    {"place.country", ROW_PLACE, "CN|CN|CN|CN|CN|CN|CN|CN|CN|CN|CN|CN|HK|TW|SG|DE|GB|US"},
    {"place.latitude", ROW_PLACE,
     "31.2|39.9|22.5|23.1|30.2|30.6|30.5|32.0|29.5|34.2|41.8|43.8|22.2|25.0|1.3|52.5|51.5|"
     "37.3"},
    {"place.longitude", ROW_PLACE,
     "121.4|116.4|114.0|113.2|120.1|104.0|114.3|118.7|106.5|108.9|123.4|87.6|114.1|121.5|"
     "103.8|13.4|0.1|-121.8"},
    {"place.zone", ROW_PLACE,
     "Asia/Shanghai|Asia/Shanghai|Asia/Shanghai|Asia/Shanghai|Asia/Shanghai|Asia/Shanghai|"
     "Asia/Shanghai|Asia/Shanghai|Asia/Shanghai|Asia/Shanghai|Asia/Shanghai|Asia/Urumqi|"
     "Asia/Hong_Kong|Asia/Taipei|Asia/Singapore|Europe/Berlin|Europe/London|"
     "America/Los_Angeles"},
    {"place.locale", ROW_PLACE,
     "zh-CN|zh-CN|zh-CN|zh-CN|zh-CN|zh-CN|zh-CN|zh-CN|zh-CN|zh-CN|zh-CN|zh-CN|zh-HK|zh-TW|"
     "en-SG|de-DE|en-GB|en-US"},
    {"place.operator", ROW_PLACE,
     "CMCC|CUCC|CMCC|CTCC|CMCC|CTCC|CUCC|CMCC|CMCC|CUCC|CMCC|CTCC|CSL|Chunghwa|Singtel|"
     "Telekom.de|EE|T-Mobile"},
    {"place.mccmnc", ROW_PLACE,
     "46000|46001|46002|46011|46007|46003|46001|46000|46000|46009|46000|46011|45400|46692|"
     "52501|26201|23430|310260"},
    {"place.offset", ROW_PLACE,
     "480|480|480|480|480|480|480|480|480|480|480|360|480|480|480|60|0|-480"},
    {"place.mcc", ROW_PLACE,
     "460|460|460|460|460|460|460|460|460|460|460|460|454|466|525|262|234|310"},
    {"app.version", ROW_APP, "6.12.3|6.12.1|6.11.0|6.10.4|6.8.2|6.5.0|5.19.7|6.13.0-beta.2"},
    {"app.build", ROW_APP, "61203|61201|61100|61004|60802|60500|51907|61300"},
    {"app.channel", ROW_DEVICE,
     "samsung|samsung|xiaomi|xiaomi|xiaomi|xiaomi|huawei|huawei|huawei|honor|honor|vivo|"
     "vivo|vivo|oppo|oppo|oppo|oppo|googleplay|googleplay|lenovo|oppo|xiaomi|website|"
     "appstore|appstore|appstore|appstore|appstore|appstore|appstore|appstore"},
    {"network.access", ROW_ANY, "wifi|wifi|wifi|5g|5g|4g|4g|4G|WiFi|3g"},
    {"word.page", ROW_ANY,
     "home|search|list|detail|cart|order|profile|message|settings|live|video|channel"},
    {"word.query", ROW_ANY,
     "手机|咖啡机|羽绒服|儿童绘本|蓝牙耳机|雨伞|降噪耳机|显示器|"
     "茶叶|跑步鞋|iphone 15|usb c hub"},
    {"name.given", ROW_ANY, "wei|fang|min|jing|lei|qiang|yan|jie|tao|ming|anna|peter|lucia|james"},
    {"name.chinese", ROW_ANY, "张伟|王芳|李娜|刘洋|陈静|杨帆|黄磊|赵敏|周杰|吴迪|徐丽|孙涛"},
    {"name.nick", ROW_ANY,
     "小熊猫|夜航船|Momo|阿木木|sunflower|云淡风轻|大白兔|K先生|"
     "橘子汽水|lonely_wolf"},
    {"host.shop", ROW_ANY, "shop.example.com|m.shop.example.com|shop.example.cn"},
    {"host.api", ROW_ANY,
     "api.example.com|gw.example.cn|log.example.com|img.example.net|push.example.cn"},
    {"host.other", ROW_ANY,
     "www.search.example|so.example.cn|news.example.org|social.example.net|mp.wx.example"},
    {"ssid", ROW_ANY,
     "TP-LINK_5A3C|ChinaNet-Xq7e|CMCC-9fHk|HUAWEI-B311|Xiaomi_7F21|张家的WiFi|"
     "Starbucks|FAST_2E6A|Office-5G|iPhone of Anna|MERCURY_88|Guest"},
    {"package", ROW_ANY,
     "com.tencent.mm|com.tencent.mobileqq|com.eg.android.AlipayGphone|com.taobao.taobao|"
     "com.jingdong.app.mall|com.sina.weibo|com.ss.android.ugc.aweme|com.autonavi.minimap|"
     "com.baidu.searchbox|tv.danmaku.bili|com.netease.cloudmusic|com.xingin.xhs|"
     "com.smile.gifmaker|com.sankuai.meituan|com.sdu.didi.psnger|com.UCMobile|"
     "com.android.chrome|org.mozilla.firefox|com.whatsapp|org.telegram.messenger|"
     "com.duolingo|com.intsig.camscanner|cn.wps.moffice_eng|com.qiyi.video|"
     "com.youku.phone|com.kugou.android|com.icbc|cmb.pb|com.chinamworld.main|"
     "com.example.health"},
    {"app.store", ROW_ANY,
     "com.android.vending|com.huawei.appmarket|com.xiaomi.market|com.heytap.market|"
     "com.bbk.appstore|com.tencent.android.qqdownloader|com.sec.android.app.samsungapps"},
    {"word.activity", ROW_ANY,
     "HomePage|SearchResultPage|ItemDetailPage|CartActivity|CheckoutActivity|"
     "OrderListPage|ProfileActivity|LoginActivity|LiveRoomPage|ChatActivity|SettingsPage|"
     "CouponPage"},
    {"word.element", ROW_ANY,
     "btn_buy|btn_add_to_cart|tab_home|tab_cart|tab_me|img_banner|item_card|btn_search|"
     "btn_share|switch_notify|txt_coupon|btn_login"},
    {"word.widget", ROW_ANY, "button|tab|image|card|switch|link|input|list_item"},
    {"word.result", ROW_ANY, "ok|ok|ok|failed|cancelled|timeout"},
    {"word.status", ROW_ANY, "200|200|200|200|204|302|401|404|500|503"},
    {"word.goods", ROW_ANY,
     "Trail runner, blue|Socks, three pairs|羽绒服 男款|咖啡机 家用|"
     "蓝牙耳机 Pro|儿童绘本(套装)|Kettle 1.7 l|雨伞|Notebook A5|降噪耳机|"
     "Desk lamp|茶叶 250克"},
    {"word.list", ROW_ANY, "search_results|recommended|history|favourites"},
    {"word.escaped", ROW_ANY,
     "%E6%89%8B%E6%9C%BA|%E5%92%96%E5%95%A1%E6%9C%BA|running+shoes|usb-c+hub|"
     "%E9%9B%A8%E4%BC%9E|tea"},
    {"word.label", ROW_ANY,
     "Add to cart|加入购物车|立即购买|Search|提交订单|收藏|Share|"
     "查看更多"},
    {"word.signature", ROW_ANY, "to be or not to be|生活不止眼前的苟且|carpe diem|今天也要加油"},
    {"word.sex", ROW_ANY, "m|f|male|female|unknown"},
    {"word.charging", ROW_ANY, "charging|discharging|discharging|full|unplugged"},
    {"word.orientation", ROW_ANY, "portrait|portrait|portrait|landscape"},
    {"word.flag", ROW_ANY, "true|false"},
    {"word.rarely", ROW_ANY, "false|false|false|false|false|false|false|true"},
    {"word.environment", ROW_ANY,
     "production|production|production|production|production|staging|beta"},
    {"word.browser", ROW_ANY, "Chrome Mobile|Safari|WeChat|Firefox|Edge|UC Browser"},
    {"word.isp", ROW_ANY, "China Telecom|China Unicom|China Mobile|Example Telecom|Hinet"},
    {"word.experiment", ROW_ANY,
     "cart_button_colour|search_ranking_v7|new_home_feed|coupon_popup|price_tag_large"},
    {"word.variant", ROW_ANY, "A|B|control"},
    {"word.source", ROW_ANY, "newsletter|wechat|weibo|baidu|partner_7|push"},
    {"word.level", ROW_ANY, "debug|info|info|info|warning|error"},
    {"word.tag", ROW_ANY,
     "WifiService|Telephony.Ril|ExampleSync|ActivityManager|PowerManager|PushClient|"
     "LocationProvider|BatteryStats|JobScheduler|okhttp"},
    {"word.method", ROW_ANY, "GET|GET|GET|POST|POST|PUT|DELETE"},
    {"word.sensor", ROW_ANY,
     "accelerometer|gyroscope|light|proximity|magnetometer|barometer|step_counter"},
    {"word.storage", ROW_ANY, "65536|131072|131072|262144|524288"},
    {"word.switch", ROW_ANY, "on|off|auto"},
    {"word.ringer", ROW_ANY, "normal|silent|vibrate"},
    {"word.enabled", ROW_ANY, "enabled|enabled|disabled"},
    {"word.permission", ROW_ANY, "granted|granted|denied|prompt|limited"},
    {"word.wifi", ROW_ANY, "on|disconnected|connecting|off"},
    {"word.frequency", ROW_ANY, "2412|2437|2462|5180|5240|5745|5825"},
    {"word.state", ROW_ANY, "foreground|background|background"},
    {"word.thread", ROW_ANY,
     "main|pay-worker|OkHttp Dispatcher|RenderThread|FinalizerDaemon|"
     "com.apple.main-thread|image-loader-2|DefaultDispatcher-worker-3"},
    {"word.thread_state", ROW_ANY, "RUNNABLE|BLOCKED|WAITING|TIMED_WAITING"},
    {0},
};

const struct generate_part generate_shared_parts[] = {
    /* What people and programs write, and what hides in it. */
    {"message", 30, "request to `host.api` failed: timeout after `number 1000-9000` ms"},
    {"message", 24, "sync done, `small 1-400` items in `number 40-2000` ms"},
    {"message", 20, "订单提交失败,请稍后重试"},
    {"message", 16, "opened `word.page` from `word.activity`"},
    {"message", 16, "网络不可用,已切换到离线模式"},
    {"message", 14,
     "GET https://`host.api`/v2/users/`person.id`/orders?token=`hex 32` `word.status`"},
    {"message", 14, "associated with `ssid` (`mac`), address 192.168.`number 0-9`.`number 2-254`"},
    {"message", 12, "登录失败:手机号 `person.phone` 验证码错误"},
    {"message", 12, "sync of `person.email` done in `number 40-2000` ms"},
    {"message", 10, "connection to `person.ip` was reset by peer"},
    {"message", 9, "open /data/user/0/com.example.shop/files/`word.page`.db: no such file"},
    {"message", 8, "imei=`person.imei` registration rejected, cause `number 1-40`"},
    {"message", 8, "用户 `name.chinese`(`person.phone`)申请退款 `decimal 1-900 2` 元"},
    {"message", 7, "Attempt to invoke virtual method on a null object reference"},
    {"message", 6, "call me at +86 `person.phone_spaced`"},
    {"message", 5, "位置 `place.latitude``digits 5`,`place.longitude``digits 5` 上传成功"},
    {"message", 4, "pay with card `person.card` declined"},
    {"message", 4, "身份证 `person.resident_id` 校验失败"},
    {"message", 3, "authorization: Bearer `token`"},
    {"message", 3, "retry with password=`hex 8` for `person.login`"},
    {"message", 2, "cannot read /home/`person.login`/.config/shop.json"},
    {"message", 2, "联系 wxid_`hex 14` 或 QQ 号 `number 10000000-999999999`"},

    {"token", 1, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI`number 10-99`iLCJpYXQiOjE3fQ.`hex 43`"},
    {"mac", 3, "`device.oui`:`hex 2`:`hex 2`:`hex 2`"},
    {"mac", 1, "d4:6e:0e:`hex 2`:`hex 2`:`hex 2`"},
    {"mac", 1, "00:1f:`hex 2`:`hex 2`:`hex 2`:`hex 2`"},
    {"user_agent", 1, "`user_agent.of @platform`"},
    {"user_agent.of", 1,
     "Mozilla/5.0 (Linux; Android `device.os_version`; `device.model`) AppleWebKit/537.36 (KHTML, "
     "like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"},
    {"user_agent.of", 1,
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Version/17.4 Mobile/15E148 Safari/604.1"},
    {0},
};
