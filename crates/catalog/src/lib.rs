//! What each systemd sandboxing directive is: grammar, default, version, mechanism, risk and advice.
