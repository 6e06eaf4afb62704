//! What `unitward observe` sees of real processes.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests; what is skipped is said"
)]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// Observes a command of the shell, with settings, and gives the recording.
fn observe(name: &str, settings: &[&str], script: &str) -> Value {
    let file = file(name);
    let output = Command::new(env!("CARGO_BIN_EXE_unitward"))
        .arg("observe")
        .args(settings.iter().flat_map(|setting| ["-p", setting]))
        .arg("-o")
        .arg(&file)
        .args(["--", "/bin/sh", "-c", script])
        .output()
        .unwrap();
    assert!(file.exists(), "{}", text(&output));
    let facts = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    std::fs::remove_file(&file).unwrap();
    facts
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("unitward-observe-{name}-{}", std::process::id()))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn uses(facts: &Value, path: &str) -> Vec<String> {
    let uses = facts["paths"][path]["uses"].as_array();
    let uses = uses.map(Vec::as_slice).unwrap_or_default();
    uses.iter()
        .map(|usage| usage.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn paths_are_seen_with_what_is_done_to_them() {
    let made = file("made");
    let made = made.to_string_lossy();
    let facts = observe(
        "paths",
        &[],
        &format!(
            "cd /; echo x > {made}; cat {made} > /dev/null; chmod 600 {made}; rm {made}; test -e /nowhere"
        ),
    );
    let of_file = uses(&facts, &made);
    for usage in ["create", "write", "read", "mode", "remove"] {
        assert!(
            of_file.iter().any(|seen| seen == usage),
            "{usage}: {of_file:?}"
        );
    }
    assert_eq!(uses(&facts, "/nowhere"), ["probe"]);
    assert_eq!(facts["recordings"][0]["backend"], "ptrace");
    assert!(facts["programs"].as_object().unwrap().len() >= 3);
}

#[test]
fn forks_threads_signals_and_stops_are_survived() {
    let facts = observe(
        "forks",
        &[],
        "for i in 1 2 3 4 5 6 7 8; do (: & wait) & done; wait; \
         sh -c 'kill -STOP $$' & child=$!; sleep 0.1; kill -CONT $child; wait $child; \
         sh -c 'kill -9 $$'; true",
    );
    let ends = facts["endings"].as_array().unwrap();
    assert!(ends.iter().any(|end| end["how"]["signal"] == 9), "{ends:?}");
    assert!(
        ends.iter().filter(|end| end["how"]["exit"] == 0).count() >= 17,
        "{ends:?}"
    );
}

#[test]
fn what_the_filter_of_the_unit_refuses_is_seen_and_refused() {
    let settings = [
        "SystemCallFilter=~mkdir mkdirat",
        "SystemCallErrorNumber=EDOM",
    ];
    let facts = observe(
        "filter",
        &settings,
        "mkdir /tmp/never-made 2>/dev/null; test ! -e /tmp/never-made || exit 3",
    );
    let failures = facts["failures"].as_array().unwrap();
    let refused = failures
        .iter()
        .find(|failure| failure["filtered"] == true)
        .unwrap();
    assert_eq!(refused["error"], "EDOM");
    assert_eq!(refused["path"], "/tmp/never-made");
    let ends = facts["endings"].as_array().unwrap();
    assert_eq!(ends.last().unwrap()["how"]["exit"], 0);
}

#[test]
fn a_call_that_kills_is_named() {
    let facts = observe(
        "kill",
        &["SystemCallFilter=~mkdir mkdirat"],
        "mkdir /tmp/never-made",
    );
    let failures = facts["failures"].as_array().unwrap();
    assert!(
        failures
            .iter()
            .any(|failure| failure["error"] == "SIGSYS" && failure["filtered"] == true),
        "{failures:?}"
    );
}

#[test]
fn a_process_that_runs_is_attached_to_and_let_go() {
    let script = "while :; do test -e /marker-of-a-test; sleep 0.05; done";
    let mut child = Command::new("/bin/sh")
        .args(["-c", script])
        .spawn()
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_unitward"))
        .args(["observe", "--duration", "1", "-o", "-", "--pid"])
        .arg(child.id().to_string())
        .output()
        .unwrap();
    let facts: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(uses(&facts, "/marker-of-a-test"), ["probe"]);
    assert!(child.try_wait().unwrap().is_none(), "it goes on alone");
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    assert!(status.contains("TracerPid:\t0"), "{status}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn capabilities_are_seen_or_why_they_are_not() {
    let facts = observe(
        "capabilities",
        &[],
        "touch /tmp/unitward-owned; chown 1:1 /tmp/unitward-owned; rm -f /tmp/unitward-owned",
    );
    let recording = &facts["recordings"][0];
    if recording["capabilities"] == true {
        let chown = &facts["capabilities"]["CAP_CHOWN"];
        assert!(chown["count"].as_u64() >= Some(1), "{facts:#}");
        let programs = chown["programs"].as_array().unwrap();
        assert_eq!(programs.len(), 1, "{programs:?}");
        assert!(programs[0].as_str().unwrap().ends_with("chown"));
        assert!(facts["capabilities"]["CAP_SYS_TIME"].is_null());
        return;
    }
    let gaps = recording["gaps"].as_array().unwrap();
    let why = gaps.iter().filter_map(Value::as_str);
    let why: Vec<&str> = why.filter(|gap| gap.contains("capabilities")).collect();
    assert_eq!(why.len(), 1, "{gaps:?}");
    assert_eq!(facts["capabilities"], serde_json::json!({}));
    println!("skipped: {}", why[0]);
}

#[test]
fn recordings_merge() {
    let (first, second) = (file("first"), file("second"));
    for (file, word) in [(&first, "/one"), (&second, "/two")] {
        let output = Command::new(env!("CARGO_BIN_EXE_unitward"))
            .args(["observe", "-o"])
            .arg(file)
            .args(["--", "/bin/sh", "-c", &format!("test -e {word}")])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output));
    }
    let output = Command::new(env!("CARGO_BIN_EXE_unitward"))
        .args(["observe", "-o", "-", "--merge"])
        .args([&first, &second])
        .output()
        .unwrap();
    let facts: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(facts["recordings"].as_array().unwrap().len(), 2);
    assert!(facts["paths"]["/one"].is_object() && facts["paths"]["/two"].is_object());
    for file in [first, second] {
        std::fs::remove_file(file).unwrap();
    }
}
