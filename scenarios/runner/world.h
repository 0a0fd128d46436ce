/* scenarios/runner/world.h - what one run consists of; only for the files of this room.
 *
 * A world is the plan brought to life: the handles of its instances, the columns of its tables, gates
 * and shared variables, one scn_player per actor. It is built by set-up on one thread; the race then
 * shares it.
 *
 * Thread safety: what actors share is atomic with relaxed order or behind `lock`. Relaxed, because
 * an ordering that ThreadSanitizer can see would hide the races of the engine; nothing depends on
 * the order.
 */
#ifndef ESECHECK_SCENARIOS_RUNNER_WORLD_H
#define ESECHECK_SCENARIOS_RUNNER_WORLD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenarios/fixture/fixture.h"
#include "scenarios/runner/runner.h"

#define SCN_NIL UINT64_MAX
#define SCN_MAX_LIVES 48     /* instances, alive or dead, in one run */
#define SCN_MAX_OPEN 1024    /* handles one actor has open */
#define SCN_MAX_VARS SCN_MAX_NAMES
#define SCN_MAX_FOLDERS 16
#define SCN_COLUMNS 4        /* key, version, owner, payload */
#define SCN_PATH 1024
#define SCN_MESSAGE 512
#define SCN_DEFAULT_PROBES 2000
#define SCN_FIRST_UNIQUE 1000000 /* above every preloaded key */

/* What handles name. */
enum scn_kind {
    SCN_KIND_INSTANCE,
    SCN_KIND_SESSION,
    SCN_KIND_DATABASE,
    SCN_KIND_CURSOR,
    SCN_KIND_SNAPSHOT,
    SCN_KIND_FILE,
    SCN_KIND_LS,
    SCN_KIND_HANDLE,
    SCN_KIND_COLUMN,
    SCN_KIND_COUNT
};

/* An instance handle that JetCreateInstance or JetInit gave out in this run. */
struct scn_instance_state {
    _Atomic uint64_t handle;  /* SCN_NIL until there is one; 0: the sole one of one-instance mode */
    atomic_bool alive;        /* created and not terminated */
    int plan;                 /* index in the plan, or -1 */
    char directory[SCN_PATH]; /* its own, with a separator at the end */
};

/* A table of the plan. */
struct scn_table_state {
    JET_COLUMNID columns[SCN_COLUMNS];
    bool known; /* columns[] is filled */
};

struct scn_gate {
    const char *name;
    atomic_int_least64_t signals;
    int callback; /* number of the callback that signals it too, from 1; 0: none */
};

struct scn_variable {
    const char *name;
    uint64_t value;
};

/* File names that JetGetAttachInfo... or JetGetLogInfo... gave. */
#define SCN_LIST 24576 /* bytes: what the fixture gives for log files */
struct scn_list {
    enum shim_variant variant;
    bool legacy;   /* of one-instance mode */
    uint32_t size; /* bytes */
    _Alignas(4) unsigned char names[SCN_LIST]; /* each ended by a nul, in the variant's encoding */
};

/* A folder of the run that a backup was copied to. */
struct scn_folder {
    const char *name;
    int64_t low, high; /* generations of the log files in it */
};

/* Something an actor has opened and not closed. */
struct scn_open {
    enum scn_kind kind;
    uint64_t value;
    uint64_t sesid;    /* of a database or cursor */
    uint64_t instance; /* of a session */
    int level;         /* session: its transaction level; cursor: the level it was opened at */
    int table;         /* cursor: index in the plan, or -1 */
    bool context;      /* session: this actor has set its context */
    bool named;        /* bound by `-> name`: never the current one of its kind */
};

enum scn_doing { SCN_PLAYING, SCN_WAITING, SCN_OVER };

struct scn_world;

