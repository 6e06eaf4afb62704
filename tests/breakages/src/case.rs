//! The cases, as `cases.txt` has them.

/// A service that is broken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// Settings that are given with `-p`, or written into the unit.
    pub settings: Vec<String>,
    /// Further lines of a unit file; when there are any, or a workload, a unit is diagnosed, not a command.
    pub unit: Vec<String>,
    /// A command of the shell.
    pub run: Option<String>,
    /// The program and its arguments, in place of a command of the shell.
    pub exec: Option<String>,
    /// What uses the service.
    pub workload: Option<String>,
    /// A command of the shell that prepares it.
    pub before: Option<String>,
    /// A command of the shell that clears up.
    pub after: Option<String>,
    /// What has to be there: paths, or `x86_64`.
    pub needs: Vec<String>,
    /// What has to be named first: a directive, or why it is not the sandbox.
    pub cause: String,
    /// The change of it, where it matters.
    pub change: Option<String>,
    /// Directives that have to be found besides.
    pub also: Vec<String>,
    /// Directives that must not be found.
    pub not: Vec<String>,
}

/// The cases of a text.
///
/// # Errors
///
/// The line that says something unknown.
pub fn cases(text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut case = Case::default();
    for line in text.lines().chain([""]) {
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            if !case.name.is_empty() {
                cases.push(std::mem::take(&mut case));
            }
            continue;
        }
        let (key, value) = line.split_once(": ").ok_or(line)?;
        let value = value.trim().to_owned();
        let words = || value.split_whitespace().map(str::to_owned);
        match key {
            "name" => case.name = value,
            "set" => case.settings.push(value),
            "unit" => case.unit.push(value),
            "run" => case.run = Some(value),
            "exec" => case.exec = Some(value),
            "workload" => case.workload = Some(value),
            "before" => case.before = Some(value),
            "after" => case.after = Some(value),
            "need" => case.needs.extend(words()),
            "cause" => case.cause = value,
            "change" => case.change = Some(value),
            "also" => case.also.extend(words()),
            "not" => case.not.extend(words()),
            _ => return Err(line.to_owned()),
        }
    }
    Ok(cases)
}
