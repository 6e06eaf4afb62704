//! What a unit's settings promise, as the plan of somebody who may do everything: the manager of the system.

use unitward_catalog::Capabilities;
use unitward_sandbox::{Failure, Host, Options, Plan};
use unitward_settings::Settings;

/// Plans the service of a unit as the manager of this system would make it, whoever this process is.
///
/// # Errors
///
/// When a user, a group or a file that planning needs is not there.
pub fn plan(settings: &Settings) -> Result<Plan, Failure> {
    let mut host = Host::read();
    host.capabilities = Capabilities::ALL;
    host.uid = 0;
    host.gid = 0;
    host.is_first_user_namespace = true;
    Plan::new(settings, &host, &Options::default())
}
