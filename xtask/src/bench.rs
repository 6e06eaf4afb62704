//! `cargo xtask bench`: whole processes side by side with `systemd-analyze security --offline=true`.

mod curves;
mod launch;
mod measure;
mod syscalls;
mod table;
mod units;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use measure::{Call, Pair, Runner};
use table::{Table, Verdict, bytes, time};

use crate::options::{Failure, Options};
use crate::run;

const HELP: &str = "\
Measure against systemd-analyze and print a table in Markdown.

Usage: cargo xtask bench [--check] [--rounds N] [PART...]

Parts (all when none is named):
  start    start-up without a unit, beside a C program that does nothing
  one      one unit
  real     all real units of the corpus in one call
  many     10,000 generated units in one call (systemd-analyze: 500 in one call)
  cores    10,000 generated units with one thread and with two
  launch   a program in a sandbox, beside a C program that makes the same by hand (needs root)
  syscalls calls under unitward's one filter and under those of systemd
  curves   processor time against the number of lines and of drop-ins

Options:
  --check      Fail when a target is missed
  --rounds N   Runs of each command (default 21, fewer for long ones)
";

/// The unit that is measured alone.
const ONE: &str = "apache2.service";

const MANY: usize = 10_000;
/// How many units systemd-analyze gets in one call.
const BATCH: usize = 500;

type Part = fn(&Bench) -> Result<Table, Failure>;

/// All that the parts of the bench need.
struct Bench {
    runner: Runner,
    unitward: PathBuf,
    /// The real one, where there is one.
    real: Option<PathBuf>,
    /// Folder for generated units.
    folder: PathBuf,
    rounds: usize,
}

pub(crate) fn main(mut options: Options) -> Result<(), Failure> {
    options.help(HELP)?;
    let check = options.flag("--check");
    let rounds = options.value("--rounds")?.unwrap_or(21);
    let mut parts = Vec::new();
    while let Some(part) = options.positional() {
        parts.push(part);
    }
    options.finish()?;
    let folder = run::target().join("bench");
    fs::create_dir_all(&folder)?;
    let bench = Bench {
        runner: Runner::build(&folder)?,
        unitward: run::unitward("release")?,
        real: run::find("systemd-analyze"),
        folder,
        rounds,
    };
    bench.header();
    let known: [(&str, Part); 8] = [
        ("start", Bench::start),
        ("one", Bench::one),
        ("real", Bench::real),
        ("many", Bench::many),
        ("cores", Bench::cores),
        ("launch", launch::measure),
        ("syscalls", syscalls::measure),
        ("curves", curves::measure),
    ];
    if let Some(part) = parts
        .iter()
        .find(|part| known.iter().all(|(name, _)| name != part))
    {
        return Err(Failure::Usage(format!("there is no part '{part}'")));
    }
    let mut missed = Vec::new();
    for (name, measure) in known {
        if parts.is_empty() || parts.iter().any(|part| part == name) {
            let table = measure(&bench)?;
            print!("\n{table}");
            missed.extend(table.missed());
        }
    }
    if !missed.is_empty() {
        println!("\nMissed targets:");
        missed.iter().for_each(|target| println!("- {target}"));
    }
    if check && !missed.is_empty() {
        return Err(Failure::Failed(format!(
            "{} targets are missed",
            missed.len()
        )));
    }
    Ok(())
}

impl Bench {
    fn header(&self) {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu.lines().find(|line| line.starts_with("model name"));
        let model = model
            .and_then(|line| line.split_once(": "))
            .map_or("unknown", |(_, model)| model);
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        let version = |program: &Path| {
            let text = run::output(Command::new(program).arg("--version")).unwrap_or_default();
            text.lines().next().unwrap_or("unknown").to_owned()
        };
        println!("- processor: {model}, {cpus} in use");
        println!("- {}", version(&self.unitward));
        match &self.real {
            Some(real) => println!("- {}", version(real)),
            None => println!("- no systemd-analyze here: nothing to compare with"),
        }
    }

    /// unitward in systemd-analyze's place.
    fn ours(&self, units: &[PathBuf]) -> Call {
        Call::new(&self.unitward)
            .arg("systemd-analyze")
            .args(SECURITY)
            .args(units)
    }

    fn check_verb(&self, units: &[PathBuf]) -> Call {
        Call::new(&self.unitward)
            .args(["check", "--exit-zero"])
            .args(units)
    }

