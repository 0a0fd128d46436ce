/*
 * Templates: a table that says it is derived from another has that one's columns and indexes, as they are there, and the
 * other is a template. Run when all definitions are known and each table's entry is visited.
 */
#include "engine/table/catalog_format.h"
#include "engine/verify/check.h"

/* The entry of a column or index, what a copy may have of its own taken out: the mark of the copy, the tree. */
static uint32_t plain(const struct definition *from, unsigned char *to)
{
    uint32_t name = from->size >= 8 ? ese_get32(from->bytes) : UINT32_MAX;
    uint32_t at = 4 + name + (from->kind == 'I' ? 0 : 12); /* type, size, code page; an index: its root */
    memcpy(to, from->bytes, from->size);
    if (name > ESE_NAME_MAX || at + 8 > from->size) {
        return 0;
    }
    if (from->kind == 'I') {
        ese_put32(to + at, 0);
        at += 4;
    }
    ese_put32(to + at, ese_get32(to + at) & ~ESE_DERIVED);
    return ese_get32(from->bytes + at) & ESE_DERIVED;
}

static const struct definition *find(const struct check *check, char kind, uint32_t object, uint32_t number)
{
    const struct definition *at = check->definitions;
    while (at != NULL && (at->kind != kind || at->object != object || at->number != number)) {
        at = at->next;
    }
    return at;
}

/* `of` is of the template `from`: the table has the same. */
static bool check_copy(struct check *check, const struct definition *of, uint32_t object)
{
    const struct definition *copy = find(check, of->kind, object, of->number);
    unsigned char *mine = ese_alloc(of->size + 1), *theirs = ese_alloc(of->size + 1);
    bool good = mine != NULL && theirs != NULL && copy != NULL && copy->size == of->size;
    if (good) {
        bool derived = plain(copy, mine) != 0;
        (void)plain(of, theirs);
        good = derived && memcmp(mine, theirs, of->size) == 0;
    }
    ese_free(mine);
    ese_free(theirs);
    return good || ese_check_fail(check, "%s %u of table %u is not that of its template %u",
                                  of->kind == 'C' ? "column" : "index", of->number, object, of->object);
}

/* What is marked as inherited is there to be inherited. */
static bool check_origin(struct check *check, const struct definition *own, uint32_t from)
{
    unsigned char *bytes = ese_alloc(own->size + 1);
    bool derived = bytes != NULL && plain(own, bytes) != 0;
    ese_free(bytes);
    if (!derived || (from != 0 && find(check, own->kind, from, own->number) != NULL)) {
        return true;
    }
    return ese_check_fail(check, "%s %u of table %u comes from no template", own->kind == 'C' ? "column" : "index",
                          own->number, own->object);
}

bool ese_check_template(struct check *check, const struct ese_node *node)
{
    struct ese_eye eye = { node->data, node->data + node->data_size, false };
    char name[ESE_NAME_MAX + 1];
    uint32_t object = ese_catalog_get_number(node->key + 1);
    ese_read_text(&eye, name, ESE_NAME_MAX);
    (void)ese_read_number(&eye);                    /* root */
    uint32_t grbit = ese_read_number(&eye);
    for (unsigned i = 0; i < 5; i++) {              /* pages, density, greatest ids */
        (void)ese_read_number(&eye);
    }
    uint32_t from = ese_read_number(&eye);
    if (eye.bad) {
        return ese_check_fail(check, "a table entry of the catalog is damaged");
    }
    bool good = true;
    if ((grbit & JET_bitTableCreateTemplateTable) != 0) {
        good = ese_check_add_number(check, &check->templates, object);
    }
    if (good && from != 0) {
        good = ese_check_add_number(check, &check->derived, from);
    }
    for (const struct definition *at = check->definitions; good && at != NULL; at = at->next) {
        if (from != 0 && at->object == from) {
            good = check_copy(check, at, object);
        } else if (at->object == object) {
            good = check_origin(check, at, from);
        }
    }
    return good;
}

bool ese_check_templates(struct check *check)
{
    bool good = true;
    for (size_t i = 0; good && i < check->derived.count; i++) {
        size_t k = 0;
        while (k < check->templates.count && check->templates.at[k] != check->derived.at[i]) {
            k++;
        }
        good = k < check->templates.count ||
               ese_check_fail(check, "table %u is no template, but a table is derived from it",
                              (unsigned)check->derived.at[i]);
    }
    return good;
}
