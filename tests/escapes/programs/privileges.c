// Ways to more privileges than the service was given.
#include "escape.h"
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

// A program that belongs to root and has the set-user-ID bit makes an ordinary user root.
// NoNewPrivileges=yes.
static void copy_with_mode(void) {
	if (system("cp " WORLD "/escape " WORLD "/suid && chmod 4755 " WORLD "/suid") != 0) broken("set-user-ID copy");
}
static int run_setuid(void) {
	TRY(execl(WORLD "/suid", "suid", "try", "is-root", NULL));
	return BROKEN;
}
static int is_root(void) { return geteuid() == 0 ? OUT : NOTHING; }

// A program with capabilities of its own gives them to an ordinary user.
// NoNewPrivileges=yes, or CapabilityBoundingSet= without them.
static void copy_with_capability(void) {
	if (system("cp " WORLD "/escape " WORLD "/capable") != 0) broken("copy");
	struct vfs_cap_data data = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE};
	data.data[0].permitted = 1U << CAP_SYS_ADMIN;
	MUST(setxattr(WORLD "/capable", "security.capability", &data, sizeof data, 0));
}
static int run_capable(void) {
	TRY(execl(WORLD "/capable", "capable", "try", "is-admin", NULL));
	return BROKEN;
}
static int is_admin(void) {
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	TRY(syscall(SYS_capget, &head, data));
	return data[0].effective & (1U << CAP_SYS_ADMIN) ? OUT : NOTHING;
}

// A service leaves a set-user-ID program for others to run.
// RestrictSUIDSGID=yes.
static int make_setuid_chmod(void) {
	int file = open(WORLD "/open/program", O_WRONLY | O_CREAT, 0755);
	TRY(file);
	TRY(fchmod(file, 04755));
	return OUT;
}
static int make_setuid_open(void) {
	umask(0);
	TRY(open(WORLD "/open/program", O_WRONLY | O_CREAT | O_EXCL, 04755));
	return OUT;
}
static int make_setuid_mknod(void) {
	umask(0);
	TRY(mknod(WORLD "/open/program", S_IFREG | 02755, 0));
	return OUT;
}
static int make_setuid_fchmodat2(void) {
	TRY(open(WORLD "/open/program", O_WRONLY | O_CREAT, 0755));
	TRY(syscall(452, AT_FDCWD, WORLD "/open/program", 04755, 0));
	return OUT;
}
static bool program_is_setuid(void) {
	struct stat program;
	return stat(WORLD "/open/program", &program) == 0 && (program.st_mode & 06000) != 0;
}

// A user namespace gives an ordinary user every capability in it, and with them much of the kernel.
// RestrictNamespaces=yes.
static int nested_unshare(void) {
	TRY(unshare(CLONE_NEWUSER));
	return is_admin();
}
static int nested_clone(void) {
	pid_t pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	TRY(pid);
	if (pid == 0) _exit(is_admin());
	int status;
	TRY(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}
// clone3(2) takes its flags from memory, where a filter cannot read them.
// RestrictNamespaces=yes forbids the call, so that programs fall back to clone(2).
static int nested_clone3(void) {
	struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	pid_t pid = syscall(SYS_clone3, &arguments, sizeof arguments);
	TRY(pid);
	if (pid == 0) _exit(is_admin());
	int status;
	TRY(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

// Root reads whatever belongs to others.
// PrivateUsers=yes: its privilege ends where its user namespace ends.
static void file_of_another(void) {
	writes(WORLD "/private", SECRET, 0600);
	MUST(chown(WORLD "/private", 1, 1));
}
static int read_as_root(void) { return reads_secret(AT_FDCWD, WORLD "/private"); }

const struct way privilege_ways[] = {
	{"run-setuid", copy_with_mode, run_setuid, NULL, NULL},
	{"is-root", NULL, is_root, NULL, NULL},
	{"run-capable", copy_with_capability, run_capable, NULL, NULL},
	{"is-admin", NULL, is_admin, NULL, NULL},
	{"make-setuid-chmod", NULL, make_setuid_chmod, program_is_setuid, NULL},
	{"make-setuid-open", NULL, make_setuid_open, program_is_setuid, NULL},
	{"make-setgid-mknod", NULL, make_setuid_mknod, program_is_setuid, NULL},
	{"make-setuid-fchmodat2", NULL, make_setuid_fchmodat2, program_is_setuid, NULL},
	{"nested-unshare", NULL, nested_unshare, NULL, NULL},
	{"nested-clone", NULL, nested_clone, NULL, NULL},
	{"nested-clone3", NULL, nested_clone3, NULL, NULL},
	{"read-as-root", file_of_another, read_as_root, NULL, NULL},
	{0},
};
