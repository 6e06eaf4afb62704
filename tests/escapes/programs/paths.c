// Ways to files that the sandbox hides or protects.
#include "escape.h"
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

// A file system that a service mounts appears in the mount table of the host.
// PrivateMounts=yes: a mount namespace from which nothing is propagated.
static void make_point(void) { MUST(mkdir(WORLD "/point", 0755)); }
static int mount_propagation(void) {
	TRY(mount("tmpfs", WORLD "/point", "tmpfs", 0, "size=4k"));
	return OUT;
}
static bool point_is_mounted(void) {
	struct stat point, world;
	return stat(WORLD "/point", &point) == 0 && stat(WORLD, &world) == 0 && point.st_dev != world.st_dev;
}

// A read-only bind mount is made writable again by a remount.
// CapabilityBoundingSet=~CAP_SYS_ADMIN or SystemCallFilter=~@mount beside ReadOnlyPaths=.
static int remount_read_only(void) {
	TRY(mount(NULL, WORLD "/fixed", NULL, MS_REMOUNT | MS_BIND, NULL));
	int file = open(WORLD "/fixed/file", O_WRONLY | O_TRUNC);
	TRY(file);
	TRY(write(file, "changed", 7));
	return OUT;
}
static void make_fixed(void) {
	MUST(mkdir(WORLD "/fixed", 0755));
	writes(WORLD "/fixed/file", "", 0644);
}
static bool fixed_is_changed(void) {
	struct stat file;
	return stat(WORLD "/fixed/file", &file) == 0 && file.st_size > 0;
}

// The same by the newer call, which changes a whole tree of mounts at once.
// SystemCallFilter=~@mount beside ReadOnlyPaths=.
static int mount_setattr_read_only(void) {
	struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};
	TRY(syscall(SYS_mount_setattr, AT_FDCWD, WORLD "/fixed", 0, &writable, sizeof writable));
	int file = open(WORLD "/fixed/file", O_WRONLY | O_TRUNC);
	TRY(file);
	TRY(write(file, "changed", 7));
	return OUT;
}

// The mount that hides a folder is taken off again.
// CapabilityBoundingSet=~CAP_SYS_ADMIN or SystemCallFilter=~@mount beside InaccessiblePaths=.
static int unmount_cover(void) {
	TRY(umount2(WORLD "/hidden", MNT_DETACH));
	return reads_secret(AT_FDCWD, WORLD "/hidden/secret");
}

// A bind mount of the folder above, without the mounts on it, shows what they hide.
// CapabilityBoundingSet=~CAP_SYS_ADMIN or SystemCallFilter=~@mount beside InaccessiblePaths=.
static int bind_beneath(void) {
	TRY(mount(WORLD, WORLD "/point", NULL, MS_BIND, NULL));
	int result = reads_secret(AT_FDCWD, WORLD "/point/hidden/secret");
	umount2(WORLD "/point", MNT_DETACH);
	return result;
}

