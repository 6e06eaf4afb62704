// Makes one system call fail that a launcher makes, or that its children make before they execute their program.
//
//   inject LOG children|launcher [NUMBER NTH ERRNO] COMMAND...
//     writes `INDEX NUMBER ARGUMENT ARGUMENT ARGUMENT` for each such call to the file LOG, and lets the NTH call (from
//     0) of the system call NUMBER fail with the given error number. Ends as the command ends, with 128 and the number
//     for a signal, or with 124 when that takes longer than ten seconds, which ends all of them.
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TASKS = 4096 };

struct task {
	pid_t pid;
	int counted;
	int failing;  // Is inside of the call that must fail.
};
static struct task tasks[TASKS];
static size_t known;

static void broken(const char *step) {
	fprintf(stderr, "inject: %s: %s\n", step, strerror(errno));
	_exit(125);
}

static struct task *task_of(pid_t pid) {
	for (size_t at = 0; at < known; at++)
		if (tasks[at].pid == pid) return &tasks[at];
	if (known == TASKS) broken("too many tasks");
	tasks[known] = (struct task){.pid = pid};
	return &tasks[known++];
}

static void forget(pid_t pid) {
	for (size_t at = 1; at < known; at++)
		if (tasks[at].pid == pid) tasks[at] = tasks[--known];
}

// Threads of the launcher are the launcher.
static int is_thread_of(pid_t pid, pid_t leader) {
	char path[60], line[200];
	int group = 0;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file)) sscanf(line, "Tgid: %d", &group);
	if (file) fclose(file);
	return group == leader;
}

// Another call takes its place, one that does nothing and that every filter allows; a filter is asked after this.
static void set_number(pid_t pid, long number) {
#if defined(__x86_64__)
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), number) < 0) broken("number");
#else
	(void)pid, (void)number;
	errno = ENOSYS;
	broken("this architecture");
#endif
}

static void set_result(pid_t pid, long result) {
#if defined(__x86_64__)
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), result) < 0) broken("result");
#else
	(void)pid, (void)result;
#endif
}

static void late(int number) {
	(void)number;
	_exit(124);
}

int main(int count, char **words) {
	if (count < 4) return 125;
	FILE *log = fopen(words[1], "we");
	if (!log) broken(words[1]);
	long chosen = -1, nth = 0, error = 0, index = 0;
	int of_children = strcmp(words[2], "children") == 0;
	words += 3;
	if (isdigit((unsigned char)words[0][0])) {
		chosen = atol(words[0]);
		nth = atol(words[1]);
		error = atol(words[2]);
		words += 3;
	}
	pid_t launcher = fork();
	if (launcher < 0) broken("fork");
	if (launcher == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execvp(words[0], words);
		broken(words[0]);
	}
	int status;
	if (waitpid(launcher, &status, 0) < 0) broken("waitpid");
	task_of(launcher);
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		       PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	if (ptrace(PTRACE_SETOPTIONS, launcher, 0, options) < 0) broken("options");
	if (ptrace(PTRACE_SYSCALL, launcher, 0, 0) < 0) broken("start");
	int end = 125;
	signal(SIGALRM, late);
	alarm(10);
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		if (pid < 0) break;
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == launcher) end = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			else forget(pid);
			continue;
		}
		size_t before = known;
		struct task *task = task_of(pid);
		// What is not of the launcher was made by it or by a child of its, until it executes something.
		if (known != before) task->counted = of_children != is_thread_of(pid, launcher);
		int number = WSTOPSIG(status), event = status >> 16, deliver = 0;
		if (number == (SIGTRAP | 0x80)) {
			struct __ptrace_syscall_info info;
			if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0) {
				if (info.op == PTRACE_SYSCALL_INFO_ENTRY && task->counted) {
					fprintf(log, "%ld %llu %llu %llu %llu\n", index, (unsigned long long)info.entry.nr,
						(unsigned long long)info.entry.args[0],
						(unsigned long long)info.entry.args[1],
						(unsigned long long)info.entry.args[2]);
					index++;
					if ((long)info.entry.nr == chosen && nth-- == 0) {
						task->failing = 1;
						set_number(pid, SYS_getpid);
					}
				} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && task->failing) {
					task->failing = 0;
					set_result(pid, -error);
				}
			}
		} else if (event == PTRACE_EVENT_EXEC) task->counted = !of_children && pid == launcher;
		else if (event == 0 && number != SIGSTOP && number != SIGTRAP) deliver = number;
		ptrace(PTRACE_SYSCALL, pid, 0, deliver);
	}
	if (fclose(log) != 0) broken("log");
	return end;
}
