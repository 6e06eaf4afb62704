// Ways out of a sandbox: what the files of this folder share.
//
// Every way is one attempt that a program makes inside. It writes `started` to its standard output, and at the end
// `result N`: 0 when it got out, the error number that stopped it, or one of the numbers below. A signal may end it
// before that.
#ifndef ESCAPE_H
#define ESCAPE_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum {
	OUT = 0,
	NOTHING = 1000, // Every call went well and nothing came of it outside.
	BROKEN = 1001,  // The test itself does not work.
};

// Everything lies in this folder, where the test's world mounts a file system of its own.
#define WORLD "/srv"
#define SECRET "secret"

struct way {
	const char *name;
	void (*before)(void);   // Prepares the world outside, as root.
	int (*attempt)(void);   // Runs inside.
	bool (*outside)(void);  // Looks from outside whether it worked, when the attempt alone cannot tell.
	void (*after)(void);    // Takes back what outlives the world.
};

extern const struct way path_ways[], process_ways[], privilege_ways[], call_ways[], kernel_ways[], memory_ways[],
	network_ways[];

// Makes attempts read as lists of calls: the error number of the first that fails is the result.
#define TRY(call) do { if ((call) < 0) return errno; } while (0)
// For preparations outside.
#define MUST(call) do { if ((call) < 0) broken(#call); } while (0)

void broken(const char *step);
// Whether the file holds the secret: OUT, or why not.
int reads_secret(int folder, const char *path);
void writes(const char *path, const char *text, mode_t mode);
void writes_number(const char *path, long long number);
long long reads_number(const char *path);
// Starts a process outside: its pid is in WORLD/victim, its treasure's address in WORLD/treasure.
void victim_of(uid_t user);
// Whether the victim's treasure was changed.
bool victim_changed(void);
bool victim_signalled(void);
// Has the world's ends of a terminal; its path is in WORLD/terminal.
void terminal(void);
bool terminal_has_input(void);

int print_namespaces(void);
int probe(const char *outside);

#endif

