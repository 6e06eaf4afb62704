//! systemd unit files as they are loaded: lossless syntax, search path, drop-ins, templates, specifiers.
