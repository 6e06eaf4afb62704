/*
 * calls ROUNDS FILE...
 *
 * What system calls cost under system call filters. A FILE has filters, oldest first: the number of instructions in two
 * bytes, and the instructions (struct sock_filter), in the machine's byte order. In each round, each FILE in turn gets a
 * process of its own with its filters. Prints a line `PLACE CALL NANOSECONDS` a file and call: PLACE is that of the file,
 * and the time is the least of several batches. The calls fail at once for other reasons than filters.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES = 8, CALLS = 4000 };

static void fail(const char *what) {
  perror(what);
  _exit(1);
}

static void install(const char *path) {
  static struct sock_filter code[BPF_MAXINSNS];
  uint16_t length;
  FILE *file = fopen(path, "rb");
  if (!file)
    fail(path);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    fail("no_new_privs");
  while (fread(&length, sizeof length, 1, file) == 1) {
    if (length > BPF_MAXINSNS || fread(code, sizeof *code, length, file) != length)
      fail("read");
    struct sock_fprog program = {length, code};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
      fail("seccomp");
  }
  fclose(file);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

#define MEASURE(name, ...)                                 \
  do {                                                     \
    double least = 1e18;                                   \
    for (int batch = 0; batch < BATCHES; batch++) {        \
      double start = now();                                \
      for (int i = 0; i < CALLS; i++)                      \
        syscall(__VA_ARGS__);                              \
      double each = (now() - start) / CALLS;               \
      least = each < least ? each : least;                 \
    }                                                      \
    printf("%d %s %.2f\n", place, name, least);            \
  } while (0)

static void measure(int place) {
  MEASURE("openat", SYS_openat, -1, "x", O_TMPFILE & ~O_DIRECTORY, 0);
  MEASURE("mmap", SYS_mmap, 0, 0, PROT_READ, MAP_PRIVATE, -1, 0);
  MEASURE("mprotect", SYS_mprotect, 1, 0, PROT_READ);
  MEASURE("socket", SYS_socket, AF_UNIX, 99, 0);
  MEASURE("clone", SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0);
  MEASURE("ioctl", SYS_ioctl, -1, 0, 0);
  MEASURE("getppid", SYS_getppid);
  MEASURE("read", SYS_read, -1, 0, 0);
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 0;
  for (int round = 0; round < rounds; round++) {
    for (int place = 2; place < argc; place++) {
      fflush(stdout);
      pid_t child = fork();
      if (child < 0)
        fail("fork");
      if (child == 0) {
        install(argv[place]);
        measure(place - 2);
        fflush(stdout);
        _exit(0);
      }
      int status;
      if (waitpid(child, &status, 0) < 0 || status != 0)
        return 1;
    }
  }
  return 0;
}
