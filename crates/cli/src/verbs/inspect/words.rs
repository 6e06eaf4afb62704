//! What is in force, for people.

use std::fmt::Write as _;

use unitward_catalog::Capabilities;
use unitward_exposure::Tenths;
use unitward_inspect::{Decoded, Differing, Drift, Judgement, Rights, Seccomp, State, Verdict};
use unitward_settings::SecureBits;

use super::Inspected;
use super::beside::Beside;
use crate::ui::{self, Paint};
use crate::verbs::run::report;

/// All processes.
pub(super) fn processes(all: &[Inspected], in_full: bool, paint: Paint) -> String {
    let parts: Vec<String> = all.iter().map(|one| process(one, in_full, paint)).collect();
    parts.join("\n")
}

fn process(inspected: &Inspected, in_full: bool, paint: Paint) -> String {
    let state = &inspected.state;
    let mut text = heading(inspected, paint);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {:14}{}", name, ui::printable(value));
    };
    rights(&state.rights, &mut line);
    filters(state, &mut line);
    namespaces(state, &mut line);
    mounts(state, &mut line);
    network(state, &mut line);
    group(state, &mut line);
    for label in state.labels.iter().take(1) {
        line("Label", &label.label);
    }
    for unknown in &state.unknown {
        line(
            "Can't tell",
            &format!("{}: {}", unknown.what, unknown.reason),
        );
    }
    family(state, in_full, &mut line);
    match &inspected.beside {
        Some(beside) => besides(beside, &mut text, paint),
        None => {
            if let Some(why) = &inspected.why_not {
                let why = ui::printable(why).replace("\\n", "\n");
                let _ = writeln!(text, "\nNot compared with a unit: {}", why.trim_end());
                let hint = "Name the unit with --unit, or its settings with -p.";
                let _ = writeln!(text, "  {hint}");
            }
        }
    }
    text
}

fn heading(inspected: &Inspected, paint: Paint) -> String {
    let state = &inspected.state;
    let name = ui::printable(&state.name);
    let mut text = paint.bold(&format!("{} {name}", state.pid));
    if let Some(program) = &state.program {
        let _ = write!(text, " ({})", ui::printable(program));
    }
    if let Some(unit) = &inspected.unit {
        let _ = write!(text, ", unit {}", ui::printable(unit));
    }
    text.push('\n');
    text
}

fn rights(rights: &Rights, line: &mut dyn FnMut(&str, &str)) {
    line("Users", &ids(&rights.users));
    line("Groups", &ids(&rights.groups));
    let others = || {
        let all = rights.supplementary_groups.iter();
        all.filter(|group| **group != rights.groups[1])
    };
    if others().next().is_some() {
        let groups: Vec<String> = others().map(u32::to_string).collect();
        line("Also in", &groups.join(" "));
    }
    let sets = &rights.capabilities;
    for (name, set) in [
        ("Effective", sets.effective),
        ("Permitted", sets.permitted),
        ("Inheritable", sets.inheritable),
        ("Bounding", sets.bounding),
        ("Ambient", sets.ambient),
    ] {
        line(name, &capabilities(set));
    }
    let privileges = match rights.no_new_privileges {
        Some(true) => "yes",
        Some(false) => "no",
        None => "the kernel does not tell",
    };
    line("NoNewPrivs", privileges);
}

/// The real, effective, saved and file system ids: one where all are the same.
fn ids(ids: &[u32; 4]) -> String {
    let [real, effective, saved, files] = ids;
    if ids.iter().all(|id| id == real) {
        return real.to_string();
    }
    format!("real {real}, effective {effective}, saved {saved}, for files {files}")
}

fn capabilities(set: Capabilities) -> String {
    let set = set.intersection(Capabilities::NAMED);
    let list = |set: Capabilities| {
        let names: Vec<String> = set.iter().map(unitward_inspect::capability).collect();
        names.join(" ")
    };
    let missing = Capabilities::NAMED.without(set);
    match (set.is_empty(), missing.iter().count()) {
        (true, _) => "none".to_owned(),
        (_, 0) => "all".to_owned(),
        (_, 1..8) => format!("all but {}", list(missing)),
        _ => list(set),
    }
}

fn filters(state: &State, line: &mut dyn FnMut(&str, &str)) {
    let count = match state.rights.filters {
        Some(1) => "1 filter".to_owned(),
        Some(count) => format!("{count} filters"),
        None => "filters".to_owned(),
    };
    match (state.rights.seccomp, &state.filter, &state.filter_hidden) {
        (Some(Seccomp::Off), ..) => line("Calls", "not filtered"),
        (Some(Seccomp::Strict), ..) => line("Calls", "strict mode: read, write, exit, sigreturn"),
        (_, Some(decoded), _) => decoded_lines(&count, decoded, line),
        (_, None, Some(reason)) => line("Calls", &format!("{count}; {reason}")),
        _ => line("Calls", &count),
    }
}

