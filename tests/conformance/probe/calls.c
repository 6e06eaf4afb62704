/* Attempts at system calls that settings restrict, each in its own child. None changes anything outside that child. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SCRATCH "/tmp/.probe-scratch"

static long mapping(int protection) {
  return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static long gain_execution(void) {
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long memfd_execution(void) {
  int file = (int)syscall(SYS_memfd_create, "probe", 0);
  if (file < 0 || ftruncate(file, 4096) < 0)
    return -1;
  return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0) == MAP_FAILED ? -1 : 0;
}

static long set_scheduler(int policy, int priority) {
  struct sched_param parameter = {.sched_priority = priority};
  return sched_setscheduler(0, policy, &parameter);
}

static long set_attributes(void) {
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attributes = {.size = sizeof attributes};
  return syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static long set_user_id_bit(void) {
  int file = (int)syscall(SYS_memfd_create, "probe", 0);
  return file < 0 ? -1 : fchmod(file, 04755);
}

static long set_group_id_directory(void) {
  char path[64];
  snprintf(path, sizeof path, SCRATCH "-%d", (int)getpid());
  long result = mkdir(path, 02755);
  int error = errno;
  rmdir(path);
  errno = error;
  return result;
}

static long make_node(mode_t mode, dev_t device) {
  char path[64];
  snprintf(path, sizeof path, SCRATCH "-%d", (int)getpid());
  long result = mknod(path, mode, device);
  int error = errno;
  unlink(path);
  errno = error;
  return result;
}

static long same_host_name(void) {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return sethostname(name, strlen(name));
}

static long read_clock_adjustment(void) {
  char buffer[512] = {0};
  return syscall(SYS_adjtimex, buffer);
}

static long run(const char *program) {
  pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (child == 0) {
    execl(program, program, "/usr/bin/true", NULL);
    _exit(errno & 127);
  }
  int status;
  if (child < 0 || waitpid(child, &status, 0) < 0)
    return -1;
  if (WIFSIGNALED(status)) {
    raise(WTERMSIG(status));
    return -1;
  }
  errno = WEXITSTATUS(status);
  return errno ? -1 : 0;
}

static long lower_limit_and_raise(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
    return -1;
  limit.rlim_max += 1;
  return setrlimit(RLIMIT_NOFILE, &limit);
}

static long steal_input(void) {
  char byte = 'x';
  return ioctl(STDIN_FILENO, TIOCSTI, &byte);
}

static long handle_of_root(void) {
  struct {
    unsigned bytes;
    int type;
    unsigned char handle[128];
  } handle = {.bytes = 128};
  int mount_id;
  if (name_to_handle_at(AT_FDCWD, "/", (struct file_handle *)&handle, &mount_id, 0) < 0)
    return -1;
  return open_by_handle_at(AT_FDCWD, (struct file_handle *)&handle, O_RDONLY | O_PATH);
}

#ifdef __x86_64__
static long call_32_bit(long number) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number) : "memory", "r8", "r9", "r10", "r11");
  if (result < 0 && result > -4096) {
    errno = (int)-result;
    return -1;
  }
  return result;
}
#endif

static long own_mount_namespace(void) {
  /* Nothing may come back to the namespace before. */
  if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    return -1;
  return mount("none", "/mnt", "tmpfs", 0, NULL);
}

static long trace_child(void) {
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  if (child < 0)
    return -1;
  long result = ptrace(PTRACE_SEIZE, child, NULL, NULL);
  int error = errno;
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  errno = error;
  return result;
}

/* Kept in the child that dies right after. */
static long attempt(int number) {
  static uint64_t how[3] = {O_RDONLY};
  int line = 0;
#define ATTEMPT(NAME, ...) \
  if (line++ == number) \
    return (long)(__VA_ARGS__);
#include "calls.list"
#undef ATTEMPT
  return 0;
}

static const char *const names[] = {
#define ATTEMPT(NAME, ...) NAME,
#include "calls.list"
#undef ATTEMPT
};

void call_facts(void) {
  for (int number = 0; number < (int)(sizeof names / sizeof *names); number++) {
    char key[64];
    snprintf(key, sizeof key, "call %s", names[number]);
    pid_t child = fork();
    if (child < 0) {
      fact(key, "nofork %s", outcome(-1));
      continue;
    }
    if (child == 0) {
      errno = 0;
      long result = attempt(number);
      fact(key, "%s", outcome(result));
      _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
      ;
    if (WIFSIGNALED(status))
      fact(key, "signal %s", sigabbrev_np(WTERMSIG(status)));
  }
}
