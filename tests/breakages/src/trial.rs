//! A case on this machine: made, diagnosed, and compared with what has to come out.

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::case::Case;

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The right cause came first.
    Right,
    /// Something else came out.
    Wrong(String),
    /// It could not be tried here.
    Skipped(String),
}

/// The world of the cases: a folder, somebody who listens, and a process to look at.
#[derive(Debug)]
pub struct World {
    folder: PathBuf,
    port: u16,
    _tcp: TcpListener,
    _udp: UdpSocket,
    other: Child,
    program: PathBuf,
    unitward: PathBuf,
}

/// How long a diagnosis may take.
const PATIENCE: Duration = Duration::from_secs(30);

impl World {
    /// Makes it, and compiles the program of `programs/break.c`.
    ///
    /// # Errors
    ///
    /// What is not there.
    pub fn new(unitward: &Path) -> Result<Self, String> {
        // Neither a home directory nor one for temporary files, which settings hide.
        let folder = PathBuf::from(format!(
            "/var/lib/unitward-breakages-{}",
            std::process::id()
        ));
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(failed)?;
        let program = folder.join("break");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/programs/break.c");
        let compiled = Command::new("cc")
            .args(["-O1", "-Wall", "-Werror", "-o"])
            .arg(&program)
            .args([source, "-lrt"])
            .output()
            .map_err(|error| format!("cc: {error}"))?;
        if !compiled.status.success() {
            return Err(String::from_utf8_lossy(&compiled.stderr).into_owned());
        }
        let tcp = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let port = tcp.local_addr().map_err(failed)?.port();
        let udp = UdpSocket::bind(("127.0.0.1", port)).map_err(failed)?;
        let other = Command::new("sleep").arg("1000").spawn().map_err(failed)?;
        Ok(Self {
            folder,
            port,
            _tcp: tcp,
            _udp: udp,
            other,
            program,
            unitward: unitward.to_owned(),
        })
    }

    /// Tries a case.
    #[must_use]
    pub fn try_case(&self, number: usize, case: &Case) -> Verdict {
        if let Some(need) = case.needs.iter().find(|need| !is_there(need)) {
            return Verdict::Skipped(format!("no {need}"));
        }
        let own = self.folder.join(number.to_string());
        let made = fs::create_dir(&own)
            .and_then(|()| fs::set_permissions(&own, fs::Permissions::from_mode(0o755)));
        if let Err(error) = made {
            return Verdict::Wrong(format!("{}: {error}", own.display()));
        }
        let fill = |text: &str| {
            text.replace("%d", &own.to_string_lossy())
                .replace("%b", &self.program.to_string_lossy())
                .replace("%p", &self.other.id().to_string())
                .replace("%t", &self.port.to_string())
                .replace("%n", &number.to_string())
        };
        let shell = |text: &Option<String>| {
            let Some(text) = text else { return true };
            Command::new("sh")
                .args(["-ec", &fill(text)])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        };
        if !shell(&case.before) {
            return Verdict::Wrong("it could not be prepared".to_owned());
        }
        let answer = self.diagnose(case, &own, &fill);
        shell(&case.after);
        match answer {
            Ok(answer) => judge(case, &answer, &fill),
            Err(error) => Verdict::Wrong(error),
        }
    }

