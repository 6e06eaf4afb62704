//! What an administrator demands of units, beyond what systemd does.

/// Demands on one unit.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Settings it must have.
    pub requirements: Vec<Requirement>,
    /// Exceptions that are over.
    pub expired: Vec<Expired>,
    /// The rules of exceptions that hold for this unit alone: codes, families or names.
    pub exceptions: Vec<String>,
}

/// A setting that a unit must have.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// The property, as systemctl show names it; mostly the directive.
    pub setting: String,
    /// The values it may have, as systemctl show prints them.
    pub values: Vec<String>,
    /// Why; empty when nobody said.
    pub reason: String,
}

/// An exception that is over.
#[derive(Clone, Debug)]
pub struct Expired {
    /// The rule it accepted: a code, a family, or a name.
    pub rule: String,
    /// Its last day.
    pub day: String,
    /// The reason it had.
    pub reason: String,
}
