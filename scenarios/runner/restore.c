/* scenarios/runner/restore.c - the disaster, and what a backup is good for then.
 *
 * `restore` first takes everything that the instance has away: its folder gets another name, an empty one takes its
 * place. Then the databases come back, to where they were: from the files that `copy` left, put there and
 * handed to JetExternalRestore with the log files; or by JetRestoreInstance from what JetBackup... left. The restart that
 * follows reads them, and the judge knows (RESTORED) that they are those of the backup. When the restore fails, all is
 * as before, and the script's expectation that it works has not held.
 */
#include <stdio.h>
#include <string.h>

#include "scenarios/runner/world.h"

static void cut_separator(char *path)
{
    size_t length = strlen(path);
    if (length > 0) {
        path[length - 1] = '\0';
    }
}

/* Gives the instance's folder another name, which is left in `to`. */
static int set_aside(struct scn_world *world, const char *why, char *to, size_t size)
{
    char from[SCN_PATH];
    snprintf(from, sizeof from, "%s", world->instances[0].directory);
    cut_separator(from);
    for (int i = 0; i < 9; i++) {
        snprintf(to, size, "%s-%s-%d", from, why, i);
        if (rename(from, to) == 0) {
            return 0;
        }
    }
    return -1;
}

/* A restore that failed is followed by a start on the files as they were. */
static void take_back(struct scn_world *world, const char *lost)
{
    char to[SCN_PATH], failed[SCN_PATH + 32];
    snprintf(to, sizeof to, "%s", world->instances[0].directory);
    cut_separator(to);
    if (set_aside(world, "failed", failed, sizeof failed) != 0 || rename(lost, to) != 0) {
        scn_event(world->runner, SHIM_EVENT_NOTE, "restore", "the files could not be taken back", 0, 0,
                  0, 0);
    }
}

static JET_ERR restore_streamed(struct scn_world *world, const char *folder)
{
    static const char *const missing = "a database is missing in the folder";
    const struct scn_plan *plan = world->plan;
    JET_RSTMAP_A map[SCN_MAX_DATABASES];
    char paths[6][SCN_PATH], from[SCN_PATH], home[SCN_PATH + 16], copy[SCN_PATH * 2];
    int64_t low = 0, high = 0;
    uint64_t count = 0;
    memset(map, 0, sizeof map);
    scn_folder_path(world, folder, from, sizeof from);
    snprintf(home, sizeof home, "%s", from);
    cut_separator(home);
    strcat(home, "-replay" SCN_SEPARATOR);
    scn_make_directory(home);
    for (int d = 0; d < plan->database_count && d < 6; d++) { /* no instance has more */
        scn_database_path(world, d, paths[d], sizeof paths[d]);
        snprintf(copy, sizeof copy, "%s%s.edb", from, plan->databases[d].name);
        if (scn_copy_file(copy, paths[d]) != 0) {
            scn_event(world->runner, SHIM_EVENT_NOTE, "restore", missing, 0, 0, 0, 0);
            return JET_errMissingRestoreLogFiles;
        }
        map[count].szDatabaseName = map[count].szNewDatabaseName = paths[d];
        count++;
    }
    for (int i = 0; i < world->folder_count; i++) {
        if (strcmp(world->folders[i].name, folder) == 0) {
            low = world->folders[i].low;
            high = world->folders[i].high;
        }
    }
    return scn_invoke(world->runner, SHIM_FN_JetExternalRestore,
                      shim_function_default_variant(SHIM_FN_JetExternalRestore),
                      (uint64_t[SHIM_MAX_ARGS]){(uintptr_t)home, (uintptr_t)home, (uintptr_t)map,
                                                count, (uintptr_t)from, (uint64_t)low,
                                                (uint64_t)high, 0},
                      NULL, -1);
}

static JET_ERR restore_folder(struct scn_world *world, const char *folder)
{
    char from[SCN_PATH];
    if (scn_create_instance(world, 0, false) != 0) {
        return world->failure < 0 ? world->failure : JET_errInternalError;
    }
    scn_folder_path(world, folder, from, sizeof from);
    JET_ERR result = scn_invoke(
        world->runner, SHIM_FN_JetRestoreInstance,
        shim_function_default_variant(SHIM_FN_JetRestoreInstance),
        (uint64_t[SHIM_MAX_ARGS]){atomic_load(&world->instances[0].handle), (uintptr_t)from, 0, 0},
        NULL, -1);
    scn_term(world, &world->instances[0]);
    return result;
}

void scn_play_restore(struct scn_player *player, const struct scn_step *step)
{
    struct scn_world *world = player->world;
    const struct scn_restore *restore = &step->u.restore;
    char name[128], text[128], lost[SCN_PATH + 32];
    if (set_aside(world, "lost", lost, sizeof lost) != 0 ||
        scn_make_directory(world->instances[0].directory) != 0) {
        scn_event(player, SHIM_EVENT_NOTE, "restore", "the files could not be set aside", 0, 0, 0, 0);
        return;
    }
    JET_ERR result = restore->streamed ? restore_streamed(world, restore->folder)
                                       : restore_folder(world, restore->folder);
    const char *code = shim_error_name(result);
    snprintf(name, sizeof name, "restore %s in line %d", restore->folder, step->pos.line);
    snprintf(text, sizeof text, "gave %d%s%s; a backup that ended well can be restored", (int)result,
             code != NULL ? " " : "", code != NULL ? code : "");
    if (result >= 0) {
        scn_event(player, SHIM_EVENT_RESTORED, restore->folder, NULL, 0, 0, 0, 0);
    } else {
        take_back(world, lost);
    }
    if (result != SHIM_ERR_MISSING && result != SHIM_ERR_STUB &&
        result != JET_errFeatureNotAvailable) {
        scn_event(player, SHIM_EVENT_EXPECT, name, text, result >= 0, 1, SCN_IN_ANY, 0);
    }
}
