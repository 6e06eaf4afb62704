//! CPU and IO scheduling (systemd.exec(5), "Scheduling").

use super::Value;
use super::number::c_integer;
use crate::context::{Assigned, Context};
use crate::show::Shown;
use unitward_catalog::Version;

/// CPUSchedulingPolicy=: the number of the policy; none for that of the manager.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuPolicy(pub Option<i32>);

/// CPUSchedulingPriority=: from 0 to 99.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuPriority(pub Option<u8>);

/// IOSchedulingClass=: the number of the class; none for that of the manager.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IoClass(pub Option<u8>);

/// IOSchedulingPriority=: from 0 to 7; none for 4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IoPriority(pub Option<u8>);

const POLICIES: [(&str, i32, u16); 6] = [
    ("other", 0, 0),
    ("fifo", 1, 0),
    ("rr", 2, 0),
    ("batch", 3, 0),
    ("idle", 5, 0),
    ("ext", 7, 258),
];

const CLASSES: [(&str, u8); 4] = [
    ("none", 0),
    ("realtime", 1),
    ("best-effort", 2),
    ("idle", 3),
];

impl CpuPolicy {
    /// Whether the priority counts: `fifo` and `rr`.
    #[must_use]
    pub fn is_real_time(self) -> bool {
        matches!(self.0, Some(1 | 2))
    }
}

impl Value for CpuPolicy {
    const PARSER: &'static str = "enum";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let version = cx.version;
        let known = POLICIES
            .iter()
            .filter(|(_, _, since)| Version::new(*since) <= version);
        let named = known
            .clone()
            .find(|(name, ..)| *name == text)
            .map(|(_, number, _)| *number);
        let number = || i32::try_from(c_integer(text)?).ok();
        let Some(policy) = named.or_else(number) else {
            return cx.ignored(text, "one of other, batch, idle, fifo, rr");
        };
        self.0 = Some(policy);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if let Some(policy) = self.0 {
            shown.put(policy.to_string());
        }
    }
}

impl Value for CpuPriority {
    const PARSER: &'static str = "integer";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(priority) = c_integer(text)
            .filter(|n| *n <= 99)
            .and_then(|n| n.try_into().ok())
        else {
            return cx.ignored(text, "a priority from 1 to 99, or 0");
        };
        self.0 = Some(priority);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if let Some(priority) = self.0 {
            shown.put(priority.to_string());
        }
    }
}

impl Value for IoClass {
    const PARSER: &'static str = "enum";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let named = CLASSES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, class)| *class);
        let number = || {
            u8::try_from(c_integer(text)?)
                .ok()
                .filter(|class| *class < 8)
        };
        let Some(class) = named.or_else(number) else {
            return cx.ignored(text, "one of none, realtime, best-effort, idle");
        };
        self.0 = Some(class);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        match self.0 {
            None => {}
            Some(0) => shown.put("2"),
            Some(class) => shown.put(class.to_string()),
        }
    }
}

impl Value for IoPriority {
    const PARSER: &'static str = "integer";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let Some(priority) = c_integer(text)
            .filter(|n| *n <= 7)
            .and_then(|n| n.try_into().ok())
        else {
            return cx.ignored(text, "a priority from 0 to 7");
        };
        self.0 = Some(priority);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if let Some(priority) = self.0 {
            shown.put(priority.to_string());
        }
    }
}
