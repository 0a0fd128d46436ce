#!/bin/sh
# scenarios/tests/explorer/bench_speed_program.sh BUILD-DIR [SECONDS] - rows of bench_speed.sh: a small pthread program.
"$1/bin/bench_program" "$1/bin/libesecheck_schedule.so" 1000 "$1/bin/schedule_cases" mutex
