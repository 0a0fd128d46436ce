/* reports/render/findings.c - one judgement with the calls it is about. */
#include <inttypes.h>
#include <stdio.h>

#include "reports/render/internal.h"
#include "reports/render/render.h"
#include "shims/call/call.h"

static const char *actor_name(const struct shim_history *history, uint32_t actor)
{
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if (event->kind == SHIM_EVENT_ACTOR && event->actor == actor && event->name != NULL) {
            return event->name;
        }
    }
    return NULL;
}

static void put_blob(FILE *out, const uint8_t *blob, size_t size, bool text)
{
    fputc('"', out);
    for (size_t i = 0; i < size; i++) {
        if (text && blob[i] >= 0x20 && blob[i] != 0x7f && blob[i] != '"') {
            fputc(blob[i], out);
        } else if (!text || blob[i] != 0) {
            fprintf(out, "\\x%02x", blob[i]);
        }
    }
    fputc('"', out);
}

static bool is_output(enum shim_role role)
{
    return shim_role_name(role)[0] == 'O' ||
           (shim_role_name(role)[0] == 'I' && shim_role_name(role)[2] == 'O'); /* INOUT_ */
}

static void put_argument(FILE *out, const struct shim_hist_call *call, int at)
{
    const struct shim_param *param = &shim_function(call->fn)->params[at];
    uint64_t value = call->args[at];
    bool text = param->role == SHIM_ROLE_IN_TEXT || param->role == SHIM_ROLE_OUT_TEXT;
    fprintf(out, "%s%s=", at > 0 ? ", " : "", param->name);
    if (call->blob[at] != NULL) {
        put_blob(out, call->blob[at], call->blob_size[at], text);
    } else if (is_output(param->role) && (call->outs_valid >> at & 1) != 0) {
        fprintf(out, "-> 0x%" PRIx64, call->outs[at]);
    } else if (param->role == SHIM_ROLE_IN_INT || param->role == SHIM_ROLE_IN_SIZE) {
        fprintf(out, "%" PRId64, (int64_t)value);
    } else {
        fprintf(out, value == 0 ? "%" PRIx64 : "0x%" PRIx64, value);
    }
}

static void put_result(FILE *out, JET_ERR result)
{
    const char *name = result == SHIM_ERR_STUB      ? "not implemented"
                       : result == SHIM_ERR_MISSING ? "not exported"
                                                    : shim_error_name(result);
    if (name != NULL) {
        fprintf(out, "%ld %s", (long)result, name);
    } else {
        fprintf(out, "%ld", (long)result);
    }
}

static void put_call(FILE *out, const struct shim_history *history, size_t index)
{
    const struct shim_hist_call *call = &history->calls[index];
    const struct shim_function *function = shim_function(call->fn);
    const char *name = shim_function_export(call->fn, call->variant);
    const char *actor = actor_name(history, call->actor);
    fprintf(out, "    [%" PRIu64 " .. ", call->enter);
    if (call->leave != 0) {
        fprintf(out, "%" PRIu64 "]", call->leave);
    } else {
        fputs("never]", out);
    }
    fprintf(out, " actor %" PRIu32 "%s%s: %s(", call->actor, actor != NULL ? " " : "",
            actor != NULL ? actor : "", name != NULL ? name : function->name);
    for (int i = 0; i < function->param_count; i++) {
        put_argument(out, call, i);
    }
    fputs(") ", out);
    if (call->leave != 0) {
        fputs("= ", out);
        put_result(out, call->result);
    }
    fputc('\n', out);
}

void rpt_render_findings(FILE *out, const struct shim_history *history,
                         const struct rpt_judgement *judgement, bool colour)
{
    for (size_t i = 0; i < judgement->finding_count; i++) {
        const struct rpt_finding *finding = &judgement->findings[i];
        fprintf(out, "%s%s%s: %s", paint(colour, finding->verdict),
                rpt_verdict_name(finding->verdict), unpaint(colour), finding->text);
        if (finding->times > 1) {
            fprintf(out, " (%" PRIu64 " times)", finding->times);
        }
        fputc('\n', out);
        render_clause(out, finding, "  ");
        for (int c = 0; c < finding->call_count; c++) {
            if (c == 0) {
                fputs("  calls:\n", out);
            }
            put_call(out, history, finding->calls[c]);
        }
    }
    if (judgement->finding_count > 0 && history->header.command != NULL) {
        fprintf(out, "again: %s\n", history->header.command);
    }
}
