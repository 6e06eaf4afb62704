/* The file system as the process sees it: mount table, paths, devices, directories it was given, /proc. */
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
#include <sys/vfs.h>
#include <unistd.h>

static void mount_table(void) {
  static char text[1 << 18];
  int file = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    fact("mounts", "%s", outcome(-1));
    return;
  }
  unsigned used = 0;
  for (ssize_t got; used + 1 < sizeof text && (got = read(file, text + used, sizeof text - 1 - used)) > 0;)
    used += (unsigned)got;
  close(file);
  text[used] = 0;
  int number = 0;
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    char key[32];
    snprintf(key, sizeof key, "mountinfo %d", number++);
    fact(key, "%s", line);
  }
}

static const char *kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
  case S_IFREG: return "file";
  case S_IFDIR: return "dir";
  case S_IFLNK: return "link";
  case S_IFCHR: return "char";
  case S_IFBLK: return "block";
  case S_IFIFO: return "fifo";
  case S_IFSOCK: return "socket";
  default: return "?";
  }
}

/* Opens for reading and for writing (a directory: makes a file in it), and asks for execution. */
static void path_fact(const char *label, const char *path) {
  struct stat about;
  if (lstat(path, &about) < 0) {
    fact(label, "%s", outcome(-1));
    return;
  }
  char text[8192], target[4096];
  int used = snprintf(text, sizeof text, "%s %04o %u:%u", kind_of(about.st_mode), about.st_mode & 07777, about.st_uid,
                      about.st_gid);
  if (S_ISLNK(about.st_mode)) {
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length < 0 ? 0 : length] = 0;
    used += snprintf(text + used, sizeof text - (unsigned)used, " -> %s", target);
    if (stat(path, &about) < 0) {
      snprintf(text + used, sizeof text - (unsigned)used, " %s", outcome(-1));
      fact(label, "%s", text);
      return;
    }
  }
  if (S_ISCHR(about.st_mode) || S_ISBLK(about.st_mode))
    used += snprintf(text + used, sizeof text - (unsigned)used, " %u:%u", (unsigned)about.st_rdev >> 8,
                     (unsigned)about.st_rdev & 255);
  int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  used += snprintf(text + used, sizeof text - (unsigned)used, " r=%s", outcome(file));
  if (file >= 0)
    close(file);
  if (S_ISDIR(about.st_mode)) {
    char name[4200];
    snprintf(name, sizeof name, "%s/.probe-%d", path, (int)getpid());
    file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    used += snprintf(text + used, sizeof text - (unsigned)used, " w=%s", outcome(file));
    if (file >= 0)
      unlink(name);
  } else {
    file = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    used += snprintf(text + used, sizeof text - (unsigned)used, " w=%s", outcome(file));
  }
  if (file >= 0)
    close(file);
  snprintf(text + used, sizeof text - (unsigned)used, " x=%s", outcome(faccessat(AT_FDCWD, path, X_OK, AT_EACCESS)));
  fact(label, "%s", text);
}

static int by_text(const void *left, const void *right) { return strcmp(*(char *const *)left, *(char *const *)right); }

/* The names in a directory, without numbers (processes) and hidden ones. */
static void names_fact(const char *path) {
  char key[4200], text[8000] = "";
  snprintf(key, sizeof key, "names %s", path);
  DIR *directory = opendir(path);
  if (!directory) {
    fact(key, "%s", outcome(-1));
    return;
  }
  char *names[1024];
  unsigned count = 0;
  for (struct dirent *entry; count < 1024 && (entry = readdir(directory));)
    if (entry->d_name[0] != '.' && (entry->d_name[0] < '0' || entry->d_name[0] > '9'))
      names[count++] = strdup(entry->d_name);
  closedir(directory);
  qsort(names, count, sizeof *names, by_text);
  for (unsigned i = 0; i < count; i++)
    if (strlen(text) + strlen(names[i]) + 2 < sizeof text)
      strcat(strcat(text, i ? " " : ""), names[i]);
  fact(key, "%s", text);
}

static const char *const paths[] = {
    "/", "/bin", "/boot", "/conform", "/dev", "/dev/shm", "/dev/mqueue", "/dev/hugepages", "/dev/pts",
    "/etc", "/etc/hostname", "/etc/passwd", "/etc/shadow", "/etc/machine-id", "/home", "/home/user", "/home/user/secret", "/jail", "/lib", "/media",
    "/mnt", "/opt", "/opt/data", "/opt/data/file", "/proc", "/root", "/root/secret", "/run", "/run/credentials",
    "/run/lock", "/run/secret", "/run/systemd",
    "/run/systemd/journal", "/run/systemd/journal/socket", "/run/user", "/run/user/1000", "/srv", "/srv/a",
    "/srv/a/b", "/srv/a/file", "/srv/link", "/srv/private", "/srv/program", "/sys", "/sys/class", "/sys/fs/bpf", "/sys/fs/cgroup",
    "/sys/kernel/debug", "/sys/kernel/mm", "/sys/kernel/security", "/sys/kernel/tracing", "/tmp", "/tmp/secret", "/usr",
    "/usr/bin/uname", "/usr/lib/modules", "/usr/local", "/usr/share", "/var", "/var/cache", "/var/lib", "/var/lib/private", "/var/log",
    "/var/tmp", "/var/tmp/secret",
};

