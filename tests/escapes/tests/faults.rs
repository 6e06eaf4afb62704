//! System calls of the children of `unitward run` made to fail: nothing may be left behind, nothing may be weakened
//! silently, and the exit status and the message must be right.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use unitward_conformance::analyze::unitward;
use unitward_conformance::skip::skip;
use unitward_escapes::faults::{CASES, Outcome};
use unitward_escapes::host::{GROUP, own_groups};
use unitward_escapes::programs::{self, ProgramError};

/// Control groups for one world alone, since other tests make theirs at the same time.
struct Groups(Vec<PathBuf>);

impl Groups {
    fn new(what: &str) -> Self {
        let name = format!("{GROUP}{what}-{}", std::process::id());
        let groups = own_groups().into_iter().map(|group| group.join(&name));
        Self(
            groups
                .filter(|group| fs::create_dir(group).is_ok())
                .collect(),
        )
    }

    /// A shell command that enters them and becomes its arguments.
    fn enter(&self) -> String {
        let enter =
            |group: &PathBuf| format!("echo $$ 2>/dev/null >{}/cgroup.procs; ", group.display());
        self.0.iter().map(enter).collect::<String>() + "exec \"$@\""
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        for group in &self.0 {
            // The last processes may be on their way out.
            for _ in 0..50 {
                if fs::remove_dir(group).is_ok() {
                    break;
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// Runs a part of the faults in a world of its own; nothing when the machine cannot make one.
fn faults(what: &str) -> Option<Vec<Outcome>> {
    if !cfg!(target_arch = "x86_64") {
        skip("calls are made to fail on x86-64 only");
        return None;
    }
    if Path::new("/proc/self").metadata().unwrap().uid() != 0 {
        skip("only root can make the world that is looked at");
        return None;
    }
    let (world, inject) = match (programs::escape(), programs::inject()) {
        (Ok(world), Ok(inject)) => (world, inject),
        (Err(error @ ProgramError::Compiler(_)), _)
        | (_, Err(error @ ProgramError::Compiler(_))) => {
            skip(&error.to_string());
            return None;
        }
        (Err(error), _) | (_, Err(error)) => panic!("{error}"),
    };
    let launcher = unitward().unwrap();
    let driver = Path::new(env!("CARGO_BIN_EXE_unitward-escapes"));
    let inside = |program: &Path| Path::new("/srv").join(program.file_name().unwrap());
    let groups = Groups::new(what);
    let output = Command::new("sh")
        .args(["-c", groups.enter().as_str(), "sh"])
        .arg(world)
        .arg("world")
        .args([Path::new("--keep"), launcher, Path::new("--keep"), inject])
        .args([Path::new("--keep"), driver, Path::new("reached")])
        .args([&inside(driver), Path::new("faults"), &inside(launcher)])
        .arg(what)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.lines().any(|line| line == "exit 0"),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(
        text.lines()
            .filter(|line| line.starts_with('{'))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

fn sweep(name: &str) {
    let Some(outcomes) = faults(name) else {
        return;
    };
    assert!(outcomes.len() > 10, "only {} faults", outcomes.len());
    let complaints: Vec<String> = outcomes
        .iter()
        .filter_map(|outcome| {
            let call = outcome.call.as_ref()?;
            Some(format!(
                "call {} {}{:x?} with errno {}: {}",
                call.index,
                call.name,
                call.arguments,
                outcome.errno,
                outcome.complaint()?
            ))
        })
        .collect();
    assert!(
        complaints.is_empty(),
        "{} of {} faults:\n{}",
        complaints.len(),
        outcomes.len(),
        complaints.join("\n")
    );
}

#[test]
fn each_step_ends_with_its_exit_status() {
    let Some(outcomes) = faults("cases") else {
        return;
    };
    assert_eq!(outcomes.len(), CASES.len());
    let mut wrong = Vec::new();
    for (case, outcome) in CASES.iter().zip(&outcomes) {
        let directive = case.setting.split_once('=').map_or("", |(name, _)| name);
        let named = outcome.messages.contains(directive) || directive == "UMask";
        if outcome.call.is_none() {
            skip(&format!("{}: {} was not called", case.setting, case.call));
        } else if outcome.exit != case.exit || !named || !outcome.says_errno() {
            wrong.push(format!(
                "{} {}: exit status {}, expected {}: {}",
                case.setting, case.call, outcome.exit, case.exit, outcome.messages
            ));
        } else if let Some(complaint) = outcome.complaint() {
            wrong.push(format!("{} {}: {complaint}", case.setting, case.call));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn faults_in_a_plain_process() {
    sweep("plain");
}

#[test]
fn faults_in_the_attributes_of_a_process() {
    sweep("process");
}

#[test]
fn faults_in_namespaces() {
    sweep("namespaces");
}

#[test]
fn faults_in_mounts() {
    sweep("mounts");
}

#[test]
fn faults_in_directories() {
    sweep("directories");
}

#[test]
fn faults_in_a_pid_namespace() {
    sweep("pids");
}

#[test]
fn faults_in_filters() {
    sweep("filters");
}

#[test]
fn faults_in_the_launcher() {
    sweep("launcher");
}
