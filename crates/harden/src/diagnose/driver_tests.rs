//! The trying, on services that are made up: no process is run.

#![expect(clippy::unwrap_used, reason = "tests")]

use unitward_observe::{Facts, FailedCall, HowEnded, ProcessEnd};
use unitward_sandbox::{Ending, Failure, Host, Options, Plan, ServiceResult};
use unitward_settings::{ProtectSystem, Settings};

use super::tests::{failed, host, settings};
use super::{Diagnosis, Relaxation, Runner, diagnose};
use crate::verify::{Trial, TrialError};

/// A service: what it does, by its settings. It gives the calls that fail, and whether it works.
struct Made<F> {
    text: &'static str,
    host: Host,
    service: F,
    can_watch: bool,
}

impl<F: Fn(&Settings) -> (Vec<&'static str>, bool)> Runner for Made<F> {
    fn settings(&self, changes: &[Relaxation]) -> Option<Settings> {
        let lines: String = changes.iter().map(Relaxation::lines).collect();
        Some(settings(&format!("{}\n{lines}", self.text)))
    }

    fn plan(&self, settings: &Settings) -> Result<Plan, Failure> {
        Plan::new(settings, &self.host, &Options::default())
    }

    fn run(&mut self, settings: &Settings, observed: bool) -> Result<Trial, TrialError> {
        if observed && !self.can_watch {
            return Err(TrialError::Prepare(std::io::Error::other("no tracer")));
        }
        let (calls, works) = (self.service)(settings);
        let mut trial = Trial::failed(Failure {
            exit: None,
            cause: unitward_sandbox::Cause::default(),
            step: String::new(),
            errno: None,
            advice: None,
        });
        trial.outcome.failure = None;
        trial.outcome.result = if works {
            ServiceResult::Success
        } else {
            ServiceResult::ExitCode
        };
        trial.outcome.ending = Some(Ending::Exited(u8::from(!works)));
        trial.ready = true;
        trial.workload = Some(0);
        if observed {
            trial.facts = facts(&calls, works);
        }
        Ok(trial)
    }

    fn host(&self) -> &Host {
        &self.host
    }

    fn took(&mut self, _: std::time::Duration) {}
}

fn facts(calls: &[&str], works: bool) -> Facts {
    let mut facts = Facts::default();
    for (at, text) in (1..).zip(calls) {
        facts.failures.push(FailedCall {
            first: at,
            last: at,
            pid: 7,
            ..failed(text)
        });
    }
    facts.endings.push(ProcessEnd {
        at: 100,
        pid: 7,
        program: "/bin/foo".to_owned(),
        how: HowEnded::Exit(i32::from(!works)),
    });
    facts
}

fn diagnosis(
    text: &'static str,
    can_watch: bool,
    service: impl Fn(&Settings) -> (Vec<&'static str>, bool),
) -> Diagnosis {
    let mut made = Made {
        text,
        host: host(),
        service,
        can_watch,
    };
    diagnose(&mut made).unwrap()
}

fn names(diagnosis: &Diagnosis) -> Vec<&'static str> {
    let findings = diagnosis.findings.iter();
    findings
        .filter_map(|finding| finding.cause.name())
        .collect()
}

const NETLINK: &str = "socket(16,3,0) EAFNOSUPPORT";
const WRITE: &str = "openat(-100,0,0x241) EROFS /etc/passwd";
const PROBE: &str = "openat(-100,0,0) ENOENT /etc/none";
const CLOCK: &str = "adjtimex() EPERM";

#[test]
fn causes_that_hide_one_another_are_found_one_by_one() {
    let text = "ProtectSystem=strict\nRestrictAddressFamilies=AF_UNIX";
    let found = diagnosis(text, true, |settings| {
        let writes = *settings.protect_system == ProtectSystem::No
            || !settings.read_write_paths.0.is_empty();
        let netlink = settings.restrict_address_families.allows(16);
        match (writes, netlink) {
            (false, _) => (vec![PROBE, WRITE], false),
            (true, false) => (vec![PROBE, NETLINK], false),
            (true, true) => (vec![PROBE], true),
        }
    });
    assert_eq!(names(&found), ["ProtectSystem", "RestrictAddressFamilies"]);
    assert!(found.confirmed && found.is_broken());
    assert_eq!(found.probes.len(), 1);
    assert_eq!(
        found.drop_in(),
        "[Service]\nReadWritePaths=/etc/passwd\nRestrictAddressFamilies=AF_NETLINK\n"
    );
}

#[test]
fn a_denial_that_does_no_harm_is_left_out() {
    let text = "ProtectSystem=strict\nProtectClock=yes";
    let found = diagnosis(text, true, |settings| {
        let writes = *settings.protect_system == ProtectSystem::No
            || !settings.read_write_paths.0.is_empty();
        let mut calls = Vec::new();
        calls.extend((!writes).then_some(WRITE));
        calls.extend(settings.protect_clock.0.then_some(CLOCK));
        (calls, writes)
    });
    assert_eq!(names(&found), ["ProtectSystem"]);
    assert_eq!(found.harmless.len(), 1);
    assert!(found.confirmed);
}

#[test]
fn without_a_tracer_directives_are_switched_off() {
    let text = "ProtectSystem=strict\nProtectClock=yes\nPrivateTmp=yes\nLockPersonality=yes\n\
                PrivateDevices=yes\nProtectHome=yes\nPrivateNetwork=yes";
    let found = diagnosis(text, false, |settings| {
        (
            Vec::new(),
            !settings.lock_personality.0 && !settings.private_network.0,
        )
    });
    let mut found_names = names(&found);
    found_names.sort_unstable();
    assert_eq!(found_names, ["LockPersonality", "PrivateNetwork"]);
    assert!(found.blind.is_some() && found.confirmed);
    assert!(found.runs < 25, "{} runs", found.runs);
}

#[test]
fn without_a_tracer_lists_are_searched_too() {
    let text = "CapabilityBoundingSet=CAP_CHOWN\nProtectClock=yes";
    let found = diagnosis(text, false, |settings| {
        let set = settings.capability_bounding_set.set;
        let has = |name| set.contains(unitward_catalog::Capability::by_name(name).unwrap());
        (Vec::new(), has("CAP_SETUID") && has("CAP_KILL"))
    });
    let change = found.findings[0].change.as_ref().unwrap().to_string();
    assert_eq!(change, "CapabilityBoundingSet=CAP_SETUID CAP_KILL");
    assert!(found.runs < 25, "{} runs", found.runs);
}

#[test]
fn what_fails_everywhere_is_not_the_sandbox() {
    let found = diagnosis("ProtectSystem=strict", true, |_| (vec![PROBE], false));
    assert!(!found.is_broken() && !found.works_without);
    assert!(names(&found).is_empty());
    let works = diagnosis("ProtectSystem=strict", true, |_| (vec![PROBE], true));
    assert!(works.findings.is_empty() && works.works_without);
}