// open_tree(2) makes the same copy without a place in the mount table.
// CapabilityBoundingSet=~CAP_SYS_ADMIN or SystemCallFilter=~open_tree beside InaccessiblePaths=.
static int open_tree_beneath(void) {
	int tree = syscall(SYS_open_tree, AT_FDCWD, WORLD, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	TRY(tree);
	return reads_secret(tree, "hidden/secret");
}

// A file is opened by its handle, past every mount that hides its path.
// CapabilityBoundingSet=~CAP_DAC_READ_SEARCH beside InaccessiblePaths=.
struct handle {
	struct file_handle head;
	unsigned char bytes[MAX_HANDLE_SZ];
};
static void write_handle(void) {
	struct handle handle = {.head.handle_bytes = MAX_HANDLE_SZ};
	int mount_id, file = open(WORLD "/handle", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	MUST(file);
	MUST(name_to_handle_at(AT_FDCWD, WORLD "/hidden/secret", &handle.head, &mount_id, 0));
	MUST(write(file, &handle, sizeof handle));
	close(file);
}
static int open_by_handle(void) {
	struct handle handle;
	int file = open(WORLD "/handle", O_RDONLY), folder = open(WORLD, O_RDONLY | O_DIRECTORY);
	if (file < 0 || folder < 0 || read(file, &handle, sizeof handle) < 0) return BROKEN;
	file = open_by_handle_at(folder, &handle.head, O_RDONLY);
	TRY(file);
	char text[sizeof SECRET] = "";
	TRY(read(file, text, sizeof text - 1));
	return strcmp(text, SECRET) == 0 ? OUT : NOTHING;
}

// The first process still sees the host's files, and /proc/1/root leads there.
// CapabilityBoundingSet=~CAP_SYS_PTRACE, or PrivatePIDs=yes, beside InaccessiblePaths=.
static int proc_1_root(void) { return reads_secret(AT_FDCWD, "/proc/1/root" WORLD "/hidden/secret"); }

// So does every other process outside, here by an open folder of its own.
// CapabilityBoundingSet=~CAP_SYS_PTRACE beside InaccessiblePaths=.
static void victim_of_root(void) { victim_of(0); }
static int proc_outsider_fd(void) {
	char path[100];
	snprintf(path, sizeof path, "/proc/%lld/fd/9", reads_number(WORLD "/victim"));
	return reads_secret(AT_FDCWD, path);
}

// A program of the host that a service runs is overwritten through /proc/self/exe once nobody executes it any more.
// ProtectSystem=strict: the program's file is on a read-only mount.
static void copy_host_program(void) {
	MUST(link(WORLD "/escape", WORLD "/program"));
	MUST(unlink(WORLD "/escape"));
	char command[] = "cp " WORLD "/program " WORLD "/escape && cp " WORLD "/program " WORLD "/second";
	if (system(command) != 0) broken(command);
}
static int proc_self_exe(void) {
	int program = open("/proc/self/exe", O_PATH);
	TRY(program);
	TRY(dup2(program, 63));
	TRY(execl(WORLD "/second", "second", "try", "proc-self-exe-second", NULL));
	return BROKEN;
}
static int proc_self_exe_second(void) {
	int file = open("/proc/self/fd/63", O_WRONLY | O_APPEND);
	TRY(file);
	TRY(write(file, "changed", 7));
	return OUT;
}
static bool host_program_is_changed(void) {
	struct stat before, now;
	return stat(WORLD "/program", &before) == 0 && stat(WORLD "/escape", &now) == 0 && now.st_size > before.st_size;
}

// A folder that was open when the service was started leads past every mount and root folder.
// No directive: a service starts with no descriptors but those that it is given.
static int inherited_folder(void) {
	int last = EBADF;
	for (int folder = 3; folder < 1024; folder++) {
		int result = reads_secret(folder, SECRET);
		if (result == OUT) return OUT;
		if (result != EBADF) last = result;
	}
	return last == ENOENT || last == ENOTDIR ? NOTHING : last;
}

// A second chroot below a working folder that stays outside lets `..` climb to the real root.
// MountAPIVFS=yes or PrivateMounts=yes beside RootDirectory=: the root of a mount namespace has nothing above it.
static int chroot_climb(void) {
	if (mkdir("/below", 0755) < 0 && errno != EEXIST) return errno;
	TRY(chroot("/below"));
	for (int up = 0; up < 64; up++) TRY(chdir(".."));
	TRY(chroot("."));
	return reads_secret(AT_FDCWD, WORLD "/hidden/secret");
}

// A mount point below a symbolic link is made where the link leads, outside of the service's root.
// RootDirectory=: links are followed within it.
static void link_in_root(void) {
	MUST(mkdir(WORLD "/outside", 0755));
	MUST(symlink(WORLD "/outside", WORLD "/root/data"));
}
static int leave_mark(void) { return OUT; }
static bool outside_has_new(void) { return access(WORLD "/outside/new", F_OK) == 0; }

// The same, while an accomplice swaps a folder and the link for each other.
// RootDirectory=: links are followed within it, component by component.
static void swap_links_in_root(void) {
	link_in_root();
	MUST(mkdir(WORLD "/root/other", 0755));
	pid_t pid = fork();
	MUST(pid);
	if (pid > 0) return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		renameat2(AT_FDCWD, WORLD "/root/data", AT_FDCWD, WORLD "/root/other", RENAME_EXCHANGE);
		usleep(50);
	}
}

// Files that others leave in /var/tmp are read.
// PrivateTmp=yes.
static void drop_temporary(void) { writes("/var/tmp/unitward-secret", SECRET, 0644); }
static int shared_temporary(void) { return reads_secret(AT_FDCWD, "/var/tmp/unitward-secret"); }

// Files in the home folders of users are read.
// ProtectHome=yes.
static void drop_home(void) { writes("/home/unitward-secret", SECRET, 0644); }
static int home_of_users(void) { return reads_secret(AT_FDCWD, "/home/unitward-secret"); }

// Configuration of the host is written.
// ProtectSystem=full.
static int write_configuration(void) {
	int file = open("/etc/unitward-escape", O_WRONLY | O_CREAT, 0644);
	TRY(file);
	TRY(write(file, "changed", 7));
	return OUT;
}

// A program is dropped into a writable folder and executed.
// NoExecPaths= for the folder.
static void drop_program(void) {
	if (system("cp " WORLD "/escape " WORLD "/open/dropped") != 0) broken("copy");
}
static int run_dropped(void) {
	TRY(execl(WORLD "/open/dropped", "dropped", "try", "reached", NULL));
	return BROKEN;
}
static int reached(void) { return OUT; }

// A disk is filled by a file that grows without end.
// LimitFSIZE=.
static int fill_disk(void) {
	int file = open(WORLD "/open/file", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	TRY(file);
	TRY(ftruncate(file, 2 << 20));
	return OUT;
}

const struct way path_ways[] = {
	{"mount-propagation", make_point, mount_propagation, point_is_mounted, NULL},
	{"remount-read-only", make_fixed, remount_read_only, fixed_is_changed, NULL},
	{"mount-setattr-read-only", make_fixed, mount_setattr_read_only, fixed_is_changed, NULL},
	{"unmount-cover", NULL, unmount_cover, NULL, NULL},
	{"bind-beneath", make_point, bind_beneath, NULL, NULL},
	{"open-tree-beneath", NULL, open_tree_beneath, NULL, NULL},
	{"open-by-handle", write_handle, open_by_handle, NULL, NULL},
	{"proc-1-root", NULL, proc_1_root, NULL, NULL},
	{"proc-outsider-fd", victim_of_root, proc_outsider_fd, NULL, NULL},
	{"proc-self-exe", copy_host_program, proc_self_exe, host_program_is_changed, NULL},
	{"proc-self-exe-second", NULL, proc_self_exe_second, NULL, NULL},
	{"inherited-folder", NULL, inherited_folder, NULL, NULL},
	{"chroot-climb", NULL, chroot_climb, NULL, NULL},
	{"symlink-target", link_in_root, leave_mark, outside_has_new, NULL},
	{"symlink-race", swap_links_in_root, leave_mark, outside_has_new, NULL},
	{"shared-temporary", drop_temporary, shared_temporary, NULL, NULL},
	{"home-of-users", drop_home, home_of_users, NULL, NULL},
	{"write-configuration", NULL, write_configuration, NULL, NULL},
	{"run-dropped", drop_program, run_dropped, NULL, NULL},
	{"reached", NULL, reached, NULL, NULL},
	{"fill-disk", NULL, fill_disk, NULL, NULL},
	{0},
};