/* One actor while it plays. Belongs to its thread. */
struct scn_player {
    struct scn_world *world;
    const struct scn_actor *plan;  /* NULL: the runner itself (actor 0) */
    int copy;                      /* index among its siblings */
    int making;                    /* runner: instance of the plan that it creates next, or -1 */
    uint32_t number;               /* of all actors; 0 is the runner */
    char name[96];                 /* "writer.3" */
    struct shim_caller caller;
    struct shim_recorder_actor *recording;
    struct scn_env env;
    uint64_t random[4];            /* xoshiro256** */
    int64_t turn;
    int open_count;                /* of `open` */
    uint64_t stale[SCN_KIND_COUNT]; /* last closed handle of the kind, SCN_NIL if none */
    struct scn_variable vars[SCN_MAX_VARS];
    int var_count;
    bool denied;                   /* a call gave the stop's code */
    bool probed;                   /* the calls after the first denial are made */
    bool own;                      /* its calls are those of the script's steps */
    bool stops;                    /* it has called a JetStop... */
    bool shown_before;             /* the state before the next stop was just probed */
    bool step_denied;              /* inside one step: a call was denied */
    uint64_t calls, failed;        /* made; of them negative */
    const struct scn_aim *aiming;  /* parked until this is so; under control only */
    int objects;                   /* OBJECT events written */
    uint64_t last_us;              /* how long its last call took */
    int faults[SHIM_FAULT_MOST];   /* that its steps placed: line of the script, by number of the fault; 0: not its */
    const void *held[64]; /* expectations already noted as held */
    int held_count;
    atomic_uint_least64_t finished[SHIM_FN_COUNT]; /* calls of each function that returned */
    atomic_int doing;              /* enum scn_doing */
    char database[SCN_PATH];       /* env.database */
    pthread_t thread;
    /* From here on only what is written is ever read: a new player leaves it as it is, pages that a schedule in a fork
     * would have to pay for. */
    struct scn_open open[SCN_MAX_OPEN];
    struct scn_list databases, logs; /* of the streaming backup */
};

struct scn_world {
    const struct scn_plan *plan;
    const struct scn_run_options *options;
    char directory[SCN_PATH];      /* of the run, with a separator at the end */
    struct scn_player *runner;     /* actor 0 */
    struct scn_player **players;   /* the others, in order */
    int player_count;
    struct scn_instance_state instances[SCN_MAX_LIVES]; /* the plan's first, in order */
    int instance_count;
    struct scn_table_state *tables;
    pthread_mutex_t lock;          /* instances beyond the plan's, shared variables */
    struct scn_variable shared[SCN_MAX_VARS];
    int shared_count;
    struct scn_gate gates[SCN_MAX_GATES];
    int gate_count;
    int callback_count;
    struct scn_folder folders[SCN_MAX_FOLDERS]; /* under `lock` */
    int folder_count;
    int folders_before; /* how many got another name */
    atomic_int_least64_t *given;   /* per expectation of the plan: calls that gave its codes */
    atomic_uint_least64_t longest_us[SHIM_FN_COUNT]; /* of the calls that returned */
    atomic_int start;              /* start gate: 0 closed, 1 open, 2 everybody go home */
    atomic_int ready;
    atomic_int arrived;
    atomic_int_least64_t unique;   /* `unique` and keys */
    atomic_int_least64_t version;  /* of rows */
    atomic_bool stopped;           /* some JetStopService... has returned success */
    uint64_t stale[SCN_KIND_COUNT];/* closed by set-up */
    uint64_t gate_timeout_us, aim_timeout_us;
    bool disturbed;                /* this restart is one in which things go wrong; another follows */
    bool restarted;                /* the block after the restart was played */
    char message[SCN_MESSAGE];     /* why set-up failed */
    JET_ERR failure;
};

/* ---- value.c ---- */
void scn_random_seed(uint64_t state[4], uint64_t seed, uint64_t stream);
uint64_t scn_random_next(uint64_t state[4]);
int64_t scn_random_between(uint64_t state[4], int64_t low, int64_t high);
/* Number of a value that stands for a number or a handle of `kind`. A name that is not bound gives
 * SCN_NIL. */
uint64_t scn_value_number(struct scn_player *player, const struct scn_value *value,
                          enum scn_kind kind);
/* Binds a name; with $ for all actors. */
void scn_bind(struct scn_player *player, const char *name, uint64_t value);
/* Finds a bound name; false if it is not bound (instances of the plan count as bound). */
bool scn_lookup(struct scn_player *player, const char *name, uint64_t *value);

