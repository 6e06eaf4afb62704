//! A container in which all cases run: started by a real systemd, or by unitward.
//!
//! Both get the same tree, the same mounts, users, files and neighbours (`probe/world.c`, `probe/furnish.sh`). They differ
//! in process 1 alone: systemd, or a small program that starts `unitward run` for one unit after the other.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use thiserror::Error;

use super::cases::Case;
use super::facts::{Facts, Namespaces};

/// How many units systemd starts at once.
const BATCH: usize = 16;
/// Seconds until a container is ended.
const LIMIT: &str = "240";

/// Why a world could not be.
#[derive(Debug, Error)]
pub enum WorldError {
    /// The C programs do not compile; there may be no compiler.
    #[error("{step}: {problem}")]
    Compile {
        /// What was tried.
        step: String,
        /// What was said.
        problem: String,
    },
    /// A file of the world.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The container did not come to its end.
    #[error("the container ended with {status}: {last}")]
    Container {
        /// Its status.
        status: i32,
        /// The last lines that it printed.
        last: String,
    },
}

/// Who starts the services.
#[derive(Debug, Clone, Copy)]
pub enum Starter<'a> {
    /// The systemd of the tree.
    Systemd,
    /// This binary, as `unitward run --systemd VERSION`.
    Unitward {
        /// The binary.
        program: &'a Path,
        /// The version of systemd that it stands for.
        version: u16,
    },
}

/// What came out of one case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The facts, with `result` among them.
    pub facts: Facts,
    /// What the starter said about it, for a reader.
    pub messages: String,
}

/// Runs cases; holds the compiled programs.
#[derive(Debug)]
pub struct Worlds {
    programs: PathBuf,
}

impl Worlds {
    /// Compiles the programs into `folder`.
    ///
    /// # Errors
    /// [`WorldError::Compile`].
    pub fn new(folder: &Path) -> Result<Self, WorldError> {
        make_folder(folder)?;
        let sources = crate::corpus::home().join("probe");
        let probe = [
            "probe.c",
            "process.c",
            "session.c",
            "view.c",
            "network.c",
            "calls.c",
        ];
        let probe = probe.map(|name| sources.join(name));
        compile(&folder.join("probe"), &[], &probe)?;
        compile(&folder.join("world"), &[], &[sources.join("world.c")])?;
        Ok(Self {
            programs: folder.to_owned(),
        })
    }

    /// Runs `cases` in a container over `tree` and gives what came out, by name of the case. `shared` is made anew; it
    /// keeps what was printed, for a reader.
    ///
    /// # Errors
    /// [`WorldError`].
    pub fn run(
        &self,
        tree: &Path,
        starter: Starter<'_>,
        cases: &[Case],
        shared: &Path,
    ) -> Result<BTreeMap<String, Outcome>, WorldError> {
        // The path can be seen inside, so it has to be the same for both.
        let running = self.programs.join("shared");
        for folder in [&running, shared] {
            if folder.exists() {
                fs::remove_dir_all(folder).map_err(|source| file_error(folder, source))?;
            }
        }
        for part in ["units", "out", "messages", "status"] {
            make_folder(&running.join(part))?;
        }
        self.furnish(starter, cases, &running)?;
        let ended = self.start(tree, starter, &running);
        fs::rename(&running, shared).map_err(|source| file_error(shared, source))?;
        ended?;
        collect(starter, cases, shared)
    }

    /// Starts the units, by name and text, under the systemd of `tree`, and leaves what `filters/record.c` prints of
    /// their filters in `shared/filters`. `shared` is made anew.
    ///
    /// # Errors
    /// [`WorldError`].
    pub fn record_filters(
        &self,
        tree: &Path,
        units: &[(String, String)],
        shared: &Path,
    ) -> Result<(), WorldError> {
        let running = self.programs.join("shared");
        for folder in [&running, shared] {
            if folder.exists() {
                fs::remove_dir_all(folder).map_err(|source| file_error(folder, source))?;
            }
        }
        make_folder(&running.join("units"))?;
        let sources = crate::corpus::home().join("filters");
        let programs: [(&str, &[&str]); 2] = [("record", &[]), ("spin", &["-nostdlib"])];
        for (program, options) in programs {
            let source = sources.join(format!("{program}.c"));
            compile(&running.join(program), options, &[source])?;
        }
        for (name, text) in units {
            write(&running.join(format!("units/{name}.service")), text)?;
        }
        let names: Vec<&str> = units.iter().map(|(name, _)| name.as_str()).collect();
        write(&running.join("names"), &(names.join("\n") + "\n"))?;
        copy(&sources.join("furnish.sh"), &running.join("furnish"))?;
        copy(&sources.join("record.sh"), &running.join("run"))?;
        for unit in ["conform.target", "conform.service"] {
            let source = crate::corpus::home().join("probe").join(unit);
            copy(&source, &running.join("units").join(unit))?;
        }
        let ended = self.start(tree, Starter::Systemd, &running);
        fs::rename(&running, shared).map_err(|source| file_error(shared, source))?;
        ended
    }

