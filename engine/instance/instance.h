/*
 * Instances, and what the process knows about all of them.
 *
 * An instance is reached through its handle (engine/instance/handle.h) and lives until its last
 * reference is gone; that is usually a moment after JetTerm retired the handle. Each session holds
 * one reference on its instance.
 *
 * Locks, in the order they may be taken: instance->service, instance->attach,
 * ese_process.lock, instance->lock. No lock is held while a call
 * waits for other calls to leave.
 */
#ifndef ESE_INSTANCE_INSTANCE_H
#define ESE_INSTANCE_INSTANCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/backup/backup.h"
#include "engine/instance/parameter.h"
#include "engine/maintenance/defrag.h"
#include "engine/os/os.h"
#include "engine/table/store.h"

struct ese_session;

/* How the process uses the engine; set by the first instance, unset by the death of the last one.
 */
enum ese_run_mode {
    ESE_MODE_NONE,
    ESE_MODE_ONE,   /* one instance that needs no handle */
    ESE_MODE_MULTI, /* instances named by handles */
};

/* Bits of ese_instance.api above the count of calls that are inside. */
#define ESE_API_INITIALIZED  ((uint64_t)1 << 32)
#define ESE_API_INITIALIZING ((uint64_t)1 << 33)
#define ESE_API_TERMINATING  ((uint64_t)1 << 34)
#define ESE_API_RESTORING    ((uint64_t)1 << 35)
#define ESE_API_DELETING     ((uint64_t)1 << 36)
#define ESE_API_LOCKED                                                                             \
    (ESE_API_INITIALIZING | ESE_API_TERMINATING | ESE_API_RESTORING | ESE_API_DELETING)
#define ESE_API_CALLS (((uint64_t)1 << 32) - 1)

struct ese_instance {
    uint64_t handle;
    char *name; /* UTF-8; "" when it has none */
    char *display_name;
    struct ese_instance *next; /* in ese_process.instances */
    struct ese_params params;  /* ese_process.lock */
    JET_PFNDURABLECOMMITCALLBACK durable_commit; /* set at initialisation; NULL: nobody asks */
    bool quiesced;             /* caches are kept clean whatever the depth; ese_process.lock */

    _Atomic uint64_t api;        /* calls inside, and ESE_API_* */
    _Atomic bool stopped;        /* the service is stopped; never reset */
    _Atomic bool terminating;    /* a JetTerm is on its way */
    _Atomic int32_t unavailable; /* the error that made the instance unusable, or 0 */

    struct ese_mutex service;            /* serialises stops, and keeps store alive for them */
    uint32_t parts_stopped;              /* JET_bitStopService* in force, service */
    struct ese_store *store;             /* NULL unless initialised */
    struct ese_store *sized;             /* the same while it may be resized; ese_process.lock */
    uint64_t version_bytes;              /* the version store's bound; set at initialisation */
    _Atomic uint64_t version_bytes_left; /* what the last relief could not clean up */

    struct ese_mutex attach; /* databases come and go under it; taken after service */
    uint32_t exclusive;      /* bit of every database that somebody opened alone; attach */

    struct ese_mutex lock;        /* guards sessions */
    struct ese_session *sessions; /* newest first */
    uint32_t session_count;

    struct ese_backup backup;
    struct ese_defrag defrag;
};

struct ese_process {
    struct ese_mutex lock; /* guards everything below but counts */
    enum ese_run_mode mode;
    struct ese_instance *instances;
    struct ese_params params; /* the global ones, and what new instances start with */
    _Atomic uint64_t counts;  /* instances below, terminations in progress above bit 32 */
};

extern struct ese_process ese_process;

/* The parameters of the process; use this rather than the field, they are filled at first use. */
struct ese_params *ese_process_params(void);

static inline uint32_t ese_counts_instances(uint64_t counts)
{
    return (uint32_t)counts;
}

static inline uint32_t ese_counts_terms(uint64_t counts)
{
    return (uint32_t)(counts >> 32);
}

/*
 * Makes an instance and enters it into the process. mode is the run mode the caller stands for: a
 * process in the other mode answers JET_errRunningInOneInstanceMode or
 * JET_errRunningInMultiInstanceMode. name may be NULL. JET_errInstanceNameInUse,
 * JET_errTooManyInstances, JET_errOutOfMemory. Takes ese_process.lock.
 */
JET_ERR ese_instance_create(enum ese_run_mode mode, const char *name, const char *display_name,
                            JET_INSTANCE *handle);

/* Ends an instance that is not initialised or whose storage is closed: leaves the process, retires
 * the handle. The caller has set ESE_API_DELETING or ESE_API_TERMINATING. terms is the number of
 * terminations (0 or 1) that end with it. */
void ese_instance_delete(struct ese_instance *instance, uint32_t terms);

/* References. find takes one by handle; sole takes one on the instance of one-instance mode. NULL
 * when there is none. */
struct ese_instance *ese_instance_find(JET_INSTANCE handle);
struct ese_instance *ese_instance_sole(void);
void ese_instance_unref(struct ese_instance *instance);

enum ese_run_mode ese_run_mode(void);

/* Waits until no call is inside the instance gate. The caller has set one of ESE_API_LOCKED. */
void ese_instance_drain(struct ese_instance *instance);

/* Sets one of ESE_API_LOCKED when none is set: JET_errSuccess, or what a gate answers to the lock
 * that is. */
JET_ERR ese_instance_lock_api(struct ese_instance *instance, uint64_t bit);
void ese_instance_unlock_api(struct ese_instance *instance, uint64_t bit);

/* Tells the storage how deep the checkpoint may be now. Holds ese_process.lock; the store is open.
 */
void ese_instance_apply_depth(struct ese_instance *instance);

/*
 * The cache. Its size is a parameter of the process, and here each instance has a cache of that
 * size: what JET_paramCacheSize says, or a size of the engine's own choice, kept between
 * JET_paramCacheSizeMin and JET_paramCacheSizeMax. All hold ese_process.lock. apply tells the
 * caches of the instances that run; pages counts what they hold now, and is false when none runs.
 */
uint32_t ese_instance_cache_limit(void);
void ese_instance_apply_cache_limit(void);
bool ese_instance_cache_pages(uint64_t *pages);

/*
 * Cleans the version store up in the caller's time when more than half of it is in use and enough
 * has come since the last time. Called at level 0 by those who are about to add versions, so that
 * many small transactions cannot fill it.
 */
void ese_instance_relieve_versions(struct ese_instance *instance);

/* Records the first cause that makes the instance unavailable. Signature fits
 * ese_store_config.on_fatal. */
void ese_instance_set_unavailable(void *instance, JET_ERR cause);

/* JET_errSuccess, or JET_errInstanceUnavailable(DueToFatalLogDiskFull). */
JET_ERR ese_instance_availability(struct ese_instance *instance);

#endif
