//! Credentials (systemd.exec(5), "Credentials").

use unitward_settings::{Scope, Settings};

/// Whether a unit asks for credentials.
pub(crate) fn are_set(settings: &Settings) -> bool {
    !settings.load_credential.0.is_empty()
        || !settings.load_credential_encrypted.0.is_empty()
        || !settings.import_credential.0.is_empty()
        || !settings.set_credential.0.is_empty()
        || !settings.set_credential_encrypted.0.is_empty()
}

/// The directory in which a service finds its credentials.
pub(crate) fn folder(settings: &Settings) -> String {
    let unit = settings.unit.as_str();
    match settings.scope {
        Scope::System => format!("/run/credentials/{unit}"),
        Scope::User => format!(
            "/run/user/{}/credentials/{unit}",
            rustix::process::getuid().as_raw()
        ),
    }
}