    fn furnish(
        &self,
        starter: Starter<'_>,
        cases: &[Case],
        shared: &Path,
    ) -> Result<(), WorldError> {
        let sources = crate::corpus::home().join("probe");
        copy(&self.programs.join("probe"), &shared.join("probe"))?;
        copy(&sources.join("furnish.sh"), &shared.join("furnish"))?;
        for case in cases {
            let units = shared.join("units");
            write(&units.join(case.unit()), &case.text())?;
            for (name, text) in case.other_files() {
                let path = units.join(name);
                make_folder(path.parent().unwrap_or(&units))?;
                write(&path, &text)?;
            }
        }
        let units: Vec<String> = cases.iter().map(Case::unit).collect();
        write(&shared.join("names"), &units.join("\n"))?;
        match starter {
            Starter::Systemd => {
                let mut batches = String::new();
                for (index, batch) in units.chunks(BATCH).enumerate() {
                    let name = format!("conform-{index}.target");
                    let text = format!("[Unit]\nWants={}\n", batch.join(" "));
                    write(&shared.join("units").join(&name), &text)?;
                    batches = batches + &name + "\n";
                }
                write(&shared.join("batches"), &batches)?;
                copy(&sources.join("systemd.sh"), &shared.join("run"))?;
                for unit in ["conform.target", "conform.service"] {
                    copy(&sources.join(unit), &shared.join("units").join(unit))?;
                }
                Ok(())
            }
            Starter::Unitward { program, version } => {
                copy(program, &shared.join("unitward"))?;
                write(&shared.join("version"), &version.to_string())?;
                copy(&sources.join("unitward.sh"), &shared.join("run"))
            }
        }
    }

    fn start(&self, tree: &Path, starter: Starter<'_>, shared: &Path) -> Result<(), WorldError> {
        let mut command = Command::new(self.programs.join("world"));
        if matches!(starter, Starter::Unitward { .. }) {
            command.arg("--init");
        }
        command.arg("256m").arg(tree).arg(shared);
        command.arg(group_folder().unwrap_or_else(|| PathBuf::from("-")));
        command.arg(LIMIT);
        match starter {
            Starter::Systemd => command.args([
                "/usr/lib/systemd/systemd",
                "--system",
                "systemd.unit=conform.target",
                "systemd.log_target=null",
            ]),
            Starter::Unitward { .. } => command.args(["/bin/sh", "/conform/run"]),
        };
        let output = command
            .stdin(Stdio::null())
            .output()
            .map_err(|source| file_error(&self.programs.join("world"), source))?;
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        write(&shared.join("console"), &text)?;
        if shared.join("done").exists() {
            return Ok(());
        }
        let from = text.lines().count().saturating_sub(5);
        let last: Vec<&str> = text.lines().skip(from).collect();
        Err(WorldError::Container {
            status: output
                .status
                .code()
                .unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0)),
            last: last.join("; "),
        })
    }
}

