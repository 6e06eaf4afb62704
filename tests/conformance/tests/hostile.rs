//! Input that means harm ends in an ordinary exit status, soon, and within bounded memory.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::env;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use unitward_conformance::analyze::unitward;

/// No call may take longer, unoptimised and on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);
/// Address space in KiB.
const MEMORY: usize = 2 * 1024 * 1024;

const VERBS: [&[&str]; 4] = [
    &["check"],
    &[
        "systemd-analyze",
        "security",
        "--offline=true",
        "--no-pager",
    ],
    &["show"],
    &["cat"],
];

/// A folder that goes away with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("unitward-hostile-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Exit status and the start of standard error.
fn call(words: &[&str], unit: &Path) -> (i32, String) {
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MEMORY} && exec \"$@\""), "sh"])
        .arg(unitward().unwrap())
        .args(words)
        .arg(unit)
        .env("SYSTEMD_UNIT_PATH", "")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = Read::by_ref(&mut pipe).take(4096).read_to_end(&mut text);
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        String::from_utf8_lossy(&text).into_owned()
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{words:?} {}: longer than {LIMIT:?}", unit.display());
        }
        sleep(Duration::from_millis(5));
    };
    let code = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap());
    (code, reader.join().unwrap())
}

/// Every verb on `unit`: an ordinary end, and words when there is an error.
fn survives(unit: &Path) {
    for words in VERBS {
        let (code, said) = call(words, unit);
        let told = code != 2 || !said.trim().is_empty();
        let ordinary = (0..=3).contains(&code) && told && !said.contains("panicked");
        assert!(
            ordinary,
            "{words:?} {}: status {code}: {said}",
            unit.display()
        );
    }
}

#[test]
fn things_that_are_no_files() {
    let folder = Folder::new("kinds");
    let path = |name: &str| folder.0.join(name);
    assert!(
        Command::new("mkfifo")
            .arg(path("fifo.service"))
            .status()
            .unwrap()
            .success()
    );
    symlink("/dev/zero", path("zero.service")).unwrap();
    symlink("loop-b.service", path("loop-a.service")).unwrap();
    symlink("loop-a.service", path("loop-b.service")).unwrap();
    symlink("self.service", path("self.service")).unwrap();
    symlink("/dev/null", path("masked.service")).unwrap();
    symlink("/nonexistent/away.service", path("dangling.service")).unwrap();
    fs::create_dir(path("folder.service")).unwrap();
    let names = [
        "fifo", "zero", "loop-a", "self", "masked", "dangling", "folder", "absent",
    ];
    for name in names {
        survives(&path(&format!("{name}.service")));
    }
}

#[test]
fn drop_ins_that_are_no_files() {
    let folder = Folder::new("drop-ins");
    let unit = folder.file("a.service", b"[Service]\nExecStart=/bin/true\n");
    folder.file("a.service.d/10.conf", b"[Service]\nUser=a\n");
    let path = |name: &str| folder.0.join("a.service.d").join(name);
    assert!(
        Command::new("mkfifo")
            .arg(path("20.conf"))
            .status()
            .unwrap()
            .success()
    );
    symlink("/dev/zero", path("30.conf")).unwrap();
    symlink("40.conf", path("40.conf")).unwrap();
    fs::create_dir(path("50.conf")).unwrap();
    symlink("/nonexistent", path("60.conf")).unwrap();
    symlink(&folder.0, path("70.conf")).unwrap();
    survives(&unit);
}

