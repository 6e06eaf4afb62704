//! ProtectProc= and ProcSubset=: which of /proc a service sees.

use unitward_observe::Use;
use unitward_settings::{ProcSubset, ProtectProc};

use super::Level;
use super::proposal::{Line, Proposal, Weaker};
use super::view::{View, some, told};

pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    processes(view, proposal);
    subset(view, proposal);
}

fn processes(view: &View<'_>, proposal: &mut Proposal) {
    if *view.settings().protect_proc != ProtectProc::Default {
        return;
    }
    let mut others = Vec::new();
    let mut listed = Vec::new();
    for (path, fact) in view.below("/proc") {
        if fact.seen.successes() == 0 {
            continue;
        }
        let is_init = path == "/proc/1" || path.starts_with("/proc/1/");
        if is_init && fact.uses.iter().any(|one| *one != Use::Probe) {
            others.push(told(path, &fact.seen));
        } else if path == "/proc" && fact.uses.contains(&Use::Read) {
            listed.push(told("The list of processes was read", &fact.seen));
        }
    }
    if !others.is_empty() || view.level == Level::Safe && !listed.is_empty() {
        others.extend(listed);
        let reason = "Processes of other users are looked at";
        return proposal.leave("ProtectProc", reason, others);
    }
    let mut evidence = vec!["No process of another user was looked at".to_owned()];
    evidence.extend(listed);
    let line = Line::plain("ProtectProc", "invisible", evidence).or([Weaker::value("noaccess")]);
    proposal.set(view, line);
}

/// Paths of /proc that stay with `ProcSubset=pid`.
fn is_of_process(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("/proc/") else {
        return path == "/proc";
    };
    let first = rest.split('/').next().unwrap_or_default();
    first.bytes().all(|byte| byte.is_ascii_digit()) || matches!(first, "self" | "thread-self")
}

fn subset(view: &View<'_>, proposal: &mut Proposal) {
    if *view.settings().proc_subset == ProcSubset::Pid {
        return;
    }
    let others: Vec<String> = view
        .below("/proc")
        .filter(|(path, fact)| !is_of_process(path) && fact.seen.successes() > 0)
        .map(|(path, fact)| told(path, &fact.seen))
        .collect();
    if !others.is_empty() {
        let reason = "Files of /proc are read that are not those of processes";
        return proposal.leave("ProcSubset", reason, some(others, 3));
    }
    if view.level == Level::Safe {
        let reason = "Nothing of /proc but processes was looked at; libraries do so when they count processors or look for modules";
        return proposal.leave("ProcSubset", reason, Vec::new());
    }
    let why = "Nothing of /proc but the directories of processes was looked at";
    proposal.set(view, Line::plain("ProcSubset", "pid", vec![why.to_owned()]));
}