fn decoded_lines(count: &str, decoded: &Decoded, line: &mut dyn FnMut(&str, &str)) {
    let always: usize = decoded.refused.iter().map(|one| one.calls.len()).sum();
    let mut summary = format!(
        "{count}: {always} calls are always refused, {} by their arguments, {} allowed",
        decoded.by_arguments.len(),
        decoded.allowed
    );
    if !decoded.closed_architectures.is_empty() {
        let _ = write!(
            summary,
            "; none of {}",
            decoded.closed_architectures.join(", ")
        );
    }
    line("Calls", &summary);
    for refused in &decoded.refused {
        line("", &format!("{}: {}", refused.action, some(&refused.calls)));
    }
    if !decoded.by_arguments.is_empty() {
        line(
            "",
            &format!("by arguments: {}", some(&decoded.by_arguments)),
        );
    }
}

/// The beginning of a long list.
fn some<T: AsRef<str>>(list: &[T]) -> String {
    const MOST: usize = 12;
    let mut text = list
        .iter()
        .take(MOST)
        .map(AsRef::as_ref)
        .collect::<Vec<_>>()
        .join(" ");
    if list.len() > MOST {
        let _ = write!(text, " and {} more", list.len() - MOST);
    }
    text
}

fn namespaces(state: &State, line: &mut dyn FnMut(&str, &str)) {
    let kinds = |shared: Option<bool>| {
        let list: Vec<&str> = state
            .namespaces
            .iter()
            .filter(|one| one.shared == shared)
            .map(|one| one.kind)
            .collect();
        list.join(" ")
    };
    let (own, host, unknown) = (kinds(Some(false)), kinds(Some(true)), kinds(None));
    let host_words = format!("of {}", state.compared_with.words());
    let mut parts = Vec::new();
    for (words, list) in [
        ("own", own),
        (&*host_words, host),
        ("not comparable", unknown),
    ] {
        if !list.is_empty() {
            parts.push(format!("{words}: {list}"));
        }
    }
    if parts.is_empty() {
        parts.push("they cannot be read".to_owned());
    }
    line("Namespaces", &parts.join("; "));
}

fn mounts(state: &State, line: &mut dyn FnMut(&str, &str)) {
    let Some(mounts) = &state.mounts else {
        return;
    };
    let root = match mounts.root_read_only {
        Some(true) => "the root is read-only",
        Some(false) => "the root is writable",
        None => "the root is no mount",
    };
    let all = if mounts.is_complete {
        ""
    } else {
        ", of more that are not read"
    };
    line("Mounts", &format!("{}{all}; {root}", mounts.count));
    for (name, list) in [
        ("writable", &mounts.writable),
        ("executable", &mounts.writable_and_executable),
        ("hidden", &mounts.hidden),
        ("own", &mounts.own),
    ] {
        if !list.is_empty() {
            let name = match name {
                "executable" => "writable and executable",
                name => name,
            };
            line("", &format!("{name}: {}", some(list)));
        }
    }
}

fn network(state: &State, line: &mut dyn FnMut(&str, &str)) {
    let network = &state.network;
    let interfaces = match network.interfaces.is_empty() {
        true => "no interface".to_owned(),
        false => some(&network.interfaces),
    };
    line("Network", &interfaces);
    if !network.sockets.is_empty() {
        let sockets: Vec<String> = network
            .sockets
            .iter()
            .map(|socket| {
                let mut text = socket.protocol.to_owned();
                if !socket.address.is_empty() {
                    let _ = write!(text, " {}", socket.address);
                }
                if let Some(peer) = &socket.peer {
                    let _ = write!(text, " to {peer}");
                }
                if socket.listens {
                    text.push_str(" (listens)");
                }
                text
            })
            .collect();
        const MOST: usize = 8;
        let mut text = sockets
            .iter()
            .take(MOST)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        if sockets.len() > MOST {
            let _ = write!(text, " and {} more", sockets.len() - MOST);
        }
        line("Sockets", &text);
    }
}

fn group(state: &State, line: &mut dyn FnMut(&str, &str)) {
    let groups = &state.control_groups;
    if let Some(path) = groups
        .path
        .as_ref()
        .or(groups.legacy.first().map(|group| &group.path))
    {
        line("Control group", path);
    }
    if !groups.programs.is_empty() {
        let list: Vec<String> = groups
            .programs
            .iter()
            .map(|program| format!("{} {} ({})", program.hook, program.name, program.id))
            .collect();
        line("Programs", &list.join(", "));
    }
    if let Some(devices) = &groups.devices {
        line("Devices", &some(devices));
    }
}