/* ---- clock.c ---- */
uint64_t scn_now_us(void); /* monotonic */
void scn_sleep_us(uint64_t us);
void scn_yield(void);
/* As pthread_create and pthread_join; in a controlled run (shims/schedule/control.h) the threads take part, and
 * the functions above are decision points and virtual time. */
int scn_thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                     void *argument);
int scn_thread_join(pthread_t thread);
void scn_thread_name(pthread_t thread, const char *name); /* for reports of a controlled run */
/* Whether this thread is under control: who polls then uses scn_wait_change instead. */
bool scn_controlled(void);
/* Waits until a gate is signalled, at most `us`. Under control only. scn_signalled tells those that wait. */
void scn_wait_signal(uint64_t us);
void scn_signalled(void);
/* Waits until the actors are where the aim wants them, at most `us`. Under control only; scn_moved tells those
 * for whom it is so now. */
void scn_wait_aim(struct scn_player *player, const struct scn_aim *aim, uint64_t us);
void scn_moved(const struct scn_world *world);
/* The hook that makes entry and return of an actor's calls decision points. */
struct shim_hook scn_control_hook(struct scn_player *player);
void scn_name_thread(const char *name); /* for stacks and debuggers */

/* ---- handles.c ---- */
bool scn_kind_of_role(enum shim_role role, enum scn_kind *kind);
/* Follows what the result of a call means for what the actor has open. */
void scn_follow(struct scn_player *player, const struct shim_call *call, const char *bind,
                int table);
struct scn_open *scn_find_open(struct scn_player *player, enum scn_kind kind, uint64_t value);
/* The current one of its kind: opened last, not bound to a name; NULL if there is none. */
struct scn_open *scn_current(struct scn_player *player, enum scn_kind kind);
uint64_t scn_current_value(struct scn_player *player, enum scn_kind kind);
struct scn_instance_state *scn_instance_of(struct scn_world *world, uint64_t handle);
/* The state of a handle just given out: the plan's instance `plan`, or a new one (-1). */
struct scn_instance_state *scn_instance_add(struct scn_world *world, uint64_t handle, int plan);

/* ---- call.c ---- */
/* Fills env from what is current. Before every call of this actor. */
void scn_refresh_env(struct scn_player *player);
/* Makes a call with 64-bit arguments in the order of the parameters, and follows it. `bind` and
 * `table` are for scn_follow. */
JET_ERR scn_invoke(struct scn_player *player, enum shim_fn fn, enum shim_variant variant,
                   const uint64_t *args, const char *bind, int table);
/* A call with default arguments, except those given. */
struct scn_given {
    const char *param;
    uint64_t value;
};
JET_ERR scn_invoke_default(struct scn_player *player, enum shim_fn fn,
                           const struct scn_given *given, int count);
/* A call step, with its expectation. */
void scn_play_call(struct scn_player *player, const struct scn_step *step);
/* Room in the actor's arena, zeroed, 16-byte aligned; NULL if it is full. */
void *scn_arena(struct scn_player *player, size_t size);
void scn_event(struct scn_player *player, enum shim_event_kind kind, const char *name,
               const char *text, int64_t v0, int64_t v1, int64_t v2, int64_t v3);
bool scn_is_stop(enum shim_fn fn);
/* Notes the values that a stop must not change when it fails. */
void scn_show_state(struct scn_player *player, uint64_t instance, int after);

/* ---- rows.c ---- */
void scn_play_row(struct scn_player *player, const struct scn_row *row);
/* Adds one row, as set-up does: no event. */
JET_ERR scn_row_add(struct scn_player *player, int table, uint64_t tableid, int64_t key,
                    int32_t version);

/* ---- probe.c ---- */
void scn_play_probe(struct scn_player *player, int64_t calls);

/* ---- steps.c ---- */
/* Whether the others are where the aim wants them. */
bool scn_aim_is_reached(const struct scn_player *player, const struct scn_aim *aim);
/* Plays a list of steps. */
void scn_play(struct scn_player *player, const struct scn_step *steps);
struct scn_gate *scn_gate(struct scn_world *world, const char *name);
void scn_collect_gates(struct scn_world *world, const struct scn_step *steps);

