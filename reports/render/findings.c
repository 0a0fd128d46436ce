/* reports/render/findings.c - one judgement with the calls it is about. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Text that grows; `failed` once memory was short. */
struct lines {
    char *text;
    size_t used, room;
    bool failed;
};

__attribute__((format(printf, 2, 3))) static void add(struct lines *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || out->failed) {
        out->failed = true;
        return;
    }
    if (out->used + (size_t)length >= out->room) {
        size_t room = (out->used + (size_t)length + 1) * 2;
        char *bigger = realloc(out->text, room);
        if (bigger == NULL) {
            out->failed = true;
            return;
        }
        out->text = bigger;
        out->room = room;
    }
    va_start(arguments, format);
    vsnprintf(out->text + out->used, out->room - out->used, format, arguments);
    va_end(arguments);
    out->used += (size_t)length;
}

static void put_blob(struct lines *out, const uint8_t *blob, size_t size, bool text)
{
    add(out, "%c", '"');
    for (size_t i = 0; i < size; i++) {
        if (text && blob[i] >= 0x20 && blob[i] != 0x7f && blob[i] != '"') {
            add(out, "%c", blob[i]);
        } else if (!text || blob[i] != 0) {
            add(out, "\\x%02x", blob[i]);
        }
    }
    add(out, "%c", '"');
}

static bool is_output(enum shim_role role)
{
    return shim_role_name(role)[0] == 'O' ||
           (shim_role_name(role)[0] == 'I' && shim_role_name(role)[2] == 'O'); /* INOUT_ */
}

static void put_argument(struct lines *out, const struct shim_hist_call *call, int at)
{
    const struct shim_param *param = &shim_function(call->fn)->params[at];
    uint64_t value = call->args[at];
    bool text = param->role == SHIM_ROLE_IN_TEXT || param->role == SHIM_ROLE_OUT_TEXT;
    add(out, "%s%s=", at > 0 ? ", " : "", param->name);
    if (call->blob[at] != NULL) {
        put_blob(out, call->blob[at], call->blob_size[at], text);
    } else if (is_output(param->role) && (call->outs_valid >> at & 1) != 0) {
        add(out, "-> 0x%" PRIx64, call->outs[at]);
    } else if (param->role == SHIM_ROLE_IN_INT || param->role == SHIM_ROLE_IN_SIZE) {
        add(out, "%" PRId64, (int64_t)value);
    } else {
        add(out, value == 0 ? "%" PRIx64 : "0x%" PRIx64, value);
    }
}

static void put_result(struct lines *out, JET_ERR result)
{
    const char *name = result == SHIM_ERR_STUB      ? "not implemented"
                       : result == SHIM_ERR_MISSING ? "not exported"
                                                    : shim_error_name(result);
    if (name != NULL) {
        add(out, "%ld %s", (long)result, name);
    } else {
        add(out, "%ld", (long)result);
    }
}

static void put_call(struct lines *out, const struct shim_history *history, size_t index)
{
    const struct shim_hist_call *call = &history->calls[index];
    const struct shim_function *function = shim_function(call->fn);
    const char *name = shim_function_export(call->fn, call->variant);
    const char *actor = actor_name(history, call->actor);
    add(out, "[%" PRIu64 " .. ", call->enter);
    if (call->leave != 0) {
        add(out, "%" PRIu64 "]", call->leave);
    } else {
        add(out, "never]");
    }
    add(out, " actor %" PRIu32 "%s%s: %s(", call->actor, actor != NULL ? " " : "",
        actor != NULL ? actor : "", name != NULL ? name : function->name);
    for (int i = 0; i < function->param_count; i++) {
        put_argument(out, call, i);
    }
    add(out, ") ");
    if (call->leave != 0) {
        add(out, "= ");
        put_result(out, call->result);
    }
    add(out, "%c", '\n');
}

int render_calls(const struct shim_history *history, const struct rpt_finding *finding, char **text)
{
    struct lines out = {0};
    for (int c = 0; c < finding->call_count; c++) {
        put_call(&out, history, finding->calls[c]);
    }
    if (out.failed) {
        free(out.text);
        out.text = NULL;
    }
    *text = out.text;
    return out.failed ? -1 : 0;
}

void render_call_lines(FILE *out, const char *text, const char *indent)
{
    fprintf(out, "%scalls:\n", indent);
    for (size_t length; *text != '\0'; text += length) {
        length = strcspn(text, "\n");
        length += text[length] == '\n';
        fprintf(out, "%s  %.*s", indent, (int)length, text);
    }
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
        char *calls;
        if (render_calls(history, finding, &calls) != 0) {
            fputs("  (out of memory: the calls are not shown)\n", out);
        } else if (calls != NULL) {
            render_call_lines(out, calls, "  ");
        }
        free(calls);
    }
    if (judgement->finding_count > 0 && history->header.command != NULL &&
        history->header.command[0] != '\0') {
        fprintf(out, "again: %s\n", history->header.command);
    }
}
