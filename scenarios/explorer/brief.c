/* scenarios/explorer/brief.c - a script made short: what it repeats comes a few times, what it waits for comes soon. */
#include "scenarios/explorer/faults.h"

#define PASSES 6        /* of a repeat that is counted */
#define MOST_PASSES 100 /* of one that waits for something */
#define AIM_CALLS 24
#define ROWS 150        /* the default page has room for about 40: so a tree still has branches */
#define PROBES 16

static void make_less(int64_t *number, int64_t most)
{
    *number = *number > most ? most : *number;
}

static void make_value_less(struct scn_value *value, int64_t most)
{
    if (value->kind == SCN_VALUE_INT && value->number > most) {
        value->number = most;
        value->text = NULL; /* as it was written */
    } else if (value->kind == SCN_VALUE_RANDOM) {
        make_less(&value->number, most);
        make_less(&value->high, most);
    }
}

static void make_repeat_brief(struct scn_repeat *repeat)
{
    if (repeat->kind == SCN_REPEAT_TIMES) {
        make_value_less(&repeat->count, PASSES);
    } else if (repeat->count.kind == SCN_VALUE_INT && repeat->count.number == 0) {
        repeat->count.number = MOST_PASSES;
    } else {
        make_value_less(&repeat->count, MOST_PASSES);
    }
}

static void make_steps_brief(struct scn_step *steps)
{
    for (struct scn_step *step = steps; step != NULL; step = step->next) {
        switch (step->kind) {
        case SCN_STEP_REPEAT:
            make_repeat_brief(&step->u.repeat);
            make_steps_brief(step->u.repeat.body);
            break;
        case SCN_STEP_CHOOSE:
            for (struct scn_choice *choice = step->u.choices; choice != NULL; choice = choice->next) {
                make_steps_brief(choice->body);
            }
            break;
        case SCN_STEP_WAIT:
            make_less(&step->u.gate.count, PASSES);
            break;
        case SCN_STEP_AIM:
            make_less(&step->u.aim.calls, AIM_CALLS);
            break;
        case SCN_STEP_PROBE:
            make_value_less(&step->u.amount, PROBES);
            break;
        case SCN_STEP_ONLY:
            make_steps_brief(step->u.only.body);
            break;
        default:
            break;
        }
    }
}

void scn_plan_make_brief(struct scn_plan *plan)
{
    for (int a = 0; a < plan->actor_count; a++) {
        make_steps_brief(plan->actors[a].steps);
        make_steps_brief(plan->actors[a].cleanup);
    }
    for (int t = 0; t < plan->table_count; t++) {
        make_less(&plan->tables[t].rows, ROWS);
    }
    make_steps_brief(plan->after.death);
    make_steps_brief(plan->after.restart);
}
