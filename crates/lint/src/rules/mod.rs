//! The rules, one file each.

use crate::rule::Rule;

/// Declares the rules of a family: the modules, and the table.
macro_rules! rules {
    ($($(#[$doc:meta])* $family:ident { $($rule:ident),* $(,)? })*) => {
        $($(#[$doc])* pub(crate) mod $family {
            $(pub(crate) mod $rule; pub(super) use $rule::RULE as $rule;)*
        })*

        static RULES: &[&Rule] = &[$($(&$family::$rule,)*)*];
    };
}

rules! {
    /// `UWX`: the text of a file.
    syntax {
        malformed_line,
        outside_section,
        unreadable_rest,
        doubtful_text,
        invalid_value,
        invalid_word,
        silently_skipped_word,
        refused,
        unknown_key,
        unknown_section,
        wrong_section,
        empty_without_reset,
        unknown_escape,
        suppression_without_reason,
        idle_suppression,
    }

    /// `UWC`: settings that do nothing where they stand.
    no_effect {
        keep_caps_beside_no_setuid_fixup,
    }
}

/// Every rule, by family and code.
#[must_use]
pub fn rules() -> &'static [&'static Rule] {
    RULES
}

/// The rule with this code, in any case, or with this name.
#[must_use]
pub fn find(code_or_name: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .copied()
        .find(|r| r.code.eq_ignore_ascii_case(code_or_name) || r.name == code_or_name)
}
