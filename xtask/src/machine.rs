//! What the tests need beyond Rust, and getting it where that is possible.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::options::Failure;
use crate::run::{cargo, find, output, status};

/// A program that some tests need.
struct Need {
    program: String,
    /// The Debian package that has it.
    package: String,
    /// What it is needed for.
    purpose: &'static str,
}

/// What tests need besides the daemons and their clients.
const NEEDS: &[[&str; 3]] = &[
    [
        "systemd-analyze",
        "systemd",
        "comparing with the real systemd-analyze",
    ],
    [
        "debootstrap",
        "debootstrap",
        "running services under a real systemd in a container",
    ],
    [
        "clang",
        "clang",
        "checking that the objects of the programs in the kernel are what their sources build",
    ],
    ["ldd", "libc-bin", "comparing with the real loader"],
];

/// What keeps a package from starting its daemon while it is installed (invoke-rc.d(8)).
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Says what this machine is, installs what is missing when it can, and names what stays missing.
pub(crate) fn prepare(full: bool) -> Result<(), Failure> {
    println!("system: {}", system());
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    println!("processors: {cpus}");
    let needs = needs(full);
    let missing: Vec<&Need> = needs
        .iter()
        .filter(|need| find(&need.program).is_none())
        .collect();
    if !missing.is_empty() && is_root() && find("apt-get").is_some() {
        install(&missing)?;
    }
    for Need {
        program,
        package,
        purpose,
    } in &needs
    {
        match find(program) {
            Some(path) => println!("{program}: {}", path.display()),
            None => println!(
                "{program}: missing, so no {purpose}; `apt-get install {package}` brings it"
            ),
        }
    }
    if let Some(text) = output(Command::new("systemd-analyze").arg("--version")) {
        println!("{}", text.lines().next().unwrap_or_default());
    }
    Ok(())
}

fn needs(full: bool) -> Vec<Need> {
    let mut needs: Vec<Need> = NEEDS
        .iter()
        .map(|[program, package, purpose]| Need {
            program: (*program).to_owned(),
            package: (*package).to_owned(),
            purpose,
        })
        .collect();
    let part = if full { "full" } else { "usual" };
    let mut command = cargo(&[
        "run",
        "--quiet",
        "--locked",
        "--package",
        "unitward-daemons",
    ]);
    let daemons = output(command.args(["--", "packages", part])).unwrap_or_default();
    needs.extend(daemons.lines().filter_map(|line| {
        let (program, package) = line.split_once(' ')?;
        Some(Need {
            program: program.to_owned(),
            package: package.to_owned(),
            purpose: "running daemons under their own units",
        })
    }));
    needs
}

fn install(missing: &[&Need]) -> Result<(), Failure> {
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args([
            "-qq",
            "-o",
            "Acquire::http::Timeout=20",
            "-o",
            "Acquire::Retries=1",
        ]);
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        status(&mut command)
    };
    let packages: Vec<&str> = missing.iter().map(|need| need.package.as_str()).collect();
    println!("installing {}", packages.join(", "));
    apt(&["update"])?;
    let arguments = ["install", "--yes", "--no-install-recommends"];
    // One after the other when they cannot be had together.
    let policy = Policy::new()?;
    let all = [&arguments[..], &packages].concat();
    if !apt(&all)? {
        for package in packages {
            if !apt(&[&arguments[..], &[package]].concat())? {
                println!("apt-get could not install {package}");
            }
        }
    }
    drop(policy);
    Ok(())
}

/// Keeps daemons from being started while it is there.
struct Policy {
    is_ours: bool,
}

impl Policy {
    fn new() -> Result<Self, Failure> {
        let is_ours = !Path::new(POLICY).exists();
        if is_ours {
            fs::write(POLICY, "#!/bin/sh\nexit 101\n")?;
            fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Self { is_ours })
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if self.is_ours {
            // Without it, packages start their daemons again, as is usual.
            let _ = fs::remove_file(POLICY);
        }
    }
}

fn system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .unwrap_or("unknown");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{}, Linux {}", name.trim_matches('"'), kernel.trim())
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    uid.is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0"))
}
