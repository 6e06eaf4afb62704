//! Time spans (systemd.time(7), "Parsing time spans").

use std::fmt::Write as _;

use super::Value;
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// No limit.
pub const INFINITY: u64 = u64::MAX;

const SECOND: u64 = 1_000_000;

/// A time span in microseconds; [`INFINITY`] for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timespan<const DEFAULT: u64>(pub u64);

/// A time span in microseconds of which 0 means no limit, as does [`INFINITY`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout<const DEFAULT: u64>(pub u64);

/// TimeoutAbortSec=: none while it is that of TimeoutStopSec=.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AbortTimeout(pub Option<u64>);

/// WatchdogSec=, in microseconds: 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watchdog(pub u64);

/// ManagedOOMMemoryPressureDurationSec=, in microseconds: at least a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PressureDuration(pub Option<u64>);

/// TimerSlackNSec=, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nanoseconds(pub Option<u64>);

const EXPECTED: &str = "a time span, such as 90, 5min 20s or infinity";

/// Units by their names, in the order in which they are tried, in nanoseconds.
const UNITS: &[(&str, u64)] = &[
    ("seconds", SECOND * 1000),
    ("second", SECOND * 1000),
    ("sec", SECOND * 1000),
    ("s", SECOND * 1000),
    ("minutes", 60 * SECOND * 1000),
    ("minute", 60 * SECOND * 1000),
    ("min", 60 * SECOND * 1000),
    ("months", 2_629_800 * SECOND * 1000),
    ("month", 2_629_800 * SECOND * 1000),
    ("M", 2_629_800 * SECOND * 1000),
    ("msec", 1_000_000),
    ("ms", 1_000_000),
    ("m", 60 * SECOND * 1000),
    ("hours", 3600 * SECOND * 1000),
    ("hour", 3600 * SECOND * 1000),
    ("hr", 3600 * SECOND * 1000),
    ("h", 3600 * SECOND * 1000),
    ("days", 86_400 * SECOND * 1000),
    ("day", 86_400 * SECOND * 1000),
    ("d", 86_400 * SECOND * 1000),
    ("weeks", 604_800 * SECOND * 1000),
    ("week", 604_800 * SECOND * 1000),
    ("w", 604_800 * SECOND * 1000),
    ("years", 31_557_600 * SECOND * 1000),
    ("year", 31_557_600 * SECOND * 1000),
    ("y", 31_557_600 * SECOND * 1000),
    ("usec", 1000),
    ("us", 1000),
    ("μs", 1000),
    ("µs", 1000),
    ("nsec", 1),
    ("ns", 1),
];

/// A time span in microseconds; a number without unit counts in `unit` microseconds.
pub(crate) fn microseconds(text: &str, unit: u64) -> Option<u64> {
    parse(text, unit, 1000)
}

/// A time span in nanoseconds, also the unit of a bare number.
pub(crate) fn nanoseconds(text: &str) -> Option<u64> {
    parse(text, 1, 1)
}

/// `grain` is the resolution in nanoseconds, `unit` what a bare number counts, in grains.
fn parse(text: &str, unit: u64, grain: u64) -> Option<u64> {
    const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];
    let mut rest = text.trim_start_matches(BLANKS);
    if let Some(after) = rest.strip_prefix("infinity") {
        return after
            .trim_start_matches(BLANKS)
            .is_empty()
            .then_some(INFINITY);
    }
    let mut total: u64 = 0;
    let mut something = false;
    loop {
        rest = rest.trim_start_matches(BLANKS);
        if rest.is_empty() {
            return something.then_some(total);
        }
        let number = rest.strip_prefix('+').unwrap_or(rest);
        let (whole, after) = digits(number);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(fraction) => {
                let (fraction, after) = digits(fraction);
                (Some(fraction), after)
            }
            None => (None, after),
        };
        // A fraction needs digits, and a number without fraction too.
        if fraction.unwrap_or(whole).is_empty() {
            return None;
        }
        let named = after.trim_start_matches(BLANKS);
        let found = UNITS
            .iter()
            .filter(|(_, size)| *size >= grain)
            .find_map(|(name, size)| Some((size / grain, named.strip_prefix(name)?)));
        let (size, next) = match found {
            Some(found) => found,
            // Two bare numbers need a blank between them.
            None if named.len() < after.len() || named.is_empty() || grain == 1 => (unit, named),
            None => return None,
        };
        let whole: u64 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        total = add(total, whole.checked_mul(size)?)?;
        let mut part = size / 10;
        for digit in fraction.unwrap_or_default().bytes() {
            total = add(total, u64::from(digit - b'0').checked_mul(part)?)?;
            part /= 10;
        }
        something = true;
        rest = next;
    }
}

