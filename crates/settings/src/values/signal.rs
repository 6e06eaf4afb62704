//! Signals by name and number (signal(7)).

use super::Value;
use super::number::c_integer;
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// A signal by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal<const DEFAULT: u8>(pub u8);

/// RestartKillSignal=: none while it is that of KillSignal=.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptionalSignal(pub Option<u8>);

const EXPECTED: &str = "a signal such as SIGTERM, SIGRTMIN+1 or 15";

/// The first signal for applications, as the C library sees it.
const RTMIN: u8 = 34;
const RTMAX: u8 = 64;

const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// The number of a signal by its name, with or without `SIG`, or by its number.
pub(crate) fn signal(word: &str) -> Option<u8> {
    if let Some(number) = c_integer(word) {
        return u8::try_from(number)
            .ok()
            .filter(|n| (1..=RTMAX).contains(n));
    }
    let name = word.strip_prefix("SIG").unwrap_or(word);
    if let Some(at) = NAMES.iter().position(|known| *known == name) {
        return u8::try_from(at + 1).ok();
    }
    let offset = |text: &str, sign: char| match text.strip_prefix(sign) {
        Some(digits) => u8::try_from(c_integer(digits)?).ok(),
        None => text.is_empty().then_some(0),
    };
    let span = 0..=RTMAX - RTMIN;
    if let Some(rest) = name.strip_prefix("RTMIN") {
        return offset(rest, '+')
            .filter(|n| span.contains(n))
            .map(|n| RTMIN + n);
    }
    offset(name.strip_prefix("RTMAX")?, '-')
        .filter(|n| span.contains(n))
        .map(|n| RTMAX - n)
}

/// The name of a signal, without `SIG`.
#[must_use]
pub fn signal_name(number: u8) -> String {
    match usize::from(number)
        .checked_sub(1)
        .and_then(|at| NAMES.get(at))
    {
        Some(name) => (*name).to_owned(),
        None if number > RTMIN => format!("RTMIN+{}", number - RTMIN),
        None if number == RTMIN => "RTMIN".to_owned(),
        None => number.to_string(),
    }
}

impl<const DEFAULT: u8> Default for Signal<DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const DEFAULT: u8> Value for Signal<DEFAULT> {
    const PARSER: &'static str = "signal";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(number) = signal(text) else {
            return cx.ignored(text, EXPECTED);
        };
        self.0 = number;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.to_string());
    }
}

impl Value for OptionalSignal {
    const PARSER: &'static str = "signal";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(number) = signal(text) else {
            return cx.ignored(text, EXPECTED);
        };
        self.0 = Some(number);
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // Shown together with KillSignal=, which it falls back to.
    }
}