static const char *const proc_paths[] = {
    "/proc/1", "/proc/1/cmdline", "/proc/1/environ", "/proc/1/root", "/proc/2", "/proc/2/cmdline", "/proc/2/environ", "/proc/2/root",
    "/proc/acpi", "/proc/bus", "/proc/cmdline", "/proc/cpuinfo", "/proc/fs", "/proc/irq", "/proc/kallsyms",
    "/proc/kcore", "/proc/key-users", "/proc/keys", "/proc/kmsg", "/proc/meminfo", "/proc/scsi", "/proc/self/mem", "/proc/self/oom_score_adj", "/proc/sys", "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/domainname", "/proc/sys/kernel/hostname", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/vm/swappiness",
    "/proc/sysrq-trigger", "/proc/timer_list", "/proc/uptime", "/proc/vmallocinfo",
};

/* Nothing here does anything by being opened. */
static const char *const devices[] = {
    "/dev/console", "/dev/core", "/dev/fd", "/dev/full", "/dev/fuse", "/dev/kmsg", "/dev/kvm", "/dev/log", "/dev/loop-control",
    "/dev/loop7", "/dev/mem", "/dev/net/tun", "/dev/null", "/dev/port", "/dev/ptmx", "/dev/random", "/dev/rtc0", "/dev/stdin",
    "/dev/tty", "/dev/tty0", "/dev/urandom", "/dev/zero", "/dev/char/1:3", "/dev/block/7:7",
};

static void given_directories(void) {
  static const char *const variables[] = {"RUNTIME_DIRECTORY",       "STATE_DIRECTORY", "CACHE_DIRECTORY",
                                          "LOGS_DIRECTORY",          "CONFIGURATION_DIRECTORY", "HOME"};
  for (unsigned i = 0; i < sizeof variables / sizeof *variables; i++) {
    const char *value = getenv(variables[i]);
    if (!value)
      continue;
    char list[4096];
    snprintf(list, sizeof list, "%s", value);
    for (char *path = strtok(list, ":"); path; path = strtok(NULL, ":")) {
      char key[4200];
      snprintf(key, sizeof key, "given %s %s", variables[i], path);
      path_fact(key, path);
    }
  }
  const char *credentials = getenv("CREDENTIALS_DIRECTORY");
  if (!credentials)
    return;
  path_fact("given credentials", credentials);
  struct statfs system;
  if (statfs(credentials, &system) == 0)
    fact("given credentials file system", "%lx flags %lx", (long)system.f_type, (long)system.f_flags);
  DIR *directory = opendir(credentials);
  for (struct dirent *entry; directory && (entry = readdir(directory));) {
    if (entry->d_name[0] == '.')
      continue;
    char path[4500], key[4600], text[1024];
    snprintf(path, sizeof path, "%s/%s", credentials, entry->d_name);
    snprintf(key, sizeof key, "given credential %s", entry->d_name);
    path_fact(key, path);
    slurp(path, text, sizeof text);
    snprintf(key, sizeof key, "given credential %s text", entry->d_name);
    fact(key, "%s", text);
  }
}

static void list_of_paths(const char *const *list, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    char key[4200];
    snprintf(key, sizeof key, "path %s", list[i]);
    path_fact(key, list[i]);
  }
}

static void device_paths(void) { list_of_paths(devices, sizeof devices / sizeof *devices); }

void view_facts(int count, char **more) {
  mount_table();
  list_of_paths(paths, sizeof paths / sizeof *paths);
  list_of_paths((const char *const *)more, (unsigned)count);
  list_of_paths(proc_paths, sizeof proc_paths / sizeof *proc_paths);
  guarded("section devices", device_paths);
  static const char *const listed[] = {"/", "/dev", "/home", "/root", "/srv", "/opt", "/mnt", "/run/user", "/sys", "/sys/class/net"};
  for (unsigned i = 0; i < sizeof listed / sizeof *listed; i++)
    names_fact(listed[i]);
  for (int i = 0; i < count; i++)
    names_fact(more[i]);
  given_directories();
}
