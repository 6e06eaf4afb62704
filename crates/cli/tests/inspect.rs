//! What `unitward inspect` says of real processes.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A process that waits, and is killed in the end.
struct Waiting {
    child: Child,
    /// The process that is looked at.
    pid: i32,
    /// Open as long as the process is.
    _output: BufReader<ChildStdout>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_raw(self.pid).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

/// Starts a shell script that prints its number, or that of another process, and waits.
fn start(command: &mut Command) -> Waiting {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let pid = line.trim().parse();
    let pid = pid.unwrap_or_else(|_| panic!("the process did not start: {line:?}"));
    Waiting {
        child,
        pid,
        _output: output,
    }
}

/// A script in a sandbox. The number it has there is not its own where it has a PID namespace.
fn sandboxed(settings: &[&str]) -> Waiting {
    let mut command = unitward();
    command
        .args(["run", "--systemd", "257"])
        .args(settings.iter().flat_map(|setting| ["-p", setting]))
        .args(["--", "/bin/sh", "-c", "echo $$; exec sleep 1000"]);
    start(&mut command)
}

fn plain() -> Waiting {
    start(Command::new("/bin/sh").args(["-c", "echo $$; exec sleep 1000"]))
}

fn unitward() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unitward"));
    command.env("COLUMNS", "80").stdin(Stdio::null());
    command
}

fn inspect(pid: i32, arguments: &[&str]) -> Output {
    unitward()
        .args(["inspect", "--systemd", "257", &pid.to_string()])
        .args(arguments)
        .output()
        .unwrap()
}

