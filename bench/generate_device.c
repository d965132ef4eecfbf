/*
 * Device logs as schemas/shipped/device.yaml lists them: an agent on an Android device sends some
 * lines of its log and what the system reports beside them. Some agents collect what they should
 * not (contacts, calls, the clipboard), and some records have `agent.queue`, which no schema lists.
 */
#include "bench/generate_values.h"

const struct generate_part generate_device_parts[] = {
    {"device", 1,
     "{'type':'device','batch_id':'b-`digits 12`','sequence':`small 1-90000`,'time':`time.s`"
     ",'uptime':`decimal 60-900000 1`,'boot_time':`before.s 3600-900000`"
     "`log.installation 80%`,'lines':[`log.line *2-5`]`log.user 35%`"
     ",'device':{'android_id':'`person.android_id`'`log.ids``log.facts`}`log.sim 45%`"
     "`log.power 60%``log.settings 25%``log.network 80%``log.wifi 45%`"
     "`log.cells 25%``log.bluetooth 10%``log.position 20%``log.app``log.apps 25%`"
     "`log.excess 4%``log.agent 6%`}"},
    {"log.installation", 1, ",'installation_id':'`person.installation`'"},
    {"log.line", 1,
     "{'time':`before.ms 0-20`,'level':'`word.level`','priority':`number 2-7`,'tag':'`word.tag`'"
     ",'process':`number 300-32000`,'thread':`number 300-32000`,'message':'`message`'}"},
    {"log.user", 3, ",'user':{'id':`person.id`}"},
    {"log.user", 1,
     ",'user':{'id':`person.id`,'phone':'`person.phone`','email':'`person.email`'"
     ",'steps':`small 1-30000`}"},

    /* identifiers, of which several are numbers in JSON */
    {"log.ids", 5, ",'oaid':'`person.oaid`'"},
    {"log.ids", 3, ",'oaid':'`person.oaid`','imei':`person.imei`"},
    {"log.ids", 2,
     ",'imei':'`person.imei`','imei2':'`person.imei2`','mac':{'wifi':'`person.mac`'}"},
    {"log.ids", 2,
     ",'gaid':'`person.gaid`','serial':'`person.serial`','mac':{'wifi':'`person.mac`'"
     ",'bluetooth':'`person.mac_bluetooth`'}"},
    {"log.ids", 1,
     ",'imei':'`person.imei`','meid':'`person.meid`','nfc_id':'04`hex 12`'"
     ",'name':'`person.device_name`'"},
    {"log.facts", 4,
     ",'brand':'`device.brand`','model':'`device.model`','os':'Android'"
     ",'os_version':'`device.os_version`','language':'`place.locale`','rooted':`word.rarely`"},
    {"log.facts", 2,
     ",'brand':'`device.brand`','model':'`device.model`','os':'Android'"
     ",'os_version':'`device.os_version`','firmware':'`device.model`_`device.os_version`.0.`"
     "number 100-320`.CN','architecture':'`device.architecture`','language':'`place.locale`'"
     ",'time_zone':'`place.zone`','rooted':false,'screen':{'width':`screen.width`"
     ",'height':`screen.height`},'sensors':[`log.sensor *2-5`]"},
    {"log.sensor", 1, "{'kind':'`word.sensor`'}"},
    {"log.sim", 3, ",'sim':{'operator':'`place.mccmnc`'}"},
    {"log.sim", 2, ",'sim':{'imsi':`person.imsi`,'operator':'`place.operator`'}"},
    {"log.sim", 1,
     ",'sim':{'imsi':'`person.imsi`','iccid':'`person.iccid`','serial':'`person.sim_serial`'"
     ",'operator':'`place.mccmnc`'}"},

    /* what the system is doing */
    {"log.power", 1,
     ",'battery':{'level':`number 2-100`,'state':'`word.charging`','temperature':"
     "`decimal 18-46 1`},'memory':{'total':`device.memory`,'free':`small 90-6000`,'low':"
     "`word.rarely`},'storage':{'total':`word.storage`,'free':`small 100-120000`}"
     ",'processor':{'cores':`device.cores`,'load':`decimal 0-7 2`}"},
    {"log.settings", 1,
     ",'settings':{'dark_mode':'`word.switch`','ringer':'`word.ringer`','location':"
     "'`word.enabled`'},'permissions':{'storage':'`word.permission`','location':"
     "'`word.permission`','contacts':'`word.permission`'}"},
    {"log.network", 4,
     ",'network':{'ip':'`person.ip`','access':'`network.access`','state':'connected'"
     ",'latency':`decimal 2-300 2`}"},
    {"log.network", 1,
     ",'network':{'ip':'`person.ip`','addresses':['192.168.`number 0-9`.`number 2-254`',"
     "'fe80::`hex 4`:`hex 3`f:fe`hex 2`:`hex 4`'],'access':'`network.access`','state':'connected'"
     ",'isp':'`word.isp`'}"},
    {"log.wifi", 2,
     ",'wifi':{'state':'connected','connected':{'ssid':'`ssid`','bssid':'`mac`'"
     ",'level':-`number 30-85`},'scan':[`log.access_point *2-6`]}"},
    {"log.wifi", 1, ",'wifi':{'state':'`word.wifi`','scan':[`log.access_point *0-4`]}"},
    {"log.access_point", 1,
     "{'ssid':'`ssid`','bssid':'`mac`','level':-`number 30-95`,'frequency':`word.frequency`}"},
    {"log.cells", 1, ",'cells':[`log.cell *1-3`]"},
    {"log.cell", 1,
     "{'cid':`number 1000000-268000000`,'lac':`number 1000-65000`,'mcc':`place.mcc`"
     ",'mnc':`number 0-11`,'level':-`number 60-120`}"},
    {"log.bluetooth", 1, ",'bluetooth':[`log.neighbour *1-2`]"},
    {"log.neighbour", 3, "{'name':'`name.given`’s earphones','address':'`mac`'}"},
    {"log.neighbour", 1, "{'name':'`name.chinese`的手环','address':'`mac`'}"},
    {"log.position", 2,
     ",'position':{'latitude':`place.latitude``digits 5`,'longitude':`place.longitude``digits 5`"
     ",'altitude':`decimal 1-90 1`,'accuracy':`number 3-60`,'speed':`decimal 0-30 1`}"},
    {"log.position", 1,
     ",'position':{'text':'`place.latitude``digits 5`,`place.longitude``digits 5`','city':"
     "'`place.city`','region':'`place.region`','country':'`place.country`'}"},

    /* apps */
    {"log.app", 1,
     ",'app':{'id':'com.example.agent','version':'`app.version`','build':`app.build`"
     ",'channel':'`app.channel`','state':'`word.state`','process':'com.example.agent:log'}"},
    {"log.apps", 2, ",'apps':{'installed':[`log.installed *3-8`]}"},
    {"log.apps", 1, ",'apps':{'installed':[`log.installed *2-4`],'running':[`log.running *1-3`]}"},
    {"log.installed", 1,
     "{'package':'`package`','version':'`number 1-20`.`number 0-30`.`number 0-9`','source':"
     "'`app.store`','installed_at':`before.s 86400-40000000`}"},
    {"log.running", 1,
     "{'package':'`package`','process':`number 300-32000`,'foreground_time':`decimal 0-9000 1`"
     ",'launches':`small 1-60`}"},
    {"log.excess", 2, ",'contacts':{'count':`small 1-900`}"},
    {"log.excess", 2, ",'calls':[{'number':'`person.phone`','duration':`small 1-3600`}]"},
    {"log.excess", 2, ",'clipboard':'`message`'"},
    {"log.agent", 1, ",'agent':{'queue':`number 0-9`}"},
    {0},
};
