//! System call filters: what the settings refuse beside what the installed filters answer.

use std::collections::BTreeMap;

use unitward_seccomp::{Action, Arch, Call, Decider, Directive, Op, Rule, Syscall, Test, evaluate};
use unitward_settings::FilterHost;

use super::{Court, Verdict};
use crate::filters::Filters;
use crate::status::Seccomp;

/// How the calls of a directive come out.
#[derive(Default)]
struct Count {
    asked: usize,
    missing: usize,
    softer: usize,
    harder: usize,
    /// A call that is not refused as it should be.
    example: Option<String>,
}

pub(super) fn judge(court: &mut Court<'_>) {
    let (settings, state) = (court.settings, court.state);
    let mut host = FilterHost::new(Arch::NATIVE);
    host.has_mdwe = unitward_sandbox::Host::read().kernel >= (6, 3);
    let policy = settings.system_call_policy(host);
    let rules = policy.rules();
    let decider = policy.decider();
    let mut counts: BTreeMap<Directive, Count> = BTreeMap::new();
    for rule in &rules {
        if rule.action == Action::Allow {
            continue;
        }
        let count = counts.entry(rule.directive).or_default();
        if let Filters::Read(_) | Filters::None = &state.filters {
            for call in calls(rule, &rules) {
                ask(count, &decider, rule, &call, &state.filters);
            }
        }
    }
    for (directive, count) in &counts {
        let (verdict, proof) = match &state.filters {
            Filters::Hidden(reason) => (
                Verdict::CannotTell,
                format!("its filters are not known: {reason}"),
            ),
            Filters::None => (
                Verdict::NotInForce,
                "Seccomp: 0, no call is filtered".to_owned(),
            ),
            Filters::Read(_) => outcome(count),
        };
        court.say(directive.name(), verdict, proof);
    }
    if state.rights.seccomp == Some(Seccomp::Strict) {
        return;
    }
    if counts.contains_key(&Directive::SystemCallFilter) {
        beyond(court, &decider);
    }
}

/// Calls that a rule is about.
fn calls(rule: &Rule, rules: &[Rule]) -> Vec<Call> {
    use unitward_seccomp::Calls;
    let arch = match rule.arch {
        Some(arch) => arch.audit(),
        // Some architecture that the machine does not have.
        None => [Arch::S390x, Arch::X86_64]
            .into_iter()
            .find(|arch| *arch != Arch::NATIVE)
            .unwrap_or(Arch::S390)
            .audit(),
    };
    let call = |number| Call {
        number,
        arch,
        args: arguments(&rule.tests),
        ..Call::default()
    };
    match rule.calls {
        Calls::One(number) => vec![call(number)],
        Calls::Other => {
            let table = rule.arch.unwrap_or(Arch::NATIVE);
            let same = |other: &&Rule| other.directive == rule.directive && other.arch == rule.arch;
            let named: Vec<u32> = rules
                .iter()
                .filter(same)
                .filter_map(|other| match other.calls {
                    Calls::One(number) => Some(number),
                    Calls::Other => None,
                })
                .collect();
            Syscall::all()
                .filter_map(|one| one.number(table))
                .filter(|number| !named.contains(number))
                .map(call)
                .collect()
        }
    }
}

/// Arguments of which the tests of a rule hold.
fn arguments(tests: &[Test]) -> [u64; 6] {
    let mut args = [0_u64; 6];
    for test in tests {
        if let Some(arg) = args.get_mut(usize::from(test.arg)) {
            *arg = match test.op {
                Op::Equal(value) | Op::Bits(value) => *arg | u64::from(value),
                Op::NotEqual(value) => u64::from(value ^ 1),
                Op::Less(value) => u64::from(value.saturating_sub(1)),
                Op::Greater(value) => u64::from(value) + 1,
            };
        }
    }
    args
}

fn ask(count: &mut Count, decider: &Decider, rule: &Rule, call: &Call, filters: &Filters) {
    let wanted = decider.decide(call).action;
    // Another rule of the directive lets this one pass.
    if wanted == Action::Allow {
        return;
    }
    let Some(found) = filters.answer(call) else {
        return;
    };
    count.asked += 1;
    let is_refusal = |action: Action| !action.permits();
    let name = || {
        let arch = rule.arch.unwrap_or(Arch::NATIVE);
        let name = Syscall::by_number(arch, call.number);
        let name = name.map_or_else(|| call.number.to_string(), |call| call.name().to_owned());
        match arch == Arch::NATIVE {
            true => name,
            false => format!("{arch} {name}"),
        }
    };
    if is_refusal(wanted) && !is_refusal(found) || wanted == Action::Log && found == Action::Allow {
        count.missing += 1;
        count
            .example
            .get_or_insert_with(|| format!("{} is allowed", name()));
    } else if wanted.is_stricter_than(found) {
        count.softer += 1;
        count
            .example
            .get_or_insert_with(|| format!("{} gets {found} in place of {wanted}", name()));
    } else if found.is_stricter_than(wanted) && wanted != Action::Log {
        count.harder += 1;
    }
}

fn outcome(count: &Count) -> (Verdict, String) {
    let example = || count.example.clone().unwrap_or_default();
    if count.asked == 0 {
        return (
            Verdict::InForce,
            "it refuses no call of this machine".to_owned(),
        );
    }
    if count.missing == count.asked {
        let proof = format!("none of {} calls is refused; {}", count.asked, example());
        (Verdict::NotInForce, proof)
    } else if count.missing + count.softer > 0 {
        let wrong = count.missing + count.softer;
        (
            Verdict::Weaker,
            format!(
                "{wrong} of {} calls are not refused so; {}",
                count.asked,
                example()
            ),
        )
    } else if count.harder > 0 {
        let proof = format!(
            "the filters refuse all {} calls, {} of them harder",
            count.asked, count.harder
        );
        (Verdict::Stronger, proof)
    } else {
        (
            Verdict::InForce,
            format!("the filters refuse all {} calls", count.asked),
        )
    }
}

/// Calls that the settings allow and the filters refuse.
fn beyond(court: &mut Court<'_>, decider: &Decider) {
    let Filters::Read(programs) = &court.state.filters else {
        return;
    };
    let more: Vec<&str> = Syscall::all()
        .filter(|call| {
            let Some(number) = call.number(Arch::NATIVE) else {
                return false;
            };
            let call = Call::new(Arch::NATIVE, number, [0; 6]);
            decider.decide(&call).action.permits() && !evaluate(programs, &call).permits()
        })
        .map(Syscall::name)
        .collect();
    if let Some(first) = more.first() {
        let proof = format!("{} calls more are refused, such as {first}", more.len());
        court.say("SystemCallFilter", Verdict::Stronger, proof);
    }
}
