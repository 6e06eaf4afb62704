//! Socket units, whose sockets a service is given (systemd.socket(5)).

mod address;
mod bind;
mod unit;

pub use address::Listen;
pub use unit::{BindIpv6Only, SocketUnit};

pub(crate) use bind::Bound;
