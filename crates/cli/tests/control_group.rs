//! What the policies and limits of control groups do to real processes.
//!
//! The processes are this test program again: `attempt` does what the variable `ATTEMPTS` says and prints what came of it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Error;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs attempts as a service with these settings, and gives a word for each: `ok` or the error's number.
fn attempts(settings: &[&str], attempts: &str) -> Vec<String> {
    let output = service(settings, attempts);
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.split_once("attempts: "));
    let messages = String::from_utf8_lossy(&output.stderr);
    let (_, words) = line.unwrap_or_else(|| panic!("no results: {text}{messages}"));
    words.split(' ').map(str::to_owned).collect()
}

fn service(settings: &[&str], attempts: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unitward"));
    command.arg("run");
    for setting in settings {
        command.args(["-p", setting]);
    }
    command
        .arg("-p")
        .arg(format!("Environment=\"ATTEMPTS={attempts}\""));
    let own = std::env::current_exe().unwrap();
    command.env("ATTEMPTS", attempts);
    command.arg("--").arg(own);
    command.args([
        "attempt",
        "--exact",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.output().unwrap()
}

/// Whether a setting can be enforced here; the test is skipped when it cannot.
#[expect(clippy::print_stderr, reason = "the line is for the test runner")]
fn is_possible(setting: &str) -> bool {
    let (directive, _) = setting.split_once('=').unwrap();
    let probe = Command::new(env!("CARGO_BIN_EXE_unitward"))
        .args(["run", "-p", setting, "--", "/bin/true"])
        .output()
        .unwrap();
    let messages = String::from_utf8_lossy(&probe.stderr);
    let refused = messages
        .lines()
        .find(|line| line.contains(&format!("{directive}=")));
    if let Some(reason) = refused {
        eprintln!("skipped: {reason}");
    }
    refused.is_none()
}

/// Does what is asked, for the tests above.
#[test]
#[ignore = "run by the other tests, as a service"]
#[expect(
    clippy::print_stdout,
    reason = "the results are for the test that asks"
)]
fn attempt() {
    let Ok(attempts) = std::env::var("ATTEMPTS") else {
        return;
    };
    let results: Vec<String> = attempts
        .split(' ')
        .map(|attempt| match one(attempt) {
            Ok(()) => "ok".to_owned(),
            Err(error) => error.raw_os_error().unwrap_or(-1).to_string(),
        })
        .collect();
    println!("attempts: {}", results.join(" "));
}

fn one(attempt: &str) -> Result<(), Error> {
    let (kind, what) = attempt.split_once(':').unwrap();
    match kind {
        "read" => std::fs::File::open(what).map(drop),
        "write" => std::fs::OpenOptions::new().write(true).open(what).map(drop),
        "tcp4" => TcpListener::bind((Ipv4Addr::LOCALHOST, what.parse().unwrap())).map(drop),
        "tcp6" => TcpListener::bind((Ipv6Addr::LOCALHOST, what.parse().unwrap())).map(drop),
        "udp4" => UdpSocket::bind((Ipv4Addr::LOCALHOST, what.parse().unwrap())).map(drop),
        "send" => UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?
            .send_to(b"x", (what, 9))
            .map(drop),
        "deliver" => deliver(what),
        "threads" => {
            let count: usize = what.parse().unwrap();
            let pause = || std::thread::sleep(std::time::Duration::from_millis(300));
            let threads: Result<Vec<_>, _> = (0..count)
                .map(|_| std::thread::Builder::new().spawn(pause))
                .collect();
            threads.map(drop)
        }
        "memory" => {
            let size = what.parse::<usize>().unwrap() << 20;
            let mut block = vec![0_u8; size];
            block.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
            std::hint::black_box(&block);
            Ok(())
        }
        _ => panic!("no such attempt: {attempt}"),
    }
}

/// Sends a packet to an own socket of this address, and waits for it.
fn deliver(address: &str) -> Result<(), Error> {
    let receiver = UdpSocket::bind((address, 0))?;
    receiver.set_read_timeout(Some(std::time::Duration::from_millis(300)))?;
    UdpSocket::bind((address, 0))?.send_to(b"x", receiver.local_addr()?)?;
    receiver.recv(&mut [0; 8]).map(drop)
}

const EPERM: &str = "1";
const EAGAIN: &str = "11";

