/*
 * What people have said: the values of consent messages (consent/message.h), for the purposes of
 * schemas/shipped/default-policy.yaml. Of a hundred people about six have never said anything
 * (generate.c leaves them out); of the others, by weight: most granted, everything or some
 * purposes; some denied, withdrew, let it run out, granted an older version of the policy, said
 * something only of another purpose, granted in the middle of the capture, are minors, or asked for
 * erasure, which may be due or not.
 */
#include "bench/generate_values.h"

#define PURPOSE(name, state, since) "'" name "':{'state':'" state "','since':'" since "'"
#define LONG_AGO                    "`before.text 90000-63072000`"
#define GRANTED(name)                                                                              \
    PURPOSE(name, "granted", LONG_AGO) "`consent.until`,'policy_version':`consent.version`}"
#define REFUSED(name, state) PURPOSE(name, state, LONG_AGO) ",'policy_version':3}"

const struct generate_part generate_consent_parts[] = {
    {"consent", 97,
     "{'seq':`small 1-40`,'purposes':{`consent.purposes`},'age':`consent.age`,'erase_at':null}"},
    {"consent", 2,
     "{'seq':`small 2-40`,'purposes':{`consent.purposes`},'age':`number 6-13`,'erase_at':null}"},
    {"consent", 1, "`consent.erased`"},
    {"consent.erased", 1,
     "{'seq':`small 3-40`,'purposes':{`consent.purposes`},'age':null,'erase_at':"
     "'`before.text 100-500000`'}"},
    {"consent.erased", 1,
     "{'seq':`small 3-40`,'purposes':{`consent.purposes`},'age':null,'erase_at':'`time.ahead`'}"},

    {"consent.purposes", 34,
     GRANTED("operation") "," GRANTED("research") "," GRANTED("advertising") "," GRANTED(
         "cross_border")},
    {"consent.purposes", 18, GRANTED("operation") "," GRANTED("research")},
    {"consent.purposes", 16, GRANTED("operation")},
    {"consent.purposes", 11,
     REFUSED("operation", "denied") "," REFUSED("research", "denied") "," REFUSED(
         "advertising", "denied") "," REFUSED("cross_border", "denied")},
    {"consent.purposes", 7, REFUSED("operation", "withdrawn") "," REFUSED("research", "withdrawn")},
    {"consent.purposes", 3,
     PURPOSE("operation", "expired",
             LONG_AGO) ",'until':"
                       "'`before.text 90000-5000000`','policy_version':3}," REFUSED("research",
                                                                                    "denied")},
    {"consent.purposes", 3,
     PURPOSE("operation", "granted", LONG_AGO) ",'until':"
                                               "'`before.text 90000-5000000`','policy_version':3}"},
    {"consent.purposes", 4,
     PURPOSE("operation", "granted",
             LONG_AGO) ",'until':null"
                       ",'policy_version':2}," PURPOSE("research", "granted",
                                                       LONG_AGO) ",'policy_version':1}"},
    {"consent.purposes", 2,
     PURPOSE("operation", "granted",
             "`before.text 1000-80000`") ",'until':null,'policy_version':3}"},
    {"consent.purposes", 2, REFUSED("advertising", "denied")},

    /* a device that refuses advertising, and with it everything */
    {"consent.refused", 1,
     "{'seq':`small 1-40`,'purposes':{" REFUSED("operation", "denied") "," REFUSED(
         "research", "denied") "," REFUSED("advertising",
                                           "denied") "},'age':null,'erase_at':null}"},

    {"consent.until", 6, ",'until':null"},
    {"consent.until", 1, ",'until':'`time.ahead`'"},
    {"consent.version", 5, "3"},
    {"consent.version", 1, "4"},
    {"consent.age", 5, "null"},
    {"consent.age", 4, "`number 18-75`"},
    {"consent.age", 1, "`number 14-17`"},
    {0},
};
