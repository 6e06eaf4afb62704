/* A program that makes no system call, so that no filter can stop it.
 * Build: cc -O1 -nostdlib -static -o spin spin.c */
void _start(void) {
  for (;;)
    __asm__ volatile("");
}
