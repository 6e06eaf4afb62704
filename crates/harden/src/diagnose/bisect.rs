//! Finding the directive by switching directives off, for when nothing was seen that would tell.

use unitward_catalog::Capability;
use unitward_seccomp::{Arch, Syscall};
use unitward_settings::{FAMILIES, Namespace, Settings};

use super::cause::{Cause, Relaxation};
use super::driver::{Finding, MOST_RUNS, Run, Search, changes_of};
use super::evidence::Denial;
use crate::verify::TrialError;

impl Search<'_> {
    /// Finds the directives without which the service works. False when there are none.
    pub(super) fn bisect(
        &mut self,
        stripped: &[Relaxation],
        baseline: &Run,
        accepted: &mut Vec<Finding>,
    ) -> Result<bool, TrialError> {
        let before = changes_of(accepted);
        let Some(mut needed) = self.shortest(&before, stripped, baseline)? else {
            return Ok(false);
        };
        let settings = self.runner.settings(&before);
        for at in 0..needed.len() {
            let Some(name) = needed.get(at).and_then(name) else {
                continue;
            };
            let pieces = settings
                .as_ref()
                .map(|settings| pieces(settings, name))
                .unwrap_or_default();
            let others = needed.iter().enumerate().filter(|(other, _)| *other != at);
            let mut fixed = before.clone();
            fixed.extend(others.map(|(_, change)| change.clone()));
            let narrower = self.shortest(&fixed, &pieces, baseline)?;
            if let (Some(list), Some(change)) = (narrower, needed.get_mut(at))
                && !list.is_empty()
            {
                *change = joined(name, &list);
            }
        }
        for change in needed {
            accepted.extend(self.unseen(change));
        }
        Ok(true)
    }

    fn unseen(&self, change: Relaxation) -> Option<Finding> {
        let name = name(&change)?;
        let settings = self.runner.settings(&[])?;
        let mut sources = settings.sources();
        let origin = sources
            .find(|(directive, _)| *directive == name)
            .and_then(|(_, source)| source.origin());
        let why = "nothing was seen that would tell why, but with this change the service works";
        Some(Finding {
            denial: Denial::Nothing,
            cause: Cause::directive(name, origin, why).or(change.clone()),
            evidence: Vec::new(),
            change: Some(change),
            confirmed: true,
            exposure: None,
        })
    }

    /// The shortest list of changes with which the service works, besides those that are made anyway; none when it does
    /// not even work with all.
    fn shortest(
        &mut self,
        fixed: &[Relaxation],
        list: &[Relaxation],
        baseline: &Run,
    ) -> Result<Option<Vec<Relaxation>>, TrialError> {
        let works = |search: &mut Self, parts: &[&[Relaxation]]| -> Result<bool, TrialError> {
            let mut with = fixed.to_vec();
            with.extend(parts.iter().flat_map(|part| part.iter().cloned()));
            let run = search.run(&with)?;
            Ok(run.is_some_and(|run| run.trial.complaints(&baseline.trial).is_empty()))
        };
        let mut rest = list;
        let mut needed: Vec<Relaxation> = Vec::new();
        if rest.is_empty() || self.runs >= MOST_RUNS || !works(self, &[rest])? {
            return Ok(None);
        }
        // The last one of the shortest part with which it works is needed, and then those before it are looked at.
        loop {
            let (mut too_short, mut enough) = (0, rest.len());
            while enough - too_short > 1 {
                if self.runs >= MOST_RUNS {
                    return Ok(None);
                }
                let middle = usize::midpoint(too_short, enough);
                match works(self, &[&needed, rest.get(..middle).unwrap_or(rest)])? {
                    true => enough = middle,
                    false => too_short = middle,
                }
            }
            let Some((last, before)) = rest.get(..enough).and_then(<[_]>::split_last) else {
                return Ok(None);
            };
            needed.push(last.clone());
            rest = before;
            if rest.is_empty() || works(self, &[&needed])? {
                return Ok(Some(needed));
            }
            if self.runs >= MOST_RUNS {
                return Ok(None);
            }
        }
    }
}

fn name(change: &Relaxation) -> Option<&'static str> {
    change.assignments.first().map(|(name, _)| *name)
}

fn joined(directive: &'static str, list: &[Relaxation]) -> Relaxation {
    let values: Vec<&str> = list
        .iter()
        .flat_map(|change| change.assignments.iter().map(|(_, value)| value.as_str()))
        .collect();
    Relaxation::of(directive, values.join(" "))
}

/// What a list denies, one by one; empty where a directive is no list, or is implied by another one.
fn pieces(settings: &Settings, name: &'static str) -> Vec<Relaxation> {
    let words: Vec<&str> = match name {
        "CapabilityBoundingSet" => Capability::all()
            .filter(|one| !settings.capability_bounding_set.set.contains(*one))
            .filter_map(Capability::name)
            .collect(),
        "RestrictAddressFamilies" => FAMILIES
            .iter()
            .filter(|(number, _)| !settings.restrict_address_families.allows(*number))
            .map(|(_, name)| *name)
            .collect(),
        "RestrictNamespaces" => Namespace::ALL
            .into_iter()
            .filter(|kind| !settings.restrict_namespaces.allows(*kind))
            .map(Namespace::word)
            .collect(),
        "SystemCallFilter" => Syscall::all()
            .filter(|call| call.number(Arch::NATIVE).is_some())
            .filter(|call| !settings.system_call_filter.allows(*call))
            .map(Syscall::name)
            .collect(),
        _ => Vec::new(),
    };
    words
        .into_iter()
        .map(|word| Relaxation::of(name, word))
        .collect()
}
