/* support.h - runs a script in this process, against the reference engine. */
#ifndef ESECHECK_SCENARIOS_TESTS_RUNNER_SUPPORT_H
#define ESECHECK_SCENARIOS_TESTS_RUNNER_SUPPORT_H

#include "reports/judge/judge.h"
#include "scenarios/runner/runner.h"

struct played {
    enum scn_run_result result;
    char error[512];
    struct shim_history history;
};

/* Plays a script; `options` may set what it likes except table, recorder and directory. */
struct played play(const char *script, struct scn_run_options options);
void played_fini(struct played *played);

size_t count_calls(const struct played *played, uint32_t actor, enum shim_fn fn);
size_t count_results(const struct played *played, enum shim_fn fn, JET_ERR result);
size_t count_events(const struct played *played, enum shim_event_kind kind, const char *name);
const struct shim_hist_event *find_event(const struct played *played, enum shim_event_kind kind,
                                         const char *name);
enum rpt_verdict verdict_of(const struct played *played);

#endif
