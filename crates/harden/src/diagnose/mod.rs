//! Which directive broke a service: from a failed call to the directive that denied it, and the smallest change that lets
//! it pass.

mod access;
mod bisect;
mod cause;
mod devices;
mod driver;
#[cfg(test)]
mod driver_tests;
mod ends;
mod evidence;
mod filter;
mod limits;
mod loosen;
mod memory;
mod network;
mod off;
mod paths;
mod privileges;
mod setup;
mod start;
mod subject;
#[cfg(test)]
mod tests;

pub use cause::{By, Cause, Relaxation};
pub use driver::{Diagnosis, Finding, Runner, diagnose};
pub use evidence::{Denial, Evidence};
pub use subject::Subject;

use unitward_observe::FailedCall;
use unitward_sandbox::{Host, Plan};
use unitward_settings::Settings;

/// Why a call failed: the likeliest cause. To ask for several calls, make a [`Subject`] once.
#[must_use]
pub fn attribute(
    failure: &FailedCall,
    settings: &Settings,
    plan: &Plan,
    host: &Host,
) -> Option<Cause> {
    Subject::new(settings, plan, host).attribute(failure)
}

/// A call that did not come from a recording.
fn call(name: &str, error: &str, path: Option<&str>) -> FailedCall {
    FailedCall {
        first: 0,
        last: 0,
        count: 1,
        pid: 0,
        program: String::new(),
        architecture: unitward_seccomp::Arch::NATIVE.name().to_owned(),
        call: name.to_owned(),
        arguments: [0; 6],
        error: error.to_owned(),
        filtered: false,
        path: path.map(str::to_owned),
        address: None,
    }
}
