//! The rules, one file each.

use crate::rule::Rule;

/// Declares the rules of a family: the modules, and the table.
macro_rules! rules {
    ($($(#[$doc:meta])* $family:ident { $($rule:ident),* $(,)? })*) => {
        $($(#[$doc])* mod $family { $(mod $rule; pub(super) use $rule::RULE as $rule;)* })*

        static RULES: &[&Rule] = &[$($(&$family::$rule,)*)*];
    };
}

rules! {
    /// `UWC`: settings that do nothing where they stand.
    no_effect { keep_caps_beside_no_setuid_fixup }
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
