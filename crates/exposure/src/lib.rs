//! The exposure level of a unit, as systemd-analyze security computes it.
//!
//! Integers only, rounded up where systemd rounds up: the result equals that of
//! `systemd-analyze security --offline=true` of systemd 252, 257 and 262 in every digit and every text.

mod advice;
mod checks;
mod level;
mod order;
mod policy;
mod tests;

pub use advice::{Advice, Case, Outlook, outlook};
pub use checks::{CHECKS, Check, Gain, is_counted};
pub use level::{Level, Tenths};
pub use policy::{Policy, PolicyError};

use std::borrow::Cow;

use unitward_settings::Settings;

use tests::Badness;

/// Whose view is taken where a running manager and the offline analysis differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rules {
    /// As `systemd-analyze security --offline=true`.
    #[default]
    Offline,
    /// As `systemd-analyze security` that asks a running manager: PrivateMounts= counts as on where another
    /// setting makes a mount namespace, and localhost means exactly 127.0.0.0/8 and ::1.
    Running,
}

/// The result of all checks.
#[derive(Debug)]
pub struct Exposure<'p> {
    /// One row a check, in the order of [`CHECKS`].
    pub rows: Vec<Row<'p>>,
    sum: Sum,
}

/// The result of one check.
#[derive(Debug)]
pub struct Row<'p> {
    /// The check.
    pub check: &'static Check,
    /// From 0 (good) to the range of the check; none when it does not apply.
    pub badness: Option<u64>,
    /// The text; none where systemd has none.
    pub text: Option<Cow<'p, str>>,
    /// The weight, after the policy.
    pub weight: u64,
    /// The divisor of the badness, after the policy.
    pub range: u64,
}

/// The text of a check that makes no sense for a unit of the early boot.
const BOOT_PHASE: &str = "Service runs in special boot phase, option is not appropriate";
/// The text of a check that a policy excludes.
const EXCLUDED: &str = "Option excluded by policy, skipping";

/// Looks at every check.
///
/// # Errors
///
/// The policy has a range that is smaller than a badness that occurs, or leaves no check with a weight;
/// systemd-analyze ends with a failed assertion there.
pub fn assess<'p>(
    settings: &Settings,
    rules: Rules,
    policy: Option<&'p Policy>,
) -> Result<Exposure<'p>, PolicyError> {
    let mut rows = Vec::with_capacity(CHECKS.len());
    let mut sum = Sum::default();
    for (at, check) in CHECKS.iter().enumerate() {
        let judged = Judged::new(at, check, settings, rules, policy);
        sum.add(&judged)?;
        rows.push(judged.row(settings));
    }
    Ok(Exposure {
        rows,
        sum: sum.checked()?,
    })
}

/// The overall level alone, which is quicker than all rows with their texts.
///
/// # Errors
///
/// As [`assess`].
pub(crate) fn rate(
    settings: &Settings,
    rules: Rules,
    policy: Option<&Policy>,
) -> Result<Sum, PolicyError> {
    let mut sum = Sum::default();
    for (at, check) in CHECKS.iter().enumerate() {
        sum.add(&Judged::new(at, check, settings, rules, policy))?;
    }
    sum.checked()
}

/// What all checks come to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    badness: u64,
    weight: u64,
}

impl Sum {
    fn add(&mut self, judged: &Judged<'_>) -> Result<(), PolicyError> {
        let Judged { weight, range, .. } = *judged;
        let Verdict::Tested(Badness {
            badness: Some(badness),
            ..
        }) = judged.verdict
        else {
            return Ok(());
        };
        if badness > range || range == 0 {
            return Err(PolicyError::RangeTooSmall {
                id: judged.check.id,
                range,
                badness,
            });
        }
        self.badness = self.badness.wrapping_add(share(badness, weight, range));
        self.weight = self.weight.wrapping_add(weight);
        Ok(())
    }

    fn checked(self) -> Result<Self, PolicyError> {
        match self.weight {
            0 => Err(PolicyError::NoWeight),
            _ => Ok(self),
        }
    }

    pub(crate) const fn level(self) -> Tenths {
        Tenths(self.badness.wrapping_mul(100).div_ceil(self.weight))
    }

    pub(crate) const fn thousandths(self) -> u64 {
        self.badness.saturating_mul(10_000) / self.weight
    }
}

