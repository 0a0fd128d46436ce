/* Recording what the engine does to files, and building what a power cut leaves: see power.h. */
#include "engine/tests/storage/power.h"

#include "engine/tests/storage/aftermath.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECTOR 512u
#define NAME_MOST 40
#define NAMES_MOST 4096
#define DESCRIPTORS_MOST 256
#define SYNC_US 100
#define FOLDERS 3u                                  /* the folder itself, and in it: */
#define MARKS_MOST 16u
#define MARK_REACH 80u

static const char *const inner[FOLDERS - 1] = { POWER_DATA, POWER_SYSTEM };

enum what { WRITE, SET_SIZE, SYNC, FOLDER_SYNC, CREATE, RENAME, REMOVE, TOLD };

struct event {
    enum what what;
    uint32_t file;                                  /* TOLD: kind; changes of names and FOLDER_SYNC: folder */
    uint32_t upto;                                  /* syncs: events before this one; TOLD: value */
    uint64_t offset, size;
    unsigned char *bytes;
    char from[NAME_MOST], to[NAME_MOST];
};

struct name { char name[NAME_MOST]; uint32_t file; };
struct names { struct name *name; uint32_t count; };
struct content { unsigned char *bytes; uint64_t size, room; };

static struct {
    pthread_mutex_t mutex;
    bool on;
    char folder[300];
    struct event *event;
    uint32_t count, room, files;
    uint32_t file_of[DESCRIPTORS_MOST], folder_of[DESCRIPTORS_MOST]; /* 0: not ours; else number + 1 */
    uint32_t mark[MARKS_MOST], marks;
    struct names now;
} power = { .mutex = PTHREAD_MUTEX_INITIALIZER };

int __real_open(const char *path, int flags, ...);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
ssize_t __real_pwrite(int descriptor, const void *bytes, size_t size, off_t offset);
int __real_ftruncate(int descriptor, off_t size);
int __real_posix_fallocate(int descriptor, off_t offset, off_t size);
int __real_fdatasync(int descriptor);
int __real_fsync(int descriptor);

int __wrap_open(const char *path, int flags, ...);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
ssize_t __wrap_pwrite(int descriptor, const void *bytes, size_t size, off_t offset);
int __wrap_ftruncate(int descriptor, off_t size);
int __wrap_posix_fallocate(int descriptor, off_t offset, off_t size);
int __wrap_fdatasync(int descriptor);
int __wrap_fsync(int descriptor);

static void *must_have(void *block)
{
    if (block == NULL) {
        perror("storage_powercut");
        abort();
    }
    return block;
}

/* ---- names ----------------------------------------------------------------------------------------------- */

/* The name inside the folder; NULL: not in it. */
static const char *name_in(const char *path)
{
    size_t length = strlen(power.folder);
    if (strncmp(path, power.folder, length) != 0 || path[length] != '/' || path[length + 1] == '\0' ||
        strlen(path + length + 1) >= NAME_MOST) {
        return NULL;
    }
    return path + length + 1;
}

