/*
 * Prints what a process finds itself in: one fact a line, `KEY=VALUE`, in a stable order.
 *
 * probe [--stderr] [--exit N] [path:PATH ...]
 *   --stderr   print to standard error, for services whose standard output is something else
 *   --exit N   end with this status
 *   path:PATH  look at this path too
 *
 * It is static, so that it runs in any root directory. It is made for the container of `world.c`: outside of it, do not run it.
 */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int out = STDOUT_FILENO;

void fact(const char *key, const char *format, ...) {
  char raw[8192], line[16384];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(raw, sizeof raw, format, arguments);
  va_end(arguments);
  unsigned used = (unsigned)snprintf(line, 1024, "%s=", key);
  for (const char *from = raw; *from && used + 6 < sizeof line; from++) {
    unsigned char byte = (unsigned char)*from;
    if (byte < 32 || byte == 127 || byte == '\\')
      used += (unsigned)snprintf(line + used, 5, "\\%03o", byte);
    else
      line[used++] = *from;
  }
  line[used++] = '\n';
  if (write(out, line, used) < 0)
    _exit(99);
}

const char *outcome(long result) {
  if (result >= 0)
    return "ok";
  const char *name = strerrorname_np(errno);
  return name ? name : "unknown";
}

void guarded(const char *key, void (*body)(void)) {
  pid_t child = fork();
  if (child < 0) {
    fact(key, "nofork %s", outcome(-1));
    return;
  }
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  if (WIFSIGNALED(status))
    fact(key, "signal %s", sigabbrev_np(WTERMSIG(status)));
}

void slurp(const char *path, char *text, unsigned size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    snprintf(text, size, "!%s", outcome(-1));
    return;
  }
  ssize_t length = read(file, text, size - 1);
  if (length < 0) {
    snprintf(text, size, "!%s", outcome(-1));
    close(file);
    return;
  }
  close(file);
  char *to = text;
  for (char *from = text; from < text + length; from++) {
    char byte = *from == '\n' ? ';' : *from == '\t' ? ' ' : *from;
    if (byte == ' ' && (to == text || to[-1] == ' ' || to[-1] == ';'))
      continue;
    *to++ = byte;
  }
  while (to > text && (to[-1] == ';' || to[-1] == ' '))
    to--;
  *to = 0;
}

static int path_count;
static char **path_list;

static void view_of_paths(void) { view_facts(path_count, path_list); }

int main(int count, char **words) {
  int status = 0;
  char *paths[64];
  for (int i = 1; i < count; i++) {
    if (!strcmp(words[i], "--stderr"))
      out = STDERR_FILENO;
    else if (!strcmp(words[i], "--exit") && i + 1 < count)
      status = atoi(words[++i]);
    else if (!strncmp(words[i], "path:", 5) && path_count < 64)
      paths[path_count++] = words[i] + 5;
  }
  path_list = paths;
  for (int i = 0; i < count; i++) {
    char key[32];
    snprintf(key, sizeof key, "argv %d", i);
    fact(key, "%s", words[i]);
  }
  /* In this process itself, not in a child: what it prints must be about the process that was started. */
  process_facts();
  session_facts();
  guarded("section view", view_of_paths);
  guarded("section network", network_facts);
  call_facts();
  fact("end", "%d", status);
  return status;
}
