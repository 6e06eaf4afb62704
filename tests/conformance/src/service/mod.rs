//! What a service finds itself in: under a real systemd, and under `unitward run`, in the same surroundings.
//!
//! * [`cases`]: the settings that are tried, read from `cases/*.txt`.
//! * [`tree`]: a minimal Debian with the systemd of a release, set up once and cached.
//! * [`world`]: a container over a throw-away copy of such a tree, in which all cases run.
//! * [`facts`]: what `probe/` printed in a service, without what differs from run to run.
//! * [`records`]: what real systemd versions gave, for machines that cannot run them.
//! * [`differences`]: two runs side by side, and the differences that are meant to be.

pub mod cases;
pub mod differences;
pub mod facts;
pub mod records;
pub mod tree;
pub mod world;
