/* engine_model, the part that talks to the engine: what model_run.c and model_steps.c share. */
#ifndef ESE_TESTS_PROOF_MODEL_ENGINE_H
#define ESE_TESTS_PROOF_MODEL_ENGINE_H

#include "engine/tests/proof/model.h"

enum column {
    COLUMN_KEY,
    COLUMN_A,
    COLUMN_U,
    COLUMN_BODY,
    COLUMN_VALUES,
    COLUMN_LONG,
    COLUMN_VERSION,
    COLUMN_NUMBER,
    COLUMN_COUNT,
};

enum where { NOWHERE, ON_ROW, AT_START, AT_END, BEFORE_KEY, AFTER_KEY };

struct cursor {
    JET_TABLEID tableid;
    bool by_a;        /* current index: a, else the primary one */
    enum where where; /* NOWHERE: an absolute movement must come first */
    uint32_t key;
};

struct play {
    const struct model_run *run;
    struct model model;
    JET_INSTANCE instance;
    JET_SESID sesid[SESSIONS];
    JET_DBID dbid[SESSIONS];
    struct cursor cursors[SESSIONS][TABLES];
    JET_COLUMNID columns[TABLES][COLUMN_COUNT];
    JET_TABLEID sums[SESSIONS];
    JET_COLUMNID sum_column;
    unsigned added[TABLES];   /* columns added, all with a default */
    bool extra_index[TABLES]; /* on body */
    bool extra_table;
    bool has_indexes, has_long_values;
    unsigned now; /* step */
    unsigned char body[LONG_MAX + 64];
};

/* One call: prints it when asked to, and ends the run when the answer is none of those wanted. */
JET_ERR model_expect(struct play *play, JET_ERR got, JET_ERR want, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
JET_ERR model_expect_any(struct play *play, JET_ERR got, const JET_ERR *want, unsigned count,
                         const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The run ends here: the engine and the model differ. */
_Noreturn void model_mismatch(struct play *play, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* model_run.c */
void model_open_all(struct play *play);
void model_close_all(struct play *play, bool stop);

/* model_rows.c: reading and writing rows */
void model_compare_row(struct play *play, const struct model_step *step, JET_TABLEID tableid,
                       uint32_t key);
void model_insert(struct play *play, const struct model_step *step);
void model_replace(struct play *play, const struct model_step *step);
void model_delete(struct play *play, const struct model_step *step);
void model_lock_row(struct play *play, const struct model_step *step);
void model_cancel(struct play *play, const struct model_step *step);

/* model_moves.c: cursors */
void model_seek(struct play *play, const struct model_step *step);
void model_move(struct play *play, const struct model_step *step);
void model_retrieve(struct play *play, const struct model_step *step);
void model_count(struct play *play, const struct model_step *step);
void model_range(struct play *play, const struct model_step *step);
void model_dump(struct play *play, const struct model_step *step);
void model_index(struct play *play, const struct model_step *step);
void model_bookmark(struct play *play, const struct model_step *step);

/* model_escrow.c */
void model_sums_create(JET_SESID sesid, JET_DBID dbid);
void model_sums_open(struct play *play, unsigned session);
void model_escrow(struct play *play, const struct model_step *step);
void model_sums_check(struct play *play, unsigned session); /* what it sees of all of them */

/* model_schema.c: definitions, while no transaction is open */
void model_schema(struct play *play, const struct model_step *step);
void model_check_schema(struct play *play, unsigned session, unsigned table);

/* Cursors of the session on indexes whose entries may have changed have to be placed anew. */
void model_view_changed(struct play *play, unsigned session);

#endif
