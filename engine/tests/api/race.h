/*
 * Sessions at work while another thread stops the service or ends the instance. Plain threads and
 * no test framework, so that the same code runs under ThreadSanitizer.
 */
#ifndef ESE_TESTS_API_RACE_H
#define ESE_TESTS_API_RACE_H

struct race_result {
    unsigned long calls;  /* made by the workers */
    unsigned long denied; /* with JET_errClientRequestToStopJetService */
    unsigned long early;  /* denied, and returned before the stop was entered: wrong */
    unsigned long late;   /* admitted, and entered after the stop had returned: wrong */
    unsigned long lost;   /* rows that were committed and are gone, or the other way round: wrong */
    unsigned long strange; /* any other answer than the state allows: wrong */
    long first_strange;    /* the first such answer */
};

enum race_kind { RACE_STOP, RACE_STOP_ALL, RACE_TERM };

/* One life of one instance with workers of sessions in the folder; adds to the result. Non-zero
 * when it could not run. */
int race_once(const char *folder, enum race_kind kind, unsigned workers, unsigned pause_us,
              struct race_result *result);

#endif
