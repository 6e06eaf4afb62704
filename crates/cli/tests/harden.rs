//! `unitward harden` on small services: what is proposed works, and lets nothing else through.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests; what is skipped is said"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn unitward() -> Command {
    Command::new(env!("CARGO_BIN_EXE_unitward"))
}

fn is_root() -> bool {
    let is = rustix::process::getuid().is_root();
    if !is {
        println!("skipped: only root can make every part of a sandbox");
    }
    is
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A folder of a test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            Path::new("/var/tmp").join(format!("unitward-harden-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text.replace("FOLDER", &self.0.to_string_lossy())).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Hardens a service and gives the result.
fn harden(unit: &Path, more: &[&str]) -> Value {
    let output = unitward()
        .args(["harden", "--json", "--systemd", "257"])
        .arg(unit)
        .args(more)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)))
}

fn values(result: &Value, directive: &str) -> Vec<String> {
    let lines = result["lines"].as_array().unwrap().iter();
    let line = lines.filter(|line| line["directive"] == directive);
    line.flat_map(|line| line["values"].as_array().unwrap())
        .map(|value| value.as_str().unwrap().to_owned())
        .collect()
}

/// Runs a command in the sandbox of a result.
fn inside(folder: &Folder, unit: &Path, result: &Value, script: &str) -> Output {
    let drop_in = folder.file("proved.conf", result["drop_in"].as_str().unwrap());
    unitward()
        .args(["run", "--systemd", "257"])
        .arg(unit)
        .arg("--drop-in")
        .arg(drop_in)
        .args([
            "-p",
            "NoExecPaths=",
            "-p",
            "ExecPaths=",
            "--",
            "/bin/sh",
            "-c",
            script,
        ])
        .output()
        .unwrap()
}

#[test]
fn a_service_gets_what_it_uses_and_nothing_else() {
    if !is_root() {
        return;
    }
    let folder = Folder::new("uses");
    let unit = folder.file(
        "uses.service",
        "[Service]\nExecStart=/bin/sh -c 'mkdir -p FOLDER/state; while :; do echo x >> FOLDER/state/log; sleep 0.05; done'\n",
    );
    let workload = format!("sleep 0.2; test -s {}/state/log", folder.0.display());
    let result = harden(&unit, &["--workload", &workload]);
    assert_eq!(result["proved"], true, "{result:#}");
    let after: f64 = result["exposure"]["after"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(after <= 1.5, "{after}");
    assert_eq!(values(&result, "CapabilityBoundingSet"), [""]);
    for attack in [
        "cat /etc/shadow",
        "echo x > /usr/planted",
        "mount -t tmpfs none /mnt",
        "chown 1:1 /var/tmp",
    ] {
        let output = inside(&folder, &unit, &result, attack);
        assert!(
            !output.status.success(),
            "{attack} is not stopped: {}",
            text(&output)
        );
    }
    assert!(!Path::new("/usr/planted").exists());
}

#[test]
fn on_probation_nothing_is_refused_and_what_would_be_is_loosened() {
    if !is_root() {
        return;
    }
    // Only the second run writes, which the first one did not show.
    let folder = Folder::new("probation");
    let unit = folder.file(
        "probation.service",
        "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'test ! -e FOLDER/ran || mkdir FOLDER/made; : > FOLDER/ran'\n",
    );
    let result = harden(&unit, &["--probation"]);
    assert!(folder.0.join("made").is_dir(), "{result:#}");
    assert_eq!(
        result["complaints"].as_array().unwrap().len(),
        0,
        "{result:#}"
    );
    assert_eq!(result["proved"], false, "it did not run inside");
}

#[test]
fn what_the_present_settings_break_is_said_before_anything_is_tried() {
    if !is_root() {
        return;
    }
    let folder = Folder::new("broken");
    let unit = folder.file(
        "broken.service",
        "[Service]\nExecStart=/bin/sh -c 'exit 7'\n",
    );
    let output = unitward().arg("harden").arg(&unit).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output).contains("does not work even as it is"),
        "{}",
        text(&output)
    );
}

#[test]
fn a_need_that_no_recording_shows_is_found_by_trying() {
    if !is_root() {
        return;
    }
    // That root may write a file of another user needs a capability which no call names.
    let folder = Folder::new("trying");
    let other = folder.file("others", "");
    std::os::unix::fs::chown(&other, Some(65534), Some(65534)).unwrap();
    std::fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let unit = folder.file(
        "trying.service",
        "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo x >> FOLDER/others'\n",
    );
    let result = harden(&unit, &[]);
    assert_eq!(result["proved"], true, "{result:#}");
    let kept = values(&result, "CapabilityBoundingSet").join(" ");
    assert!(kept.contains("CAP_DAC_OVERRIDE"), "{kept}");
}