fn beside(pid: i32, settings: &[&str]) -> (Value, Option<i32>) {
    let mut arguments = vec!["--json"];
    arguments.extend(settings.iter().flat_map(|setting| ["-p", setting]));
    let output = inspect(pid, &arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let value: Value = serde_json::from_slice(&output.stdout).expect(&errors);
    assert_eq!(value["version"], 1);
    (value["processes"][0].clone(), output.status.code())
}

fn verdict<'a>(process: &'a Value, directive: &str) -> (&'a str, &'a str) {
    let directives = process["beside"]["directives"].as_array().unwrap();
    let found = directives.iter().find(|one| one["directive"] == directive);
    let found = found.unwrap_or_else(|| panic!("{directive} is not judged"));
    (
        found["verdict"].as_str().unwrap(),
        found["proof"].as_str().unwrap(),
    )
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Says why a test does not run here.
#[expect(clippy::print_stderr, reason = "the line is for the test runner")]
fn skipped(reason: &str) {
    eprintln!("skipped: {reason}");
}

/// Each of these is judged by what the kernel says.
const SETTINGS: &[&str] = &[
    "User=65534",
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=CAP_CHOWN",
    "UMask=0077",
    "LimitNOFILE=100:200",
    "LimitCORE=0",
    "OOMScoreAdjust=300",
    "Nice=7",
    "CPUSchedulingPolicy=batch",
    "IOSchedulingClass=idle",
    "TimerSlackNSec=123456",
    "CoredumpFilter=private-anonymous",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectControlGroups=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectProc=invisible",
    "ProcSubset=pid",
    "PrivateNetwork=yes",
    "PrivateIPC=yes",
    "PrivateUsers=yes",
    "InaccessiblePaths=/boot",
    "NoExecPaths=/var",
    "TemporaryFileSystem=/mnt:ro",
    "RestrictNamespaces=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallErrorNumber=EPERM",
];

/// These make the process without a word of the group, which not every machine lets us make.
const OF_GROUPS: &[&str] = &["TasksMax=50", "DevicePolicy=closed", "IPAddressDeny=any"];

#[test]
fn what_was_asked_for_is_in_force() {
    if !is_root() {
        return skipped("reading filters and making sandboxes of this kind needs root");
    }
    let process = sandboxed(SETTINGS);
    let (found, status) = beside(process.pid, SETTINGS);
    let mut wrong = Vec::new();
    for setting in SETTINGS {
        let (directive, _) = setting.split_once('=').unwrap();
        if directive == "SystemCallErrorNumber" {
            continue;
        }
        let (verdict, proof) = verdict(&found, directive);
        if verdict != "in-force" {
            wrong.push(format!("{directive}: {verdict}: {proof}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(status, Some(0), "{found:#}");
    let filter = &found["state"]["filter"];
    let refused = filter["refused"].as_array().unwrap();
    let errno = refused.iter().find(|one| one["action"] == "EPERM").unwrap();
    assert!(
        errno["calls"]
            .as_array()
            .unwrap()
            .contains(&"reboot".into())
    );
    let (level, effective) = (
        &found["beside"]["level"],
        &found["beside"]["effective_level"],
    );
    assert_eq!(
        level,
        effective,
        "{}",
        found["beside"]["effective_settings"].as_str().unwrap()
    );
}

#[test]
fn nothing_of_it_is_in_force_in_a_plain_process() {
    if !is_root() {
        return skipped("processes of other users are compared by root");
    }
    let process = plain();
    let (found, status) = beside(process.pid, SETTINGS);
    let mut wrong = Vec::new();
    for setting in SETTINGS {
        let (directive, _) = setting.split_once('=').unwrap();
        // What a machine may have done to all of its processes, or has none of.
        if matches!(
            directive,
            "SystemCallErrorNumber" | "LimitCORE" | "InaccessiblePaths"
        ) {
            continue;
        }
        let (verdict, proof) = verdict(&found, directive);
        if verdict != "not-in-force" {
            wrong.push(format!("{directive}: {verdict}: {proof}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(status, Some(1));
    let tenths = |field: &str| -> f64 { found["beside"][field].as_str().unwrap().parse().unwrap() };
    assert!(tenths("level") < 3.0, "{}", tenths("level"));
    assert!(
        tenths("effective_level") > 8.0,
        "{}",
        tenths("effective_level")
    );
}

#[test]
fn control_groups_are_looked_at() {
    if !is_root() {
        return skipped("control groups are made by root");
    }
    let plan = unitward()
        .args(["run", "--strict", "--systemd", "257"])
        .args(OF_GROUPS.iter().flat_map(|setting| ["-p", setting]))
        .args(["--", "/bin/true"])
        .output()
        .unwrap();
    if !plan.status.success() {
        return skipped(&String::from_utf8_lossy(&plan.stderr));
    }
    let process = sandboxed(OF_GROUPS);
    let (found, _) = beside(process.pid, OF_GROUPS);
    for directive in ["TasksMax", "DevicePolicy", "IPAddressDeny"] {
        let (verdict, proof) = verdict(&found, directive);
        assert_eq!(verdict, "in-force", "{directive}: {proof}");
    }
    assert_eq!(found["unit"], "run.service");
    let other = plain();
    let (found, _) = beside(other.pid, OF_GROUPS);
    for directive in ["TasksMax", "IPAddressDeny"] {
        let (verdict, proof) = verdict(&found, directive);
        assert_eq!(verdict, "not-in-force", "{directive}: {proof}");
    }
}

#[test]
fn killing_and_failing_are_told_apart() {
    if !is_root() {
        return skipped("reading filters needs root");
    }
    let process = sandboxed(&["SystemCallFilter=~reboot:EDOM swapon"]);
    let (found, _) = beside(process.pid, &["SystemCallFilter=~reboot swapon"]);
    let (weaker, proof) = verdict(&found, "SystemCallFilter");
    assert_eq!(weaker, "weaker");
    assert!(
        proof.contains("reboot gets EDOM in place of kill process"),
        "{proof}"
    );
    let actions = found["state"]["filter"]["refused"].as_array().unwrap();
    let of = |action: &str| {
        actions.iter().find(|one| one["action"] == action).unwrap()["calls"][0].clone()
    };
    assert_eq!(
        (of("EDOM"), of("kill process")),
        ("reboot".into(), "swapon".into())
    );
    let (found, _) = beside(process.pid, &["SystemCallFilter=~swapon"]);
    assert_eq!(verdict(&found, "SystemCallFilter").0, "stronger");
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid)).unwrap();
    assert!(status.contains("TracerPid:\t0"), "it is let go");
}

#[test]
fn names_cannot_write_to_the_terminal() {
    let script = "printf '\\033[2J\\033]0;x\\007\\n' > /proc/self/comm; echo $$; sleep 30 >/dev/null 2>&1 & wait";
    let process = start(Command::new("/bin/bash").args(["-c", script]));
    for arguments in [
        &["inspect", &process.pid.to_string()] as &[&str],
        &["inspect", "--all"],
    ] {
        for json in [false, true] {
            let output = unitward()
                .args(arguments)
                .args(json.then_some("--json"))
                .output()
                .unwrap();
            let bad = output
                .stdout
                .iter()
                .find(|byte| **byte < 32 && **byte != b'\n');
            assert_eq!(bad, None, "{arguments:?}");
            assert!(output.stdout.len() > 100);
        }
    }
}

#[test]
fn a_process_that_is_not_there_is_said_to_be_none() {
    let mut child = Command::new("/bin/true").spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    // It has ended, and nobody has asked for its status yet.
    assert_eq!(inspect(pid, &[]).status.code(), Some(3));
    child.wait().unwrap();
    assert_eq!(inspect(pid, &[]).status.code(), Some(3));
    let output = unitward()
        .args(["inspect", "no-such-command-of-a-test"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    for arguments in [&["0"] as &[&str], &["99999999999999"], &["--all", "1"], &[]] {
        let output = unitward().arg("inspect").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn short_lives_give_no_mixed_answers() {
    let mut shell = Command::new("/bin/sh")
        .args(["-c", "while :; do /bin/true; done"])
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(2);
    while Instant::now() < end {
        let output = unitward()
            .args(["inspect", "true", "--json"])
            .output()
            .unwrap();
        if output.status.code() == Some(3) {
            continue;
        }
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        for process in value["processes"].as_array().unwrap() {
            assert_eq!(process["state"]["threads"], 1);
        }
    }
    shell.kill().unwrap();
    shell.wait().unwrap();
}

#[test]
fn threads_with_other_rights_are_listed() {
    if !is_root() {
        return skipped("only root has rights to give up");
    }
    let script = "import ctypes,os,threading,time\n\
        def other():\n\
        \x20   ctypes.CDLL(None).syscall(117, 5, 5, 5)\n\
        \x20   time.sleep(1000)\n\
        for _ in range(3): threading.Thread(target=other, daemon=True).start()\n\
        time.sleep(0.2)\n\
        print(os.getpid(), flush=True)\n\
        time.sleep(1000)\n";
    if !cfg!(target_arch = "x86_64") || Command::new("python3").arg("-V").output().is_err() {
        return skipped("python3 on x86-64 makes the threads of this test");
    }
    let process = start(Command::new("python3").args(["-c", script]));
    let (found, _) = beside(process.pid, &["Nice=0"]);
    let others = found["state"]["other_threads"].as_array().unwrap();
    assert_eq!(others.len(), 1, "{others:?}");
    assert_eq!(others[0]["count"], 3);
    assert_eq!(
        others[0]["rights"]["users"],
        serde_json::json!([5, 5, 5, 5])
    );
}

#[test]
fn the_host_is_told_about() {
    let output = unitward()
        .args(["inspect", "--host", "--json"])
        .output()
        .unwrap();
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let features = value["features"].as_array().unwrap();
    assert!(features.len() > 40, "{}", features.len());
    let status = |setting: &str| {
        let found = features.iter().find(|one| one["setting"] == setting);
        found.unwrap()["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status("NoNewPrivileges=yes"), "enforced");
}

#[test]
fn thousands_of_threads_and_mounts_take_bounded_time() {
    let script = "import ctypes,os,sys,threading,time\n\
        threading.stack_size(65536)\n\
        for _ in range(2000): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n\
        l = ctypes.CDLL(None)\n\
        if l.unshare(0x20000): sys.exit('no namespace')\n\
        l.mount(b'none', b'/', None, 0x4000 | 1 << 18, None)\n\
        l.mount(b'tmpfs', b'/mnt', b'tmpfs', 0, None)\n\
        os.mkdir('/mnt/\\x1b[2J')\n\
        for _ in range(3000): l.mount(b'/mnt/\\x1b[2J', b'/mnt/\\x1b[2J', None, 4096, None)\n\
        print(os.getpid(), flush=True)\n\
        time.sleep(1000)\n";
    if !is_root() || Command::new("python3").arg("-V").output().is_err() {
        return skipped("root makes the mounts of this test, with python3");
    }
    let process = start(Command::new("python3").args(["-c", script]));
    let begin = Instant::now();
    let output = inspect(process.pid, &["-p", "ProtectSystem=strict"]);
    // Much less on a machine that does nothing else.
    assert!(
        begin.elapsed() < Duration::from_secs(20),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        !text.contains('\u{1b}') && text.contains("/mnt/\\u{1b}[2J"),
        "{text}"
    );
}
