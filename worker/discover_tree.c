#include "worker/discover_tree.h"

#include <stdlib.h>

#include <xxhash.h>

#include "worker/discover_name.h"

enum {
    NAMES_LIMIT = 16 * 1024 * 1024,
    INDEX_SIZE = 4 * DISCOVER_PATHS,
    FEW_OBJECTS = 3,
    ALIKE_MEMBERS = 16, /* so many names of values that are all alike may be data */
};

enum rc discover_tree_init(struct discover_tree *tree, uint64_t seed)
{
    *tree = (struct discover_tree){.seed = seed, .free = DISCOVER_NONE};
    tree->nodes = calloc(DISCOVER_PATHS, sizeof *tree->nodes);
    if (!tree->nodes)
        return RC_NO_MEMORY;
    arena_init(&tree->names, NAMES_LIMIT);
    memset(tree->index, 0xff, sizeof tree->index);
    tree->nodes[DISCOVER_ROOT] = (struct discover_node){.parent = DISCOVER_NONE,
                                                        .first_child = DISCOVER_NONE,
                                                        .last_child = DISCOVER_NONE,
                                                        .next_sibling = DISCOVER_NONE};
    tree->node_count = 1;
    return RC_OK;
}

void discover_tree_release(struct discover_tree *tree)
{
    arena_release(&tree->names);
    free(tree->nodes);
    tree->nodes = NULL;
}

static size_t slot_of(const struct discover_tree *tree, uint16_t parent, struct slice name)
{
    uint64_t hash =
        XXH3_64bits_withSeed(name.data ? name.data : "", name.length, tree->seed + parent);
    return (size_t)(hash % INDEX_SIZE);
}

/* The slot that holds the child, or the empty one where it belongs. The index is at most a quarter
 * full. */
static size_t find_slot(const struct discover_tree *tree, uint16_t parent, struct slice name)
{
    size_t slot = slot_of(tree, parent, name);
    while (tree->index[slot] != DISCOVER_NONE) {
        const struct discover_node *node = &tree->nodes[tree->index[slot]];
        if (node->parent == parent && slice_equal(node->name, name))
            break;
        slot = (slot + 1) % INDEX_SIZE;
    }
    return slot;
}

static uint16_t take_node(struct discover_tree *tree)
{
    uint16_t number = tree->free;
    if (number != DISCOVER_NONE) {
        tree->free = tree->nodes[number].next_sibling;
        return number;
    }
    return tree->node_count < DISCOVER_PATHS ? (uint16_t)tree->node_count++ : DISCOVER_NONE;
}

static void set_words(struct discover_tree *tree, struct discover_node *node)
{
    const struct discover_node *parent = &tree->nodes[node->parent];
    node->above = parent->above;
    if (!parent->is_element)
        words_add(&node->above, parent->name);
    if (node->is_element) /* is called what its array is called */
        node->words = parent->words;
    else
        words_add(&node->words, node->name);
}

/* The empty name is that of `[]`: no member's, since those that are empty are data. */
static uint16_t child(struct discover_tree *tree, uint16_t parent, struct slice name)
{
    size_t slot = find_slot(tree, parent, name);
    if (tree->index[slot] != DISCOVER_NONE)
        return tree->index[slot];
    struct slice copy = name.length > 0 ? arena_copy(&tree->names, name) : name;
    uint16_t number = name.length > 0 && !copy.data ? DISCOVER_NONE : take_node(tree);
    if (number == DISCOVER_NONE) {
        tree->refused++;
        return DISCOVER_NONE;
    }
    struct discover_node *node = &tree->nodes[number], *above = &tree->nodes[parent];
    *node = (struct discover_node){.name = copy,
                                   .parent = parent,
                                   .first_child = DISCOVER_NONE,
                                   .last_child = DISCOVER_NONE,
                                   .next_sibling = DISCOVER_NONE,
                                   .is_element = name.length == 0};
    set_words(tree, node);
    evidence_init(&node->evidence, &node->words, &node->above);
    if (above->first_child == DISCOVER_NONE)
        above->first_child = number;
    else
        tree->nodes[above->last_child].next_sibling = number;
    above->last_child = number;
    above->child_count++;
    tree->index[slot] = number;
    return number;
}

