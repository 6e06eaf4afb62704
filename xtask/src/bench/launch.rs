//! Starting a program in a sandbox: unitward and its peers beside `floor.c`, run in turn.

use std::fs;
use std::path::{Path, PathBuf};

use super::Bench;
use super::measure::Call;
use super::table::{Table, Verdict, bytes, time};
use crate::options::Failure;
use crate::run::{self, top};

/// How many times the floor's time unitward may take.
const TARGET: f64 = 1.3;

const BINDS: [usize; 4] = [1, 10, 100, 1_000];
const MOUNTS: [usize; 4] = [0, 100, 1_000, 10_000];

/// Other programs that make sandboxes, with the options that come nearest to the set of launch.conf.
const PEERS: [(&str, &[&str]); 6] = [
    (
        "bwrap",
        &[
            "--unshare-all",
            "--ro-bind",
            "/",
            "/",
            "--proc",
            "/proc",
            "--dev",
            "/dev",
            "--tmpfs",
            "/tmp",
            "--tmpfs",
            "/var/tmp",
            "--tmpfs",
            "/home",
            "--tmpfs",
            "/root",
            "--uid",
            "65534",
            "--gid",
            "65534",
            "--cap-drop",
            "ALL",
            "--new-session",
            "--die-with-parent",
            "--chdir",
            "/",
            "--",
        ],
    ),
    (
        "firejail",
        &[
            "--quiet",
            "--noprofile",
            "--private-tmp",
            "--private-dev",
            "--private",
            "--net=none",
            "--ipc-namespace",
            "--caps.drop=all",
            "--seccomp",
            "--nonewprivs",
            "--noroot",
            "--",
        ],
    ),
    (
        "minijail0",
        &[
            "-u", "nobody", "-g", "nogroup", "-c", "0", "-n", "-v", "-p", "-l", "-e", "--uts",
            "-N", "-r", "-t", "-d", "-i", "--",
        ],
    ),
    (
        "nsjail",
        &[
            "-Mo", "-Q", "--chroot", "/", "--user", "65534", "--group", "65534", "--",
        ],
    ),
    ("systemd-run", &["--quiet", "--wait", "--collect"]),
    (
        "setpriv",
        &[
            "--reuid=65534",
            "--clear-groups",
            "--no-new-privs",
            "--bounding-set=-all",
            "--",
        ],
    ),
];

/// Start to exit of `/bin/true`, and how it grows with the unit and with the host.
pub(super) fn measure(bench: &Bench) -> Result<Table, Failure> {
    let columns = [
        "what",
        "median",
        "least",
        "floor.c",
        "times the floor",
        "peak memory",
        "target",
    ];
    let mut table = Table::new(
        "Start to exit of /bin/true in the sandbox of launch.conf",
        &columns,
    );
    let floor = Call::new(&bench.runner.compile(&bench.folder, "floor")?).arg("/bin/true");
    let settings = settings()?;
    let ours = Call::new(&bench.unitward)
        .arg("run")
        .args(settings.as_slice())
        .arg("--")
        .arg("/bin/true");
    row(
        bench,
        &mut table,
        "unitward run",
        &floor,
        &ours,
        Some(TARGET),
    )?;
    for (name, options) in PEERS {
        let Some(program) = run::find(name) else {
            continue;
        };
        let words: Vec<String> = options.iter().map(|&word| word.to_owned()).collect();
        let mut call = Call::new(&program).args(words.as_slice());
        if name == "systemd-run" {
            if !Path::new("/run/systemd/private").exists() {
                continue;
            }
            call = call.args(settings.as_slice());
        }
        row(
            bench,
            &mut table,
            name,
            &floor,
            &call.arg("/bin/true"),
            None,
        )?;
    }
    for count in BINDS {
        let file = bind_unit(&bench.folder, count)?;
        let call = Call::new(&bench.unitward)
            .arg("run")
            .arg(&file.to_string_lossy());
        row(
            bench,
            &mut table,
            &format!("unitward run, {count} BindPaths="),
            &floor,
            &call,
            None,
        )?;
    }
    let mounts = bench.runner.compile(&bench.folder, "mounts")?;
    for count in MOUNTS {
        let place = bench.folder.join("mounts.d");
        fs::create_dir_all(&place)?;
        let on_host = |call: &Call| {
            call.behind(
                Call::new(&mounts)
                    .arg(&count.to_string())
                    .arg(&place.to_string_lossy()),
            )
        };
        let (floor, ours) = (on_host(&floor), on_host(&ours));
        row(
            bench,
            &mut table,
            &format!("unitward run, {count} mounts on the host"),
            &floor,
            &ours,
            None,
        )?;
    }
    Ok(table)
}

fn row(
    bench: &Bench,
    table: &mut Table,
    name: &str,
    floor: &Call,
    call: &Call,
    target: Option<f64>,
) -> Result<(), Failure> {
    let pair = bench.runner.pair(bench.rounds * 5, floor, Some(call))?;
    let (Some(own), Some(ratio)) = (pair.b, pair.ratio) else {
        return Err(Failure::Failed(format!("{name} gave no times")));
    };
    let cells = [
        time(own.wall),
        time(own.wall_least),
        time(pair.a.wall),
        format!("{ratio:.2}"),
        bytes(own.memory),
    ];
    let (text, verdict) = match target {
        Some(most) => (
            format!("{most} at most, below 6 MiB"),
            Verdict::when(ratio <= most && own.memory < 6 << 10),
        ),
        None => ("-".to_owned(), Verdict::Skipped),
    };
    table.row(name, cells, &text, verdict);
    Ok(())
}

/// The settings of launch.conf as options of `unitward run` and systemd-run.
fn settings() -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(top().join("benches/launch.conf"))?;
    let lines = text
        .lines()
        .filter(|line| !line.starts_with(['#', '[']) && line.contains('='));
    Ok(lines
        .flat_map(|line| ["-p".to_owned(), line.to_owned()])
        .collect())
}

/// A unit with many binds.
fn bind_unit(folder: &Path, count: usize) -> Result<PathBuf, Failure> {
    let places = folder.join("binds");
    let mut text = String::from("[Service]\nType=oneshot\nExecStart=/bin/true\n");
    for at in 0..count {
        let place = places.join(at.to_string());
        fs::create_dir_all(&place)?;
        text.push_str(&format!(
            "BindPaths={}:{}\n",
            places.display(),
            place.display()
        ));
    }
    let file = folder.join(format!("binds-{count}.service"));
    fs::write(&file, text)?;
    Ok(file)
}
