/*
 * Crash reports as schemas/shipped/crash.yaml lists them, from apps on Android and iOS: exceptions
 * with frames, threads, images, breadcrumbs, and the state of app and device. Beside the listed
 * members some have `attachments`, which no schema lists.
 */
#include "bench/generate_values.h"

const struct generate_part generate_crash_parts[] = {
    {"crash", 1,
     "{'type':'crash','event_id':'`hex 32`','timestamp':'`time.text`','level':'`crash.level`'"
     ",'platform':'`crash.platform @platform`','release':'`app.version`','build':`app.build`"
     ",'environment':'`word.environment`','logger':'com.example.shop.CrashHandler'"
     "`crash.screen 50%``crash.message 30%``crash.stack_text 8%``crash.logcat 8%`"
     "`crash.fingerprint 6%`,'installation_id':'`person.installation`'"
     "`crash.session 60%``crash.user 55%`,'exception':[`crash.exception`]`crash.threads 30%`"
     "`crash.registers 8%``crash.images 20%`,'breadcrumbs':[`crash.crumb *1-5`]"
     ",'contexts':{`crash.contexts`}`crash.tags 20%``crash.extra 10%``crash.attachments 5%`}"},
    {"crash.level", 3, "fatal"},
    {"crash.level", 5, "error"},
    {"crash.level", 1, "warning"},
    {"crash.platform", 1, "android"},
    {"crash.platform", 1, "ios"},
    {"crash.screen", 1, ",'screen':'`word.activity`'"},
    {"crash.message", 1, ",'message':'`message`'"},
    {"crash.stack_text", 1,
     ",'stack_text':'java.lang.`crash.java_type`: `message`\\n\\tat com.example.shop.pay.CardStore"
     ".load(CardStore.java:`number 20-400`)\\n\\tat com.example.shop.pay.Checkout.run(Checkout.kt:"
     "`number 20-400`)\\n\\tat android.os.Handler.dispatchMessage(Handler.java:102)\\nCaused by: "
     "java.io.IOException: `message`\\n\\tat okhttp3.internal.connection.RealCall.execute("
     "RealCall.kt:154)\\n\\t... 8 more\\n'"},
    {"crash.logcat", 1,
     ",'logcat':'D/Net: GET https://`host.api`/v1/cart?uid=`person.id`\\nE/Pay: `message`\\n'"},
    {"crash.fingerprint", 1, ",'fingerprint':['{{ default }}','`word.page`-`number 1-9`']"},
    {"crash.session", 1, ",'session_id':'`person.session`'"},
    {"crash.user", 5, ",'user':{'id':'`person.id`'}"},
    {"crash.user", 2,
     ",'user':{'id':'`person.id`','login':'`person.login`','email':'`person.email`'"
     ",'ip':'`person.ip`'}"},
    {"crash.user", 1, ",'user':{'ip':'`person.ip`','name':'`name.chinese`'}"},

    /* exceptions and frames */
    {"crash.exception", 4, "`crash.cause @platform`"},
    {"crash.exception", 1,
     "`crash.cause @platform`,{'type':'IOException','value':'`message`','module':'java.io'"
     ",'thread_id':2,'mechanism':{'type':'chained','handled':true},'frames':["
     "`crash.frame_android *1-3`]}"},
    {"crash.cause", 1,
     "{'type':'`crash.java_type`','value':'`message`','module':'java.lang','thread_id':"
     "`number 1-40`,'mechanism':{'type':'UncaughtExceptionHandler','handled':false},'frames':["
     "`crash.frame_android *3-8`]}"},
    {"crash.cause", 1,
     "{'type':'`crash.apple_type`','value':'`message`','thread_id':`number 0-20`,'mechanism':{"
     "'type':'mach','handled':false,'signal':{'number':`crash.signal`}},'frames':["
     "`crash.frame_ios *4-9`]}"},
    {"crash.java_type", 5, "NullPointerException"},
    {"crash.java_type", 3, "IllegalStateException"},
    {"crash.java_type", 2, "IndexOutOfBoundsException"},
    {"crash.java_type", 1, "OutOfMemoryError"},
    {"crash.java_type", 1, "NumberFormatException"},
    {"crash.apple_type", 3, "EXC_BAD_ACCESS"},
    {"crash.apple_type", 1, "NSInvalidArgumentException"},
    {"crash.apple_type", 1, "EXC_CRASH"},
    {"crash.signal", 3, "11,'name':'SIGSEGV'"},
    {"crash.signal", 2, "6,'name':'SIGABRT'"},
    {"crash.signal", 1, "10,'name':'SIGBUS'"},
    {"crash.frame_android", 1,
     "{`crash.method`,'line':`small 10-900``crash.place 6%`,'in_app':`word.flag`}"},
    {"crash.method", 3,
     "'function':'load','module':'com.example.shop.pay.CardStore','file':'CardStore.java'"},
    {"crash.method", 3,
     "'function':'onBindViewHolder','module':'com.example.shop.list.ItemAdapter','file':"
     "'ItemAdapter.kt'"},
    {"crash.method", 2,
     "'function':'invokeSuspend','module':'com.example.shop.net.Api$fetch$2','file':'Api.kt'"},
    {"crash.method", 3,
     "'function':'dispatchMessage','module':'android.os.Handler','file':'Handler.java'"},
    {"crash.method", 2, "'function':'loop','module':'android.os.Looper','file':'Looper.java'"},
    {"crash.method", 2,
     "'function':'main','module':'android.app.ActivityThread','file':'ActivityThread.java'"},
    {"crash.method", 1,
     "'function':'<init>','module':'okhttp3.internal.connection.RealCall','file':'RealCall.kt'"},
    {"crash.place", 3,
     ",'absolute_path':'/home/`person.login`/build/shop/src/main/java/com/example/shop/"
     "CardStore.java','column':`number 1-90`"},
    {"crash.place", 1,
     ",'absolute_path':'C:\\\\Users\\\\`person.login`\\\\shop\\\\CardStore.java'"},
    {"crash.place", 1,
     ",'package':'/data/app/com.example.shop-`number 1-2`/base.apk','locals':{'value':"
     "'cardOwner=`name.chinese`'}"},
    {"crash.frame_ios", 3,
     "{'function':'`crash.symbol`','package':'/private/var/containers/Bundle/Application/`uuid`/"
     "Shop.app/Shop','address':'0x10`hex 7`','in_app':true}"},
    {"crash.frame_ios", 4,
     "{'function':'`crash.symbol`','package':'/usr/lib/system/libsystem_kernel.dylib','address':"
     "'0x1`hex 8`','in_app':false}"},
    {"crash.symbol", 3, "-[ShopCartViewController tableView:cellForRowAtIndexPath:]"},
    {"crash.symbol", 2, "Shop.CartStore.total.getter"},
    {"crash.symbol", 2, "objc_msgSend"},
    {"crash.symbol", 2, "__pthread_kill"},
    {"crash.symbol", 1, "std::__1::vector<int, std::__1::allocator<int> >::at(unsigned long)"},
    {"crash.symbol", 1, "UIApplicationMain"},

    /* threads, registers, images */
    {"crash.threads", 1, ",'threads':[`crash.thread *1-2`]"},
    {"crash.thread", 1,
     "{'id':`number 1-60`,'name':'`word.thread`','state':'`word.thread_state`','crashed':"
     "`word.flag`,'frames':[`crash.thread_frame *1-2`]}"},
    {"crash.thread_frame", 1,
     "{`crash.method`,'line':`small 10-900``crash.native 30%`,'in_app':false}"},
    {"crash.native", 1, ",'address':'0x7`hex 9`'"},
    {"crash.registers", 1,
     ",'registers':{'pc':'0x0000007`hex 9`','lr':'0x0000007`hex 9`','sp':'0x0000007`hex 9`'"
     ",'x0':'0x`hex 16`'}"},
    {"crash.images", 1, ",'images':[`crash.image @platform`]"},
    {"crash.image", 1,
     "{'type':'elf','file':'/data/app/com.example.shop-1/lib/arm64/libpay.so','id':'`hex 40`'"
     ",'architecture':'`device.architecture`','address':'0x7`hex 9`','size':`number "
     "90000-9000000`}"},
    {"crash.image", 1,
     "{'type':'macho','file':'/private/var/containers/Bundle/Application/`uuid`/Shop.app/Shop'"
     ",'id':'`uuid`','architecture':'arm64','address':'0x10`hex 7`','size':`number "
     "90000-9000000`}"},

    /* what happened before */
    {"crash.crumb", 4,
     "{'time':'`before.text 1-20`','type':'navigation','category':'ui.lifecycle','level':'info'"
     ",'data':{'from':'`word.activity`','to':'`word.activity`'}}"},
    {"crash.crumb", 3,
     "{'time':'`before.text 1-20`','type':'http','category':'okhttp','level':'`word.level`'"
     ",'data':{'url':'https://`host.api`/v1/`word.page`/`digits 8`?uid=`person.id`','method':"
     "'`word.method`','status':`word.status``crash.body 15%`}}"},
    {"crash.crumb", 3,
     "{'time':'`before.text 1-20`','type':'log','category':'console','level':'`word.level`'"
     ",'message':'`message`'}"},
    {"crash.body", 1, ",'body':'{\\'phone\\':\\'`person.phone`\\'}'"},

    /* app and device */
    {"crash.contexts", 1,
     "'app':{'id':'com.example.shop','version':'`app.version`'`crash.app 50%`},'device':{"
     "`crash.ids @platform`,'brand':'`device.brand`','model':'`device.model`'`crash.device 60%`}"
     ",'os':{'name':'`device.os`','version':'`device.os_version`'`crash.kernel 15%`}"
     "`crash.locale 40%``crash.network 50%``crash.trace 15%`"},
    {"crash.app", 3,
     ",'channel':'`app.channel`','started_at':'`before.text 20-4000`','uptime':`decimal 1-4000 3`"
     ",'memory':`number 40000000-400000000`,'foreground':`word.flag`"},
    {"crash.app", 1,
     ",'process':'com.example.shop:push','process_id':`number 300-32000`,'permissions':{'storage':"
     "'`word.permission`','location':'`word.permission`'}"},
    {"crash.ids", 1, "'android_id':'`person.android_id`'"},
    {"crash.ids", 1, "'idfv':'`person.idfv`'"},
    {"crash.device", 3,
     ",'architecture':'`device.architecture`','battery':`decimal 2-99 1`,'charging':`word.flag`"
     ",'orientation':'`word.orientation`','memory':{'total':`device.memory`,'free':`small 90-6000`"
     "},'storage':{'total':`word.storage`,'free':`small 100-120000`}"},
    {"crash.device", 1,
     ",'serial':'`person.serial`','name':'`person.device_name`','simulator':false,'rooted':"
     "`word.rarely`,'boot_time':'`before.text 4000-900000`','screen':{'width':`screen.width`"
     ",'height':`screen.height`}"},
    {"crash.kernel", 1, ",'kernel':'5.`number 4-15`.`number 10-180`-android13'"},
    {"crash.locale", 1, ",'locale':{'language':'`place.locale`','time_zone':'`place.zone`'}"},
    {"crash.network", 1,
     ",'network':{'access':'`network.access`','operator':'`place.operator`','state':'connected'}"},
    {"crash.trace", 1, ",'trace':{'trace_id':'`hex 32`','span_id':'`hex 16`'}"},
    {"crash.tags", 2, ",'tags':{'feature':'`word.page`','screen':'`word.activity`'}"},
    {"crash.tags", 1,
     ",'tags':{'feature':'`word.page`','note':'reported twice by `name.chinese`'}"},
    {"crash.extra", 2, ",'extra':{'last_url':'file:///home/`person.login`/notes.html'}"},
    {"crash.extra", 1, ",'extra':{'comment':'`message`'}"},
    {"crash.extra", 1, ",'extra':{'authorization':'Bearer `token`'}"},
    {"crash.attachments", 1, ",'attachments':['screenshot-`digits 3`.png']"},
    {0},
};
