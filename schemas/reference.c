#include "schemas/reference.h"

#include "schemas/canonical.h"
#include "schemas/reason.h"
#include "schemas/recipient.h"
#include "schemas/value_shape.h"

static void begin_page(struct buffer *out, const char *title, const char *text)
{
    buffer_append_format(out, "# %s\n\nMade from the tables of the source; not written by hand.\n",
                         title);
    buffer_append_format(out, "\n%s\n", text);
}

/* A cell of a table: `|` would end it. */
static void append_cell(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, *text);
    }
}

static const char *alphabet_words(enum alphabet alphabet)
{
    switch (alphabet) {
    case ALPHABET_NONE:
        return "nothing";
    case ALPHABET_DIGITS:
        return "digits";
    case ALPHABET_HEX:
        return "0x and hex digits";
    case ALPHABET_BUILD_ID:
        return "hex digits (32 or more) and -";
    case ALPHABET_WORD:
        return "letters, digits, _ -";
    case ALPHABET_DOTTED:
        return "letters, digits, _ - .";
    case ALPHABET_VERSION:
        return "letters, digits, _ - . + ~ ( ) and space";
    case ALPHABET_MODEL:
        return "letters, digits, _ - . , + / ( ) and space";
    case ALPHABET_LOCALE:
        return "letters, digits, _ - / + :";
    case ALPHABET_TIME:
        return "a time in RFC 3339 or in digits";
    case ALPHABET_SYMBOL:
        return "names in code: letters, digits, _ - . $ < > : ~ , * & [ ] ( ) = ! # + ; / and "
               "space";
    case ALPHABET_LABEL:
        return "letters of any script, digits, _ - . & and space";
    }
    return "";
}

static const char *form_words(enum identifier_form form)
{
    static const char *const words[FORM_COUNT] = {
        [FORM_TEXT] = "trimmed text",
        [FORM_IMEI] = "14 digits, without check digit or software version",
        [FORM_MEID] = "14 hex digits, upper case",
        [FORM_IMSI] = "14 or 15 digits",
        [FORM_ICCID] = "18 to 22 digits from 89",
        [FORM_SERIAL] = "letters and digits, case kept",
        [FORM_ANDROID_ID] = "16 hex digits, lower case",
        [FORM_UUID] = "8-4-4-4-12, lower case",
        [FORM_MAC] = "octets joined by colons, lower case",
        [FORM_PHONE] = "+, country and number",
        [FORM_EMAIL] = "lower case",
        [FORM_HEX] = "hex digits, lower case",
        [FORM_ADVERTISING] = "8-4-4-4-12 or hex digits, lower case; zeros opt out",
    };
    return words[form] ? words[form] : "";
}

static void append_string_rule(struct buffer *out, const struct value_rule *rule)
{
    if (rule->enumeration) {
        buffer_append_string(out, "one of: ");
        for (const char *at = rule->enumeration; *at; at++)
            buffer_append_string(out, *at == '|' ? ", " : (char[]){*at, '\0'});
        return;
    }
    append_cell(out, alphabet_words(rule->alphabet));
    buffer_append_format(out, "; at most %u bytes", rule->length_limit);
    if (rule->digit_limit < rule->length_limit)
        buffer_append_format(out, ", %u digits", rule->digit_limit);
}

static void append_number_rule(struct buffer *out, const struct value_rule *rule)
{
    if (rule->instant) {
        buffer_append_string(out, "a number that is a time");
        return;
    }
    buffer_append_string(out, "number from ");
    buffer_append_i64(out, rule->minimum);
    buffer_append_string(out, " to ");
    buffer_append_i64(out, rule->maximum);
    if (rule->fraction_limit)
        buffer_append_format(out, ", %u digits after the point", rule->fraction_limit);
}

static void append_value(struct buffer *out, const struct category_info *info)
{
    const struct value_rule *rule = &info->value;
    if (rule->string)
        append_string_rule(out, rule);
    if (rule->string && rule->number)
        buffer_append_string(out, "; or ");
    if (rule->number)
        append_number_rule(out, rule);
    if (rule->boolean)
        buffer_append_string(out, "true, false");
    if (info->form != FORM_NONE)
        buffer_append_format(out, "canonical: %s", form_words(info->form));
}

static void append_group(struct buffer *out, enum category_group group)
{
    buffer_append_format(out, "\n## %s\n\n", category_group_name(group));
    buffer_append_string(out, "| category | what it is | kind | value | default |\n");
    buffer_append_string(out, "|---|---|---|---|---|\n");
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        const struct category_info *info = category_info((enum category)i);
        if (info->group != group)
            continue;
        buffer_append_format(out, "| `%s` | ", info->name);
        append_cell(out, info->description);
        buffer_append_format(out, " | %s | ", kind_name(info->kind));
        append_value(out, info);
        buffer_append_format(out, " | %s |\n", info->default_action);
    }
}

