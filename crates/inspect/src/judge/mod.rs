//! Of each directive of a unit whether it is in force in a process, with the proof: what the kernel says.

mod filter;
mod group;
mod process;
mod tree;

use std::collections::BTreeMap;

use serde::Serialize;
use unitward_sandbox::{Enforcement, Phase, Plan};
use unitward_settings::{Privilege, Settings, Source};
use unitward_unit::Origin;

use crate::state::State;

/// Whether a directive is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All that it promises holds, and more.
    Stronger,
    /// All that it promises holds.
    InForce,
    /// The kernel does not tell.
    CannotTell,
    /// Only a part of what it promises holds.
    Weaker,
    /// Nothing of what it promises holds.
    NotInForce,
}

/// What is found about a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// The directive.
    pub directive: &'static str,
    /// Whether it is in force.
    pub verdict: Verdict,
    /// What the kernel says.
    pub proof: String,
    /// Where the directive, or what implies it, stands.
    pub origin: Option<Origin>,
    /// The directive that implies it, when the unit does not set it itself.
    pub implied_by: Option<&'static str>,
}

impl Verdict {
    /// The words for it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Stronger => "stronger",
            Self::InForce => "in force",
            Self::CannotTell => "can't tell",
            Self::Weaker => "weaker",
            Self::NotInForce => "not in force",
        }
    }

    /// Whether what was promised is missing.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Weaker | Self::NotInForce)
    }
}

/// One observation.
#[derive(Clone, Debug)]
struct Part {
    verdict: Verdict,
    proof: String,
}

/// What is compared, and what was found so far.
struct Court<'a> {
    settings: &'a Settings,
    /// What the service's main process would be given here; none when that cannot be planned.
    plan: Option<&'a Plan>,
    state: &'a State,
    exceptions: Exceptions,
    parts: BTreeMap<&'static str, Vec<Part>>,
}

/// Judges every directive that has a bearing on the process. `plan` is that of the same settings, made for somebody who
/// may do everything; none when it cannot be made.
#[must_use]
pub fn judge(settings: &Settings, plan: Option<&Plan>, state: &State) -> Vec<Judgement> {
    hold(settings, plan, state, Exceptions::Count)
}

/// The same, where it does not matter that some places below a restricted one are left open.
pub(crate) fn judge_with_exceptions(
    settings: &Settings,
    plan: Option<&Plan>,
    state: &State,
) -> Vec<Judgement> {
    hold(settings, plan, state, Exceptions::Pass)
}

/// Whether places below a restricted one have to be restricted, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exceptions {
    Count,
    Pass,
}

fn hold(
    settings: &Settings,
    plan: Option<&Plan>,
    state: &State,
    exceptions: Exceptions,
) -> Vec<Judgement> {
    let mut court = Court {
        settings,
        plan,
        state,
        exceptions,
        parts: BTreeMap::new(),
    };
    process::judge(&mut court);
    tree::judge(&mut court);
    filter::judge(&mut court);
    group::judge(&mut court);
    court.close()
}

impl<'a> Court<'a> {
    fn say(&mut self, directive: &'static str, verdict: Verdict, proof: impl Into<String>) {
        let part = Part {
            verdict,
            proof: proof.into(),
        };
        self.parts.entry(directive).or_default().push(part);
    }

    /// Says whether something holds.
    fn check(&mut self, directive: &'static str, holds: bool, proof: impl Into<String>) {
        let verdict = match holds {
            true => Verdict::InForce,
            false => Verdict::NotInForce,
        };
        self.say(directive, verdict, proof);
    }

    /// The same for what is not always known.
    fn check_known(
        &mut self,
        directive: &'static str,
        holds: Option<bool>,
        yes: impl Into<String>,
        no: impl Into<String>,
    ) {
        match holds {
            Some(true) => self.say(directive, Verdict::InForce, yes),
            Some(false) => self.say(directive, Verdict::NotInForce, no),
            None => self.say(directive, Verdict::CannotTell, "it cannot be read"),
        }
    }

    /// The process that the unit is named after.
    fn main_process(&self) -> Option<&'a unitward_sandbox::ProcessPlan> {
        let plan = self.plan?;
        let of_start = |process: &&unitward_sandbox::ProcessPlan| process.phase == Phase::Start;
        plan.processes.iter().rfind(of_start)
    }

    /// Puts together what was found.
    fn close(self) -> Vec<Judgement> {
        let mut judgements = Vec::new();
        let off = self.switched_off();
        let is_unconfined = self
            .main_process()
            .is_some_and(|process| process.command.privilege == Privilege::Full);
        for (directive, source) in self.settings.sources() {
            if matches!(source, Source::Default | Source::Reset(_)) || self.is_outside(directive) {
                continue;
            }
            let implied_by = match source {
                Source::Implied { by, .. } => Some(by),
                _ => None,
            };
            let (verdict, proof) = match self.parts.get(directive) {
                Some(parts) => combined(parts),
                None if off.contains(&directive) => continue,
                None if is_unconfined => (
                    Verdict::NotInForce,
                    "the command has the prefix +, and is not sandboxed".to_owned(),
                ),
                None => (Verdict::CannotTell, self.why_not(directive)),
            };
            judgements.push(Judgement {
                directive,
                verdict,
                proof,
                origin: source.origin(),
                implied_by,
            });
        }
        judgements
    }

    /// Directives that are set to what asks for nothing.
    fn switched_off(&self) -> Vec<&'static str> {
        let nothing =
            |value: &str| matches!(value, "" | "no" | "default" | "auto" | "all" | "inherit");
        let properties = self.settings.properties();
        properties
            .filter(|property| nothing(&property.value))
            .map(|property| property.directive)
            .collect()
    }

    /// Whether a directive says nothing about what a running process may do.
    fn is_outside(&self, directive: &str) -> bool {
        let entry = self
            .plan
            .and_then(|plan| plan.report.entries().find(|(name, _)| *name == directive));
        let is_other =
            entry.is_some_and(|(_, entry)| entry.enforcement == Enforcement::NotOfTheSandbox);
        is_other || OF_THE_LIFE.iter().any(|start| directive.starts_with(start))
    }

    fn why_not(&self, directive: &str) -> String {
        match self.plan {
            None => "the unit's user, group or files are not there, so that nothing can be planned"
                .to_owned(),
            Some(_) if directive.ends_with("Directory") => {
                "it makes a directory and restricts nothing".to_owned()
            }
            Some(_) => "the kernel shows nothing of it in another process".to_owned(),
        }
    }
}