/// A check that has been looked at; its text is still to be written.
struct Judged<'p> {
    check: &'static Check,
    adapted: Option<&'p policy::Adapted>,
    verdict: Verdict,
    weight: u64,
    range: u64,
}

enum Verdict {
    /// The check makes no sense for a unit of the early boot.
    BootPhase,
    /// The policy leaves the check out.
    Excluded,
    Tested(Badness),
}

impl<'p> Judged<'p> {
    fn new(
        at: usize,
        check: &'static Check,
        settings: &Settings,
        rules: Rules,
        policy: Option<&'p Policy>,
    ) -> Self {
        let adapted = policy.and_then(|policy| policy.check(at));
        let weight = adapted.and_then(|a| a.weight).unwrap_or(check.weight);
        let verdict = if check.needs_default_dependencies && !settings.default_dependencies.0 {
            Verdict::BootPhase
        } else if weight == 0 {
            Verdict::Excluded
        } else {
            Verdict::Tested(check.test.run(settings, rules))
        };
        Self {
            check,
            adapted,
            verdict,
            weight,
            range: adapted.and_then(|a| a.range).unwrap_or(check.range),
        }
    }

    fn row(self, settings: &Settings) -> Row<'p> {
        let Self { check, adapted, .. } = self;
        let (badness, text) = match self.verdict {
            Verdict::BootPhase => (None, Some(Cow::Borrowed(BOOT_PHASE))),
            Verdict::Excluded => (None, Some(Cow::Borrowed(EXCLUDED))),
            Verdict::Tested(Badness {
                badness,
                text: Some(text),
            }) => (badness, Some(text.write(settings))),
            Verdict::Tested(Badness { badness, .. }) => {
                (badness, text(check, adapted, badness).map(Cow::Borrowed))
            }
        };
        Row {
            check,
            badness,
            text,
            weight: self.weight,
            range: self.range,
        }
    }
}

/// The text of a check whose test has none of its own.
fn text<'p>(
    check: &Check,
    adapted: Option<&'p policy::Adapted>,
    badness: Option<u64>,
) -> Option<&'p str> {
    let (own, built_in) = match badness {
        None => (
            adapted.and_then(|a| a.not_applicable.as_deref()),
            check.not_applicable,
        ),
        Some(0) => (adapted.and_then(|a| a.good.as_deref()), check.good),
        Some(badness) if badness == check.range => {
            (adapted.and_then(|a| a.bad.as_deref()), check.bad)
        }
        Some(_) => return None,
    };
    Some(own.unwrap_or(built_in))
}

/// A part of the level, rounded up.
const fn share(badness: u64, weight: u64, range: u64) -> u64 {
    badness.wrapping_mul(weight).div_ceil(range)
}

impl Exposure<'_> {
    /// The overall level.
    #[must_use]
    pub const fn level(&self) -> Tenths {
        self.sum.level()
    }

    /// The overall level in thousandths, rounded down: finer than [`Exposure::level`], for comparing.
    #[must_use]
    pub const fn thousandths(&self) -> u64 {
        self.sum.thousandths()
    }

    /// What all checks of a gain add to the level, and what they would add at worst, in thousandths of a level.
    #[must_use]
    pub fn of_gain(&self, gain: Gain) -> (u64, u64) {
        let rows = self.rows.iter().filter(|row| row.check.gain == gain);
        let applying = rows.filter_map(|row| Some((row, row.badness?)));
        let (now, most) = applying.fold((0_u64, 0_u64), |(now, most), (row, badness)| {
            let part = badness.saturating_mul(row.weight).saturating_mul(10_000) / row.range;
            (
                now.saturating_add(part),
                most.saturating_add(row.weight.saturating_mul(10_000)),
            )
        });
        (now / self.sum.weight, most / self.sum.weight)
    }

    /// What a row adds to the level, rounded up; none where it adds nothing.
    #[must_use]
    pub fn of_row(&self, row: &Row<'_>) -> Option<Tenths> {
        let badness = row.badness.filter(|badness| *badness > 0)?;
        let share = badness
            .wrapping_mul(row.weight)
            .wrapping_mul(100)
            .div_ceil(row.range);
        Some(Tenths(share.div_ceil(self.sum.weight)))
    }
}