/// Compiles C sources into a program that needs no library of the tree.
fn compile(program: &Path, options: &[&str], sources: &[PathBuf]) -> Result<(), WorldError> {
    let mut command = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()));
    command.args(["-static", "-O1"]).args(options);
    command.arg("-o").arg(program).args(sources);
    let failed = |problem| WorldError::Compile {
        step: format!("compiling {}", program.display()),
        problem,
    };
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("cannot start the C compiler: {error}")))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(failed(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

/// What unitward left behind in the run whose files are in `shared`: mounts, groups, temporary files, processes.
///
/// # Errors
/// [`WorldError::File`].
pub fn left_behind(shared: &Path) -> Result<Vec<String>, WorldError> {
    let text = read(&shared.join("left"))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// The version of the systemd in a tree.
///
/// # Errors
/// [`WorldError::File`] when its number cannot be found.
pub fn version(tree: &Path) -> Result<u16, WorldError> {
    let path = tree.join("var/lib/dpkg/status");
    let text = read(&path)?;
    let package = text
        .split("\n\n")
        .find_map(|package| package.strip_prefix("Package: systemd\n"));
    let version =
        package.and_then(|text| text.lines().find_map(|line| line.strip_prefix("Version: ")));
    let digits = version.and_then(|version| version.split(|c: char| !c.is_ascii_digit()).next());
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| file_error(&path, io::ErrorKind::NotFound.into()))
}

fn collect(
    starter: Starter<'_>,
    cases: &[Case],
    shared: &Path,
) -> Result<BTreeMap<String, Outcome>, WorldError> {
    let namespaces = Namespaces::new(&read(&shared.join("namespaces"))?);
    let results = match starter {
        Starter::Systemd => systemd_results(&read(&shared.join("results"))?),
        Starter::Unitward { .. } => BTreeMap::new(),
    };
    let mut outcomes = BTreeMap::new();
    for case in cases {
        let text = read(&shared.join("out").join(&case.name)).unwrap_or_default();
        let messages = read(&shared.join("messages").join(&case.name)).unwrap_or_default();
        let mut facts = Facts::parse(&text, &case.name, &namespaces);
        let result = match starter {
            Starter::Systemd => results.get(&case.unit()).cloned().unwrap_or_default(),
            Starter::Unitward { .. } => {
                let status = read(&shared.join("status").join(&case.name)).unwrap_or_default();
                unitward_result(&status, &messages)
            }
        };
        facts.insert("result", result);
        outcomes.insert(case.name.clone(), Outcome { facts, messages });
    }
    Ok(outcomes)
}

/// The results by unit, from what `systemctl show` printed.
fn systemd_results(text: &str) -> BTreeMap<String, String> {
    let blocks = text
        .split("\n\n")
        .filter(|block| block.contains("Id="))
        .map(|block| {
            let values: BTreeMap<&str, &str> = block
                .lines()
                .filter_map(|line| line.split_once('='))
                .collect();
            let of = |key: &str| values.get(key).copied().unwrap_or_default();
            let status = of("ExecMainStatus");
            let result = match (of("LoadState"), of("ExecMainCode"), of("Result")) {
                ("loaded", _, "exec-condition") => "skipped".to_owned(),
                ("loaded", "0", "success") => "exit 0".to_owned(),
                ("loaded", "0", result) => format!("not started: {result}"),
                ("loaded", "1", _) => format!("exit {status}"),
                ("loaded", _, _) => format!("signal {status}"),
                _ => "refused".to_owned(),
            };
            (of("Id").to_owned(), result)
        });
    blocks.collect()
}

/// As [`systemd_results`] says it, from the exit status of `unitward run`.
fn unitward_result(status: &str, messages: &str) -> String {
    match status.trim().parse::<u16>() {
        Ok(2) if messages.contains("unitward: systemd refuses") => "refused".to_owned(),
        Ok(status @ 129..=192) => format!("signal {}", status - 128),
        Ok(status) => format!("exit {status}"),
        Err(_) => "no status".to_owned(),
    }
}

/// Where groups can be made in the cgroup v2 hierarchy: the group of this process.
fn group_folder() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mount = mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        let point = words.next()?;
        (words.next()? == "cgroup2").then(|| PathBuf::from(point))
    })?;
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(mount.join(own))
}

fn file_error(path: &Path, source: io::Error) -> WorldError {
    WorldError::File {
        path: path.to_owned(),
        source,
    }
}

fn make_folder(path: &Path) -> Result<(), WorldError> {
    fs::create_dir_all(path).map_err(|source| file_error(path, source))?;
    // Services with other users pass through.
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(|source| file_error(path, source))
}

fn copy(from: &Path, to: &Path) -> Result<(), WorldError> {
    let copied = fs::copy(from, to).map_err(|source| file_error(from, source));
    copied.map(|_| ())
}

fn write(path: &Path, text: &str) -> Result<(), WorldError> {
    fs::write(path, text).map_err(|source| file_error(path, source))
}

fn read(path: &Path) -> Result<String, WorldError> {
    let bytes = fs::read(path).map_err(|source| file_error(path, source))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_both_are_said_alike() {
        let text = "Result=success\nExecMainCode=1\nExecMainStatus=0\nId=a.service\nLoadState=loaded\n\n\
                    Result=signal\nExecMainCode=2\nExecMainStatus=31\nId=b.service\nLoadState=loaded\n\n\
                    Result=resources\nExecMainCode=0\nExecMainStatus=0\nId=c.service\nLoadState=loaded\n\n\
                    Result=success\nExecMainCode=0\nExecMainStatus=0\nId=d.service\nLoadState=bad-setting\n";
        let results = systemd_results(text);
        let of = |unit: &str| results.get(unit).map(String::as_str);
        assert_eq!(of("a.service"), Some("exit 0"));
        assert_eq!(of("b.service"), Some("signal 31"));
        assert_eq!(of("c.service"), Some("not started: resources"));
        assert_eq!(of("d.service"), Some("refused"));
        assert_eq!(unitward_result("0\n", ""), "exit 0");
        assert_eq!(unitward_result("159", ""), "signal 31");
        assert_eq!(unitward_result("226", ""), "exit 226");
        assert_eq!(
            unitward_result("2", "unitward: systemd refuses x"),
            "refused"
        );
    }
}