static void append_shapes(struct buffer *out)
{
    buffer_append_string(out, "\n## Shapes that no kept text has\n\n"
                              "Whatever the alphabet allows, a text with one of these is dropped "
                              "(lists excepted).\n\n");
    for (unsigned i = SHAPE_NONE + 1; i < VALUE_SHAPE_COUNT; i++)
        buffer_append_format(out, "- %s\n", value_shape_sentence((enum value_shape)i));
}

static void append_profiles(struct buffer *out)
{
    buffer_append_string(out, "\n## Recipient profiles\n\n"
                              "A ceiling is the most that a recipient may get; the policy still "
                              "decides. A prefix admits no identifier.\n\n"
                              "| profile | for | ceiling |\n|---|---|---|\n");
    for (size_t i = 0; i < profile_count(); i++) {
        const struct profile *profile = profile_at(i);
        buffer_append_format(out, "| `%s` | %s |", profile->name, profile->purpose);
        for (const char *const *entry = profile->ceiling; *entry; entry++)
            buffer_append_format(out, " `%s`", *entry);
        buffer_append_string(out, " |\n");
    }
}

static void append_placeholders(struct buffer *out)
{
    buffer_append_string(out, "\n## Placeholders\n\n"
                              "Ids that stand for nobody: a field that holds one counts as absent. "
                              "So does an id of zeros of any length.\n\n"
                              "| canonical form | placeholder |\n|---|---|\n");
    for (size_t i = 0; i < placeholder_count(); i++) {
        enum identifier_form form = FORM_NONE;
        const char *text = placeholder_at(i, &form);
        buffer_append_format(out, "| %s | `%s` |\n", form_words(form), text);
    }
}

void reference_write_categories(struct buffer *out)
{
    begin_page(out, "Categories",
               "What a datum is. A schema gives every field one of these. The kind is the floor:\n"
               "see [actions](actions.md) for the most that may be done with each. `value` is\n"
               "what a value must be to be kept; anything else is dropped and counted. `default`\n"
               "is what the shipped policy does.");
    for (unsigned i = 0; i < CATEGORY_GROUP_COUNT; i++)
        append_group(out, (enum category_group)i);
    append_shapes(out);
    append_profiles(out);
    append_placeholders(out);
}

static const char *permission_words(enum permission permission)
{
    return permission == PERMITTED_ALWAYS    ? "yes"
           : permission == PERMITTED_GRANTED ? "when granted"
                                             : "-";
}

void reference_write_actions(struct buffer *out)
{
    begin_page(out, "Actions",
               "What a policy can do with a datum, and what it may do with which kind.");
    buffer_append_string(out, "\n| action | what it does |\n|---|---|\n");
    for (unsigned i = 0; i < ACTION_COUNT; i++)
        buffer_append_format(out, "| `%s` | %s |\n", action_name((enum action)i),
                             action_description((enum action)i));
    buffer_append_string(out, "\n## The floor of each kind\n\n"
                              "| kind | the most that may leave |\n|---|---|\n");
    for (unsigned i = 0; i < KIND_COUNT; i++)
        buffer_append_format(out, "| %s | %s |\n", kind_name((enum kind)i),
                             kind_floor((enum kind)i));
    buffer_append_string(out, "\n## Which action may follow which kind\n\n| kind |");
    for (unsigned i = 0; i < ACTION_COUNT; i++)
        buffer_append_format(out, " %s |", action_name((enum action)i));
    buffer_append_string(out, "\n|---|");
    for (unsigned i = 0; i < ACTION_COUNT; i++)
        buffer_append_string(out, "---|");
    for (unsigned i = 0; i < KIND_COUNT; i++) {
        buffer_append_format(out, "\n| %s |", kind_name((enum kind)i));
        for (unsigned j = 0; j < ACTION_COUNT; j++)
            buffer_append_format(out, " %s |",
                                 permission_words(action_permission((enum kind)i, (enum action)j)));
    }
    buffer_append_string(out, "\n");
}

static void begin_reasons(struct buffer *out, const char *title)
{
    buffer_append_format(out, "\n## %s\n\n| reason | meaning |\n|---|---|\n", title);
}

static void append_reason(struct buffer *out, const char *name, const char *sentence)
{
    buffer_append_format(out, "| `%s` | ", name);
    append_cell(out, sentence);
    buffer_append_string(out, " |\n");
}

void reference_write_reasons(struct buffer *out)
{
    begin_page(out, "Reasons", "Why something did not leave, as counters and summaries name it.");
    begin_reasons(out, "A field was left out");
    for (unsigned i = 0; i < DROP_REASON_COUNT; i++)
        append_reason(out, drop_reason_name((enum drop_reason)i),
                      drop_reason_sentence((enum drop_reason)i));
    begin_reasons(out, "A record was withheld, reduced or released");
    for (unsigned i = 0; i < DECIDED_COUNT; i++)
        append_reason(out, decided_name((enum decided)i), decided_sentence((enum decided)i));
    begin_reasons(out, "A message or record was quarantined");
    for (unsigned i = QUARANTINE_NONE + 1; i < QUARANTINE_REASON_COUNT; i++)
        append_reason(out, quarantine_reason_name((enum quarantine_reason)i),
                      quarantine_reason_sentence((enum quarantine_reason)i));
}