/* Of the path of a folder, with or without a separator at its end; 0: not ours, else number + 1. */
static uint32_t which_folder(const char *path)
{
    char own[400];
    size_t length = strlen(path);
    length -= length != 0 && path[length - 1] == '/';
    for (uint32_t i = 0; i < FOLDERS; i++) {
        snprintf(own, sizeof own, "%s%s%s", power.folder, i != 0 ? "/" : "", i != 0 ? inner[i - 1] : "");
        if (strlen(own) == length && strncmp(own, path, length) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static uint32_t folder_of_name(const char *name)
{
    for (uint32_t i = 1; i < FOLDERS; i++) {
        size_t length = strlen(inner[i - 1]);
        if (strncmp(name, inner[i - 1], length) == 0 && name[length] == '/') {
            return i;
        }
    }
    return 0;
}

static struct name *find(struct names *names, const char *name)
{
    for (uint32_t i = 0; i < names->count; i++) {
        if (strcmp(names->name[i].name, name) == 0) {
            return &names->name[i];
        }
    }
    return NULL;
}

static void forget(struct names *names, const char *name)
{
    struct name *at = find(names, name);
    if (at != NULL) {
        *at = names->name[--names->count];
    }
}

static void give(struct names *names, const char *name, uint32_t file)
{
    forget(names, name);
    if (names->name == NULL) {
        names->name = must_have(calloc(NAMES_MOST, sizeof *names->name));
    }
    if (names->count == NAMES_MOST) {
        abort();
    }
    struct name *at = &names->name[names->count++];
    snprintf(at->name, sizeof at->name, "%s", name);
    at->file = file;
}

static void change_name(struct names *names, const struct event *event)
{
    if (event->what == CREATE) {
        give(names, event->to, event->upto);
    } else if (event->what == REMOVE) {
        forget(names, event->from);
    } else {
        struct name *at = find(names, event->from);
        if (at != NULL) {
            uint32_t file = at->file;
            forget(names, event->from);
            give(names, event->to, file);
        }
    }
}

/* ---- recording: mutex held ------------------------------------------------------------------------------- */

static struct event *add(enum what what, uint32_t file)
{
    if (power.count == power.room) {
        power.room = power.room != 0 ? power.room * 2 : 4096;
        power.event = must_have(realloc(power.event, power.room * sizeof *power.event));
    }
    struct event *event = &power.event[power.count++];
    memset(event, 0, sizeof *event);
    event->what = what;
    event->file = file;
    return event;
}

static uint32_t file_of(int descriptor)
{
    return power.on && descriptor >= 0 && descriptor < DESCRIPTORS_MOST ? power.file_of[descriptor] : 0;
}

int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0) {
        va_list list;
        va_start(list, flags);
        mode = (mode_t)va_arg(list, int);
        va_end(list);
    }
    pthread_mutex_lock(&power.mutex);
    int descriptor = __real_open(path, flags, mode);
    if (power.on && descriptor >= 0 && descriptor < DESCRIPTORS_MOST) {
        const char *name = name_in(path);
        power.file_of[descriptor] = power.folder_of[descriptor] = 0;
        if ((flags & O_DIRECTORY) != 0) {
            power.folder_of[descriptor] = which_folder(path);
        } else if (name != NULL) {
            struct name *known = find(&power.now, name);
            if (known == NULL) {
                struct event *event = add(CREATE, folder_of_name(name));
                event->upto = power.files++;
                snprintf(event->to, sizeof event->to, "%s", name);
                change_name(&power.now, event);
                known = find(&power.now, name);
            }
            power.file_of[descriptor] = known->file + 1;
            if ((flags & O_TRUNC) != 0) {
                add(SET_SIZE, known->file);
            }
        }
    }
    pthread_mutex_unlock(&power.mutex);
    return descriptor;
}

static int renamed(enum what what, const char *from, const char *to)
{
    pthread_mutex_lock(&power.mutex);
    int result = what == RENAME ? __real_rename(from, to) : __real_unlink(from);
    const char *from_name = name_in(from), *to_name = to != NULL ? name_in(to) : from_name;
    if (power.on && result == 0 && from_name != NULL && to_name != NULL) {
        struct event *event = add(what, folder_of_name(from_name));
        snprintf(event->from, sizeof event->from, "%s", from_name);
        snprintf(event->to, sizeof event->to, "%s", to_name);
        change_name(&power.now, event);
    }
    pthread_mutex_unlock(&power.mutex);
    return result;
}

int __wrap_rename(const char *from, const char *to)
{
    return renamed(RENAME, from, to);
}

int __wrap_unlink(const char *path)
{
    return renamed(REMOVE, path, NULL);
}

ssize_t __wrap_pwrite(int descriptor, const void *bytes, size_t size, off_t offset)
{
    pthread_mutex_lock(&power.mutex);
    ssize_t put = __real_pwrite(descriptor, bytes, size, offset);
    uint32_t file = file_of(descriptor);
    if (file != 0 && put > 0) {
        struct event *event = add(WRITE, file - 1);
        event->offset = (uint64_t)offset;
        event->size = (uint64_t)put;
        event->bytes = must_have(malloc((size_t)put));
        memcpy(event->bytes, bytes, (size_t)put);
    }
    pthread_mutex_unlock(&power.mutex);
    return put;
}

int __wrap_ftruncate(int descriptor, off_t size)
{
    pthread_mutex_lock(&power.mutex);
    int result = __real_ftruncate(descriptor, size);
    uint32_t file = file_of(descriptor);
    if (file != 0 && result == 0) {
        add(SET_SIZE, file - 1)->size = (uint64_t)size;
    }
    pthread_mutex_unlock(&power.mutex);
    return result;
}

int __wrap_posix_fallocate(int descriptor, off_t offset, off_t size)
{
    struct stat before = { 0 }, after = { 0 };
    pthread_mutex_lock(&power.mutex);
    (void)fstat(descriptor, &before);
    int result = __real_posix_fallocate(descriptor, offset, size);
    uint32_t file = file_of(descriptor);
    if (file != 0 && result == 0 && fstat(descriptor, &after) == 0 && after.st_size != before.st_size) {
        add(SET_SIZE, file - 1)->size = (uint64_t)after.st_size;
    }
    pthread_mutex_unlock(&power.mutex);
    return result;
}

/* Good for what had happened when it began. */
static int synced(int descriptor, int (*real)(int descriptor))
{
    pthread_mutex_lock(&power.mutex);
    bool on = power.on;
    uint32_t upto = power.count, file = file_of(descriptor);
    uint32_t folder = on && descriptor >= 0 && descriptor < DESCRIPTORS_MOST ? power.folder_of[descriptor] : 0;
    pthread_mutex_unlock(&power.mutex);
    if (!on) {
        return real(descriptor);
    }
    const struct timespec time = { 0, SYNC_US * 1000 };
    nanosleep(&time, NULL);
    pthread_mutex_lock(&power.mutex);
    if (folder != 0 || file != 0) {
        add(folder != 0 ? FOLDER_SYNC : SYNC, (folder != 0 ? folder : file) - 1)->upto = upto;
    }
    pthread_mutex_unlock(&power.mutex);
    return 0;
}

int __wrap_fdatasync(int descriptor)
{
    return synced(descriptor, __real_fdatasync);
}

int __wrap_fsync(int descriptor)
{
    return synced(descriptor, __real_fsync);
}

void power_record(const char *folder)
{
    snprintf(power.folder, sizeof power.folder, "%s", folder);
    power.on = true;
}

void power_stop(void)
{
    pthread_mutex_lock(&power.mutex);
    power.on = false;
    pthread_mutex_unlock(&power.mutex);
}

uint32_t power_event(uint32_t kind, uint32_t value)
{
    pthread_mutex_lock(&power.mutex);
    uint32_t number = power.count;
    add(TOLD, kind)->upto = value;
    pthread_mutex_unlock(&power.mutex);
    return number;
}

uint32_t power_events(void)
{
    return power.count;
}

uint32_t power_greatest(uint32_t kind, uint32_t cut)
{
    uint32_t greatest = 0;
    for (uint32_t i = 0; i < cut; i++) {
        const struct event *event = &power.event[i];
        if (event->what == TOLD && event->file == kind && event->upto > greatest) {
            greatest = event->upto;
        }
    }
    return greatest;
}

void power_mark(void)
{
    pthread_mutex_lock(&power.mutex);
    if (power.marks < MARKS_MOST) {
        power.mark[power.marks++] = power.count;
    }
    pthread_mutex_unlock(&power.mutex);
}

uint32_t power_choose(uint64_t *seed)
{
    if (power.marks != 0 && aftermath_dice(seed, 4) == 0) {
        uint32_t behind = power.mark[aftermath_dice(seed, power.marks)] + aftermath_dice(seed, MARK_REACH);
        return behind < power.count ? behind : power.count;
    }
    uint32_t at = aftermath_dice(seed, power.count);
    if (aftermath_dice(seed, 3) != 0) {
        for (uint32_t i = at; i < power.count; i++) {
            enum what what = power.event[i].what;
            if (what == FOLDER_SYNC || what == CREATE || what == RENAME || what == REMOVE) {
                at = i;
                break;
            }
        }
        at += aftermath_dice(seed, 12);
        at = at > 4 ? at - 4 : 0;
    }
    return at < power.count ? at : power.count;
}

/* ---- the cut --------------------------------------------------------------------------------------------- */

static void resize(struct content *content, uint64_t size)
{
    if (size > content->room) {
        uint64_t room = size * 2;
        content->bytes = must_have(realloc(content->bytes, (size_t)room));
        memset(content->bytes + content->room, 0, (size_t)(room - content->room));
        content->room = room;
    }
    if (size < content->size) {
        memset(content->bytes + size, 0, (size_t)(content->size - size));
    }
    content->size = size;
}

static void put(struct content *content, uint64_t offset, const unsigned char *bytes, uint64_t size)
{
    if (offset + size > content->size) {
        resize(content, offset + size);
    }
    memcpy(content->bytes + offset, bytes, (size_t)size);
}

/* A write that nobody had synced: sector by sector there, not there, or rubbish. */
static void tear(struct content *content, const struct event *event, enum power_loss loss, uint64_t *seed)
{
    uint32_t way = aftermath_dice(seed, 4), rubbish_of = loss == POWER_ROTS ? 1 : 4;
    if (way == 0) {
        return;
    }
    for (uint64_t at = 0; at < event->size; at += SECTOR) {
        uint64_t size = event->size - at < SECTOR ? event->size - at : SECTOR;
        if (way == 1 || aftermath_dice(seed, 2) == 0) {
            put(content, event->offset + at, event->bytes + at, size);
        } else if (way == 3 && aftermath_dice(seed, rubbish_of) == 0) {
            unsigned char rubbish[SECTOR];
            for (uint32_t i = 0; i < SECTOR; i++) {
                rubbish[i] = (unsigned char)aftermath_dice(seed, 256);
            }
            put(content, event->offset + at, rubbish, size);
        }
    }
}

static void empty_folder(const char *name)
{
    char path[700];
    DIR *folder = opendir(name);
    const struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", name, entry->d_name);
            unlink(path);                           /* folders stay */
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

static void write_out(const struct name *name, const struct content *content)
{
    char path[700];
    snprintf(path, sizeof path, "%s/%s", power.folder, name->name);
    FILE *file = must_have(fopen(path, "wb"));
    if (content->size != 0 && fwrite(content->bytes, 1, (size_t)content->size, file) != content->size) {
        abort();
    }
    fclose(file);
}

void power_cut(uint32_t cut, enum power_loss loss, uint64_t seed)
{
    struct content *content = must_have(calloc(power.files + 1, sizeof *content));
    uint32_t *durable = must_have(calloc(power.files + 1, sizeof *durable));
    uint32_t names_durable[FOLDERS] = { 0 }, names_open[FOLDERS] = { 0 }, names_kept[FOLDERS];
    struct names names = { NULL, 0 };
    for (uint32_t i = 0; i < cut; i++) {
        const struct event *event = &power.event[i];
        if (event->what == SYNC && event->upto > durable[event->file]) {
            durable[event->file] = event->upto;
        } else if (event->what == FOLDER_SYNC && event->upto > names_durable[event->file]) {
            names_durable[event->file] = event->upto;
        }
    }
    for (uint32_t i = 0; i < cut; i++) {
        const struct event *event = &power.event[i];
        if ((event->what == CREATE || event->what == RENAME || event->what == REMOVE) && i >= names_durable[event->file]) {
            names_open[event->file]++;
        }
    }
    for (uint32_t i = 0; i < FOLDERS; i++) {
        names_kept[i] = loss == POWER_KEEPS_ALL ? names_open[i]
                      : loss == POWER_DROPS_ALL ? 0 : aftermath_dice(&seed, names_open[i] + 1);
    }
    for (uint32_t i = 0; i < cut; i++) {
        const struct event *event = &power.event[i];
        bool lasts = loss == POWER_KEEPS_ALL || i < durable[event->what <= SYNC ? event->file : 0];
        switch (event->what) {
        case WRITE:
            if (lasts) {
                put(&content[event->file], event->offset, event->bytes, event->size);
            } else if (loss >= POWER_TEARS) {
                tear(&content[event->file], event, loss, &seed);
            }
            break;
        case SET_SIZE:
            if (lasts || (loss >= POWER_TEARS && aftermath_dice(&seed, 2) == 0)) {
                resize(&content[event->file], event->size);
            }
            break;
        case CREATE:
        case RENAME:
        case REMOVE:
            if (i < names_durable[event->file]) {
                change_name(&names, event);
            } else if (names_kept[event->file] != 0) {
                names_kept[event->file]--;
                change_name(&names, event);
            }
            break;
        default:
            break;
        }
    }
    empty_folder(power.folder);
    for (uint32_t i = 1; i < FOLDERS; i++) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", power.folder, inner[i - 1]);
        empty_folder(path);
    }
    for (uint32_t i = 0; i < names.count; i++) {
        write_out(&names.name[i], &content[names.name[i].file]);
    }
    for (uint32_t i = 0; i < power.files; i++) {
        free(content[i].bytes);
    }
    free(names.name);
    free(content);
    free(durable);
}
