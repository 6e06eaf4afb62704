//! System call tables by architecture and systemd's system call sets by version.