    fn diagnose(
        &self,
        case: &Case,
        own: &Path,
        fill: &dyn Fn(&str) -> String,
    ) -> Result<Value, String> {
        let mut command = Command::new(&self.unitward);
        command.args(["diagnose", "--json", "--systemd", "257"]);
        if case.unit.is_empty() && case.workload.is_none() {
            for setting in &case.settings {
                command.args(["-p", &fill(setting)]);
            }
            // A busy machine takes its time.
            command.args(["--settle", "20", "--"]);
            match (&case.run, &case.exec) {
                (Some(run), _) => command.args(["/bin/sh", "-c", &fill(run)]),
                (None, Some(exec)) => command.args(fill(exec).split(' ')),
                (None, None) => return Err("it has nothing to run".to_owned()),
            };
        } else {
            let mut text = String::from("[Service]\n");
            for line in case.settings.iter().chain(&case.unit) {
                text.push_str(&fill(line));
                text.push('\n');
            }
            let start = case.exec.as_deref().map(fill).unwrap_or_default();
            text.push_str(&format!("ExecStart={start}\n"));
            let unit = own.join("broken.service");
            fs::write(&unit, text).map_err(|error| error.to_string())?;
            command.arg(unit);
            if let Some(workload) = &case.workload {
                command.args(["--workload", &fill(workload)]);
            }
        }
        let output = own.join("answer.json");
        let file = fs::File::create(&output).map_err(|error| error.to_string())?;
        let messages = own.join("messages");
        let errors = fs::File::create(&messages).map_err(|error| error.to_string())?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .map_err(|error| error.to_string())?;
        let begin = Instant::now();
        while matches!(child.try_wait(), Ok(None)) {
            if begin.elapsed() > PATIENCE {
                // It may have ended just now.
                let _ = child.kill();
                let _ = child.wait();
                return Err("it took too long".to_owned());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let text = fs::read_to_string(&output).map_err(|error| error.to_string())?;
        serde_json::from_str(&text).map_err(|error| {
            let said = fs::read_to_string(&messages).unwrap_or_default();
            format!("no answer ({error}): {said}")
        })
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // What is left of it does no harm.
        let _ = self.other.kill();
        let _ = self.other.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn is_there(need: &str) -> bool {
    match need {
        path if path.starts_with('/') => Path::new(path).exists(),
        arch => std::env::consts::ARCH == arch,
    }
}

fn judge(case: &Case, answer: &Value, fill: &dyn Fn(&str) -> String) -> Verdict {
    let list = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
    let findings = list("findings");
    let names: Vec<String> = findings
        .iter()
        .map(|finding| {
            let name = finding["directive"].as_str().or(finding["by"].as_str());
            name.unwrap_or_default().to_owned()
        })
        .collect();
    let gap = list("not_enforced").into_iter().find(|gap| {
        let set = |setting: &String| setting.split_once('=').map(|(name, _)| name) == gap.as_str();
        case.settings.iter().any(set) && names.first() != Some(&case.cause)
    });
    if let Some(gap) = gap {
        return Verdict::Skipped(format!("{gap} is not enforced here"));
    }
    if let Some(reason) = answer["not_watched"].as_str() {
        return Verdict::Skipped(format!("nothing can be traced here: {reason}"));
    }
    let mut wrong = Vec::new();
    if names.first() != Some(&case.cause) {
        wrong.push(format!("{names:?} in place of {}", case.cause));
    }
    let change = findings.first().map(|finding| {
        let assignments = finding["change"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        assignments
            .iter()
            .map(|one| format!("{}={}", text(&one["directive"]), text(&one["value"])))
            .collect::<Vec<_>>()
            .join(", ")
    });
    if let Some(wanted) = &case.change
        && change.as_ref() != Some(&fill(wanted))
    {
        wrong.push(format!("{change:?} in place of {wanted}"));
    }
    for name in case.also.iter().filter(|name| !names.contains(name)) {
        wrong.push(format!("{name} was not found in {names:?}"));
    }
    for name in case.not.iter().filter(|name| names.contains(name)) {
        wrong.push(format!("{name} was found"));
    }
    // Where no setting helps there is nothing to confirm.
    let unmendable = findings
        .first()
        .is_some_and(|finding| finding["by"] != "directive" || finding["change"].is_null());
    if answer["confirmed"] != true && !unmendable {
        wrong.push("it was not confirmed".to_owned());
    }
    if wrong.is_empty() {
        return Verdict::Right;
    }
    Verdict::Wrong(wrong.join("; "))
}
