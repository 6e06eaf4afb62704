//! How time grows with the size of a unit: it should take ten times as long for ten times as many lines.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::Bench;
use super::measure::Call;
use super::table::{Table, Verdict, time};
use crate::options::Failure;

const LINES: [usize; 3] = [1_000, 10_000, 100_000];
const DROP_INS: [usize; 3] = [100, 1_000, 10_000];

/// Ten times the size may take this many times as long, to leave room for caches and noise.
const GROWTH_MAX: f64 = 20.0;

/// Less than this, in nanoseconds, is noise.
const MEASURABLE: f64 = 3e6;

/// A way to make a unit long: its name, and what stands in line number `n`.
type Shape = (&'static str, fn(usize) -> String);

const SHAPES: &[Shape] = &[
    ("different settings", |n| {
        let settings = [
            "PrivateTmp=yes",
            "UMask=0077",
            "Nice=5",
            "ProtectSystem=strict",
            "User=a",
            "LimitNOFILE=9",
        ];
        format!("{}\n", settings.get(n % settings.len()).unwrap_or(&""))
    }),
    ("Environment=", |n| format!("Environment=NAME_{n}=value\n")),
    ("ReadWritePaths=", |n| format!("ReadWritePaths=/srv/{n}\n")),
    ("SystemCallFilter=", |n| {
        let calls = [
            "@system-service",
            "~@clock",
            "read",
            "~ptrace:EPERM",
            "@mount",
        ];
        format!(
            "SystemCallFilter={}\n",
            calls.get(n % calls.len()).unwrap_or(&"")
        )
    }),
    ("CapabilityBoundingSet=", |n| {
        let capabilities = ["CAP_CHOWN", "~CAP_SYS_ADMIN", "CAP_KILL CAP_SETUID"];
        format!(
            "CapabilityBoundingSet={}\n",
            capabilities.get(n % capabilities.len()).unwrap_or(&"")
        )
    }),
    ("DeviceAllow=", |n| {
        format!("DeviceAllow=/dev/device-{n} rw\n")
    }),
    ("IPAddressDeny=", |n| {
        format!("IPAddressDeny=10.{}.{}.0/24\n", n / 256 % 256, n % 256)
    }),
    ("ExecStartPre=", |n| {
        format!("ExecStartPre=-/bin/echo {n} $HOME\n")
    }),
    ("one continued line", |n| format!(" /srv/{n}\\\n")),
    ("one line of words", |n| format!(" /{n}")),
    ("comments", |n| format!("# comment {n}\n")),
    ("unknown keys", |n| format!("NoSuchKey{n}=yes\n")),
    ("wrong values", |n| format!("PrivateTmp=perhaps{n}\n")),
    ("lines without =", |n| format!("no assignment {n}\n")),
    ("sections", |_| {
        "[Install]\nWantedBy=a.target\n[Service]\nNice=5\n".to_owned()
    }),
];

/// Measures every shape in every size, with both verbs.
pub(super) fn measure(bench: &Bench) -> Result<Table, Failure> {
    let columns = [
        "unit",
        "1,000",
        "10,000",
        "100,000",
        "a line",
        "from 10,000 to 100,000",
        "target",
    ];
    let mut table = Table::new(
        "Processor time against lines, and against a tenth as many drop-ins",
        &columns,
    );
    let empty = bench.folder.join("empty.service");
    fs::write(&empty, "[Service]\nExecStart=/bin/true\n")?;
    for (verb, call) in VERBS {
        let base = bench
            .runner
            .pair(bench.rounds, &call(bench, &empty), None)?
            .a
            .cpu_least;
        for (name, line) in SHAPES {
            let units = LINES.map(|lines| long_unit(&bench.folder, name, lines, *line));
            row(
                bench,
                &mut table,
                &format!("{verb}: {name}"),
                units,
                base,
                call,
            )?;
        }
        let units = DROP_INS.map(|count| drop_ins(&bench.folder, count));
        row(
            bench,
            &mut table,
            &format!("{verb}: drop-ins"),
            units,
            base,
            call,
        )?;
    }
    Ok(table)
}

type Verb = fn(&Bench, &Path) -> Call;

const VERBS: [(&str, Verb); 2] = [
    ("security", |bench, unit| bench.ours(&[unit.to_owned()])),
    ("check", |bench, unit| bench.check_verb(&[unit.to_owned()])),
];

fn row(
    bench: &Bench,
    table: &mut Table,
    name: &str,
    units: [Result<PathBuf, Failure>; 3],
    base: f64,
    call: Verb,
) -> Result<(), Failure> {
    let mut times = Vec::new();
    for unit in units {
        times.push(
            bench
                .runner
                .pair(3, &call(bench, &unit?), None)?
                .a
                .cpu_least,
        );
    }
    let &[_, middle, large] = times.as_slice() else {
        return Ok(());
    };
    let (middle, large) = (
        (middle - base).max(MEASURABLE),
        (large - base).max(MEASURABLE),
    );
    let growth = large / middle;
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let pieces = if name.ends_with("drop-ins") {
        DROP_INS[2]
    } else {
        LINES[2]
    } as f64;
    let mut cells: Vec<String> = times.iter().copied().map(time).collect();
    cells.push(time(large / pieces));
    cells.push(format!("{growth:.1} times"));
    table.row(
        name,
        cells,
        "20 times at most",
        Verdict::when(growth <= GROWTH_MAX),
    );
    Ok(())
}

fn long_unit(
    folder: &Path,
    name: &str,
    lines: usize,
    line: fn(usize) -> String,
) -> Result<PathBuf, Failure> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let path = folder.join(format!("curve-{plain}-{lines}.service"));
    let mut text = "[Service]\nExecStart=/bin/true\n".to_owned();
    if name.starts_with("one ") {
        text.push_str("ReadWritePaths=");
    }
    (0..lines).for_each(|n| text.push_str(&line(n)));
    text.push('\n');
    fs::write(&path, text)?;
    Ok(path)
}

fn drop_ins(folder: &Path, count: usize) -> Result<PathBuf, Failure> {
    let path = folder.join(format!("dropped-{count}.service"));
    let drop_ins = folder.join(format!("dropped-{count}.service.d"));
    fs::create_dir_all(&drop_ins)?;
    fs::write(&path, "[Service]\nExecStart=/bin/true\n")?;
    for index in 0..count {
        let mut text = "[Service]\n".to_owned();
        let _ = writeln!(text, "ReadWritePaths=/srv/{index}");
        fs::write(drop_ins.join(format!("{index:05}.conf")), text)?;
    }
    Ok(path)
}
