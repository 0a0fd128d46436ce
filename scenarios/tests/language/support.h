/* scenarios/tests/language/support.h - what the tests of the script language share. */
#ifndef ESECHECK_SCENARIOS_TESTS_LANGUAGE_SUPPORT_H
#define ESECHECK_SCENARIOS_TESTS_LANGUAGE_SUPPORT_H

#include "scenarios/language/language.h"

/* The plan as text; the caller frees it. Fails the test if it cannot be printed. */
char *support_print(const struct scn_plan *plan);

/* Parses a script that must be right. */
struct scn_plan *support_parse(const char *text);

/* parse(print(plan)) equals plan, and printing that again gives the same text. */
void support_round_trip(const struct scn_plan *plan, const char *what);

/* The script with each change made alone (the first place of [0] becomes [1]) is another plan. */
void support_each_differs(const char *script, const char *const changes[][2], size_t count);

/* The script is refused with a message that contains `message`. */
void support_refused(const char *script, const char *message);

/* The smallest script around the steps of one actor. */
struct scn_plan *support_parse_steps(const char *steps);

#endif
