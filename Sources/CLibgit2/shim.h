#ifndef WAYBILL_CLIBGIT2_SHIM_H
#define WAYBILL_CLIBGIT2_SHIM_H

#include <git2.h>
#include <git2/sys/repository.h>
#include <spawn.h>
#include <sys/prctl.h>

// Swift cannot call variadic C functions: each setting that Waybill uses has a plain function here.

static inline int waybill_git_use_certificates(const char *file, const char *folder) {
    return git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, folder);
}

static inline int waybill_git_set_owner_validation(int enabled) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

static inline int waybill_git_set_config_folder(int level, const char *folder) {
    return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, folder);
}

static inline int waybill_git_set_durable_writes(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, enabled);
}

// A helper that dies must not leave a core file: its memory holds credentials.
static inline int waybill_forbid_core_files(void) { return prctl(PR_SET_DUMPABLE, 0); }

// Of glibc 2.34. Its header shows it to GNU sources only.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);

// Closes every descriptor from `first` on in the child, whatever library opened it.
static inline int waybill_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

#endif
