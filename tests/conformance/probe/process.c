/* Credentials, limits and attributes of the process. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef PR_GET_MDWE
#define PR_GET_MDWE 66
#endif
#ifndef PR_GET_MEMORY_MERGE
#define PR_GET_MEMORY_MERGE 68
#endif

static void identity(void) {
  uid_t real, effective, saved;
  gid_t real_group, effective_group, saved_group;
  getresuid(&real, &effective, &saved);
  getresgid(&real_group, &effective_group, &saved_group);
  fact("uid", "%u %u %u", real, effective, saved);
  fact("gid", "%u %u %u", real_group, effective_group, saved_group);
  gid_t groups[256];
  int count = getgroups(256, groups);
  char text[2048] = "";
  for (int i = 0; i < count; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), i ? " %u" : "%u", groups[i]);
  fact("groups", "%s", count < 0 ? outcome(-1) : text);
}

static void capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {{0}};
  if (syscall(SYS_capget, &header, data) < 0) {
    fact("capabilities", "%s", outcome(-1));
  } else {
    fact("capabilities inheritable", "%08x%08x", data[1].inheritable, data[0].inheritable);
    fact("capabilities permitted", "%08x%08x", data[1].permitted, data[0].permitted);
    fact("capabilities effective", "%08x%08x", data[1].effective, data[0].effective);
  }
  unsigned long long bounding = 0, ambient = 0;
  for (int number = 0; number < 64; number++) {
    if (prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1)
      bounding |= 1ULL << number;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0) == 1)
      ambient |= 1ULL << number;
  }
  fact("capabilities bounding", "%016llx", bounding);
  fact("capabilities ambient", "%016llx", ambient);
}

static void controls(void) {
  static const struct {
    const char *name;
    int option;
  } list[] = {
      {"securebits", PR_GET_SECUREBITS},   {"keepcaps", PR_GET_KEEPCAPS},
      {"no_new_privs", PR_GET_NO_NEW_PRIVS}, {"seccomp mode", PR_GET_SECCOMP},
      {"mdwe", PR_GET_MDWE},               {"dumpable", PR_GET_DUMPABLE},
      {"timer slack", PR_GET_TIMERSLACK},  {"thp disabled", PR_GET_THP_DISABLE},
      {"memory merge", PR_GET_MEMORY_MERGE},
  };
  for (unsigned i = 0; i < sizeof list / sizeof *list; i++) {
    int value = prctl(list[i].option, 0, 0, 0, 0);
    if (value < 0)
      fact(list[i].name, "%s", outcome(-1));
    else
      fact(list[i].name, "%d", value);
  }
  char status[4096];
  slurp("/proc/self/status", status, sizeof status);
  const char *filters = strstr(status, "Seccomp_filters:");
  fact("seccomp filters", "%d", filters ? atoi(filters + 16) : -1);
  const char *core = strstr(status, "CoreDumping:");
  fact("core dumping", "%d", core ? atoi(core + 12) : -1);
}

static void limits(void) {
  static const char *const names[] = {"cpu",     "fsize", "data",  "stack",      "core",     "rss",  "nproc",  "nofile",
                                      "memlock", "as",    "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"};
  for (int resource = 0; resource < 16; resource++) {
    struct rlimit limit;
    char key[32];
    snprintf(key, sizeof key, "limit %s", names[resource]);
    if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
      fact(key, "%s", outcome(-1));
    else
      fact(key, "%lld %lld", (long long)limit.rlim_cur, (long long)limit.rlim_max);
  }
}

static void scheduling(void) {
  errno = 0;
  int nice_value = getpriority(PRIO_PROCESS, 0);
  if (errno)
    fact("nice", "%s", outcome(-1));
  else
    fact("nice", "%d", nice_value);
  struct sched_param parameter = {0};
  int policy = sched_getscheduler(0);
  if (policy < 0 || sched_getparam(0, &parameter) < 0)
    fact("scheduler", "%s", outcome(-1));
  else
    fact("scheduler", "policy %d reset-on-fork %d priority %d", policy & ~SCHED_RESET_ON_FORK,
         (policy & SCHED_RESET_ON_FORK) != 0, parameter.sched_priority);
  long io = syscall(SYS_ioprio_get, 1, 0);
  if (io < 0)
    fact("io priority", "%s", outcome(-1));
  else
    fact("io priority", "class %ld level %ld", io >> 13, io & 0x1fff);
  cpu_set_t set;
  CPU_ZERO(&set);
  char text[4096] = "";
  if (sched_getaffinity(0, sizeof set, &set) < 0)
    snprintf(text, sizeof text, "%s", outcome(-1));
  for (int cpu = 0; cpu < CPU_SETSIZE && strlen(text) < sizeof text - 8; cpu++)
    if (CPU_ISSET(cpu, &set))
      sprintf(text + strlen(text), *text ? " %d" : "%d", cpu);
  fact("affinity", "%s", text);
  int mode = 0;
  unsigned long nodes[16] = {0};
  long policy_result = syscall(SYS_get_mempolicy, &mode, nodes, 1024UL, 0UL, 0UL);
  if (policy_result < 0)
    fact("memory policy", "%s", outcome(-1));
  else
    fact("memory policy", "mode %d nodes %lx", mode, nodes[0]);
}

static void signals(void) {
  unsigned long long ignored = 0, blocked = 0;
  sigset_t mask;
  sigemptyset(&mask);
  sigprocmask(SIG_BLOCK, NULL, &mask);
  for (int number = 1; number < 65; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
      ignored |= 1ULL << (number - 1);
    if (sigismember(&mask, number) == 1)
      blocked |= 1ULL << (number - 1);
  }
  fact("signals ignored", "%016llx", ignored);
  fact("signals blocked", "%016llx", blocked);
  int death = 0;
  prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
  fact("parent death signal", "%d", death);
}

void process_facts(void) {
  identity();
  capabilities();
  controls();
  guarded("section limits", limits);
  scheduling();
  signals();
  mode_t mask = umask(0);
  umask(mask);
  fact("umask", "%04o", mask);
  int persona = personality(0xffffffff);
  if (persona < 0)
    fact("personality", "%s", outcome(-1));
  else
    fact("personality", "%x", (unsigned)persona);
  char text[256];
  slurp("/proc/self/oom_score_adj", text, sizeof text);
  fact("oom score", "%s", text);
  slurp("/proc/self/coredump_filter", text, sizeof text);
  fact("coredump filter", "%s", text);
  slurp("/proc/self/attr/current", text, sizeof text);
  fact("security label", "%s", text);
  slurp("/proc/self/comm", text, sizeof text);
  fact("comm", "%s", text);
  struct utsname names;
  if (uname(&names) < 0) {
    fact("host name", "%s", outcome(-1));
    return;
  }
  fact("host name", "%s", names.nodename);
  fact("domain name", "%s", names.domainname);
  fact("machine", "%s", names.machine);
}
