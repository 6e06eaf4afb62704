//! The words that machine formats use for things of the libraries. They are an interface: scripts compare them.

use unitward_catalog::Degree;
use unitward_exposure::{Gain, Rules};
use unitward_lint::{Family, Safety};

pub(super) const fn rules(rules: Rules) -> &'static str {
    match rules {
        Rules::Offline => "offline",
        Rules::Running => "running",
    }
}

pub(super) const fn gain(gain: Gain) -> &'static str {
    match gain {
        Gain::Root => "root",
        Gain::Kernel => "kernel",
        Gain::Files => "files",
        Gain::Processes => "processes",
        Gain::Network => "network",
        Gain::Hardware => "hardware",
    }
}

pub(super) const fn family(family: Family) -> &'static str {
    match family {
        Family::Syntax => "syntax",
        Family::NoEffect => "no-effect",
        Family::Version => "version",
        Family::Hole => "hole",
        Family::Breakage => "breakage",
        Family::Weakening => "weakening",
        Family::Policy => "policy",
    }
}

pub(super) const fn degree(degree: Degree) -> &'static str {
    match degree {
        Degree::Negative => "negative",
        Degree::None => "none",
        Degree::Low => "low",
        Degree::Medium => "medium",
        Degree::High => "high",
        Degree::VeryHigh => "very-high",
    }
}

pub(super) const fn safety(safety: Safety) -> &'static str {
    match safety {
        Safety::Safe => "safe",
        Safety::Unsafe => "unsafe",
    }
}
