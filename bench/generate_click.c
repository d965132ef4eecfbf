/*
 * Click-stream events as schemas/shipped/click.yaml lists them. What a record holds depends on what
 * happened: a page seen, something touched, a search, a purchase, a start of the app. Beside the
 * listed members some records have `flush_reason`, which no schema lists.
 */
#include "bench/generate_values.h"

const struct generate_part generate_click_parts[] = {
    {"click", 90,
     "{'type':'click',`click.what`,'ts':`time.ms`,'sent_at':`time.sent``click.gpc 5%`"
     ",'user_id':`person.id``click.rest`"},
    {"click", 6,
     "{'type':'click',`click.what`,'ts':`time.ms`,'sent_at':`time.sent``click.gpc 5%`"
     ",'anonymous_id':'`person.visitor`'`click.rest`"},
    {"click", 4,
     "{'type':'click',`click.what`,'ts':`time.ms``click.gpc 5%`,'user_id':`person.id`"
     ",'anonymous_id':'`person.visitor`'`click.user``click.rest`"},
    {"click.rest", 1,
     ",'session':{`click.session`},'device':{`click.device`},'app':{`click.app`}`click.sdk 12%`"
     "`click.browser 8%``click.network 60%``click.geo 30%``click.experiments 4%``click.utm 4%`"
     "`click.tags 3%``click.flush 6%`}"},
    {"click.gpc", 3, ",'gpc':true"},
    {"click.gpc", 1, ",'gpc':false"},

    /* what happened */
    {"click.what", 40,
     "'event':'page_view','event_id':'`uuid`','page':{`click.page`,'load_time':`small 80-4000`}"},
    {"click.what", 30,
     "'event':'click','event_id':'`uuid`','page':{'name':'`word.activity`'},'element':{"
     "'id':'`word.element`','type':'`word.widget`'`click.element 40%`}"},
    {"click.what", 8,
     "'event':'scroll','event_id':'`uuid`','page':{`click.page`,'scroll':0.`digits 2`}"
     ",'count':`small 1-40`,'duration':`decimal 0-60 3`"},
    {"click.what", 7,
     "'event':'search','event_id':'`uuid`','page':{'name':'SearchActivity'"
     ",'search':'`word.query`'},'result':'`word.result`','count':`small 1-900`"},
    {"click.what", 5,
     "'event':'add_to_cart','event_id':'`uuid`','page':{`click.page`},'items':[`click.item *1-2`]"},
    {"click.what", 2,
     "'event':'purchase','event_id':'`uuid`','result':'`word.result`','status':`word.status`"
     ",'items':[`click.item *1-3`],'order':{'id':'`person.order`','total':`decimal 9-4000 2`"
     ",'address':'`person.address`'}"},
    {"click.what", 6,
     "'event':'app_start','event_id':'`uuid`','duration':`decimal 0-4 3`,'status':0"},
    {"click.what", 2,
     "'event':'video_play','event_id':'`uuid`','duration':`decimal 1-900 3`,'page':{`click.page`}"},

    {"click.page", 10, "'url':'`click.url`','name':'`word.activity`'"},
    {"click.page", 6, "'url':'`click.url`','referrer':'`click.referrer`'"},
    {"click.page", 4,
     "'url':'`click.url`','title':'`click.title`','name':'`word.activity`'"
     ",'previous':'`word.activity`'"},
    {"click.title", 4, "`word.goods` - Example Shop"},
    {"click.title", 3, "`word.goods` · 订单确认"},
    {"click.title", 1, "`name.chinese`的主页"},
    {"click.url", 8, "https://`host.shop`/`word.page`/`digits 8`"},
    {"click.url", 5, "https://`host.shop`/item/`digits 8`/detail?uid=`person.id`&from=`word.page`"},
    {"click.url", 3, "https://`host.shop`/s?q=`word.escaped`&page=`small 1-30`#top"},
    {"click.url", 1, "https://`host.shop`/u/`person.email`/orders?token=`hex 32`"},
    {"click.url", 1, "https://`name.given`:`hex 8`@`host.shop`/admin/`word.page`"},
    {"click.referrer", 4, "https://`host.other`/find?q=`word.escaped`"},
    {"click.referrer", 3, "https://`host.other`/"},
    {"click.referrer", 2, "https://`host.shop`/`word.page`?sid=`hex 16`"},
    {"click.element", 4, ",'text':'`word.label`','x':`number 0-1080`,'y':`decimal 0-2400 1`"},
    {"click.element", 3,
     ",'path':'main > section:`number 1-9` > button.primary','index':`small 0-40`"},
    {"click.element", 2, ",'text':'`word.label`','href':'`click.url`'"},
    {"click.element", 1, ",'text':'`message`','index':`small 0-40`"},
    {"click.item", 3,
     "{'id':'sku-`digits 8`','name':'`word.goods`','position':`small 0-60`"
     ",'quantity':`small 1-9`,'price':`decimal 5-2000 2`}"},
    {"click.item", 1,
     "{'id':'sku-`digits 8`','name':'`word.goods`','list':'`word.list`','quantity':1"
     ",'price':`decimal 5-2000 2`,'attributes':[{'name':'size','value':'`number 36-46`'},"
     "{'name':'engraving','value':'送给`name.chinese`'}]}"},

    /* the visit, the user */
    {"click.session", 6, "'id':'`person.session`','number':`small 1-500`"},
    {"click.session", 2,
     "'id':'`person.session`','started_at':`before.ms 10-3000`,'duration':`decimal 1-3000 3`"},
    {"click.session", 1, "'id':'`person.session`','number':1,'is_first':true"},
    {"click.user", 2,
     ",'user':{'login':'`person.login`','nickname':'`name.nick`','email':'`person.email`'"
     ",'phone':'`person.phone`'}"},
    {"click.user", 2,
     ",'user':{'nickname':'`name.nick`','avatar':'https://img.example.net/a/`person.id`.png'"
     ",'signature':'`word.signature`','open_id':'`person.open_id`','access_token':'`token`'}"},
    {"click.user", 1,
     ",'user':{'login':'`person.login`','sex':'`word.sex`','birth_date':'`number 1950-2009`-0"
     "`number 1-9`-`number 10-28`','phone':'+86 `person.phone`'}"},

    /* the device, the app, the browser */
    {"click.device", 1, "`click.ids @platform`,`click.facts``click.more 5%`"},
    {"click.ids", 1, "'android_id':'`person.android_id`'`click.android 30%`"},
    {"click.ids", 1, "'idfv':'`person.idfv`'`click.ios 25%`"},
    {"click.android", 5, ",'oaid':'`person.oaid`'"},
    {"click.android", 3, ",'installation_id':'`person.installation`'"},
    {"click.android", 1, ",'gaid':'`person.gaid`','push_token':'`person.push_token`'"},
    {"click.ios", 5, ",'idfa':'`person.idfa`'"},
    {"click.ios", 3, ",'installation_id':'`person.installation`'"},
    {"click.facts", 5,
     "'brand':'`device.brand`','model':'`device.model`','os':'`device.os`'"
     ",'os_version':'`device.os_version`','language':'`place.locale`'"},
    {"click.facts", 3,
     "'model':'`device.model`','os':'`device.os`','os_version':'`device.os_version`'"
     ",'screen':{'width':`screen.width`,'height':`screen.height`}"},
    {"click.facts", 1,
     "'brand':'`device.brand`','model':'`device.model`','os':'`device.os`','os_version':"
     "'`device.os_version`','screen':{'width':`screen.width`,'height':`screen.height`"
     ",'density':`screen.density`}"},
    {"click.more", 2,
     ",'time_zone':'`place.zone`','time_offset':`place.offset`,'architecture':"
     "'`device.architecture`','memory':`device.memory`,'name':'`person.device_name`'"},
    {"click.more", 1,
     ",'battery':{'level':`number 3-100`,'state':'`word.charging`'},'orientation':"
     "'`word.orientation`','dark_mode':`word.flag`"},
    {"click.app", 7, "'id':'com.example.shop','version':'`app.version`','channel':'`app.channel`'"},
    {"click.app", 2,
     "'id':'com.example.shop','version':'`app.version`','build':`app.build`"
     ",'environment':'`word.environment`'"},
    {"click.sdk", 1,
     ",'sdk':{'name':'example.analytics','version':'2.`number 0-9`.`number 0-20`'}"},
    {"click.browser", 3,
     ",'browser':{'name':'`word.browser`','version':'`number 90-126`.0.`number 1000-6478`'}"},
    {"click.browser", 2,
     ",'browser':{'name':'`word.browser`','version':'`number 90-126`.0','user_agent':"
     "'`user_agent`','cookie':'sid=`hex 16`; theme=dark; uid=`person.id`'}"},

    /* the network, the place, what marketing adds */
    {"click.network", 7, ",'network':{'ip':'`person.ip`','access':'`network.access`'}"},
    {"click.network", 2,
     ",'network':{'ip':'`person.ip`','access':'`network.access`','operator':'`place.operator`'"
     ",'latency':`decimal 3-400 1`}"},
    {"click.network", 1,
     ",'network':{'ip':'`person.ip`','access':'wifi','state':'connected','isp':'`word.isp`'"
     ",'wifi':{'ssid':'`ssid`','bssid':'`mac`'}}"},
    {"click.geo", 8, ",'geo':{'country':'`place.country`','region':'`place.region`'}"},
    {"click.geo", 1,
     ",'geo':{'country':'`place.country`','city':'`place.city`','latitude':`place.latitude`"
     "`digits 5`,'longitude':`place.longitude``digits 5`}"},
    {"click.experiments", 1, ",'experiments':[`click.experiment *1-2`]"},
    {"click.experiment", 1, "{'name':'`word.experiment`','variant':'`word.variant`'}"},
    {"click.utm", 2, ",'utm':{'source':'`word.source`','medium':'email','campaign':'autumn_sale'}"},
    {"click.utm", 1,
     ",'utm':{'source':'`word.source`','medium':'cpc','campaign':'`word.experiment`'"
     ",'term':'`word.query`','content':'banner_`number 1-9`'}"},
    {"click.tags", 2, ",'tags':['`word.goods`','autumn sale']"},
    {"click.tags", 1, ",'tags':['seen by `person.email`']"},
    {"click.flush", 1, ",'flush_reason':'timer'"},
    {0},
};
