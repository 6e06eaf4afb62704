//! Which directive decides on a call.

use crate::evaluate::Call;
use crate::policy::{Directive, Policy};
use crate::rule::{Calls, Rule};
use crate::{Action, Arch};

/// What a policy says of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// What the call gets.
    pub action: Action,
    /// What directives say of it that do not simply allow it, in the order of their filters.
    pub answers: Vec<Answer>,
}

/// What a directive says of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The directive.
    pub directive: Directive,
    /// What it asks for.
    pub action: Action,
    /// The rule by which it does.
    pub rule: Rule,
}

impl Decision {
    /// The directive that decides: of those that ask for the strictest action the one whose filter is
    /// installed last. `None` where all allow the call.
    pub fn by(&self) -> Option<Directive> {
        let same = |answer: &&Answer| answer.action == self.action;
        self.answers
            .iter()
            .rev()
            .find(same)
            .map(|answer| answer.directive)
    }
}

/// Answers for the calls of a policy, one after the other, by its rules and without a program.
#[derive(Clone, Debug)]
pub struct Decider {
    native: Arch,
    rules: Vec<Rule>,
}

impl Policy {
    /// What the policy says of calls.
    pub fn decider(&self) -> Decider {
        Decider {
            native: self.native,
            rules: self.rules(),
        }
    }
}

impl Decider {
    /// What the call gets, and by which directives.
    pub fn decide(&self, call: &Call) -> Decision {
        let archs = archs(self.native, call);
        let mut answers = Vec::new();
        let same = |a: &Rule, b: &Rule| a.directive == b.directive && a.arch == b.arch;
        for rules in self.rules.chunk_by(same) {
            let Some(first) = rules.first() else { continue };
            // Of the number -1, systemd's filter for architectures says nothing.
            let is_exempt =
                archs.len() > 1 && first.directive == Directive::SystemCallArchitectures;
            if is_exempt || !archs.contains(&first.arch) {
                continue;
            }
            if let Some(rule) = deciding(rules, call).filter(|rule| rule.action != Action::Allow) {
                answers.push(Answer {
                    directive: rule.directive,
                    action: rule.action,
                    rule: rule.clone(),
                });
            }
        }
        let action = answers
            .iter()
            .fold(Action::Allow, |older, newer| older.then(newer.action));
        Decision { action, answers }
    }
}

/// The rule that counts among those of a directive for an architecture.
fn deciding<'a>(rules: &'a [Rule], call: &Call) -> Option<&'a Rule> {
    let named = || {
        rules
            .iter()
            .filter(|rule| rule.calls == Calls::One(call.number))
    };
    let untested = named().find(|rule| rule.tests.is_empty());
    untested
        .or_else(|| named().find(|rule| rule.tests.iter().all(|test| test.holds(&call.args))))
        .or_else(|| rules.iter().find(|rule| rule.calls == Calls::Other))
}

/// The architectures whose filters look at the call; `None` stands for those that are not the machine's.
fn archs(native: Arch, call: &Call) -> Vec<Option<Arch>> {
    const X32_BIT: u32 = 0x4000_0000;
    let takes = |arch: &&Arch| match arch {
        Arch::X86_64 => call.number < X32_BIT || call.number == u32::MAX,
        Arch::X32 => call.number >= X32_BIT,
        _ => true,
    };
    let local = native.local().iter();
    let of_call = local.filter(|arch| arch.audit() == call.arch).filter(takes);
    let archs: Vec<_> = of_call.copied().map(Some).collect();
    if archs.is_empty() { vec![None] } else { archs }
}
