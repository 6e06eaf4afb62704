//! Resource limits (systemd.exec(5), "Process Properties"; setrlimit(2)).

use super::Value;
use super::number::c_integer;
use super::size::size;
use super::time::{self, microseconds};
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// No limit.
const INFINITY: u64 = u64::MAX;

/// The soft and the hard limit, in the unit of the kernel; `u64::MAX` for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The limit that counts.
    pub soft: u64,
    /// How far a process may raise it.
    pub hard: u64,
}

/// A resource limit; none for that of the manager. `UNIT` is one of the constants of [`LimitUnit`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceLimit<U>(pub Option<Limit>, std::marker::PhantomData<U>);

/// In what a resource limit counts.
pub trait LimitUnit {
    /// What is expected.
    const EXPECTED: &'static str;

    /// Whether there can be no limit.
    const UNLIMITED: bool;

    /// One limit, without `infinity`.
    fn parse(text: &str) -> Option<u64>;
}

macro_rules! units {
    ($($(#[$doc:meta])* $name:ident: $expected:literal, unlimited $unlimited:literal, $parse:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl LimitUnit for $name {
            const EXPECTED: &'static str = $expected;
            const UNLIMITED: bool = $unlimited;

            fn parse(text: &str) -> Option<u64> {
                let parse: fn(&str) -> Option<u64> = $parse;
                parse(text)
            }
        }
    )*};
}

units! {
    /// Pieces: LimitNOFILE=, LimitNPROC= and others.
    Pieces: "a number or infinity, or SOFT:HARD", unlimited true, |text| c_integer(text).filter(|n| *n < INFINITY);
    /// Bytes: LimitMEMLOCK= and others.
    Bytes: "a size such as 64M or infinity, or SOFT:HARD", unlimited true, |text| size(text, 1024).filter(|n| *n < INFINITY);
    /// Seconds of CPU time: LimitCPU=.
    Seconds: "a time span or infinity, or SOFT:HARD", unlimited true, |text| {
        let span = microseconds(text, 1_000_000)?;
        Some(if span == time::INFINITY { INFINITY } else { span.div_ceil(1_000_000) })
    };
    /// Microseconds: LimitRTTIME=.
    Microseconds: "a time span or infinity, or SOFT:HARD", unlimited true, |text| microseconds(text, 1);
    /// 20 minus the nice level: LimitNICE=.
    NiceLevel: "a nice level with its sign, a number up to 40, or SOFT:HARD", unlimited false, |text| {
        if let Some(level) = text.strip_prefix('+') {
            return c_integer(level).filter(|level| *level < 20).map(|level| 20 - level);
        }
        if let Some(level) = text.strip_prefix('-') {
            return c_integer(level).filter(|level| *level <= 20).map(|level| 20 + level);
        }
        c_integer(text).filter(|raw| *raw <= 40)
    };
}

fn one<U: LimitUnit>(text: &str) -> Option<u64> {
    if text == "infinity" && U::UNLIMITED {
        return Some(INFINITY);
    }
    U::parse(text)
}

impl Limit {
    pub(crate) fn parse<U: LimitUnit>(text: &str) -> Option<Self> {
        let (soft, hard) = text.split_once(':').unwrap_or((text, text));
        Some(Self {
            soft: one::<U>(soft)?,
            hard: one::<U>(hard)?,
        })
    }
}

impl<U: LimitUnit + Default> Value for ResourceLimit<U> {
    const PARSER: &'static str = "rlimit";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        match Limit::parse::<U>(text) {
            None => cx.ignored(text, U::EXPECTED),
            Some(limit) if limit.soft > limit.hard => {
                cx.ignored(text, "a soft limit that is not above the hard limit")
            }
            Some(limit) => {
                self.0 = Some(limit);
                Assigned::Set
            }
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        let text = |limit| {
            if limit == INFINITY {
                "infinity".to_owned()
            } else {
                u64::to_string(&limit)
            }
        };
        if let Some(limit) = self.0 {
            shown.put(text(limit.hard));
            shown.put_with("Soft", text(limit.soft));
        }
    }
}
