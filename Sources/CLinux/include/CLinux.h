// System calls of Linux that Swift's Glibc module leaves out: variadic ones, those of headers that it does not name, and
// GNU extensions. The extensions are declared here by hand: with `_GNU_SOURCE` in a header, types of the C library would
// look different in this module and in Glibc's. Nor does any header here define `struct stat`, as `sys/file.h` and `sys/mount.h` do: files that
// import only Glibc could not see its members where this module is read first.
#ifndef WAYBILL_CLINUX_H
#define WAYBILL_CLINUX_H

#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

// As `mount(2)` lists them.
enum {
    MS_RDONLY = 1,
    MS_NOSUID = 2,
    MS_NODEV = 4,
    MS_NOEXEC = 8,
    MS_REMOUNT = 32,
    MS_NOATIME = 1024,
    MS_NODIRATIME = 2048,
    MS_BIND = 4096,
    MS_REC = 16384,
    MS_PRIVATE = 1 << 18,
    MS_RELATIME = 1 << 21
};
#ifndef LOCK_EX
#define LOCK_SH 1
#define LOCK_EX 2
#define LOCK_NB 4
#define LOCK_UN 8
#endif
#ifndef O_PATH
#define O_PATH 010000000
#endif
#ifndef SYNC_FILE_RANGE_WRITE
#define SYNC_FILE_RANGE_WRITE 2
#endif
#ifndef CLONE_NEWNS
#define CLONE_NEWNS 0x00020000
#define CLONE_NEWUSER 0x10000000
#define CLONE_NEWNET 0x40000000
#endif

int flock(int file, int operation);
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
int unshare(int flags);
int pipe2(int ends[2], int flags);
int dup3(int from, int to, int flags);
int sync_file_range(int file, off_t offset, off_t count, unsigned int flags);
int close_range(unsigned int first, unsigned int last, int flags);
int setgroups(size_t count, const gid_t *groups);
int setresuid(uid_t real, uid_t effective, uid_t saved);
int setresgid(gid_t real, gid_t effective, gid_t saved);
int execvpe(const char *file, char *const arguments[], char *const environment[]);
int pidfd_open(pid_t pid, unsigned int flags);
int pidfd_send_signal(int process, int signal, siginfo_t *info, unsigned int flags);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);

int waybill_prctl(int option, unsigned long argument);

/* A child that has ended and is still to be waited for, without taking it; 0 when there is none now, -1 when there is no child at all. */
pid_t waybill_peek_ended_child(void);

/* A descriptor that reads as one signalfd_siginfo for each batch of SIGCHLD, SIGTERM, SIGINT and SIGHUP, which are blocked from now on. */
int waybill_watch_signals(void);

/* Every signal back to its default and none blocked: what a program expects at its start. */
void waybill_reset_signals(void);

void waybill_ignore_broken_pipes(void);

/* Binds the calling process to `count` processors of those it may use, beginning with the one `first` places on. */
int waybill_bind_processors(int first, int count);

/* Makes the file `to` share the bytes of the file `from` until one of them is written; -1 where the file system cannot. */
int waybill_share_bytes(int to, int from);

/* Makes everything that was written to the file system of `file` durable. */
int waybill_sync_file_system(int file);

/* Lets the disk begin to take what was written to `file` from `offset` on, without waiting for it. */
int waybill_begin_writing(int file, long long offset, long long count);

int waybill_no_core_file(void);
int waybill_limit_file_size(unsigned long long most);
int waybill_limit_processes(unsigned long long most);
int waybill_lower_priority(int by);

/* Attributes for a child that starts with default signals, none blocked. */
int waybill_spawn_attributes(posix_spawnattr_t *attributes);

#endif
