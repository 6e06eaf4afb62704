//! What is left: rows that no setting here can make good, and what was never exercised.

use unitward_settings::NotifyAccess;

use super::proposal::Proposal;
use super::view::{View, told};

pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    rows(view, proposal);
    unseen(view, proposal);
}

fn rows(view: &View<'_>, proposal: &mut Proposal) {
    let settings = view.settings();
    if !settings.supplementary_groups.0.is_empty() && !view.starts_as_root() {
        let reason = "The unit gives the service further groups, which stay";
        proposal.leave("SupplementaryGroups", reason, Vec::new());
    }
    if settings.delegate.on {
        let reason = "The service manages control groups of its own";
        proposal.leave("Delegate", reason, Vec::new());
    }
    if *settings.notify_access == NotifyAccess::All {
        let evidence = view
            .facts
            .paths
            .get("/run/systemd/notify")
            .map(|fact| told("The socket for notifications was used", &fact.seen));
        let reason =
            "Every process of the service may notify; which of them is the main one is not known";
        proposal.leave("NotifyAccess", reason, evidence.into_iter().collect());
    }
    let reads_clock = settings.protect_clock.0 || proposal.line("ProtectClock").is_some();
    let is_said = proposal.line("DeviceAllow").is_some()
        || proposal
            .open
            .iter()
            .any(|open| open.directive == "DeviceAllow");
    if reads_clock && !is_said {
        let reason = "ProtectClock= lets the devices of the clock be read, which counts here; without it more would count";
        proposal.leave("DeviceAllow", reason, Vec::new());
    }
    let has_root = settings.root_directory.0.is_some() || settings.root_image.0.is_some();
    if !has_root {
        let reason = if view.service.jail {
            "The jail is a file system of its own, which this row does not count"
        } else {
            "It would need a directory with all of its files; a jail does the same without one"
        };
        proposal.leave("RootDirectory", reason, Vec::new());
    }
}

fn unseen(view: &View<'_>, proposal: &mut Proposal) {
    for recording in &view.facts.recordings {
        for gap in &recording.gaps {
            let text = format!("Something may be missing from the recording: {gap}.");
            if !proposal.suggestions.contains(&text) {
                proposal.suggestions.push(text);
            }
        }
    }
    if view.facts.recordings.is_empty() {
        proposal
            .suggestions
            .push("Nothing was recorded: the settings hold what the unit's files tell.".to_owned());
    }
    for program in &view.statics().unseen {
        proposal.suggestions.push(format!(
            "{program} is named by the unit and was not seen to run: what it does is not known."
        ));
    }
}
