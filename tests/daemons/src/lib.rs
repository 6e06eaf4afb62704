//! Real daemons under their own units, with the clients that use them.
//!
//! * [`table`]: the daemons; how each is configured and used stands in `daemons/NAME.sh`.
//! * [`world`]: where they run, so that nothing of it is seen outside: a network, processes, `/etc`, `/home`, `/run`,
//!   `/tmp` and `/var` of their own.
//! * [`hardening`]: the same daemon under `unitward harden`.
//! * [`course`]: the life of one daemon under `unitward run`, with everything that is expected of it.

pub mod course;
pub mod hardening;
pub mod table;
pub mod world;
