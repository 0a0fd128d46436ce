/* The checker inside: what its files share. */
#ifndef ESE_VERIFY_CHECK_H
#define ESE_VERIFY_CHECK_H

#include "engine/os/os.h"
#include "engine/tree/node.h"
#include "engine/verify/verify.h"

struct numbers { uint64_t *at; size_t count, room; };

/* Definitions found in the catalog, which come before the tables they are for. */
struct definition {
    struct definition *next;
    char kind;                                      /* 'C' or 'I' */
    uint32_t object, number, size;
    unsigned char bytes[];
};

struct check {
    struct ese_file *file;
    struct ese_verify_report *report;
    unsigned char *use;                             /* per page */
    bool failed;
    bool other_collation;                           /* the keys of Unicode text were made by other rules than ours */
    uint32_t leaf_before;                           /* in the tree being walked; 0: none yet */
    unsigned char *last_key;                        /* of the last node seen in it */
    uint32_t last_key_size;
    bool any_key;
    uint32_t object;                                /* of the table being walked */
    struct numbers named, stored;                   /* its long values: in records, in their own tree */
    struct numbers templates, derived;              /* tables that are; those that others say they are derived from */
    struct numbers drops;                           /* roots of trees that are to go */
    struct numbers long_roots;                      /* object << 32 | root of that tree */
    uint64_t long_id;                               /* the one being walked */
    uint32_t long_size, long_found;
    struct definition *definitions;
    struct indexes *indexes;                        /* of the table being walked; verify_index.c */
};

/* Notes what is wrong, unless something was already. Returns false. */
#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
bool ese_check_fail(struct check *check, const char *format, ...);
/* Walks a tree; visit (may be NULL) gets the nodes that are not flagged deleted, in order. */
bool ese_check_tree(struct check *check, uint32_t root, bool (*visit)(struct check *check, const struct ese_node *node));
bool ese_check_add_number(struct check *check, struct numbers *numbers, uint64_t number);
void ese_check_sort_numbers(struct numbers *numbers);

/* ---- verify_index.c -------------------------------------------------------------------------------------- */

/* Takes a column or an index of the catalog down. */
bool ese_check_define(struct check *check, const struct ese_node *node);
/* Around the walk of a table's records: makes ready, sees each record, compares its keys with the trees of the indexes. */
bool ese_check_begin_indexes(struct check *check, uint32_t object, uint32_t long_root);
bool ese_check_index_record(struct check *check, const struct ese_node *node);
bool ese_check_indexes(struct check *check);
void ese_check_end_indexes(struct check *check);
void ese_check_forget_definitions(struct check *check);

/* ---- verify_template.c ----------------------------------------------------------------------------------- */

/* The entry of a table; and what can be said only when all are known. */
bool ese_check_template(struct check *check, const struct ese_node *node);
bool ese_check_templates(struct check *check);

#endif
