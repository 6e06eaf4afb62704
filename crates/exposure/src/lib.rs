//! The exposure level of a unit, as systemd-analyze security computes it.
