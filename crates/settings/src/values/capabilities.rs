//! CapabilityBoundingSet= and AmbientCapabilities= (systemd.exec(5)).

use unitward_catalog::{Capabilities, Capability, Version};
use unitward_unit::words::{Mode, Words};

use super::Value;
use crate::context::{Assigned, Context, Effect};
use crate::show::Shown;

/// CapabilityBoundingSet=: starts with every bit set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundingSet {
    /// The set.
    pub set: Capabilities,
    /// Whether a line has set it. Up to 257 a set with every bit counts as never set; 262 knows the difference.
    touched: bool,
}

/// AmbientCapabilities=: starts empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AmbientSet {
    /// The set.
    pub set: Capabilities,
}

impl BoundingSet {
    /// The set without these capabilities.
    #[must_use]
    pub fn without(self, drop: Capabilities) -> Self {
        Self {
            set: self.set.without(drop),
            touched: self.touched,
        }
    }
}

impl Default for BoundingSet {
    fn default() -> Self {
        Self {
            set: Capabilities::ALL,
            touched: false,
        }
    }
}

impl Value for BoundingSet {
    const PARSER: &'static str = "capability-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let line = Line::read(text, cx);
        let at_start = if cx.at_least(Version::V262) {
            !self.touched
        } else {
            self.set == Capabilities::ALL
        };
        self.set = line.applied(self.set, at_start);
        self.touched = true;
        if text.is_empty() {
            Assigned::Reset
        } else {
            Assigned::Set
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(shown_set(self.set));
    }
}

impl Value for AmbientSet {
    const PARSER: &'static str = "capability-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let line = Line::read(text, cx);
        self.set = line.applied(self.set, self.set.is_empty());
        if text.is_empty() {
            Assigned::Reset
        } else {
            Assigned::Set
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(shown_set(self.set));
    }
}

/// The words of one assignment.
struct Line {
    inverted: bool,
    named: Capabilities,
}

impl Line {
    fn read(text: &str, cx: &mut Context<'_>) -> Self {
        let (inverted, list) = match text.strip_prefix('~') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let offset = text.len() - list.len();
        let mut named = Capabilities::NONE;
        // Up to 252 the words end where quotes do not; later parsers take what is there.
        let mended = match cx.at_least(Version::V257) {
            true => super::words::mended(list),
            false => list.into(),
        };
        for word in Words::new(&mended, Mode::UNQUOTE).map_while(Result::ok) {
            match capability(&word.text, cx.version) {
                Some(capability) => named.insert(capability),
                None => cx.report(
                    Effect::SkippedSilently,
                    &word.text,
                    word.range.start + offset..word.range.end + offset,
                    "the name of a capability, such as CAP_CHOWN",
                ),
            }
        }
        Self { inverted, named }
    }

    /// A line with an empty set, and the first line, replace; any other line adds or removes.
    fn applied(&self, before: Capabilities, at_start: bool) -> Capabilities {
        match (self.named.is_empty() || at_start, self.inverted) {
            (true, false) => self.named,
            (true, true) => self.named.complement(),
            (false, false) => before.union(self.named),
            (false, true) => before.without(self.named),
        }
    }
}

/// A name with its `CAP_`, in any case, or a number: up to 63 in 252, up to 62 later; with 0x or 0 in front as in C.
fn capability(word: &str, version: Version) -> Option<Capability> {
    if let Some(capability) = Capability::by_name(word) {
        return Some(capability);
    }
    let number = super::number::c_integer(word)?;
    let last = if version >= Version::V257 { 62 } else { 63 };
    let number = u8::try_from(number).ok().filter(|n| *n <= last)?;
    Capability::new(number)
}

/// The names in lower case.
fn shown_set(set: Capabilities) -> String {
    crate::show::joined(
        set.iter()
            .map(|capability| capability.to_string().to_ascii_lowercase()),
    )
}
