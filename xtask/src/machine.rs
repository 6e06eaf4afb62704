//! What the tests need beyond Rust, and getting it where that is possible.

use std::fs;
use std::process::Command;

use crate::options::Failure;
use crate::run::{find, output, status};

/// A program that some tests need.
struct Need {
    program: &'static str,
    /// The Debian package that has it.
    package: &'static str,
    /// What it is needed for.
    purpose: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        program: "systemd-analyze",
        package: "systemd",
        purpose: "comparing with the real systemd-analyze",
    },
    Need {
        program: "debootstrap",
        package: "debootstrap",
        purpose: "running services under a real systemd in a container",
    },
    Need {
        program: "ldd",
        package: "libc-bin",
        purpose: "comparing with the real loader",
    },
];

/// Says what this machine is, installs what is missing when it can, and names what stays missing.
pub(crate) fn prepare() -> Result<(), Failure> {
    println!("system: {}", system());
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    println!("processors: {cpus}");
    let missing: Vec<&Need> = NEEDS
        .iter()
        .filter(|need| find(need.program).is_none())
        .collect();
    if !missing.is_empty() && is_root() && find("apt-get").is_some() {
        install(&missing)?;
    }
    for Need {
        program,
        package,
        purpose,
    } in NEEDS
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
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    println!("installing {}", packages.join(", "));
    apt(&["update"])?;
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(packages);
    if !apt(&arguments)? {
        println!("apt-get could not install them");
    }
    Ok(())
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
