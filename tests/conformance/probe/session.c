/* What the process was given: environment, directory, descriptors, keyrings, namespaces, cgroup. */
#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

enum { KEYCTL_GET_ID = 0, KEYCTL_DESCRIBE_KEY = 6, KEYCTL_READ_KEY = 11 };

static int by_text(const void *left, const void *right) { return strcmp(*(char *const *)left, *(char *const *)right); }

static void environment(void) {
  unsigned count = 0;
  while (environ[count])
    count++;
  char **sorted = malloc((count + 1) * sizeof *sorted);
  if (!sorted)
    return;
  memcpy(sorted, environ, (count + 1) * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, by_text);
  for (unsigned i = 0; i < count; i++) {
    char key[256];
    const char *value = strchr(sorted[i], '=');
    if (!value)
      continue;
    snprintf(key, sizeof key, "environment %.*s", (int)(value - sorted[i]), sorted[i]);
    if (strstr(key, "PID") && atoi(value + 1) > 0)
      fact(key, "%s", atoi(value + 1) == getpid() ? "<own>" : "<other>");
    else
      fact(key, "%s", value + 1);
  }
  free(sorted);
}

static void descriptors(void) {
  static const char *const kinds[] = {"?", "fifo", "char", "?", "dir", "?", "block", "?",
                                      "file", "?", "link", "?", "socket", "?", "?", "?"};
  for (int number = 0; number < 256; number++) {
    int flags = fcntl(number, F_GETFL);
    if (flags < 0)
      continue;
    struct stat about;
    char link[64], target[4096], key[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", number);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0)
      snprintf(target, sizeof target, "!%s", outcome(-1));
    else
      target[length] = 0;
    snprintf(key, sizeof key, "descriptor %d", number);
    if (fstat(number, &about) < 0)
      fact(key, "%s", outcome(-1));
    else
      fact(key, "%s %s flags %o cloexec %d mode %04o", kinds[about.st_mode >> 12 & 15], target,
           flags & ~0100000, fcntl(number, F_GETFD) & 1, about.st_mode & 07777);
  }
}

/* The description without the serial number: `type;uid;gid;permissions;name`. */
static void describe_key(const char *key, long id) {
  char text[512];
  long length = syscall(SYS_keyctl, KEYCTL_DESCRIBE_KEY, id, text, sizeof text, 0);
  fact(key, "%s", length < 0 ? outcome(-1) : text);
}

static void keyrings(void) {
  describe_key("keyring session", -3);
  describe_key("keyring user", -4);
  long session = syscall(SYS_keyctl, KEYCTL_GET_ID, -3L, 0L, 0L, 0L);
  long user_session = syscall(SYS_keyctl, KEYCTL_GET_ID, -5L, 0L, 0L, 0L);
  fact("keyring session is user session", "%s", session >= 0 && session == user_session ? "yes" : "no");
  int keys[64];
  long size = syscall(SYS_keyctl, KEYCTL_READ_KEY, -3L, keys, sizeof keys, 0L);
  char *lines[64];
  int count = 0;
  for (int i = 0; i < 64 && (long)((unsigned)(i + 1) * sizeof *keys) <= size; i++) {
    char text[512];
    long length = syscall(SYS_keyctl, KEYCTL_DESCRIBE_KEY, (long)keys[i], text, sizeof text, 0);
    lines[count++] = strdup(length < 0 ? outcome(-1) : text);
  }
  qsort(lines, (unsigned)count, sizeof *lines, by_text);
  fact("keyring session keys", size < 0 ? "%s" : "%.0s%d", size < 0 ? outcome(-1) : "", count);
  for (int i = 0; i < count; i++) {
    char key[48];
    snprintf(key, sizeof key, "keyring session key %d", i);
    fact(key, "%s", lines[i]);
  }
}

static void namespaces(void) {
  static const char *const kinds[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
  for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    char path[64], target[64], key[32];
    snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i]);
    snprintf(key, sizeof key, "namespace %s", kinds[i]);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length >= 0)
      target[length] = 0;
    fact(key, "%s", length < 0 ? outcome(-1) : target);
  }
  static const char *const files[] = {"uid_map", "gid_map", "setgroups", "timens_offsets"};
  for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/self/%s", files[i]);
    slurp(path, text, sizeof text);
    fact(files[i], "%s", text);
  }
  pid_t pid = getpid();
  fact("pid", "%s", pid == 1 ? "1" : "other");
  fact("session leader", "%s", getsid(0) == pid ? "yes" : "no");
  fact("group leader", "%s", getpgid(0) == pid ? "yes" : "no");
  fact("terminal", "%s", outcome(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)));
}

static void cgroup(void) {
  char own[4096], path[8400], text[4096];
  slurp("/proc/self/cgroup", text, sizeof text);
  char *unified = strstr(text, "0::");
  fact("cgroup path", "%s", unified ? unified : text);
  if (!unified)
    return;
  unified[strcspn(unified, ";")] = 0;
  snprintf(own, sizeof own, "/sys/fs/cgroup%s", unified + 3);
  struct stat about;
  if (stat(own, &about) < 0) {
    fact("cgroup", "%s", outcome(-1));
    return;
  }
  fact("cgroup", "owner %u:%u", about.st_uid, about.st_gid);
  snprintf(path, sizeof path, "%s/probe", own);
  long made = mkdir(path, 0755);
  fact("cgroup make child", "%s", outcome(made));
  if (made == 0)
    rmdir(path);
  static const char *const files[] = {"cgroup.procs", "cgroup.controllers", "cgroup.subtree_control", "pids.max",
                                      "memory.max", "memory.high", "memory.min", "memory.low", "memory.swap.max",
                                      "cpu.max", "cpu.weight", "io.weight", "cpuset.cpus"};
  for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
    char key[64];
    snprintf(key, sizeof key, "cgroup file %s", files[i]);
    snprintf(path, sizeof path, "%s/%s", own, files[i]);
    if (i == 0) {
      fact(key, "writable %s", outcome(open(path, O_WRONLY | O_CLOEXEC)));
      continue;
    }
    slurp(path, text, sizeof text);
    fact(key, "%s", text);
  }
}

void session_facts(void) {
  descriptors();
  char directory[4096];
  fact("directory", "%s", getcwd(directory, sizeof directory) ? directory : outcome(-1));
  environment();
  namespaces();
  keyrings();
  cgroup();
}