#[test]
fn devices_that_no_rule_names_cannot_be_opened() {
    if !is_possible("DevicePolicy=closed") {
        return;
    }
    let devices = "read:/dev/null write:/dev/zero read:/dev/urandom read:/dev/kmsg write:/dev/kmsg";
    assert_eq!(
        attempts(&["DevicePolicy=closed"], devices),
        ["ok", "ok", "ok", EPERM, EPERM]
    );
    let allowed = ["DevicePolicy=closed", "DeviceAllow=/dev/kmsg r"];
    assert_eq!(attempts(&allowed, devices), ["ok", "ok", "ok", "ok", EPERM]);
    let strict = [
        "DevicePolicy=strict",
        "DeviceAllow=/dev/null",
        "DeviceAllow=char-mem r",
    ];
    assert_eq!(attempts(&strict, devices), ["ok", EPERM, "ok", "ok", EPERM]);
}

#[test]
fn packets_go_to_allowed_addresses_only() {
    if !is_possible("IPAddressDeny=any") {
        return;
    }
    let none = attempts(
        &["IPAddressDeny=any"],
        "send:127.0.0.1 deliver:127.0.0.1 deliver:::1",
    );
    assert_eq!(none, [EPERM, EPERM, EPERM]);
    let own = ["IPAddressDeny=any", "IPAddressAllow=127.0.0.1"];
    let results = attempts(&own, "deliver:127.0.0.1 deliver:127.0.0.2 deliver:::1");
    assert_eq!(results, ["ok", EPERM, EPERM]);
}

#[test]
fn interfaces_that_are_not_allowed_carry_nothing() {
    if !is_possible("RestrictNetworkInterfaces=~lo") {
        return;
    }
    let without = attempts(&["RestrictNetworkInterfaces=~lo"], "send:127.0.0.1");
    assert_eq!(without, [EPERM]);
    let only = attempts(&["RestrictNetworkInterfaces=lo"], "deliver:127.0.0.1");
    assert_eq!(only, ["ok"]);
}

#[test]
fn sockets_are_bound_to_allowed_ports_only() {
    if !is_possible("SocketBindDeny=any") {
        return;
    }
    let settings = ["SocketBindDeny=any", "SocketBindAllow=ipv4:tcp:41000-41010"];
    let sockets = "tcp4:41003 tcp4:41011 tcp6:41003 udp4:41003 tcp4:0";
    assert_eq!(
        attempts(&settings, sockets),
        ["ok", EPERM, EPERM, EPERM, EPERM]
    );
}

#[test]
fn tasks_are_limited() {
    if !is_possible("TasksMax=8") {
        return;
    }
    assert_eq!(attempts(&["TasksMax=8"], "threads:3"), ["ok"]);
    assert_eq!(attempts(&["TasksMax=8"], "threads:20"), [EAGAIN]);
}

#[test]
fn memory_is_limited() {
    if !is_possible("MemoryMax=40M") {
        return;
    }
    assert_eq!(attempts(&["MemoryMax=200M"], "memory:60"), ["ok"]);
    let output = service(&["MemoryMax=40M"], "memory:200");
    assert!(!output.status.success());
    assert!(!String::from_utf8_lossy(&output.stdout).contains("attempts: "));
}

#[test]
fn nothing_is_left_behind() {
    let name = format!("left-behind-{}.service", std::process::id());
    let file = std::env::temp_dir().join(&name);
    let text = "[Service]\nTasksMax=9\nMemoryMax=100M\nExecStart=/bin/sh -c 'sleep 100 & setsid sleep 100 &'\n";
    std::fs::write(&file, text).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_unitward"))
        .arg("run")
        .arg(&file)
        .status();
    std::fs::remove_file(&file).unwrap();
    assert!(status.unwrap().success());
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mut open: Vec<PathBuf> = mounts
        .lines()
        .filter(|line| line.contains(" - cgroup"))
        .filter_map(|line| line.split(' ').nth(4))
        .map(PathBuf::from)
        .collect();
    while let Some(directory) = open.pop() {
        assert!(
            !directory.to_string_lossy().ends_with(&name),
            "{}",
            directory.display()
        );
        let entries = std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten();
        let below = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        open.extend(below.map(|entry| entry.path()));
    }
}
