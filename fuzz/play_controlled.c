/* fuzz/play_controlled.c - one thread runs at a time, and the input says which (shims/schedule/control.h).
 *
 * An input is the plan's bytes, then bytes of decisions, then two that say how many of the latter there are (low byte
 * first; modulo what there is). So the same input is the same run, its coverage is stable, and libFuzzer changes calls and orders
 * alike. A byte of decisions is a turn: its low three bits name a thread, the others how many decisions in a row are
 * its own. A turn that cannot go on is over; behind the last one threads go on as far as they get.
 */
#include "fuzz/play.h"

#include <stdio.h>
#include <stdlib.h>

#include "shims/schedule/control.h"

#define TURNS 4096
#define TURN_MOST 63             /* decisions: (byte >> 3) doubled, and one */
#define STEPS 300000             /* no plan of a fuzzer needs as many */

static struct shim_trace trace;
static char *text;

void fuzz_play_init(struct shim_library *engine)
{
    if (shim_control_redirect(shim_library_module(engine)) == 0 ||
        shim_trace_init(&trace, (size_t)TURNS * TURN_MOST) != 0) {
        fprintf(stderr, "fuzz_schedule: the engine's threads cannot be controlled\n");
        exit(1);
    }
}

static size_t decision_bytes(const uint8_t *data, size_t size)
{
    size_t wanted = size < 2 ? 0 : (size_t)data[size - 2] | (size_t)data[size - 1] << 8;
    return size < 2 ? 0 : wanted % (size - 1);
}

size_t fuzz_plan_bytes(const uint8_t *data, size_t size)
{
    return size < 2 ? size : size - 2 - decision_bytes(data, size);
}

static void make_trace(const uint8_t *bytes, size_t size)
{
    trace.count = 0; /* of nothing (set-up) none: threads go on as far as they get */
    for (size_t i = 0; i + 2 < size && i < TURNS; i++) {
        for (unsigned n = 1 + 2 * (unsigned)(bytes[i] >> 3); n != 0; n--) {
            trace.thread[trace.count++] = bytes[i] & 7;
        }
    }
}

const char *fuzz_decisions(void)
{
    free(text);
    text = shim_trace_text(&trace);
    return text;
}

void fuzz_play(void (*body)(void *context), void *context, const uint8_t *bytes, size_t size)
{
    struct shim_control_options options = {.steps = STEPS};
    struct shim_run_result result;
    make_trace(bytes, size);
    struct shim_strategy *strategy = shim_strategy_follow(&trace);
    if (strategy == NULL) {
        fprintf(stderr, "fuzz_schedule: out of memory\n");
        abort();
    }
    strategy->begin(strategy, 0);
    enum shim_run outcome = shim_control_run(&options, strategy, NULL, body, context, &result);
    shim_strategy_free(strategy);
    if (outcome != SHIM_RUN_DONE) {
        fprintf(stderr, "fuzz_schedule: %s after %llu decisions: %s\n# decisions: %s\n",
                outcome == SHIM_RUN_DEADLOCK   ? "deadlock"
                : outcome == SHIM_RUN_LIVELOCK ? "livelock"
                                               : "the schedule could not be carried out",
                (unsigned long long)result.steps, result.message, fuzz_decisions());
        abort();
    }
}
