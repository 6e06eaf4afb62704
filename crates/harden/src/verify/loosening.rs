//! From a call that failed to what a proposal has to allow.

use unitward_observe::FailedCall;

use crate::derive::{Access, Loosening};
use crate::diagnose::Relaxation;

/// What a line has to allow so that a call succeeds which its directive denied; the next weaker value where nothing smaller
/// is known.
pub(super) fn of(
    failure: &FailedCall,
    directive: &str,
    relaxation: Option<&Relaxation>,
) -> Loosening {
    let word = || {
        let assigned = relaxation.iter().flat_map(|one| &one.assignments);
        let mut assigned = assigned;
        let value = assigned.rfind(|(name, value)| *name == directive && !value.is_empty());
        value.map(|(_, value)| value.trim_start_matches('~').to_owned())
    };
    let wished = match directive {
        "SystemCallFilter" => Some(Loosening::Call(failure.call.clone())),
        "CapabilityBoundingSet" => word().map(Loosening::Capability),
        "RestrictAddressFamilies" => word().map(Loosening::Family),
        "RestrictNamespaces" => word().map(Loosening::Namespace),
        "PrivateDevices" | "DevicePolicy" | "DeviceAllow" => {
            let path = failure.path.clone();
            path.filter(|path| path.starts_with("/dev/"))
                .map(|path| Loosening::Device {
                    path,
                    rights: "rw".to_owned(),
                })
        }
        "SocketBindDeny" => port(failure).map(Loosening::Port),
        "IPAddressDeny" => host(failure).map(Loosening::Network),
        "ProtectSystem"
        | "ReadWritePaths"
        | "NoExecPaths"
        | "ExecPaths"
        | "InaccessiblePaths"
        | "ProtectHome"
        | "PrivateTmp"
        | "TemporaryFileSystem"
        | "BindReadOnlyPaths"
        | "BindPaths"
        | "ReadOnlyPaths" => failure.path.clone().map(|path| Loosening::Path {
            path,
            access: access(failure),
        }),
        _ => None,
    };
    wished.unwrap_or(Loosening::Step)
}

/// How a call uses its path.
fn access(failure: &FailedCall) -> Access {
    let open_flags = match failure.call.as_str() {
        "open" => failure.arguments.get(1),
        "openat" => failure.arguments.get(2),
        _ => None,
    };
    if let Some(flags) = open_flags {
        let has = |flag: i32| flags & u64::from(flag.cast_unsigned()) != 0;
        return match (has(O_CREAT), flags & 3) {
            (true, _) => Access::Create,
            (false, 0) => Access::Read,
            _ => Access::Write,
        };
    }
    let name = failure.call.as_str();
    let starts = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    if starts(&["exec", "mmap", "mprotect", "uselib"]) {
        Access::Execute
    } else if starts(&[
        "mkdir", "mknod", "rename", "unlink", "rmdir", "link", "symlink", "creat", "bind",
        "openat2",
    ]) {
        Access::Create
    } else if starts(&[
        "chmod",
        "fchmod",
        "chown",
        "lchown",
        "fchown",
        "utime",
        "futimes",
        "truncate",
        "setxattr",
        "lsetxattr",
        "removexattr",
    ]) {
        Access::Write
    } else {
        Access::Read
    }
}

/// O_CREAT of open(2), the same on all architectures that are known here.
const O_CREAT: i32 = 0o100;

/// The port of an address, as `SocketBindAllow=` has it.
fn port(failure: &FailedCall) -> Option<String> {
    let key = failure.address.as_ref()?;
    let address: std::net::SocketAddr = key.address.parse().ok()?;
    let family = if address.is_ipv4() { "ipv4" } else { "ipv6" };
    Some(format!("{family}:{}:{}", key.protocol, address.port()))
}

fn host(failure: &FailedCall) -> Option<String> {
    let key = failure.address.as_ref()?;
    let address: std::net::SocketAddr = key.address.parse().ok()?;
    Some(address.ip().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(call: &str, path: Option<&str>, arguments: [u64; 6]) -> FailedCall {
        FailedCall {
            first: 0,
            last: 0,
            count: 1,
            pid: 1,
            program: "/bin/a".to_owned(),
            architecture: "x86-64".to_owned(),
            call: call.to_owned(),
            arguments,
            error: "EPERM".to_owned(),
            filtered: false,
            path: path.map(str::to_owned),
            address: None,
        }
    }

    #[test]
    fn a_path_is_loosened_for_what_was_done_with_it() {
        let of = |call: &str, flags: u64| {
            of(
                &failed(call, Some("/var/a"), [0, 0, flags, 0, 0, 0]),
                "ProtectSystem",
                None,
            )
        };
        let path = |access| Loosening::Path {
            path: "/var/a".to_owned(),
            access,
        };
        assert_eq!(of("openat", 0o101), path(Access::Create));
        assert_eq!(of("openat", 0o1), path(Access::Write));
        assert_eq!(of("unlinkat", 0), path(Access::Create));
        assert_eq!(of("fchmodat", 0), path(Access::Write));
        assert_eq!(of("newfstatat", 0), path(Access::Read));
    }

    #[test]
    fn what_is_not_known_goes_by_steps() {
        let failure = failed("chown", None, [0; 6]);
        assert_eq!(of(&failure, "LockPersonality", None), Loosening::Step);
        assert_eq!(of(&failure, "CapabilityBoundingSet", None), Loosening::Step);
        assert_eq!(
            of(&failure, "SystemCallFilter", None),
            Loosening::Call("chown".to_owned())
        );
    }
}
