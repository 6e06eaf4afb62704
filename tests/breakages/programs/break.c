/* Small programs that each need one thing: the first argument names it. They end with 1, and say why, when they do not get it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int ended(const char *what, long result)
{
    if (result >= 0)
        return 0;
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return 1;
}

static int bound(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return bind(s, (struct sockaddr *)&address, sizeof address);
}

static int connected(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct timeval limit = { .tv_usec = 500000 };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return connect(s, (struct sockaddr *)&address, sizeof address);
}

static int sent(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    return sendto(s, "x", 1, 0, (struct sockaddr *)&address, sizeof address);
}

static int deep(int depth)
{
    volatile char room[65536];
    room[0] = (char)depth;
    return depth == 0 ? room[0] : deep(depth - 1) + room[0];
}


static int children(int wanted)
{
    int failed = 0;
    pid_t all[64];
    for (int at = 0; at < wanted; at++) {
        all[at] = fork();
        if (all[at] == 0) {
            pause();
            _exit(0);
        }
        failed |= all[at] < 0;
    }
    int reason = errno;
    for (int at = 0; at < wanted; at++)
        if (all[at] > 0) {
            kill(all[at], SIGKILL);
            waitpid(all[at], NULL, 0);
        }
    errno = reason;
    return failed ? -1 : 0;
}

static int files(int wanted)
{
    for (int at = 0; at < wanted; at++)
        if (open("/dev/null", O_RDONLY) < 0)
            return -1;
    return 0;
}

static int mapped(int protection, int later)
{
    void *room = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return -1;
    return later ? mprotect(room, 4096, later) : 0;
}

static int filled(size_t size)
{
    volatile char *room = malloc(size);
    for (size_t at = 0; room != NULL && at < size; at += 4096)
        room[at] = 1;
    return room == NULL ? -1 : 0;
}

static int limited(int resource, rlim_t most)
{
    struct rlimit limit = { most, most };
    return setrlimit(resource, &limit);
}

int main(int count, char **words)
{
    const char *what = count > 1 ? words[1] : "";
    const char *more = count > 2 ? words[2] : "";
    int number = atoi(more);
    errno = 0;
#define WHEN(name, call) if (strcmp(what, name) == 0) return ended(name, (call))
    WHEN("clone3", syscall(SYS_clone3, NULL, 0) < 0 && errno == EINVAL ? 0 : -1);
    WHEN("faccessat2", syscall(SYS_faccessat2, AT_FDCWD, "/", R_OK, 0));
    WHEN("statx", syscall(SYS_statx, AT_FDCWD, "/", 0, 0, words) < 0 && errno == EFAULT ? -1 : 0);
    WHEN("socket", socket(number, SOCK_DGRAM, 0));
    WHEN("raw", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    WHEN("unshare", unshare((int)strtol(more, NULL, 0)));
    WHEN("realtime", sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 }));
    WHEN("setuid-bit", chmod(more, 04755));
    WHEN("personality", personality(0x0040000) < 0 ? -1 : 0);
    WHEN("write-execute", mapped(PROT_READ | PROT_WRITE | PROT_EXEC, 0));
    WHEN("made-executable", mapped(PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC));
    if (strcmp(what, "hostname") == 0) {
        char name[256];
        gethostname(name, sizeof name);
        return ended(what, sethostname(name, strlen(name)));
    }
    WHEN("clock", adjtimex(&(struct timex){ .modes = 0 }));
    WHEN("module", syscall(SYS_delete_module, "unitward_none", O_NONBLOCK) < 0 && errno == ENOENT ? 0 : -1);
    WHEN("log", klogctl(10, NULL, 0));
    WHEN("bind", bound(number));
    WHEN("connect", connected(number));
    WHEN("send", sent(number));
    WHEN("become", setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0 ? -1 : 0);
    WHEN("uid", setuid(65534));
    WHEN("gid", setgid(65534));
    WHEN("own", chown(more, 1, 1));
    WHEN("mode", chmod(more, 0640));
    WHEN("root", setuid(0));
    WHEN("mount", mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 && errno != EINVAL ? -1 : 0);
    WHEN("chroot", chroot("/"));
    WHEN("node", mknod(more, S_IFCHR | 0600, 0x103) < 0 && errno != EEXIST ? -1 : unlink(more));
    WHEN("nice", setpriority(PRIO_PROCESS, 0, -5));
    WHEN("lock", ({ void *room = mmap(NULL, 1 << 22, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); mlock(room, 1 << 22); }));
    WHEN("raise", limited(RLIMIT_NOFILE, 900000));
    WHEN("signal", kill(number, 0));
    WHEN("trace", ptrace(PTRACE_SEIZE, number, 0, 0));
    WHEN("children", children(number));
    WHEN("files", files(number));
    WHEN("stack", deep(number) * 0);
    WHEN("queue", mq_open("/unitward-breakage", O_RDWR | O_CREAT, 0600, &(struct mq_attr){ .mq_maxmsg = 10, .mq_msgsize = 1024 }) < 0 ? -1 : mq_unlink("/unitward-breakage"));
    WHEN("memory", filled((size_t)number << 20));
    WHEN("open", open(more, O_RDONLY));
    WHEN("open-write", open(more, O_RDWR));
    WHEN("shared", shmget(number, 0, 0));
    WHEN("sleep", usleep((useconds_t)number * 1000));
    if (strcmp(what, "burn") == 0) {
        while (clock() < CLOCKS_PER_SEC * 6 / 5)
            ;
        return 0;
    }
    if (strcmp(what, "pipe") == 0) {
        int ends[2];
        signal(SIGUSR1, SIG_DFL);
        if (pipe(ends) < 0)
            return 1;
        close(ends[0]);
        return write(ends[1], "x", 1) < 0 && errno == EPIPE ? 0 : 1;
    }
#if defined(__x86_64__)
    if (strcmp(what, "x86") == 0) {
        long result;
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
        return result > 0 ? 0 : 1;
    }
#endif
    fprintf(stderr, "%s: no such thing\n", what);
    return 2;
}