fn family(state: &State, in_full: bool, line: &mut dyn FnMut(&str, &str)) {
    for (name, list) in [
        ("Threads", &state.other_threads),
        ("Children", &state.other_children),
    ] {
        const FEW: usize = 5;
        let most = if in_full { usize::MAX } else { FEW };
        for one in list.iter().take(most) {
            line(name, &differing(one, &state.rights));
        }
        if list.len() > most {
            line(
                name,
                &format!(
                    "{} more kinds of rights; --threads shows them",
                    list.len() - most
                ),
            );
        }
    }
}

/// How others differ.
fn differing(one: &Differing, from: &Rights) -> String {
    let rights = &one.rights;
    let mut text = match one.count {
        1 => format!("{} {}:", one.pid, one.name),
        count => format!("{count} such as {} {}:", one.pid, one.name),
    };
    let mut add = |words: String| {
        text.push(' ');
        text.push_str(&words);
        text.push(';');
    };
    if rights.users != from.users {
        add(format!("users {}", ids(&rights.users)));
    }
    if rights.groups != from.groups || rights.supplementary_groups != from.supplementary_groups {
        add(format!("groups {}", ids(&rights.groups)));
    }
    let (sets, others) = (&rights.capabilities, &from.capabilities);
    for (name, set, other) in [
        ("effective", sets.effective, others.effective),
        ("permitted", sets.permitted, others.permitted),
        ("inheritable", sets.inheritable, others.inheritable),
        ("bounding", sets.bounding, others.bounding),
        ("ambient", sets.ambient, others.ambient),
    ] {
        if set != other {
            add(format!("{name} {}", capabilities(set)));
        }
    }
    if rights.no_new_privileges != from.no_new_privileges {
        add(format!(
            "NoNewPrivs {}",
            u8::from(rights.no_new_privileges == Some(true))
        ));
    }
    if rights.seccomp != from.seccomp || rights.filters != from.filters {
        add(format!("{} filters", rights.filters.unwrap_or_default()));
    }
    text.trim_end_matches(';').to_owned()
}

fn besides(beside: &Beside, text: &mut String, paint: Paint) {
    let _ = writeln!(text, "\nBeside {}:", ui::printable(&beside.name));
    let mut judgements: Vec<&Judgement> = beside.judgements.iter().collect();
    judgements.sort_by_key(|one| std::cmp::Reverse(rank(one.verdict)));
    let widest = judgements
        .iter()
        .map(|one| one.directive.len())
        .max()
        .unwrap_or_default()
        + 1;
    for one in judgements {
        let verdict = format!("{:12}", one.verdict.words());
        let verdict = match one.verdict {
            Verdict::NotInForce | Verdict::Weaker => paint.red(&verdict),
            _ => verdict,
        };
        let name = format!("{}=", one.directive);
        let mut proof = ui::printable(&one.proof);
        if one.directive == "SecureBits" {
            proof.push_str(&format!(
                "; promised are {}",
                secure_bits(*beside.settings.secure_bits)
            ));
        }
        if one.verdict.is_bad()
            && let Some(origin) = one.origin
        {
            let _ = write!(proof, " ({})", report::place(&beside.settings, origin));
        }
        let _ = writeln!(text, "  {verdict}  {name:widest$}  {proof}");
    }
    if let Some(why) = &beside.unplanned {
        let _ = writeln!(
            text,
            "  Not all of it could be compared: {}",
            ui::printable(why)
        );
    }
    for drift in &beside.drift {
        let _ = writeln!(text, "  {}", ui::printable(&drifted(drift)));
    }
    let level = |level: Tenths| paint.level(level, &format!("{level} {}", level.level().name()));
    if let (Some(files), Some(force)) = (beside.level, beside.effective) {
        let _ = writeln!(
            text,
            "\nExposure level by the files {}, by what is in force {}.",
            level(files),
            level(force)
        );
    }
}

/// The worst comes last, where it is seen.
const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::NotInForce => 0,
        Verdict::Weaker => 1,
        Verdict::CannotTell => 2,
        Verdict::InForce => 3,
        Verdict::Stronger => 4,
    }
}

/// Secure bits as `capsh --print` has them: the number, and words.
fn secure_bits(bits: SecureBits) -> String {
    let words: Vec<&str> = bits.words().collect();
    format!("{:#o} {}", bits.0, words.join(" "))
}

fn drifted(drift: &Drift) -> String {
    match drift {
        Drift::ChangedFile { path, seconds } => {
            format!(
                "{path} was changed {seconds} s after the process started: it may run with older settings."
            )
        }
        Drift::WeakeningDropIn {
            path,
            without,
            with,
        } => {
            let (without, with) = (Tenths(*without), Tenths(*with));
            format!("{path} raises the level from {without} to {with}.")
        }
        Drift::UnconfinedCommand { directive, command } => {
            format!("{directive}={command} runs outside of the sandbox.")
        }
        _ => String::new(),
    }
}
