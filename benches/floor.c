/* The floor for `cargo xtask bench launch`: the sandbox of benches/launch.conf made with as few system calls as the
 * kernel's interfaces allow, by hand and without any generality, around one program.
 *
 * usage: floor PROGRAM [ARG...]
 *
 * One clone3(2) with all namespaces; then open_tree(2), mount_setattr(2) and move_mount(2) for the mount tree, one
 * system call filter, execve(2). It needs root. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif
#define NOBODY 65534
#define MS_SHARED_FLAG (1 << 20)

static void check(const char *what, long result) {
    if (result >= 0)
        return;
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    _exit(226);
}

static int tree(const char *path, int recursive) {
    int fd = syscall(SYS_open_tree, AT_FDCWD, path, 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC | (recursive ? 0x8000 : 0));
    check(path, fd);
    return fd;
}

static void attributes(const char *path, int recursive, uint64_t set, uint64_t propagation) {
    struct mount_attr change = {.attr_set = set, .propagation = propagation};
    check(path, syscall(SYS_mount_setattr, AT_FDCWD, path, recursive ? 0x8000 : 0, &change, sizeof change));
}

static void attach(int fd, const char *path) {
    check(path, syscall(SYS_move_mount, fd, "", AT_FDCWD, path, 4 /* MOVE_MOUNT_F_EMPTY_PATH */));
}

static int filesystem(const char *type, const char *const *options, uint64_t flags) {
    int context = syscall(SYS_fsopen, type, 1);
    check(type, context);
    for (; *options; options += 2)
        check(options[0], syscall(SYS_fsconfig, context, 1, options[0], options[1], 0));
    check(type, syscall(SYS_fsconfig, context, 6, NULL, NULL, 0));
    int fd = syscall(SYS_fsmount, context, 1, flags);
    check(type, fd);
    return fd;
}

/* A read-only place: a bind of itself, unless it is a mount already. */
static void read_only(const char *path) {
    struct mount_attr change = {.attr_set = MOUNT_ATTR_RDONLY};
    int fd = syscall(SYS_open_tree, AT_FDCWD, path, 1 | O_CLOEXEC | 0x8000);
    if (fd < 0)
        return;
    check(path, syscall(SYS_mount_setattr, fd, "", 0x1000 | 0x8000, &change, sizeof change));
    attach(fd, path);
    close(fd);
}

static void hide(int empty, const char *path) {
    int fd = syscall(SYS_open_tree, empty, "", 0x1000 | 1 | O_CLOEXEC);
    check(path, fd);
    if (access(path, F_OK) == 0)
        attach(fd, path);
    close(fd);
}

