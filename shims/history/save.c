/* shims/history/save.c - a history as JSON Lines (README.md describes the lines). */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "shims/history/history.h"
#include "shims/history/json.h"
#include "shims/history/file.h"

static void write_key(FILE *out, const char *key) {
    fprintf(out, ",\"%s\":", key);
}

static void write_field(FILE *out, const char *key, const char *text) {
    if (text != NULL) {
        write_key(out, key);
        shim_json_write_text(out, text, strlen(text));
    }
}

static void write_header(FILE *out, const struct shim_hist_header *header) {
    fprintf(out, "{\"format\":\"esecheck history\",\"version\":%d", header->version);
    write_field(out, "engine", header->engine);
    write_field(out, "engine_build", header->engine_build);
    write_field(out, "harness", header->harness);
    write_field(out, "script", header->script);
    write_field(out, "plan", header->plan);
    write_field(out, "profile", header->profile);
    fprintf(out, ",\"seed\":\"%" PRIu64 "\",\"repeat\":%d", header->seed, header->repeat);
    write_field(out, "command", header->command);
    fputs("}\n", out);
}

/* An argument as people know it: counts and sizes as numbers, the rest (handles, bits, addresses) in
 * hexadecimal. */
static void write_word(FILE *out, enum shim_role role, uint64_t word) {
    switch (role) {
    case SHIM_ROLE_IN_INT:
    case SHIM_ROLE_IN_SIZE:
    case SHIM_ROLE_OUT_INT:
    case SHIM_ROLE_OUT_SIZE:
        shim_json_write_signed(out, (int64_t)word);
        break;
    default:
        fprintf(out, "\"0x%" PRIx64 "\"", word);
        break;
    }
}

static void write_blob(FILE *out, enum shim_role role, const uint8_t *bytes, size_t size) {
    bool text = role == SHIM_ROLE_IN_TEXT || role == SHIM_ROLE_OUT_TEXT;
    if (text && (size == 0 || memchr(bytes, '\0', size) == NULL)) {
        shim_json_write_text(out, (const char *)bytes, size);
        return;
    }
    fputs("{\"hex\":\"", out);
    for (size_t i = 0; i < size; i++) {
        fprintf(out, "%02x", bytes[i]);
    }
    fputs("\"}", out);
}

static void write_call(FILE *out, const struct shim_hist_call *call) {
    const struct shim_function *function = shim_function(call->fn);
    fprintf(out, "{\"call\":\"%s\",\"actor\":%" PRIu32 ",\"enter\":",
            shim_function_export(call->fn, call->variant), call->actor);
    shim_json_write_unsigned(out, call->enter);
    if (call->leave != 0) {
        write_key(out, "leave");
        shim_json_write_unsigned(out, call->leave);
        fprintf(out, ",\"result\":%ld", (long)call->result);
    }
    write_key(out, "ns");
    putc('[', out);
    shim_json_write_unsigned(out, call->enter_ns);
    if (call->leave != 0) {
        putc(',', out);
        shim_json_write_unsigned(out, call->leave_ns);
    }
    fputs("],\"args\":{", out);
    for (int i = 0; i < function->param_count; i++) {
        fprintf(out, "%s\"%s\":", i == 0 ? "" : ",", function->params[i].name);
        write_word(out, function->params[i].role, call->args[i]);
    }
    putc('}', out);
    const char *separator = ",\"out\":{";
    for (int i = 0; i < function->param_count; i++) {
        if (call->outs_valid >> i & 1) {
            fprintf(out, "%s\"%s\":", separator, function->params[i].name);
            write_word(out, function->params[i].role, call->outs[i]);
            separator = ",";
        }
    }
    fputs(separator[1] == '\0' ? "}" : "", out);
    separator = ",\"blob\":{";
    for (int i = 0; i < function->param_count; i++) {
        if (call->blob[i] != NULL) {
            fprintf(out, "%s\"%s\":", separator, function->params[i].name);
            write_blob(out, function->params[i].role, call->blob[i], call->blob_size[i]);
            separator = ",";
        }
    }
    fputs(separator[1] == '\0' ? "}}\n" : "}\n", out);
}

static void write_event(FILE *out, const struct shim_hist_event *event) {
    fprintf(out, "{\"event\":\"%s\",\"actor\":%" PRIu32 ",\"stamp\":", shim_event_name(event->kind),
            event->actor);
    shim_json_write_unsigned(out, event->stamp);
    write_key(out, "ns");
    shim_json_write_unsigned(out, event->ns);
    write_field(out, "name", event->name);
    write_field(out, "text", event->text);
    size_t values = 4;
    while (values > 0 && event->value[values - 1] == 0) {
        values--;
    }
    for (size_t i = 0; i < values; i++) {
        fputs(i == 0 ? ",\"value\":[" : ",", out);
        shim_json_write_signed(out, event->value[i]);
    }
    fputs(values > 0 ? "]}\n" : "}\n", out);
}

static int write_lines(FILE *out, const void *context) {
    const struct shim_history *history = context;
    write_header(out, &history->header);
    size_t call = 0, event = 0;
    while (call < history->call_count || event < history->event_count) {
        if (event == history->event_count ||
            (call < history->call_count &&
             history->calls[call].enter < history->events[event].stamp)) {
            write_call(out, &history->calls[call++]);
        } else {
            write_event(out, &history->events[event++]);
        }
    }
    fprintf(out, "{\"end\":true,\"calls\":%" PRIu64 ",\"events\":%" PRIu64 "}\n",
            (uint64_t)history->call_count, (uint64_t)history->event_count);
    return 0;
}

int shim_history_save(const struct shim_history *history, const char *path, char *error,
                      size_t error_size) {
    return shim_file_write(path, write_lines, history, error, error_size);
}