/* ---- observe.c ---- */
void scn_callbacks_reset(void);
/* How often the gate was signalled; a gate that is none (NULL) never was. */
int64_t scn_signals(const struct scn_gate *gate);
/* The address of the function that signals the gate; 0 if the plan has no such callback. */
uint64_t scn_callback_for(struct scn_world *world, const char *gate_name);
void scn_play_observe(struct scn_player *player, const struct scn_observe *observe);
/* Counts a result for the expectations about how many calls give what; and what they came to. */
void scn_count_given(struct scn_player *player, enum shim_fn fn, JET_ERR result);
void scn_judge_given(struct scn_world *world);
/* Whether this process may be killed; if not, that is noted. */
bool scn_may_kill(struct scn_player *player);
void scn_play_kill(struct scn_player *player);
/* ---- faults.c ---- */
int scn_place_fault(const struct scn_plan *plan, const struct shim_fault *fault);
void scn_play_fault(struct scn_player *player, const struct scn_step *step);
/* Whether stops may fail for reasons of their own, so that more is looked at around them. */
bool scn_watches_stops(const struct scn_world *world);
/* Notes the parameters that a stop could have touched, before it and after it. */
void scn_show_parameters(struct scn_player *player, uint64_t instance, int after);
/* A stop, also of a backup, has failed: calls of every class show what it did all the same. The judge knows that
 * there is no stop that could explain a denial. */
void scn_probe_failed_stop(struct scn_player *player, uint64_t instance);
/* Notes which of the faults that steps placed never came. */
void scn_judge_faults(struct scn_world *world);
/* ---- kill_posix.c, kill_windows.c: does not return. */
void scn_die(void);

/* ---- backup.c ---- */
/* Keeps what a successful call says about the files of a backup, and notes one that it made itself. */
void scn_keep_list(struct scn_player *player, const struct shim_call *call);
void scn_note_backup(struct scn_player *player, const struct scn_call *step);
void scn_play_copy(struct scn_player *player, const struct scn_copy *copy);
/* A folder of the run; a separator at the end. */
void scn_folder_path(const struct scn_world *world, const char *name, char *path, size_t size);
/* ---- restore.c ---- */
void scn_play_restore(struct scn_player *player, const struct scn_step *step);

/* ---- cleanup.c ---- */
void scn_cleanup(struct scn_player *player);
/* The runner aborts the snapshots that actors have left, so that no term waits for them. */
void scn_end_snapshots(struct scn_world *world);

/* ---- setup.c, verify.c ---- */
int scn_setup(struct scn_world *world);
/* Paths and settings of an instance, before its JetInit. */
int scn_configure(struct scn_player *player, struct scn_instance_state *state, uint64_t handle);
/* Creates, configures and initialises an instance of the plan; runner only. 0, or -1. */
int scn_create_instance(struct scn_world *world, int instance, bool init);
/* Notes that a call of the runner failed in `what`; returns -1. */
int scn_setup_failed(struct scn_world *world, enum shim_fn fn, const char *what, JET_ERR result);
/* JetTerm of one instance, then harder forms until it is gone. */
void scn_term(struct scn_world *world, struct scn_instance_state *state);
void scn_term_all(struct scn_world *world);
void scn_verify(struct scn_world *world);
/* After a set-up that failed, with nothing going wrong any more: its instances must start and end, whatever their files
 * hold by now. */
void scn_start_again(struct scn_world *world);
void scn_database_path(const struct scn_world *world, int database, char *path, size_t size);
/* Finds the columns of a table through an open cursor. 0, or -1 with the world's message. */
int scn_learn_columns(struct scn_player *player, uint64_t tableid, int table);

/* ---- world.c ---- */
struct scn_player *scn_player_new(struct scn_world *world, const struct scn_actor *plan, int copy,
                                  uint32_t number, const char *name);
void scn_player_free(struct scn_player *player);
int scn_make_directory(const char *path); /* files_posix.c, files_windows.c; fine if it is there */
int scn_copy_file(const char *from, const char *to);
#ifdef _WIN32
#define SCN_SEPARATOR "\\"
#else
#define SCN_SEPARATOR "/"
#endif

#endif
