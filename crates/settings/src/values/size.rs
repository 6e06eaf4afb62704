//! Sizes, counts and shares (systemd.resource-control(5)).

use super::Value;
use super::number::c_integer;
use super::time;
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// A number, or a share of what the machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// No limit.
    Infinity,
    /// Bytes or pieces.
    Number(u64),
    /// Ten-thousandths of the memory, or of the tasks, of the machine.
    Share(u32),
}

/// MemoryMax= and its siblings: a limit, and by default none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimit(pub Amount);

/// MemoryMin=, MemoryLow= and StartupMemoryLow=: protected memory, and by default none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryProtection(pub Amount);

/// TasksMax=: none for the manager's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TasksMax(pub Option<Amount>);

/// CPUQuota=: ten-thousandths of one CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuQuota(pub Option<u32>);

/// ManagedOOMMemoryPressureLimit=: ten-thousandths; 0 for that of the daemon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PressureLimit(pub u32);

/// StateDirectoryQuota= and its siblings (systemd 258).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DirectoryQuota {
    /// Not said.
    #[default]
    Unset,
    /// `off`.
    Off,
    /// Bytes.
    Bytes(u64),
    /// Ten-thousandths of the file system.
    Share(u32),
}

const EXPECTED: &str = "a size such as 512M, a percentage up to 100%, or infinity";

/// A size with suffixes of powers of `base`, such as `1.5G` or `1M 512K`: descending, without repetition.
pub(crate) fn size(text: &str, base: u64) -> Option<u64> {
    const SUFFIXES: [(&str, u32); 8] = [
        ("E", 6),
        ("P", 5),
        ("T", 4),
        ("G", 3),
        ("M", 2),
        ("K", 1),
        ("B", 0),
        ("", 0),
    ];
    let mut left = SUFFIXES.as_slice();
    let mut rest = text;
    let mut total: u64 = 0;
    loop {
        rest = rest.trim_start();
        let number = rest.strip_prefix('+').unwrap_or(rest);
        let end = number.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, mut after) = number.split_at(end);
        let whole: u64 = whole.parse().ok()?;
        let mut fraction: f64 = 0.0;
        if let Some(part) = after.strip_prefix('.') {
            let end = part.bytes().take_while(u8::is_ascii_digit).count();
            if end > 0 {
                fraction = format!("0.{}", part.get(..end)?).parse().ok()?;
            }
            after = part.get(end..)?;
        }
        let after = after.trim_start();
        let at = left
            .iter()
            .position(|(suffix, _)| after.starts_with(suffix))?;
        let (suffix, power) = *left.get(at)?;
        let factor = base.checked_pow(power)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a fraction of a factor of at most 2^60, rounded as systemd does"
        )]
        let part = (fraction * factor as f64) as u64;
        total = total.checked_add(whole.checked_mul(factor)?.checked_add(part)?)?;
        left = left.get(at + 1..)?;
        rest = after.strip_prefix(suffix)?;
        if rest.is_empty() {
            return Some(total);
        }
    }
}

/// `50%`, `33.33%`, `500‰` or `5000‱` in ten-thousandths, of any size.
pub(crate) fn permyriad(text: &str) -> Option<u32> {
    for (sign, places) in [("‱", 0), ("‰", 1), ("%", 2)] {
        let Some(number) = text.strip_suffix(sign) else {
            continue;
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let plain = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) || fraction.len() > places || number.ends_with('.') {
            return None;
        }
        let whole: u32 = whole.parse().ok()?;
        let padded: u32 = format!("{fraction:0<places$}").parse().unwrap_or(0);
        return whole
            .checked_mul(10_u32.pow(places as u32))?
            .checked_add(padded)
            .filter(|n| *n <= i32::MAX as u32);
    }
    None
}

/// The same up to the whole.
pub(crate) fn share(text: &str) -> Option<u32> {
    permyriad(text).filter(|share| *share <= 10_000)
}

