//! The control group: limits, devices, programs.

use unitward_sandbox::{GroupDemands, GroupLimit};

use super::{Court, Verdict};

/// What systemd and unitward call their programs.
const OURS: [&str; 2] = ["sd_", "unitward"];

pub(super) fn judge(court: &mut Court<'_>) {
    let demands = GroupDemands::of(court.settings);
    for limit in &demands.limits {
        let (verdict, proof) = of_limit(court, limit);
        court.say(limit.directive, verdict, proof);
    }
    if let Some((directive, rules)) = &demands.devices {
        let (verdict, proof) = devices(court, rules);
        court.say(directive, verdict, proof.clone());
        if court.settings.device_allow.is_set() && *directive != "DeviceAllow" {
            court.say("DeviceAllow", verdict, proof);
        }
    }
    for (hook, directives) in &demands.programs {
        let (verdict, proof) = program(court, hook.name);
        for directive in *directives {
            court.say(directive, verdict, proof.clone());
        }
    }
}

fn of_limit(court: &Court<'_>, limit: &GroupLimit) -> (Verdict, String) {
    let groups = &court.state.control_groups;
    let read =
        |directory: &str, file: &str| std::fs::read_to_string(format!("{directory}/{file}")).ok();
    let unified = groups
        .directory
        .as_deref()
        .map(|directory| (directory, &limit.files));
    let legacy = limit
        .legacy
        .as_ref()
        .and_then(|(controller, files)| Some((groups.legacy(controller)?, files)));
    for (directory, files) in [unified, legacy].into_iter().flatten() {
        let found: Vec<_> = files
            .iter()
            .filter_map(|(file, wanted)| Some((*file, wanted, read(directory, file)?)))
            .collect();
        if found.is_empty() {
            continue;
        }
        let differing = found.iter().find(|(_, wanted, found)| !same(wanted, found));
        let Some((file, wanted, found)) = differing else {
            let proof: Vec<String> = found
                .iter()
                .map(|(file, _, found)| format!("{file} is {}", one_line(found)))
                .collect();
            return (Verdict::InForce, proof.join(", "));
        };
        let proof = format!("{file} is {}, not {}", one_line(found), one_line(wanted));
        let smaller = number(found)
            .zip(number(wanted))
            .is_some_and(|(found, wanted)| found < wanted);
        let is_maximum = file.ends_with(".max") || file.contains("limit_in_bytes");
        return match smaller && is_maximum {
            true => (Verdict::Stronger, proof),
            false => (Verdict::NotInForce, proof),
        };
    }
    if limit.files.is_empty() {
        return (
            Verdict::CannotTell,
            "the group has nothing to show for it".to_owned(),
        );
    }
    (
        Verdict::NotInForce,
        "the group has no such limit: its controller is not switched on".to_owned(),
    )
}

/// Whether a file says what was written to it: the kernel may add what was not mentioned, and lines for other devices.
fn same(wanted: &str, found: &str) -> bool {
    let mut lines = found.lines();
    let wanted: Vec<&str> = wanted.split_ascii_whitespace().collect();
    if number(found).is_some() && number(found) == wanted.first().and_then(|word| number(word)) {
        return true;
    }
    lines.any(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        wanted.iter().all(|word| words.contains(word))
    })
}

/// A limit that is one number or `max`.
fn number(text: &str) -> Option<u64> {
    match text.trim() {
        "max" => Some(u64::MAX),
        text => text.parse().ok(),
    }
}

fn one_line(text: &str) -> String {
    text.trim().replace('\n', ", ")
}

fn devices(court: &Court<'_>, wanted: &[String]) -> (Verdict, String) {
    let groups = &court.state.control_groups;
    let (verdict, proof) = program(court, "device");
    if verdict == Verdict::InForce {
        return (verdict, proof);
    }
    let Some(found) = &groups.devices else {
        return (verdict, proof);
    };
    let extra: Vec<&String> = found.iter().filter(|rule| !covered(rule, wanted)).collect();
    let missing = wanted.iter().any(|rule| !covered(rule, found));
    if found.iter().any(|rule| rule.starts_with("a ")) {
        (
            Verdict::NotInForce,
            "devices.list grants every device".to_owned(),
        )
    } else if let Some(first) = extra.first() {
        (Verdict::Weaker, format!("devices.list grants {first}, too"))
    } else if missing {
        (
            Verdict::Stronger,
            "devices.list grants fewer devices".to_owned(),
        )
    } else {
        (
            Verdict::InForce,
            format!("devices.list grants {} kinds of devices", found.len()),
        )
    }
}

fn covered(rule: &str, rules: &[String]) -> bool {
    let parts = |rule: &str| -> Option<(String, Vec<char>)> {
        let (device, rights) = rule.trim().rsplit_once(' ')?;
        Some((device.to_owned(), rights.chars().collect()))
    };
    let Some((device, rights)) = parts(rule) else {
        return false;
    };
    let any_minor = device
        .split_once(':')
        .map(|(major, _)| format!("{major}:*"));
    let mut granted: Vec<char> = Vec::new();
    for (other, more) in rules.iter().filter_map(|rule| parts(rule)) {
        if other == device || Some(&other) == any_minor.as_ref() {
            granted.extend(more);
        }
    }
    rights.iter().all(|right| granted.contains(right))
}

fn program(court: &Court<'_>, hook: &str) -> (Verdict, String) {
    let groups = &court.state.control_groups;
    let mut programs = groups
        .programs
        .iter()
        .filter(|program| program.hook == hook);
    let is_ours = |name: &str| OURS.iter().any(|start| name.starts_with(start));
    if let Some(program) = programs.clone().find(|program| is_ours(&program.name)) {
        let proof = format!(
            "the program {} ({}) is attached for {hook}; its rules are not read",
            program.name, program.id
        );
        return (Verdict::InForce, proof);
    }
    if let Some(program) = programs.next() {
        let name = match program.name.as_str() {
            "" => "without a name",
            name => name,
        };
        let proof = format!(
            "the program {name} ({}) is attached for {hook}, whoever did it",
            program.id
        );
        return (Verdict::CannotTell, proof);
    }
    if let Some(reason) = &groups.programs_hidden {
        return (
            Verdict::CannotTell,
            format!("the programs of the group are not known: {reason}"),
        );
    }
    (
        Verdict::NotInForce,
        format!("no program is attached for {hook}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_compared_as_the_kernel_writes_them() {
        assert!(same("104857600", "104857600\n"));
        assert!(same("max", "max\n"));
        assert!(same("50000 100000", "50000 100000\n"));
        assert!(same(
            "8:0 rbps=1000",
            "8:0 rbps=1000 wbps=max riops=max wiops=max\n"
        ));
        assert!(!same("100", "max\n"));
    }

    #[test]
    fn rules_of_devices_cover_each_other() {
        let rules = ["c 1:3 rwm".to_owned(), "c 136:* rw".to_owned()];
        assert!(covered("c 1:3 rw", &rules));
        assert!(covered("c 136:5 r", &rules));
        assert!(!covered("c 136:5 m", &rules));
        assert!(!covered("c 1:5 r", &rules));
    }
}
