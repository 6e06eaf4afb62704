/* record NAME...: starts each unit NAME.service, whose command is `spin`, with systemctl, attaches to its process and
 * prints every system call filter that it has, oldest first:
 *
 *     unit NAME
 *     program HEX      one line a filter; eight bytes an instruction, little endian: code, jt, jf, k
 *     failed NAME      where the unit did not start
 *
 * Needs CAP_SYS_ADMIN in the first user namespace and no filter of its own (PTRACE_SECCOMP_GET_FILTER, ptrace(2)).
 * Build: cc -O1 -static -o record record.c */
#include <errno.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t main_process(const char *name) {
  char command[512], line[64] = "";
  snprintf(command, sizeof command, "systemctl show -P MainPID %s.service", name);
  FILE *answer = popen(command, "r");
  if (!answer)
    return 0;
  if (!fgets(line, sizeof line, answer))
    line[0] = 0;
  pclose(answer);
  return atoi(line);
}

/* Not the executor of systemd, which a filter may have killed on its last steps. */
static int is_spin(pid_t pid) {
  char path[64], name[512];
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  ssize_t length = readlink(path, name, sizeof name - 1);
  if (length < 5)
    return 0;
  name[length] = 0;
  return strcmp(name + length - 5, "/spin") == 0;
}

static int print_filters(pid_t pid) {
  static struct sock_filter program[BPF_MAXINSNS];
  int count = 0;
  while (ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)(long)count, NULL) >= 0)
    count++;
  /* EINVAL: the process has no filter at all. */
  if (errno != (count ? ENOENT : EINVAL))
    return -1;
  for (int index = 0; index < count; index++) {
    long length = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)(long)index, program);
    if (length < 0)
      return -1;
    printf("program ");
    for (long i = 0; i < length; i++)
      printf("%02x%02x%02x%02x%02x%02x%02x%02x", program[i].code & 255, program[i].code >> 8, program[i].jt, program[i].jf,
             program[i].k & 255, program[i].k >> 8 & 255, program[i].k >> 16 & 255, program[i].k >> 24);
    printf("\n");
  }
  return 0;
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    char command[512];
    snprintf(command, sizeof command, "systemctl start %s.service", argv[i]);
    pid_t pid = system(command) == 0 ? main_process(argv[i]) : 0;
    int status;
    if (pid <= 0 || ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0 || waitpid(pid, &status, __WALL) < 0 || !is_spin(pid)) {
      printf("failed %s\n", argv[i]);
    } else {
      printf("unit %s\n", argv[i]);
      if (print_filters(pid) < 0)
        fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
      ptrace(PTRACE_DETACH, pid, NULL, NULL);
    }
    if (pid > 0)
      kill(pid, SIGKILL);
    fflush(stdout);
  }
  return 0;
}