static void mounts(const char *tmp, const char *var_tmp) {
    static const char *const none[] = {NULL};
    static const char *const devices[] = {"mode", "0755", "size", "4m", "nr_inodes", "64k", NULL};
    static const char *const proc[] = {"hidepid", "invisible", "subset", "pid", NULL};
    static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
    static const int minors[] = {3, 5, 7, 8, 9, 0};
    attributes("/", 1, 0, 1 << 19);
    int own_tmp = tree(tmp, 0), own_var = tree(var_tmp, 0);
    int pts = tree("/dev/pts", 0), shm = tree("/dev/shm", 0);
    int dev = filesystem("tmpfs", devices, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    int own_proc = filesystem("proc", proc, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    int sys = filesystem("sysfs", none, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY);
    int queues = filesystem("mqueue", none, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    int empty = filesystem("tmpfs", none, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY);
    attributes("/", 1, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0);
    attach(own_proc, "/proc");
    attach(sys, "/sys");
    attach(dev, "/dev");
    for (int i = 0; i < 6; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/%s", nodes[i]);
        check(path, mknod(path, S_IFCHR | 0666, makedev(i == 5 ? 5 : 1, minors[i])));
    }
    check("pts", mkdir("/dev/pts", 0755));
    check("shm", mkdir("/dev/shm", 0755));
    check("mqueue", mkdir("/dev/mqueue", 0755));
    check("ptmx", symlink("pts/ptmx", "/dev/ptmx"));
    check("fd", symlink("/proc/self/fd", "/dev/fd"));
    check("stdin", symlink("/proc/self/fd/0", "/dev/stdin"));
    check("stdout", symlink("/proc/self/fd/1", "/dev/stdout"));
    check("stderr", symlink("/proc/self/fd/2", "/dev/stderr"));
    attach(pts, "/dev/pts");
    attach(shm, "/dev/shm");
    attach(queues, "/dev/mqueue");
    attach(own_tmp, "/tmp");
    attach(own_var, "/var/tmp");
    hide(empty, "/home");
    hide(empty, "/root");
    hide(empty, "/run/user");
    hide(empty, "/usr/lib/modules");
    read_only("/sys/fs/cgroup");
    attributes("/dev", 0, MOUNT_ATTR_RDONLY, 0);
    attributes("/", 1, 0, MS_SHARED_FLAG);
}

static void loopback(void) {
    int fd = socket(2, 2 | 02000000, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    check("lo", ioctl(fd, SIOCSIFFLAGS, &request));
    close(fd);
}

static void filter(void) {
    static const int calls[] = {
        SYS_mount,         SYS_umount2,      SYS_pivot_root,    SYS_reboot,      SYS_swapon,       SYS_swapoff,
        SYS_init_module,   SYS_finit_module, SYS_delete_module, SYS_kexec_load,  SYS_ptrace,       SYS_bpf,
        SYS_perf_event_open, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex,  SYS_syslog,       SYS_ioperm,
        SYS_iopl,          SYS_chroot,       SYS_personality,   SYS_sethostname, SYS_setdomainname, SYS_acct,
        SYS_keyctl,        SYS_add_key,      SYS_request_key,   SYS_unshare,     SYS_setns,        SYS_userfaultfd,
    };
    enum { COUNT = sizeof calls / sizeof *calls };
    struct sock_filter program[COUNT + 6];
    int at = 0;
    program[at++] = (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    program[at++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    program[at++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    program[at++] = (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < COUNT; i++)
        program[at++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], COUNT - i, 0);
    program[at++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[at++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    struct sock_fprog list = {at, program};
    check("seccomp", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &list));
}

static void drop_capabilities(void) {
    for (int i = 0; i <= 40; i++)
        check("bounding set", prctl(PR_CAPBSET_DROP, i));
}

int main(int count, char **words) {
    if (count < 2)
        return 2;
    char outer[] = "/tmp/floor-XXXXXX", var_outer[] = "/var/tmp/floor-XXXXXX", tmp[64], var_tmp[64];
    if (!mkdtemp(outer) || !mkdtemp(var_outer))
        return 2;
    snprintf(tmp, sizeof tmp, "%s/tmp", outer);
    snprintf(var_tmp, sizeof var_tmp, "%s/tmp", var_outer);
    umask(0);
    mkdir(tmp, 01777);
    mkdir(var_tmp, 01777);
    struct clone_args arguments = {
        .flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID,
        .exit_signal = SIGCHLD,
    };
    long child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0) {
        char *environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", NULL};
        setsid();
        loopback();
        mounts(tmp, var_tmp);
        umask(0077);
        drop_capabilities();
        check("groups", setgroups(0, NULL));
        check("group", setresgid(NOBODY, NOBODY, NOBODY));
        check("user", setresuid(NOBODY, NOBODY, NOBODY));
        check("directory", chdir("/"));
        check("no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        check("mdwe", prctl(PR_SET_MDWE, 1, 0, 0, 0));
        filter();
        execve(words[1], words + 1, environment);
        _exit(203);
    }
    int status;
    waitpid(child, &status, 0);
    rmdir(tmp);
    rmdir(outer);
    rmdir(var_tmp);
    rmdir(var_outer);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
