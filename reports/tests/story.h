/* reports/tests/story.h - histories written by hand.
 *
 * A story is a history that grows in the order of its stamps. `call_` enters, `back` returns;
 * `call` is both at once, so that calls made with it follow each other. Handles are whatever number
 * the test likes. */
#ifndef ESECHECK_REPORTS_TESTS_STORY_H
#define ESECHECK_REPORTS_TESTS_STORY_H

#ifndef JET_NO_NAME_MAP
#define JET_NO_NAME_MAP /* functions are named here, not their A forms */
#endif

#include <stdint.h>

#include "reports/judge/judge.h"
#include "shims/history/history.h"

struct story {
    struct shim_history history;
    uint64_t stamp;
};

#define INSTANCE UINT64_C(0x1000)
#define SESSION  UINT64_C(0x2000)
#define DBID     UINT64_C(1)
#define CURSOR   UINT64_C(0x3000)
#define STOPPED  JET_errClientRequestToStopJetService

void story_init(struct story *story);
void story_fini(struct story *story);

/* A call enters; the arguments are those of the function, in order. Returns its index. */
size_t call_(struct story *story, uint32_t actor, enum shim_fn fn, const uint64_t *args, int count);
/* It returns. */
void back(struct story *story, size_t index, JET_ERR result);
/* The value that it wrote to parameter `param`. */
void wrote(struct story *story, size_t index, int param, uint64_t value);

#define enters(story, actor, fn, ...)                                                              \
    call_(story, actor, SHIM_FN_##fn, (const uint64_t[]){__VA_ARGS__},                             \
          (int)(sizeof((const uint64_t[]){__VA_ARGS__}) / 8))
/* Enters and returns. */
#define calls(story, actor, result, fn, ...)                                                       \
    back(story, enters(story, actor, fn, __VA_ARGS__), result)

struct shim_hist_event *event(struct story *story, enum shim_event_kind kind, const char *name,
                              const char *text);
void phase(struct story *story, const char *name);
void row_written(struct story *story, uint32_t actor, uint64_t sesid, int64_t key, int64_t version,
                 int deleted);
/* Verification of the table "rows": keys[i] with versions[i]. */
void rows_found(struct story *story, const int64_t *keys, const int64_t *versions, int count,
                int complete);

/* Set-up: create and initialise an instance; begin a session; open a database and a cursor. */
void has_instance(struct story *story, uint64_t value);
void has_session(struct story *story, uint32_t actor, uint64_t instance, uint64_t value);
void has_database(struct story *story, uint32_t actor, uint64_t sesid, uint64_t dbid);
void has_cursor(struct story *story, uint32_t actor, uint64_t sesid, uint64_t value);
/* All of it: INSTANCE, SESSION of actor 1, DBID, CURSOR. */
void has_everything(struct story *story);

/* Judges; the test fails if that fails. Free with rpt_judgement_fini. */
struct rpt_judgement judged(struct story *story, enum rpt_profile profile);
const struct rpt_finding *finding(const struct rpt_judgement *judgement, enum rpt_verdict verdict,
                                  const char *clause);

/* The story has a finding with this verdict, clause and function, and it decides the verdict of
 * the whole unless something graver does (`alone` says that nothing else was found). */
void must_find(struct story *story, enum rpt_profile profile, enum rpt_verdict verdict,
               const char *clause, enum shim_fn fn);
/* The story has no finding at all. Both free the story. */
void must_conform(struct story *story, enum rpt_profile profile);

#endif
