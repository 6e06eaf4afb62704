//! File modes.

use super::Value;
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// An octal mode with a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode<const DEFAULT: u16>(pub u16);

/// The mode of UMask=.
pub type Umask = Mode<0o022>;
/// The mode of a directory.
pub type DirectoryMode = Mode<0o755>;

impl<const DEFAULT: u16> Default for Mode<DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const DEFAULT: u16> Value for Mode<DEFAULT> {
    const PARSER: &'static str = "octal-mode";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let digits = !text.is_empty() && text.bytes().all(|b| matches!(b, b'0'..=b'7'));
        match u16::from_str_radix(text, 8) {
            Ok(mode) if digits && mode <= 0o7777 => {
                self.0 = mode;
                Assigned::Set
            }
            _ => cx.ignored(text, "an octal mode up to 7777"),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(format!("{:04o}", self.0));
    }
}
