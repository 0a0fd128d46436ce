/* Functions of the application that are told about changes of records. */
#include "engine/table/schema.h"

#define CALLED_MAX 32                               /* callbacks of one table for one occasion */

struct ese_callback {
    struct ese_callback *next;
    JET_CBTYP types;
    JET_CALLBACK function;
    void *context;
    uint64_t id;
};

JET_ERR ese_cursor_call(struct ese_cursor *cursor, const struct ese_call_back *call)
{
    struct ese_trx *trx = cursor->trx;
    if (trx->call_back != NULL) {
        return trx->call_back(trx, cursor, call);
    }
    return call->function(JET_sesidNil, ese_database_id(cursor->table->database), JET_tableidNil, call->type, call->arg1,
                          call->arg2, call->context, call->last);
}

JET_ERR ese_callbacks_run(struct ese_cursor *cursor, JET_CBTYP type)
{
    struct ese_table *table = cursor->table;
    struct ese_call_back calls[CALLED_MAX];
    unsigned count = 0;
    JET_ERR err = JET_errSuccess;
    if ((table->callback_types & type) == 0) {
        return JET_errSuccess;
    }
    ese_rwlock_read(&table->lock);                  /* they are called without it: they may well use the table */
    for (const struct ese_callback *at = table->callbacks; at != NULL && count < CALLED_MAX; at = at->next) {
        if ((at->types & type) != 0) {
            calls[count++] = (struct ese_call_back){ at->function, type, NULL, NULL, at->context, 0 };
        }
    }
    ese_rwlock_read_unlock(&table->lock);
    for (unsigned i = 0; i < count && err >= JET_errSuccess; i++) {
        err = ese_cursor_call(cursor, &calls[i]);
    }
    return err < JET_errSuccess ? err : JET_errSuccess;
}

/* table->lock held for writing. */
static void sum_up(struct ese_table *table)
{
    JET_CBTYP types = 0;
    for (const struct ese_callback *at = table->callbacks; at != NULL; at = at->next) {
        types |= at->types;
    }
    table->callback_types = types;
}

JET_ERR ese_cursor_register_callback(struct ese_cursor *cursor, JET_CBTYP types, JET_CALLBACK function, void *context,
                                     uint64_t *id)
{
    struct ese_table *table = cursor->table;
    if (types == 0 || function == NULL || id == NULL) {
        return JET_errInvalidParameter;
    }
    struct ese_callback *made = ese_calloc(1, sizeof *made), **end;
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->types = types;
    made->function = function;
    made->context = context;
    ese_rwlock_write(&table->lock);
    made->id = ++table->last_callback;
    for (end = &table->callbacks; *end != NULL; end = &(*end)->next) {
    }
    *end = made;
    sum_up(table);
    ese_rwlock_write_unlock(&table->lock);
    *id = made->id;
    return JET_errSuccess;
}

JET_ERR ese_table_add_persisted(struct ese_table *table)
{
    JET_CALLBACK function;
    if (table->persisted_types == 0 || table->persisted_ready || !table->database->store->config.persisted_callbacks) {
        return JET_errSuccess;
    }
    JET_ERR err = ese_callback_resolve(table->persisted, &function);
    struct ese_callback *made = err == JET_errSuccess ? ese_calloc(1, sizeof *made) : NULL;
    if (made == NULL) {
        return err != JET_errSuccess ? err : JET_errOutOfMemory;
    }
    made->types = table->persisted_types;
    made->function = function;                      /* id 0 is nobody's: it cannot be unregistered */
    ese_rwlock_write(&table->lock);
    bool first = !table->persisted_ready;           /* nobody was faster */
    if (first) {
        made->next = table->callbacks;
        table->callbacks = made;
        sum_up(table);
        table->persisted_ready = true;
    }
    ese_rwlock_write_unlock(&table->lock);
    if (!first) {
        ese_free(made);
    }
    return JET_errSuccess;
}

JET_ERR ese_cursor_unregister_callback(struct ese_cursor *cursor, JET_CBTYP types, uint64_t id)
{
    struct ese_table *table = cursor->table;
    struct ese_callback **at, *found;
    if (types == 0) {
        return JET_errInvalidParameter;
    }
    ese_rwlock_write(&table->lock);
    for (at = &table->callbacks; *at != NULL && ((*at)->id != id || id == 0); at = &(*at)->next) {
    }
    found = *at;
    if (found != NULL) {
        *at = found->next;
        sum_up(table);
    }
    ese_rwlock_write_unlock(&table->lock);
    ese_free(found);
    return found != NULL ? JET_errSuccess : JET_errInvalidParameter;
}

void ese_table_free_callbacks(struct ese_table *table)
{
    while (table->callbacks != NULL) {
        struct ese_callback *next = table->callbacks->next;
        ese_free(table->callbacks);
        table->callbacks = next;
    }
}

/* ---- local storage --------------------------------------------------------------------------------------- */

static JET_ERR check_ls(const struct ese_cursor *cursor, JET_GRBIT grbit)
{
    const JET_GRBIT both = JET_bitLSCursor | JET_bitLSTable;
    if ((grbit & ~(both | JET_bitLSReset)) != 0 || (grbit & both) == both) {
        return JET_errInvalidGrbit;
    }
    return cursor->table->database->store->config.runtime_callback == NULL ? JET_errLSCallbackNotSpecified : JET_errSuccess;
}

JET_ERR ese_cursor_set_ls(struct ese_cursor *cursor, JET_LS ls, JET_GRBIT grbit)
{
    JET_ERR err = check_ls(cursor, grbit);
    if (err != JET_errSuccess) {
        return err;
    }
    bool of_table = (grbit & JET_bitLSTable) != 0;
    ls = (grbit & JET_bitLSReset) != 0 ? JET_LSNil : ls;
    ese_rwlock_write(&cursor->table->lock);         /* of a cursor nobody else asks; one way for both */
    struct ese_ls *at = of_table ? &cursor->table->ls : &cursor->ls;
    if (ls != JET_LSNil && at->set) {
        err = JET_errLSAlreadySet;
    } else {
        *at = (struct ese_ls){ ls != JET_LSNil, ls };
    }
    ese_rwlock_write_unlock(&cursor->table->lock);
    return err;
}

JET_ERR ese_cursor_get_ls(struct ese_cursor *cursor, JET_LS *ls, JET_GRBIT grbit)
{
    JET_ERR err = ls == NULL ? JET_errInvalidParameter : check_ls(cursor, grbit);
    if (err == JET_errLSCallbackNotSpecified) {
        err = JET_errSuccess;                       /* nothing can have been set */
    }
    if (err != JET_errSuccess) {
        return err;
    }
    bool reset = (grbit & JET_bitLSReset) != 0;
    ese_rwlock_write(&cursor->table->lock);
    struct ese_ls *at = (grbit & JET_bitLSTable) != 0 ? &cursor->table->ls : &cursor->ls;
    *ls = at->set ? at->value : JET_LSNil;
    err = at->set || reset ? JET_errSuccess : JET_errLSNotSet;
    at->set = at->set && !reset;
    ese_rwlock_write_unlock(&cursor->table->lock);
    return err;
}

void ese_ls_free(struct ese_store *store, struct ese_ls *ls, JET_CBTYP type)
{
    JET_CALLBACK callback = store->config.runtime_callback;
    if (ls->set && callback != NULL) {
        /* the value is a handle or a pointer, whatever the application likes */
        (void)callback(JET_sesidNil, JET_dbidNil, JET_tableidNil, type, (void *)(uintptr_t)ls->value, NULL, NULL, 0);
    }
    ls->set = false;
}
