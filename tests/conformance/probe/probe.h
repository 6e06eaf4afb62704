/* What the parts of the probe share: printing a fact, and naming an outcome. */
#ifndef PROBE_H
#define PROBE_H

/* Prints the line `KEY=VALUE`; control characters of the value are escaped. Needs nothing but write(2). */
void fact(const char *key, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "ok" when `result` is not negative, else the name of errno. */
const char *outcome(long result);

/* Runs `body` in a child so that a fatal system call ends only it; prints `KEY=signal N` or `KEY=nofork ERRNO` then. */
void guarded(const char *key, void (*body)(void));

/* The first `size - 1` bytes of a file with line ends as `;` and blanks joined, or `!ERRNO`. */
void slurp(const char *path, char *text, unsigned size);

void process_facts(void);
void session_facts(void);
void view_facts(int count, char **paths);
void network_facts(void);
void call_facts(void);

#endif