static void free_below(struct discover_tree *tree, uint16_t number)
{
    uint16_t at = tree->nodes[number].first_child;
    while (at != DISCOVER_NONE) {
        uint16_t next = tree->nodes[at].next_sibling;
        free_below(tree, at);
        memset(&tree->nodes[at], 0, sizeof tree->nodes[at]);
        tree->nodes[at].parent = DISCOVER_NONE;
        tree->nodes[at].next_sibling = tree->free;
        tree->free = at;
        at = next;
    }
    tree->nodes[number].first_child = tree->nodes[number].last_child = DISCOVER_NONE;
    tree->nodes[number].child_count = 0;
}

static void close_map(struct discover_tree *tree, uint16_t number)
{
    struct discover_node *node = &tree->nodes[number];
    node->closed = true;
    node->data_names += node->child_count;
    free_below(tree, number);
    memset(tree->index, 0xff, sizeof tree->index);
    for (uint32_t i = 1; i < tree->node_count; i++) {
        if (tree->nodes[i].parent != DISCOVER_NONE)
            tree->index[find_slot(tree, tree->nodes[i].parent, tree->nodes[i].name)] = (uint16_t)i;
    }
}

/* While records come in: is it plain already? */
static bool is_map_so_far(uint16_t number, const struct discover_node *node)
{
    /* A capture of several kinds of records has many names at its root, and each is rare. */
    if (node->child_count <= (number == DISCOVER_ROOT ? DISCOVER_WIDE : DISCOVER_MEMBERS))
        return false;
    return node->child_count > DISCOVER_WIDE ||
           (uint64_t)node->members * 4 < (uint64_t)node->objects * node->child_count;
}

static void add_value(struct discover_tree *tree, uint16_t number, const struct json_value *value);

static void add_members(struct discover_tree *tree, uint16_t number,
                        const struct json_value *object)
{
    tree->nodes[number].objects++;
    for (const struct json_value *member = object->first; member; member = member->next) {
        struct discover_node *node = &tree->nodes[number];
        if (node->closed || discover_name_is_data(member->name)) {
            node->data_names++;
            continue;
        }
        uint16_t below = child(tree, number, member->name);
        if (below == DISCOVER_NONE)
            continue;
        node->members++;
        add_value(tree, below, member);
        if (is_map_so_far(number, node))
            close_map(tree, number);
    }
}

static void add_value(struct discover_tree *tree, uint16_t number, const struct json_value *value)
{
    struct discover_node *node = &tree->nodes[number];
    node->seen++;
    if (node->last_record != tree->records) {
        node->last_record = tree->records;
        node->records++;
    }
    evidence_add(&node->evidence, value, tree->seed);
    if (value->type == JSON_OBJECT)
        add_members(tree, number, value);
    for (const struct json_value *element = value->type == JSON_ARRAY ? value->first : NULL;
         element; element = element->next) {
        uint16_t below = child(tree, number, (struct slice){0});
        if (below == DISCOVER_NONE)
            return;
        add_value(tree, below, element);
    }
}

void discover_tree_add(struct discover_tree *tree, const struct json_value *record)
{
    tree->records++;
    add_value(tree, DISCOVER_ROOT, record);
}

/* Are all its members values of one scalar type? */
static bool members_are_alike(const struct discover_tree *tree, const struct discover_node *node)
{
    int only = -1;
    for (uint16_t at = node->first_child; at != DISCOVER_NONE; at = tree->nodes[at].next_sibling) {
        const struct evidence *evidence = &tree->nodes[at].evidence;
        for (int type = JSON_FALSE; type <= JSON_OBJECT; type++) {
            int one = type == JSON_FALSE ? JSON_TRUE : type;
            if (evidence->types[type] == 0)
                continue;
            if (only >= 0 && only != one)
                return false;
            only = one;
        }
    }
    return true;
}

bool discover_node_is_map(const struct discover_tree *tree, uint16_t number)
{
    const struct discover_node *node = &tree->nodes[number];
    uint64_t places = (uint64_t)node->objects * node->child_count;
    /* Where every third name is data, so are the others, whatever they look like. */
    if (node->closed || (uint64_t)node->data_names * 3 > (uint64_t)node->data_names + node->members)
        return true;
    bool alike = node->child_count > ALIKE_MEMBERS && members_are_alike(tree, node);
    if (node->child_count > DISCOVER_MEMBERS && number != DISCOVER_ROOT)
        return alike || node->objects < FEW_OBJECTS || (uint64_t)node->members * 2 < places;
    return alike && (uint64_t)node->members * 4 < places;
}
