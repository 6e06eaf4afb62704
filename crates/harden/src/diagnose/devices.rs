//! Devices: what the device policy of the control group refuses (EPERM at open and mknod).

use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

use unitward_observe::FailedCall;
use unitward_settings::DevicePolicy;

use super::access::Want;
use super::cause::{Cause, Relaxation};
use super::subject::{Subject, argument};

/// Causes of a device that cannot be opened or made.
pub(super) fn causes(subject: &Subject<'_>, failure: &FailedCall) -> Vec<Cause> {
    let settings = subject.settings;
    let restricted =
        *settings.device_policy != DevicePolicy::Auto || !settings.device_allow.0.is_empty();
    if !restricted || failure.error != "EPERM" {
        return Vec::new();
    }
    let Some(path) = &failure.path else {
        return Vec::new();
    };
    let path = subject.resolved(path);
    let (name, rights) = match failure.call.as_str() {
        "open" | "openat" | "openat2" => {
            let metadata = subject
                .on_host(&path)
                .and_then(|real| std::fs::metadata(real).ok());
            let Some(metadata) = metadata.filter(|found| {
                found.file_type().is_char_device() || found.file_type().is_block_device()
            }) else {
                return Vec::new();
            };
            let rights = match super::paths::want(failure) {
                Want::Read => "r",
                _ => "rw",
            };
            (device_name(&path, metadata.rdev()), rights)
        }
        "mknod" | "mknodat" => {
            let at = if failure.call == "mknod" { 1 } else { 2 };
            let kind = argument(failure, at) & u64::from(libc::S_IFMT);
            let number = argument(failure, at + 1);
            let class = if kind == u64::from(libc::S_IFBLK) {
                "block"
            } else {
                "char"
            };
            let name = format!(
                "/dev/{class}/{}:{}",
                libc::major(number),
                libc::minor(number)
            );
            (name, "m")
        }
        _ => return Vec::new(),
    };
    let why = format!("the device policy does not allow {path}");
    let directive = if *settings.device_policy == DevicePolicy::Auto {
        "DeviceAllow"
    } else {
        "DevicePolicy"
    };
    let change = Relaxation::of("DeviceAllow", format!("{name} {rights}"));
    let (named, origin) = subject.source(directive);
    vec![
        Cause::directive(named, origin, why)
            .or(change)
            .or(super::off::off("DevicePolicy")),
    ]
}

/// The path of a device below /dev, or its number where the node is elsewhere.
fn device_name(path: &str, number: u64) -> String {
    if path.starts_with("/dev/") {
        return path.to_owned();
    }
    format!("/dev/char/{}:{}", libc::major(number), libc::minor(number))
}