fn memory(text: &str) -> Option<Amount> {
    if text == "infinity" {
        return Some(Amount::Infinity);
    }
    let of_size = || {
        size(text, 1024)
            .filter(|size| *size < u64::MAX)
            .map(Amount::Number)
    };
    share(text).map(Amount::Share).or_else(of_size)
}

impl Amount {
    fn is_zero(self) -> bool {
        matches!(self, Self::Number(0) | Self::Share(0))
    }

    /// As shown; none for a share, which depends on the machine.
    fn shown(self) -> Option<String> {
        match self {
            Self::Infinity => Some("infinity".to_owned()),
            Self::Number(number) => Some(number.to_string()),
            Self::Share(0) => Some("0".to_owned()),
            Self::Share(_) => None,
        }
    }
}

impl Default for MemoryLimit {
    fn default() -> Self {
        Self(Amount::Infinity)
    }
}

impl Default for MemoryProtection {
    fn default() -> Self {
        Self(Amount::Number(0))
    }
}

impl Value for MemoryLimit {
    const PARSER: &'static str = "size-or-percent";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = Amount::Infinity;
            return Assigned::Reset;
        }
        // Only swap may be forbidden altogether.
        let may_be_zero = cx.directive.contains("Swap");
        match memory(text) {
            Some(amount) if may_be_zero || !amount.is_zero() => {
                self.0 = amount;
                Assigned::Set
            }
            _ => cx.ignored(text, EXPECTED),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if let Some(text) = self.0.shown() {
            shown.put(text);
        }
    }
}

impl Value for MemoryProtection {
    const PARSER: &'static str = "size-or-percent";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::default();
            return Assigned::Reset;
        }
        let Some(amount) = memory(text) else {
            return cx.ignored(text, EXPECTED);
        };
        self.0 = amount;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if let Some(text) = self.0.shown() {
            shown.put(text);
        }
    }
}

impl Value for TasksMax {
    const PARSER: &'static str = "count-or-percent";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let number = || {
            c_integer(text)
                .filter(|n| (1..u64::MAX).contains(n))
                .map(Amount::Number)
        };
        let amount = if text == "infinity" {
            Some(Amount::Infinity)
        } else {
            share(text).map(Amount::Share).or_else(number)
        };
        if amount.is_none() {
            return cx.ignored(
                text,
                "a number from 1 on, a percentage up to 100%, or infinity",
            );
        }
        self.0 = amount;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if let Some(text) = self.0.and_then(Amount::shown) {
            shown.put(text);
        }
    }
}

impl Value for CpuQuota {
    const PARSER: &'static str = "percent";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let Some(quota) = permyriad(text).filter(|quota| *quota > 0) else {
            return cx.ignored(text, "a percentage such as 50%, which may exceed 100%");
        };
        self.0 = Some(quota);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        let span = self
            .0
            .map_or(time::INFINITY, |quota| u64::from(quota) * 100);
        shown.put_as("CPUQuotaPerSecUSec", time::shown(span));
    }
}

impl Value for PressureLimit {
    const PARSER: &'static str = "percent";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = 0;
            return Assigned::Reset;
        }
        let Some(limit) = share(text) else {
            return cx.ignored(text, "a percentage up to 100%");
        };
        self.0 = limit;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        // Shown as a part of 2^32 - 1.
        let scaled = (u64::from(self.0) * u64::from(u32::MAX)).div_ceil(10_000);
        shown.put(scaled.to_string());
    }
}

impl Value for DirectoryQuota {
    const PARSER: &'static str = "size-or-percent";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::Unset;
            return Assigned::Reset;
        }
        *self = match (text, share(text), size(text, 1024)) {
            ("off", ..) => Self::Off,
            (_, Some(share), _) => Self::Share(share),
            (_, None, Some(bytes)) => Self::Bytes(bytes),
            (_, None, None) => {
                return cx.ignored(text, "a size such as 512M, a percentage up to 100%, or off");
            }
        };
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        match self {
            Self::Unset | Self::Off => shown.put("[not set]"),
            Self::Bytes(bytes) => shown.put(bytes.to_string()),
            Self::Share(share) => shown.put(format!("{}%", (share + 50) / 100)),
        }
    }
}