/// Beginnings of the names of directives about the life of a service, its streams, its environment and its log.
const OF_THE_LIFE: &[&str] = &[
    "Exec",
    "Type",
    "ExitType",
    "Restart",
    "RemainAfterExit",
    "NotifyAccess",
    "Timeout",
    "Runtime",
    "State",
    "CacheD",
    "LogsD",
    "ConfigurationD",
    "Watchdog",
    "RootDirectoryStartOnly",
    "PermissionsStartOnly",
    "PIDFile",
    "GuessMainPID",
    "NonBlocking",
    "BusName",
    "SuccessExitStatus",
    "Sockets",
    "FileDescriptorStore",
    "OpenFile",
    "ReloadSignal",
    "RefreshOnReload",
    "USB",
    "OOMPolicy",
    "RequiresMountsFor",
    "WantsMountsFor",
    "Kill",
    "FinalKillSignal",
    "SendSIG",
    "PAMName",
    "SetLoginEnvironment",
    "Environment",
    "PassEnvironment",
    "UnsetEnvironment",
    "Standard",
    "TTY",
    "Syslog",
    "Log",
    "Utmp",
    "IgnoreSIGPIPE",
    "LoadCredential",
    "ImportCredential",
    "SetCredential",
    "Slice",
    "Delegate",
    "CPUAccounting",
    "MemoryAccounting",
    "IOAccounting",
    "TasksAccounting",
    "IPAccounting",
    "JoinsNamespaceOf",
    "SystemCallErrorNumber",
    "RootDirectoryFile",
    "LUOSession",
    "DisableControllers",
    "WorkingDirectory",
    "SuccessAction",
    "FailureAction",
    "DefaultDependencies",
    "ManagedOOM",
];

/// What observations about a directive amount to.
fn combined(parts: &[Part]) -> (Verdict, String) {
    let worst = parts.iter().map(|part| part.verdict).max();
    let worst = worst.unwrap_or(Verdict::CannotTell);
    let holds = |part: &Part| part.verdict <= Verdict::InForce;
    let verdict = match worst {
        // Where a part holds, the whole is not missing.
        Verdict::NotInForce if parts.iter().any(holds) => Verdict::Weaker,
        // What cannot be seen does not outweigh what can.
        Verdict::InForce if parts.iter().any(|part| part.verdict == Verdict::Stronger) => {
            Verdict::Stronger
        }
        worst => worst,
    };
    // The observations that decide; of many, some.
    const MOST: usize = 4;
    let telling: Vec<&str> = {
        let of = |wanted: &dyn Fn(Verdict) -> bool| -> Vec<&str> {
            let mut list: Vec<&str> = Vec::new();
            for part in parts.iter().filter(|part| wanted(part.verdict)) {
                if !list.contains(&&*part.proof) {
                    list.push(&part.proof);
                }
            }
            list
        };
        if verdict.is_bad() {
            of(&Verdict::is_bad)
        } else if verdict == Verdict::Stronger {
            of(&|one| one == Verdict::Stronger)
        } else {
            of(&|one| one == worst)
        }
    };
    let mut proof = telling
        .iter()
        .take(MOST)
        .copied()
        .collect::<Vec<_>>()
        .join("; ");
    if telling.len() > MOST {
        proof.push_str(&format!("; and {} more", telling.len() - MOST));
    }
    (verdict, proof)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(verdict: Verdict, proof: &str) -> Part {
        Part {
            verdict,
            proof: proof.to_owned(),
        }
    }

    #[test]
    fn parts_make_a_whole() {
        use Verdict::{CannotTell, InForce, NotInForce, Stronger, Weaker};
        for (parts, expected) in [
            (vec![InForce, InForce], InForce),
            (vec![InForce, NotInForce], Weaker),
            (vec![NotInForce, NotInForce], NotInForce),
            (vec![InForce, Stronger], Stronger),
            (vec![InForce, CannotTell], CannotTell),
            (vec![NotInForce, CannotTell], NotInForce),
            (vec![Weaker, InForce], Weaker),
        ] {
            let parts: Vec<Part> = parts.iter().map(|one| part(*one, "x")).collect();
            assert_eq!(combined(&parts).0, expected, "{parts:?}");
        }
    }

    #[test]
    fn the_proof_is_what_decides() {
        let parts = [
            part(Verdict::InForce, "/usr is read-only"),
            part(Verdict::NotInForce, "/etc is writable"),
        ];
        assert_eq!(combined(&parts).1, "/etc is writable");
    }
}
