//! RestrictNamespaces=, and the namespaces that a service gets of its own.

use std::collections::BTreeSet;

use unitward_catalog::Version;
use unitward_observe::Use;
use unitward_settings::{Namespace, ServiceType};

use super::Level;
use super::proposal::{Content, Line, Proposal};
use super::view::{View, told};

pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    restrict(view, proposal);
    mounts(view, proposal);
    ipc(view, proposal);
    processes(view, proposal);
}

fn restrict(view: &View<'_>, proposal: &mut Proposal) {
    let present = &view.settings().restrict_namespaces;
    let mut words = BTreeSet::new();
    let mut evidence = Vec::new();
    for (kind, seen) in &view.facts.namespaces {
        if seen.successes() == 0 {
            continue;
        }
        if kind == "any" {
            let reason = "A namespace of a kind that is not known was entered";
            return proposal.leave("RestrictNamespaces", reason, vec![told("setns(2)", seen)]);
        }
        let known = Namespace::ALL.into_iter().find(|one| one.word() == kind);
        // Before 262 the word for time namespaces is not taken, and nothing restricts them.
        if known
            .is_some_and(|one| one != Namespace::Time || view.settings().version >= Version::V262)
        {
            words.insert(kind.clone());
            evidence.push(told(
                &format!("A namespace was made or entered: {kind}"),
                seen,
            ));
        }
    }
    let is_stricter = Namespace::ALL.into_iter().all(|kind| {
        kind == Namespace::Time || !present.allows(kind) || words.contains(kind.word())
    });
    if is_stricter {
        return;
    }
    words.retain(|word| {
        Namespace::ALL
            .into_iter()
            .any(|kind| kind.word() == word && present.allows(kind))
    });
    if words.is_empty() {
        evidence = vec!["No namespace was made or entered".to_owned()];
    }
    let content = Content::Words {
        words,
        // An assignment after another one adds to it.
        replaces: present.allowed.is_some(),
        none: "yes",
    };
    let line = Line::of("RestrictNamespaces", content, view.systemd(), evidence);
    proposal.set(view, line);
}

fn mounts(view: &View<'_>, proposal: &mut Proposal) {
    if view.settings().private_mounts.0 == Some(true) {
        return;
    }
    let mounts: Vec<String> = view
        .used(&[Use::Mount])
        .filter(|(_, fact)| fact.seen.successes() > 0)
        .map(|(path, fact)| told(&format!("{path} was mounted or mounted on"), &fact.seen))
        .collect();
    if !mounts.is_empty() {
        let reason = "The host may have to see what the service mounts";
        return proposal.leave("PrivateMounts", reason, mounts);
    }
    let why = "Nothing was mounted that the host would have to see";
    proposal.set(
        view,
        Line::plain("PrivateMounts", "yes", vec![why.to_owned()]),
    );
}

fn ipc(view: &View<'_>, proposal: &mut Proposal) {
    let settings = view.settings();
    let is_joined =
        settings.ipc_namespace_path.0.is_some() || !settings.joins_namespace_of.0.is_empty();
    if settings.private_ipc.0 || is_joined {
        return;
    }
    let used = view.evidence_of_calls(&["shmget", "semget", "msgget", "mq_open"]);
    if view.level == Level::Safe && !used.is_empty() {
        let reason = "Other services may use the same shared memory, semaphores or queues";
        return proposal.leave("PrivateIPC", reason, used);
    }
    let mut evidence = vec![
        "No object of System V IPC and no POSIX queue was shared, as far as was seen".to_owned(),
    ];
    evidence.extend(used);
    proposal.set(view, Line::plain("PrivateIPC", "yes", evidence));
}

fn processes(view: &View<'_>, proposal: &mut Proposal) {
    let settings = view.settings();
    // Only a program that handles SIGTERM can be stopped as process 1; one that notifies is likely to.
    let fits = *settings.service_type == ServiceType::Notify
        && settings.pid_file.0.is_none()
        && settings.pam_name.0.is_none()
        && settings.exec_reload.0.is_empty();
    if view.level < Level::Paranoid || settings.private_pids.0 || !fits {
        return;
    }
    let why = "No process but the service's own was looked at; its first process becomes the init of the others, which signals reach only through handlers";
    proposal.set(
        view,
        Line::plain("PrivatePIDs", "yes", vec![why.to_owned()]),
    );
}
