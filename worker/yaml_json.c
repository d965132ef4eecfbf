#include "worker/yaml_json.h"

#include "core/json_scan.h"

/* Does the text stand for itself in JSON? */
static bool is_json_scalar(struct slice text)
{
    struct json_names names;
    if (slice_equal(text, SLICE("true")) || slice_equal(text, SLICE("false")) ||
        slice_equal(text, SLICE("null")))
        return true;
    if (text.length == 0 || !(text.data[0] == '-' || (text.data[0] >= '0' && text.data[0] <= '9')))
        return false;
    json_names_init(&names, 0, 1);
    bool well_formed = json_check(text, 1, &names, NULL) == JSON_FAULT_NONE;
    json_names_release(&names);
    return well_formed;
}

static void write_children(struct buffer *out, const struct yaml_node *node, bool named)
{
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        if (child != node->first)
            buffer_append_byte(out, ',');
        if (named) {
            json_write_string(out, child->key);
            buffer_append_byte(out, ':');
        }
        yaml_write_json(out, child);
    }
}

void yaml_write_json(struct buffer *out, const struct yaml_node *node)
{
    switch (node->type) {
    case YAML_NULL:
        buffer_append_string(out, "null");
        break;
    case YAML_SCALAR:
        if (!node->quoted && is_json_scalar(node->text))
            buffer_append(out, node->text);
        else
            json_write_string(out, node->text);
        break;
    case YAML_SEQUENCE:
        buffer_append_byte(out, '[');
        write_children(out, node, false);
        buffer_append_byte(out, ']');
        break;
    case YAML_MAPPING:
        buffer_append_byte(out, '{');
        write_children(out, node, true);
        buffer_append_byte(out, '}');
        break;
    }
}