fn add(total: u64, more: u64) -> Option<u64> {
    total.checked_add(more).filter(|sum| *sum < INFINITY)
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at(end)
}

/// A time span as systemd prints it.
pub(crate) fn shown(microseconds: u64) -> String {
    const TABLE: [(&str, u64); 9] = [
        ("y", 31_557_600 * SECOND),
        ("month", 2_629_800 * SECOND),
        ("w", 604_800 * SECOND),
        ("d", 86_400 * SECOND),
        ("h", 3600 * SECOND),
        ("min", 60 * SECOND),
        ("s", SECOND),
        ("ms", 1000),
        ("us", 1),
    ];
    match microseconds {
        0 => return "0".to_owned(),
        INFINITY => return "infinity".to_owned(),
        _ => {}
    }
    let mut rest = microseconds;
    let mut text = String::new();
    for (name, size) in TABLE {
        if rest < size {
            continue;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        let (whole, part) = (rest / size, rest % size);
        if rest < 60 * SECOND && part > 0 {
            let width = size.ilog10() as usize;
            let _ = write!(text, "{whole}.{part:0width$}{name}");
            return text;
        }
        let _ = write!(text, "{whole}{name}");
        rest = part;
    }
    text
}

/// `TimeoutStartSec` is shown as `TimeoutStartUSec`.
fn put(shown: &mut Shown<'_>, value: String) {
    let stem = shown
        .directive
        .strip_suffix("Sec")
        .unwrap_or(shown.directive);
    shown.put_as(format!("{stem}USec"), value);
}

impl<const DEFAULT: u64> Default for Timespan<DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const DEFAULT: u64> Default for Timeout<DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const DEFAULT: u64> Value for Timespan<DEFAULT> {
    const PARSER: &'static str = "timespan";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        // This one alone can be reset.
        if text.is_empty() && cx.directive == "CPUQuotaPeriodSec" {
            self.0 = DEFAULT;
            return Assigned::Reset;
        }
        let Some(span) = microseconds(text, SECOND) else {
            return cx.ignored(text, EXPECTED);
        };
        self.0 = span;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        put(shown, self::shown(self.0));
    }
}

impl<const DEFAULT: u64> Value for Timeout<DEFAULT> {
    const PARSER: &'static str = "timespan";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(span) = microseconds(text, SECOND) else {
            return cx.ignored(text, EXPECTED);
        };
        self.0 = if span == 0 { INFINITY } else { span };
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        put(shown, self::shown(self.0));
    }
}

impl Value for Watchdog {
    const PARSER: &'static str = "timespan";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(span) = microseconds(text, SECOND) else {
            return cx.ignored(text, EXPECTED);
        };
        self.0 = span;
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // systemctl shows the one of the running service.
    }
}

impl Value for AbortTimeout {
    const PARSER: &'static str = "timespan";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let Some(span) = microseconds(text, SECOND) else {
            return cx.ignored(text, EXPECTED);
        };
        self.0 = Some(span);
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // Shown together with TimeoutStopSec=, which it falls back to.
    }
}

impl Value for PressureDuration {
    const PARSER: &'static str = "timespan";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let span = microseconds(text, SECOND).filter(|span| (SECOND..INFINITY).contains(span));
        if span.is_none() {
            return cx.ignored(text, "a time span of at least 1s");
        }
        self.0 = span;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        put(
            shown,
            self.0.map_or_else(|| "[not set]".to_owned(), self::shown),
        );
    }
}

impl Value for Nanoseconds {
    const PARSER: &'static str = "timespan-ns";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(span) = nanoseconds(text) else {
            return cx.ignored(text, EXPECTED);
        };
        self.0 = (span < INFINITY).then_some(span);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if let Some(span) = self.0 {
            shown.put(span.to_string());
        }
    }
}
