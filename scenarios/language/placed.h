/* scenarios/language/placed.h - how a line of a printed plan says where it stood in the file. Of this folder only. */
#ifndef ESECHECK_SCENARIOS_LANGUAGE_PLACED_H
#define ESECHECK_SCENARIOS_LANGUAGE_PLACED_H

#define SCN_PLACE_MARK "  # line "

#endif
