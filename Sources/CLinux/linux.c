#define _GNU_SOURCE 1
#include "CLinux.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

int waybill_prctl(int option, unsigned long argument) { return prctl(option, argument, 0UL, 0UL, 0UL); }

pid_t waybill_peek_ended_child(void) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return -1;
    return info.si_pid;
}

int waybill_watch_signals(void) {
    const int watched[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
    sigset_t set;
    sigemptyset(&set);
    for (unsigned index = 0; index < sizeof watched / sizeof *watched; index++) sigaddset(&set, watched[index]);
    if (sigprocmask(SIG_BLOCK, &set, 0) != 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void waybill_reset_signals(void) {
    sigset_t none;
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
}

void waybill_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

int waybill_bind_processors(int first, int count) {
    cpu_set_t allowed, chosen;
    int numbers[CPU_SETSIZE], have = 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed)) numbers[have++] = cpu;
    if (count >= have || count < 1) return 0;
    CPU_ZERO(&chosen);
    for (int offset = 0; offset < count; offset++) CPU_SET(numbers[(first % have + offset) % have], &chosen);
    return sched_setaffinity(0, sizeof chosen, &chosen);
}

int waybill_share_bytes(int to, int from) { return ioctl(to, FICLONE, from); }

int waybill_sync_file_system(int file) { return syncfs(file); }

int waybill_begin_writing(int file, long long offset, long long count) {
    return sync_file_range(file, offset, count, SYNC_FILE_RANGE_WRITE);
}

int waybill_no_core_file(void) {
    struct rlimit none = {0, 0};
    return setrlimit(RLIMIT_CORE, &none);
}

int waybill_limit_file_size(unsigned long long most) {
    struct rlimit bound = {(rlim_t)most, (rlim_t)most};
    return setrlimit(RLIMIT_FSIZE, &bound);
}

int waybill_limit_processes(unsigned long long most) {
    struct rlimit bound = {(rlim_t)most, (rlim_t)most};
    return setrlimit(RLIMIT_NPROC, &bound);
}

int waybill_lower_priority(int by) { return setpriority(PRIO_PROCESS, 0, by); }

int waybill_spawn_attributes(posix_spawnattr_t *attributes) {
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    int code = posix_spawnattr_init(attributes);
    if (code == 0) code = posix_spawnattr_setsigdefault(attributes, &all);
    if (code == 0) code = posix_spawnattr_setsigmask(attributes, &none);
    if (code == 0) code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    return code;
}