    fn calls(&self, units: &[PathBuf]) -> [(&'static str, Call); 3] {
        let check = self.check_verb(units);
        [
            ("systemd-analyze security", self.ours(units)),
            (
                "check --format=concise",
                check.clone().arg("--format=concise"),
            ),
            ("check", check),
        ]
    }

    fn theirs(&self, units: &[PathBuf]) -> Option<Call> {
        Some(Call::new(self.real.as_ref()?).args(SECURITY).args(units))
    }

    fn start(&self) -> Result<Table, Failure> {
        let mut table = Table::new(
            "Start-up without a unit",
            &["command", "wall", "nothing.c", "more", "target"],
        );
        let version = Call::new(&self.unitward).arg("--version");
        let nothing = Call::new(&self.runner.nothing);
        let pair = self
            .runner
            .pair(self.rounds * 5, &version, Some(&nothing))?;
        let more = pair.a.wall - pair.b.as_ref().map_or(0.0, |b| b.wall);
        let cells = [
            time(pair.a.wall),
            time(pair.b.map_or(0.0, |b| b.wall)),
            time(more),
        ];
        table.row(
            "unitward --version",
            cells,
            "1 ms more at most",
            Verdict::when(more <= 1e6),
        );
        Ok(table)
    }

    fn one(&self) -> Result<Table, Failure> {
        let units = [units::real_folder().join(ONE)];
        let mut table = Table::compared(&format!("One unit ({ONE})"));
        for (name, call) in self.calls(&units) {
            let pair = self
                .runner
                .pair(self.rounds, &call, self.theirs(&units).as_ref())?;
            self.compare(&mut table, name, &pair, (1, 1), 8.0);
            let small = pair.a.memory < 8 * 1024;
            let cells = [
                bytes(pair.a.memory),
                pair.b.map_or("-".to_owned(), |b| bytes(b.memory)),
                "-".to_owned(),
                "-".to_owned(),
            ];
            table.row(
                &format!("{name}, peak memory"),
                cells,
                "below 8 MiB",
                Verdict::when(small),
            );
        }
        Ok(table)
    }

    fn real(&self) -> Result<Table, Failure> {
        let units = units::real()?;
        let count = units.len();
        let mut table = Table::compared(&format!("{count} real units in one call, time a unit"));
        for (name, call) in self.calls(&units) {
            let pair = self
                .runner
                .pair(self.rounds, &call, self.theirs(&units).as_ref())?;
            self.compare(&mut table, name, &pair, (count, count), 50.0);
        }
        Ok(table)
    }

    fn many(&self) -> Result<Table, Failure> {
        let units = units::generated(&self.folder, MANY)?;
        let batch = units.get(..BATCH).unwrap_or(&units);
        let mut table =
            Table::compared(&format!("{MANY} generated units in one call, time a unit"));
        let rounds = self.rounds.div_ceil(4);
        for (name, call) in self.calls(&units) {
            let pair = self
                .runner
                .pair(rounds, &call, self.theirs(batch).as_ref())?;
            self.compare(&mut table, name, &pair, (MANY, BATCH), 50.0);
        }
        Ok(table)
    }

    fn cores(&self) -> Result<Table, Failure> {
        let units = units::generated(&self.folder, MANY)?;
        let columns = [
            "command",
            "one thread",
            "two threads",
            "times faster",
            "target",
        ];
        let mut table = Table::new(&format!("{MANY} generated units, threads"), &columns);
        let rounds = self.rounds.div_ceil(4);
        let enough = std::thread::available_parallelism().map_or(1, usize::from) > 1;
        for (name, call) in self.calls(&units) {
            let one = call.clone().env("RAYON_NUM_THREADS=1");
            let two = call.env("RAYON_NUM_THREADS=2");
            let pair = self.runner.pair(rounds, &one, Some(&two))?;
            let Some(second) = pair.b else { continue };
            let faster = 1.0 / pair.ratio.unwrap_or(1.0);
            let verdict = if enough {
                Verdict::when(faster >= 1.5)
            } else {
                Verdict::Skipped
            };
            let cells = [time(pair.a.wall), time(second.wall), format!("{faster:.2}")];
            table.row(name, cells, "1.5 at least", verdict);
        }
        Ok(table)
    }

    /// A row with both times a unit and how many times faster the first is.
    fn compare(
        &self,
        table: &mut Table,
        name: &str,
        pair: &Pair,
        units: (usize, usize),
        target: f64,
    ) {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let (ours, theirs) = (units.0 as f64, units.1 as f64);
        let faster = pair.ratio.map(|ratio| ratio * ours / theirs);
        let by_cpu = pair.b.map(|b| b.cpu / theirs / (pair.a.cpu / ours));
        let cells = [
            time(pair.a.wall / ours),
            pair.b
                .as_ref()
                .map_or("-".to_owned(), |b| time(b.wall / theirs)),
            faster.map_or("-".to_owned(), |faster| format!("{faster:.1}")),
            by_cpu.map_or("-".to_owned(), |faster| format!("{faster:.1}")),
        ];
        let verdict = faster.map_or(Verdict::Skipped, |faster| Verdict::when(faster >= target));
        table.row(name, cells, &format!("{target:.0} at least"), verdict);
    }
}

const SECURITY: [&str; 3] = ["security", "--offline=true", "--no-pager"];
