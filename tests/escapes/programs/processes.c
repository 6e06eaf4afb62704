// Ways into the processes of others.
#include "escape.h"
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

static pid_t victim(void) { return reads_number(WORLD "/victim"); }
static void *treasure(void) { return (void *)(uintptr_t)reads_number(WORLD "/treasure"); }
static void victim_of_root(void) { victim_of(0); }
static void victim_of_nobody(void) { victim_of(65534); }

// A debugger attaches to a process outside and writes into it.
// SystemCallFilter=~@debug, or CapabilityBoundingSet=~CAP_SYS_PTRACE against processes with more capabilities.
static int ptrace_outsider(void) {
	int status;
	TRY(ptrace(PTRACE_ATTACH, victim(), 0, 0));
	TRY(waitpid(victim(), &status, __WALL));
	TRY(ptrace(PTRACE_POKEDATA, victim(), treasure(), (void *)1L));
	TRY(ptrace(PTRACE_DETACH, victim(), 0, 0));
	return OUT;
}

// The memory of a process outside is written without attaching to it.
// PrivateUsers=yes: no privilege outside of the user namespace, or SystemCallFilter=~process_vm_writev.
static int process_vm_write(void) {
	long one = 1;
	struct iovec from = {&one, sizeof one}, to = {treasure(), sizeof one};
	TRY(process_vm_writev(victim(), &from, 1, &to, 1, 0));
	return OUT;
}

// The same through /proc/PID/mem, which no system call filter sees.
// CapabilityBoundingSet=~CAP_SYS_PTRACE.
static int proc_outsider_mem(void) {
	char path[100];
	long one = 1;
	snprintf(path, sizeof path, "/proc/%d/mem", victim());
	int memory = open(path, O_RDWR);
	TRY(memory);
	TRY(pwrite(memory, &one, sizeof one, (off_t)(uintptr_t)treasure()));
	return OUT;
}

// Passwords lie in the environment of processes of the same user.
// PrivatePIDs=yes: there are no others.
static int reads_file_of_victim(const char *file, const char *word) {
	char path[100], text[4096];
	snprintf(path, sizeof path, "/proc/%d/%s", victim(), file);
	int from = open(path, O_RDONLY);
	TRY(from);
	ssize_t size = read(from, text, sizeof text);
	TRY(size);
	return memmem(text, size, word, strlen(word)) ? OUT : NOTHING;
}
static int proc_environ(void) { return reads_file_of_victim("environ", "VICTIM=secret"); }

// Passwords lie in the command lines of other users' processes.
// ProtectProc=invisible.
static int proc_command_line(void) { return reads_file_of_victim("cmdline", "secret"); }

// A process of another user is sent a signal.
// CapabilityBoundingSet=~CAP_KILL.
static int signal_outsider(void) {
	TRY(kill(victim(), SIGUSR1));
	return OUT;
}

// A process of the same user is sent a signal.
// PrivatePIDs=yes: its number means nothing inside.

// A file that a process outside has open is taken from it.
// SystemCallFilter=~@debug.
static int take_descriptor(void) {
	int process = syscall(SYS_pidfd_open, victim(), 0);
	TRY(process);
	int file = syscall(SYS_pidfd_getfd, process, 9, 0);
	TRY(file);
	char text[sizeof SECRET] = "";
	TRY(pread(file, text, sizeof text - 1, 0));
	return strcmp(text, SECRET) == 0 ? OUT : NOTHING;
}

// The service goes back into the namespace that it was taken out of.
// RestrictNamespaces=yes beside PrivateNetwork=yes.
static void write_network(void) {
	struct stat namespace;
	MUST(stat("/proc/self/ns/net", &namespace));
	writes_number(WORLD "/network", namespace.st_ino);
}
static int join_host(void) {
	struct stat now;
	int namespace = open("/proc/1/ns/net", O_RDONLY);
	TRY(namespace);
	TRY(setns(namespace, 0));
	TRY(stat("/proc/self/ns/net", &now));
	return (long long)now.st_ino == reads_number(WORLD "/network") ? OUT : NOTHING;
}

// Characters are put into the terminal of another session, as if they were typed there.
// CapabilityBoundingSet=~CAP_SYS_ADMIN.
static int type_into_terminal(void) {
	char path[100] = "";
	int file = open(WORLD "/terminal", O_RDONLY);
	if (file < 0 || read(file, path, sizeof path - 1) < 0) return BROKEN;
	int other = open(path, O_RDWR | O_NOCTTY);
	TRY(other);
	TRY(ioctl(other, TIOCSTI, "x"));
	return OUT;
}

// Characters are put into the terminal that the service was started from.
// No directive: a service is a session of its own and that terminal is not its controlling one.
static int type_into_own_terminal(void) {
	int result = ENOTTY;
	for (int stream = 0; stream < 3; stream++) {
		if (ioctl(stream, TIOCSTI, "x") == 0) return OUT;
		if (errno != ENOTTY) result = errno;
	}
	int own = open("/dev/tty", O_RDWR);
	if (own >= 0 && ioctl(own, TIOCSTI, "x") == 0) return OUT;
	return result;
}

// The machine is filled with processes.
// LimitNPROC=.
static int fork_bomb(void) {
	pid_t made[64];
	int count = 0, error = 0;
	while (count < 64 && error == 0) {
		pid_t pid = fork();
		if (pid == 0) for (;;) pause();
		if (pid > 0) made[count++] = pid;
		else error = errno;
	}
	for (int at = 0; at < count; at++) {
		kill(made[at], SIGKILL);
		waitpid(made[at], NULL, 0);
	}
	return error;
}

const struct way process_ways[] = {
	{"ptrace-outsider", victim_of_root, ptrace_outsider, victim_changed, NULL},
	{"process-vm-write", victim_of_root, process_vm_write, victim_changed, NULL},
	{"proc-outsider-mem", victim_of_root, proc_outsider_mem, victim_changed, NULL},
	{"proc-environ", victim_of_nobody, proc_environ, NULL, NULL},
	{"proc-command-line", victim_of_root, proc_command_line, NULL, NULL},
	{"signal-other-user", victim_of_nobody, signal_outsider, victim_signalled, NULL},
	{"signal-same-user", victim_of_root, signal_outsider, victim_signalled, NULL},
	{"take-descriptor", victim_of_root, take_descriptor, NULL, NULL},
	{"join-host", write_network, join_host, NULL, NULL},
	{"type-into-terminal", terminal, type_into_terminal, terminal_has_input, NULL},
	{"type-into-own-terminal", terminal, type_into_own_terminal, terminal_has_input, NULL},
	{"fork-bomb", NULL, fork_bomb, NULL, NULL},
	{0},
};
