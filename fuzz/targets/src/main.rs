//! Runs the fuzz targets a fixed number of times, each in a process of its own, so that an overflow of the stack or an
//! endless loop is found too.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal and for CI logs"
)]

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use unitward_conformance::generate::pools;
use unitward_fuzz::mutate::Mutator;
use unitward_fuzz::{TARGETS, Target};

const HELP: &str = "\
Usage: unitward-fuzz [--runs=N] [--seed=N] [TARGET...]
       unitward-fuzz --export=FOLDER    write the seeds to FOLDER/TARGET and a dictionary to FOLDER
       unitward-fuzz TARGET --input=FILE...
";

/// No input may take longer.
const LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
struct Arguments {
    runs: u64,
    seed: u64,
    /// Run here and note the progress in this file.
    worker: Option<PathBuf>,
    export: Option<PathBuf>,
    inputs: Vec<PathBuf>,
    targets: Vec<&'static Target>,
}

fn main() -> ExitCode {
    let Some(arguments) = parse(env::args().skip(1)) else {
        eprint!("{HELP}Targets:");
        TARGETS
            .iter()
            .for_each(|target| eprint!(" {}", target.name));
        eprintln!();
        return ExitCode::from(2);
    };
    let result = match &arguments {
        Arguments {
            export: Some(folder),
            ..
        } => export(folder),
        Arguments {
            worker: Some(progress),
            ..
        } => work(&arguments, progress),
        Arguments { inputs, .. } if !inputs.is_empty() => replay(&arguments),
        _ => drive(&arguments),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("unitward-fuzz: {error}");
            ExitCode::from(2)
        }
    }
}

fn parse(arguments: impl Iterator<Item = String>) -> Option<Arguments> {
    let mut parsed = Arguments {
        runs: 100_000,
        seed: 1,
        ..Arguments::default()
    };
    for argument in arguments {
        match argument.split_once('=') {
            Some(("--runs", value)) => parsed.runs = value.parse().ok()?,
            Some(("--seed", value)) => parsed.seed = value.parse().ok()?,
            Some(("--worker", value)) => parsed.worker = Some(value.into()),
            Some(("--export", value)) => parsed.export = Some(value.into()),
            Some(("--input", value)) => parsed.inputs.push(value.into()),
            _ => parsed
                .targets
                .push(TARGETS.iter().find(|target| target.name == argument)?),
        }
    }
    if parsed.targets.is_empty() {
        parsed.targets = TARGETS.iter().collect();
    }
    Some(parsed)
}

/// All chosen targets, one after the other. True when none failed.
fn drive(arguments: &Arguments) -> io::Result<bool> {
    let mut good = true;
    for target in &arguments.targets {
        let start = Instant::now();
        let progress = env::temp_dir().join(format!(
            "unitward-fuzz-{}-{}",
            target.name,
            std::process::id()
        ));
        fs::write(&progress, [0; 8])?;
        let end = watch(&mut spawn(target, arguments, &progress)?, &progress)?;
        let index = reached(&progress)?;
        fs::remove_file(&progress)?;
        let seconds = start.elapsed().as_secs_f64();
        match end {
            End::Finished(status) if status.success() => {
                println!(
                    "{}: ok, {} runs in {seconds:.1} s",
                    target.name,
                    arguments.runs.div_ceil(target.share)
                );
            }
            end => {
                good = false;
                let path = keep(target, arguments.seed, index)?;
                println!(
                    "{}: failed at input {index}: {end}; the input is {}",
                    target.name,
                    path.display()
                );
            }
        }
    }
    Ok(good)
}

/// How a worker ended.
enum End {
    Finished(ExitStatus),
    TooSlow,
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Finished(status) => write!(f, "{status}"),
            Self::TooSlow => write!(f, "it took longer than {} s", LIMIT.as_secs()),
        }
    }
}

fn spawn(target: &Target, arguments: &Arguments, progress: &Path) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .arg(format!("--worker={}", progress.display()))
        .arg(format!("--runs={}", arguments.runs))
        .arg(format!("--seed={}", arguments.seed))
        .arg(target.name)
        .stdin(Stdio::null())
        .spawn()
}

fn watch(child: &mut Child, progress: &Path) -> io::Result<End> {
    let mut last = (reached(progress)?, Instant::now());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(End::Finished(status));
        }
        let now = reached(progress)?;
        if now != last.0 {
            last = (now, Instant::now());
        } else if last.1.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            return Ok(End::TooSlow);
        }
        sleep(Duration::from_millis(20));
    }
}

fn reached(progress: &Path) -> io::Result<u64> {
    let bytes = fs::read(progress)?;
    Ok(bytes.try_into().map_or(0, u64::from_le_bytes))
}

/// Writes a failing input where the real fuzzer puts its own.
fn keep(target: &Target, seed: u64, index: u64) -> io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../artifacts")
        .join(target.name);
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("seed-{seed}-input-{index}"));
    fs::write(&path, Mutator::new((target.seeds)(), seed).input(index))?;
    path.canonicalize()
}

fn work(arguments: &Arguments, progress: &Path) -> io::Result<bool> {
    let file = File::options().write(true).open(progress)?;
    for target in &arguments.targets {
        let mutator = Mutator::new((target.seeds)(), arguments.seed);
        for index in 0..arguments.runs.div_ceil(target.share) {
            file.write_all_at(&index.to_le_bytes(), 0)?;
            (target.run)(&mutator.input(index));
        }
    }
    Ok(true)
}

fn replay(arguments: &Arguments) -> io::Result<bool> {
    for target in &arguments.targets {
        for path in &arguments.inputs {
            println!("{}: {}", target.name, path.display());
            (target.run)(&fs::read(path)?);
        }
    }
    Ok(true)
}

fn export(folder: &Path) -> io::Result<bool> {
    for target in TARGETS {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder)?;
        for (index, seed) in (target.seeds)().iter().enumerate() {
            fs::write(folder.join(format!("seed-{index}")), seed)?;
        }
    }
    let keys: String = pools()
        .iter()
        .map(|pool| format!("\"{}=\"\n", pool.key))
        .collect();
    fs::write(folder.join("unit.dict"), keys)?;
    Ok(true)
}
