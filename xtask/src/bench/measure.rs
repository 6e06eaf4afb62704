//! Starting commands in turn and reading what they cost.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::options::Failure;
use crate::run::{self, top};

/// The two C programs, built.
pub(super) struct Runner {
    pair: PathBuf,
    /// A program that does nothing.
    pub(super) nothing: PathBuf,
}

/// A command to measure.
#[derive(Debug, Clone)]
pub(super) struct Call {
    environment: Vec<OsString>,
    words: Vec<OsString>,
}

/// Medians over the runs of a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Nanoseconds from start to end.
    pub(super) wall: f64,
    /// The smallest of them.
    pub(super) wall_least: f64,
    /// Nanoseconds of all processors, in the program and in the kernel.
    pub(super) cpu: f64,
    /// The smallest of them, which other work on the machine disturbs least.
    pub(super) cpu_least: f64,
    /// Peak memory in KiB.
    pub(super) memory: u64,
}

/// What two commands cost, run in turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) a: Cost,
    pub(super) b: Option<Cost>,
    /// Median of wall time of b over wall time of a, run by run.
    pub(super) ratio: Option<f64>,
}

struct Run {
    wall: f64,
    cpu: f64,
    memory: u64,
}

impl Call {
    pub(super) fn new(program: &Path) -> Self {
        Self {
            environment: Vec::new(),
            words: vec![program.into()],
        }
    }

    pub(super) fn arg(self, word: &str) -> Self {
        self.args([word])
    }

    pub(super) fn args<W: Into<OsString> + Clone>(mut self, words: impl AsWords<W>) -> Self {
        self.words
            .extend(words.as_words().iter().cloned().map(Into::into));
        self
    }

    /// As what another command starts.
    pub(super) fn behind(&self, mut other: Self) -> Self {
        other.environment.extend(self.environment.iter().cloned());
        other.words.extend(self.words.iter().cloned());
        other
    }

    /// With `NAME=VALUE` in its environment.
    pub(super) fn env(mut self, assignment: &str) -> Self {
        self.environment.push(assignment.into());
        self
    }

    fn words(&self) -> impl Iterator<Item = &OsString> {
        self.environment.iter().chain(&self.words)
    }
}

/// What can stand for several words.
pub(super) trait AsWords<W> {
    fn as_words(&self) -> &[W];
}

impl<W, const N: usize> AsWords<W> for [W; N] {
    fn as_words(&self) -> &[W] {
        self
    }
}

impl<W> AsWords<W> for &[W] {
    fn as_words(&self) -> &[W] {
        self
    }
}

impl Runner {
    /// Compiles the C programs into `folder`.
    pub(super) fn build(folder: &Path) -> Result<Self, Failure> {
        Ok(Self {
            pair: compile(folder, "pair")?,
            nothing: compile(folder, "nothing")?,
        })
    }

    /// Compiles a further C program of the benches.
    pub(super) fn compile(&self, folder: &Path, name: &str) -> Result<PathBuf, Failure> {
        compile(folder, name)
    }

    /// Runs `a` and `b` in turn, `rounds` times each.
    pub(super) fn pair(&self, rounds: usize, a: &Call, b: Option<&Call>) -> Result<Pair, Failure> {
        let mut command = Command::new(&self.pair);
        command
            .arg(rounds.to_string())
            .args(a.words())
            .env("SYSTEMD_UNIT_PATH", "")
            .env("SYSTEMD_COLORS", "0")
            .env("SYSTEMD_URLIFY", "0")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("SYSTEMD_LOG_LEVEL");
        if let Some(b) = b {
            command.arg("--").args(b.words());
        }
        let text = run::output(&mut command)
            .ok_or_else(|| Failure::Failed("a command cannot be started".to_owned()))?;
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for line in text.lines() {
            let mut fields = line.split(' ');
            let side = fields.next();
            let numbers: Vec<u64> = fields.filter_map(|field| field.parse().ok()).collect();
            let &[wall, user, system, memory, status] = numbers.as_slice() else {
                return Err(Failure::Failed(format!("pair printed '{line}'")));
            };
            // A refused unit is 1 on both sides; 2 and above is not what is to be measured.
            if status > 1 {
                let words: Vec<_> = a
                    .words()
                    .take(4)
                    .map(|word| word.display().to_string())
                    .collect();
                return Err(Failure::Failed(format!(
                    "status {status} of {} ...",
                    words.join(" ")
                )));
            }
            #[expect(clippy::cast_precision_loss, reason = "nanoseconds of minutes fit")]
            let run = Run {
                wall: wall as f64,
                cpu: (user + system) as f64 * 1e3,
                memory,
            };
            if side == Some("a") {
                first.push(run)
            } else {
                second.push(run)
            }
        }
        let ratios = first
            .iter()
            .zip(&second)
            .map(|(a, b)| b.wall / a.wall)
            .collect::<Vec<_>>();
        let a = cost(&first).ok_or_else(|| Failure::Failed("no round was run".to_owned()))?;
        Ok(Pair {
            a,
            b: cost(&second),
            ratio: median(ratios),
        })
    }
}

fn compile(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let program = folder.join(name);
    let source = top().join("benches").join(format!("{name}.c"));
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-Wall", "-Wextra", "-o"])
        .arg(&program)
        .arg(source);
    if run::status(&mut cc)? {
        Ok(program)
    } else {
        Err(Failure::Failed(format!("{name}.c does not compile")))
    }
}

fn cost(runs: &[Run]) -> Option<Cost> {
    let memory = runs.iter().map(|run| run.memory).max()?;
    Some(Cost {
        wall: median(runs.iter().map(|run| run.wall).collect())?,
        wall_least: runs.iter().map(|run| run.wall).min_by(f64::total_cmp)?,
        cpu: median(runs.iter().map(|run| run.cpu).collect())?,
        cpu_least: runs.iter().map(|run| run.cpu).min_by(f64::total_cmp)?,
        memory,
    })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(Vec::new()), None);
    }
}
