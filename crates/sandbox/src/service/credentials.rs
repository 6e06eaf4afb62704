//! Credentials (systemd.exec(5), "Credentials").

mod source;
mod store;

use std::collections::BTreeMap;

use unitward_settings::{Item, Scope, Settings};

use crate::{Cause, Exit, Failure};
use source::Found;
pub(super) use store::Store;

/// All credentials of a unit together are no larger, names included.
const SIZE_MAX: usize = 1024 * 1024;

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
        Scope::User => {
            let uid = rustix::process::getuid().as_raw();
            format!("/run/user/{uid}/credentials/{unit}")
        }
    }
}

/// Credentials by name.
type Credentials = BTreeMap<String, Vec<u8>>;

/// Collects the credentials of a unit and puts them where the service finds them; none when it asks for none.
pub(super) fn supply(settings: &Settings, uid: Option<u32>) -> Result<Option<Store>, Failure> {
    if !are_set(settings) {
        return Ok(None);
    }
    let credentials = collect(settings)?;
    let fail = |errno| {
        let cause = Cause::at_first(settings);
        Failure::new(Exit::CREDENTIALS, cause, "make the store of credentials").with_errno(errno)
    };
    let store = Store::make(&folder(settings), &credentials, uid).map_err(fail)?;
    Ok(Some(store))
}

/// What is loaded counts before what is imported, and that before what the unit says itself.
fn collect(settings: &Settings) -> Result<Credentials, Failure> {
    let mut credentials = Credentials::new();
    for (directive, setting) in [
        ("LoadCredential", &settings.load_credential),
        (
            "LoadCredentialEncrypted",
            &settings.load_credential_encrypted,
        ),
    ] {
        let encrypted = directive == "LoadCredentialEncrypted";
        for Item { value, origin } in setting.0.iter() {
            let step = || format!("load the credential {} from {}", value.name, value.source);
            let fail = |errno| {
                let cause = Cause::at(directive, *origin);
                Failure::new(Exit::CREDENTIALS, cause, step()).with_errno(errno)
            };
            let found = match source::load(value) {
                Ok(found) => found,
                // The unit has something to fall back to, or does not insist.
                Err(rustix::io::Errno::NOENT)
                    if !value.source.starts_with('/')
                        || settings.set_credential.0.find(&value.name).is_some()
                        || settings
                            .set_credential_encrypted
                            .0
                            .find(&value.name)
                            .is_some() =>
                {
                    continue;
                }
                Err(errno) => return Err(fail(errno)),
            };
            for Found {
                name,
                bytes,
                encrypted: stored_encrypted,
            } in found
            {
                let bytes = if encrypted || stored_encrypted {
                    source::decrypted(&name, &bytes).map_err(fail)?
                } else {
                    bytes
                };
                credentials.entry(name).or_insert(bytes);
            }
        }
    }
    for Item { value, origin } in &settings.import_credential.0 {
        for Found {
            name,
            bytes,
            encrypted,
        } in source::import(value)
        {
            let bytes = if encrypted {
                let cause = Cause::at("ImportCredential", *origin);
                let step = format!("decrypt the credential {name}");
                source::decrypted(&name, &bytes).map_err(|errno| {
                    Failure::new(Exit::CREDENTIALS, cause, step).with_errno(errno)
                })?
            } else {
                bytes
            };
            credentials.entry(name).or_insert(bytes);
        }
    }
    for Item { value, .. } in settings.set_credential.0.iter() {
        credentials
            .entry(value.name.clone())
            .or_insert_with(|| value.value.clone().into_bytes());
    }
    for Item { value, origin } in settings.set_credential_encrypted.0.iter() {
        if credentials.contains_key(&value.name) {
            continue;
        }
        let cause = Cause::at("SetCredentialEncrypted", *origin);
        let step = format!("decrypt the credential {}", value.name);
        let bytes = source::decrypted(&value.name, value.value.as_bytes())
            .map_err(|errno| Failure::new(Exit::CREDENTIALS, cause, step).with_errno(errno))?;
        credentials.insert(value.name.clone(), bytes);
    }
    let size: usize = credentials
        .iter()
        .map(|(name, bytes)| name.len() + bytes.len())
        .sum();
    if size > SIZE_MAX {
        let cause = Cause::at_first(settings);
        let step = "keep more than a megabyte of credentials";
        return Err(
            Failure::new(Exit::CREDENTIALS, cause, step).with_errno(rustix::io::Errno::TOOBIG)
        );
    }
    Ok(credentials)
}

impl Cause {
    /// The first setting about credentials.
    fn at_first(settings: &Settings) -> Self {
        let loaded = settings.load_credential.0.first();
        let set = settings.set_credential.0.first();
        match (loaded, set) {
            (Some(item), _) => Self::at("LoadCredential", item.origin),
            (None, Some(item)) => Self::at("SetCredential", item.origin),
            (None, None) => Self::of("ImportCredential", &settings.import_credential),
        }
    }
}
