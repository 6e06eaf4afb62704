//! Which files a program needs to start: interpreter, shared libraries and scripts' interpreters, as the loader finds them.
