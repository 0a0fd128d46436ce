/* scenarios/command/list.c - the scripts of the library with their titles. */
#include <stdio.h>
#include <string.h>

#include "scenarios/command/command.h"

int cmd_list(struct cmd_options *options)
{
    struct cmd_scripts scripts;
    size_t width = 0;
    int result = cmd_scripts_load(options, &scripts);
    if (result != 0) {
        return result;
    }
    for (size_t i = 0; i < scripts.count; i++) {
        size_t length = strlen(scripts.scripts[i].plan->name);
        width = length > width ? length : width;
    }
    for (size_t i = 0; i < scripts.count; i++) {
        const struct scn_plan *plan = scripts.scripts[i].plan;
        printf("%-*s  %s\n", (int)width, plan->name, plan->title != NULL ? plan->title : "");
        if (options->verbose) {
            printf("%-*s  %s\n", (int)width, "", scripts.scripts[i].path);
        }
    }
    cmd_scripts_free(&scripts);
    return CMD_CONFORMS;
}
