/* Starts one or two commands in turn and prints what each run cost.
 *
 * usage: pair ROUNDS [NAME=VALUE...] PROGRAM [ARG...] [-- [NAME=VALUE...] PROGRAM [ARG...]]
 *
 * A line a run: the command (a or b), wall time in ns, user and system time in us, peak memory in KiB, exit status.
 * The first round is not printed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long microseconds(struct timeval t) {
    return t.tv_sec * 1000000LL + t.tv_usec;
}

struct command {
    char **arguments;
    char **environment;
};

/* Takes the assignments in front of the program into the environment. */
static struct command command(char **words) {
    size_t own = 0, given = 0;
    while (words[given] && strchr(words[given], '='))
        given++;
    while (environ[own])
        own++;
    char **environment = calloc(own + given + 1, sizeof *environment);
    if (!environment || !words[given])
        exit(2);
    memcpy(environment, words, given * sizeof *words);
    memcpy(environment + given, environ, own * sizeof *environ);
    return (struct command) {words + given, environment};
}

static void run(const struct command *c, char name, posix_spawn_file_actions_t *files) {
    struct rusage usage;
    pid_t pid;
    int status;
    long long start = now();
    int error = posix_spawnp(&pid, c->arguments[0], files, NULL, c->arguments, c->environment);
    if (error) {
        fprintf(stderr, "pair: cannot start %s: %s\n", c->arguments[0], strerror(error));
        exit(1);
    }
    if (wait4(pid, &status, 0, &usage) != pid)
        exit(1);
    long long wall = now() - start;
    if (name)
        printf("%c %lld %lld %lld %ld %d\n", name, wall, microseconds(usage.ru_utime), microseconds(usage.ru_stime),
               usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int count, char **words) {
    posix_spawn_file_actions_t files;
    if (count < 3)
        return 2;
    char **second = NULL;
    for (int i = 2; i < count && !second; i++)
        if (strcmp(words[i], "--") == 0) {
            words[i] = NULL;
            second = words + i + 1;
        }
    struct command a = command(words + 2), b = {0};
    if (second)
        b = command(second);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    for (long round = -1; round < atol(words[1]); round++) {
        run(&a, round < 0 ? 0 : 'a', &files);
        if (second)
            run(&b, round < 0 ? 0 : 'b', &files);
    }
    return 0;
}