#[test]
fn long_and_broken_lines() {
    let folder = Folder::new("lines");
    let long = [
        b"[Service]\nExecStart=/bin/true\nReadWritePaths=".as_slice(),
        &b"/a ".repeat(1_000_000),
    ]
    .concat();
    let continued = [
        b"[Service]\nExecStart=/bin/true \\\n".as_slice(),
        &b" a\\\n".repeat(300_000),
    ]
    .concat();
    let quoted = [
        b"[Service]\nExecStart=/bin/true ".as_slice(),
        &b"\"".repeat(100_001),
    ]
    .concat();
    let deep = [
        b"[Service]\nExecStart=/bin/true\nEnvironment=".as_slice(),
        &b"%".repeat(100_001),
    ]
    .concat();
    let sections = b"[Service]\n[Unit\n]\n[\n".repeat(50_000);
    let keys = b"[Service]\n=\n\0\n\xff\xfe=\xff\n;\n#\n\\\n".repeat(20_000);
    let cases: [(&str, &[u8]); 9] = [
        ("long", &long),
        ("continued", &continued),
        ("quoted", &quoted),
        ("deep", &deep),
        ("sections", &sections),
        ("keys", &keys),
        ("nul", &[0; 100_000]),
        (
            "binary",
            b"\x7fELF\x02\x01\x01\0\xff\xff[Service]\nExecStart=/bin/\xc3\x28\n",
        ),
        ("empty", b""),
    ];
    for (name, bytes) in cases {
        survives(&folder.file(&format!("{name}.service"), bytes));
    }
}

#[test]
fn many_drop_ins() {
    let folder = Folder::new("many");
    let unit = folder.file("a-b-c.service", b"[Service]\nExecStart=/bin/true\n");
    fs::create_dir(folder.0.join("a-b-c.service.d")).unwrap();
    for index in 0..20_000 {
        let path = folder.0.join(format!("a-b-c.service.d/{index}.conf"));
        File::create(path)
            .unwrap()
            .write_all(b"[Service]\nReadWritePaths=/srv\n")
            .unwrap();
    }
    survives(&unit);
}

#[test]
fn a_file_larger_than_memory() {
    let folder = Folder::new("large");
    let path = folder.file("a.service", b"[Service]\nExecStart=/bin/true\n");
    let mut file = File::options().write(true).open(&path).unwrap();
    // A hole: nothing of it is on disk.
    file.seek(SeekFrom::Start(8 << 30)).unwrap();
    file.write_all(b"\n").unwrap();
    survives(&path);
}

#[test]
fn configurations_that_are_none() {
    let folder = Folder::new("configuration");
    let unit = folder.file("a.service", b"[Service]\nExecStart=/bin/true\n");
    let nested = b"a = [".repeat(50_000);
    let tables = b"[[exception]]\nunit = \"*\"\n".repeat(20_000);
    let pattern = [
        b"[[unit]]\nname = \"".as_slice(),
        &b"*a".repeat(10_000),
        b"\"\n",
    ]
    .concat();
    let cases: [&[u8]; 6] = [
        &nested,
        &tables,
        &pattern,
        b"\0\xff",
        b"threshold = nan\n",
        b"threshold = 99999999999999999999\n",
    ];
    for bytes in cases {
        folder.file("unitward.toml", bytes);
        survives(&unit);
    }
}

#[test]
fn policies_that_are_none() {
    let folder = Folder::new("policy");
    let unit = folder.file("a.service", b"[Service]\nExecStart=/bin/true\n");
    let nested = [b"{\"PrivateTmp\":".as_slice(), &b"[".repeat(200_000)].concat();
    let cases: [&[u8]; 5] = [
        &nested,
        b"\0\xff",
        b"",
        b"{\"UserOrDynamicUser\":{\"range\":0,\"weight\":18446744073709551615}}",
        b"{\"PrivateTmp\":{\"weight\":-1e999}}",
    ];
    for bytes in cases {
        let policy = folder.file("policy.json", bytes);
        let option = format!("--security-policy={}", policy.display());
        for verb in [
            &["check", &option][..],
            &["systemd-analyze", "security", "--offline=true", &option],
        ] {
            let (code, said) = call(verb, &unit);
            assert!(
                (0..=3).contains(&code) && !said.contains("panicked"),
                "{verb:?}: status {code}: {said}"
            );
        }
    }
}

#[test]
fn names_that_are_none() {
    let folder = Folder::new("names");
    for name in [
        "@.service",
        ".service",
        "a@b@c.service",
        "a\u{e4}.service",
        "-.service",
        "a.nosuch",
        "a",
        "\\x2d.service",
    ] {
        survives(&folder.file(name, b"[Service]\nExecStart=/bin/true\n"));
    }
    survives(Path::new(""));
    survives(Path::new("a/../../b.service"));
    survives(Path::new(&format!("/{}.service", "a".repeat(5000))));
    survives(Path::new(&format!("{}.service", "a/".repeat(3000))));
}
