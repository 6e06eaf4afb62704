//! What `unitward run` does for an ordinary user: each setting holds, or the report says that it does not, and then
//! `--strict` does not start.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a user may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Namespaces {
    /// User namespaces, and so most others.
    Own,
    /// None; Landlock is what remains.
    None,
}

/// Settings, a script, what it prints, and the directives that are said not to hold wholly. `HERE` is a folder of the
/// user's.
type Row = (
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static [&'static str],
);

const OWN: &[Row] = &[
    (&[], "echo runs", "runs", &[]),
    (
        &["ProtectSystem=strict", "ReadWritePaths=HERE/open"],
        "touch HERE/x || touch HERE/open/x && echo kept",
        "kept",
        &[],
    ),
    (
        &["PrivateTmp=yes"],
        "ls -A /tmp; touch /tmp/x && echo own",
        "own",
        &[],
    ),
    (
        &["InaccessiblePaths=/etc/passwd"],
        "cat /etc/passwd || echo kept",
        "kept",
        &[],
    ),
    (
        &["ReadOnlyPaths=HERE"],
        "touch HERE/x || echo kept",
        "kept",
        &[],
    ),
    (
        &["BindReadOnlyPaths=/etc/passwd:/etc/hosts"],
        "cmp /etc/passwd /etc/hosts && echo bound",
        "bound",
        &[],
    ),
    (
        &["TemporaryFileSystem=HERE"],
        "ls -A HERE && echo empty",
        "empty",
        &[],
    ),
    (&["PrivateNetwork=yes"], "grep -c : /proc/net/dev", "1", &[]),
    (&["PrivatePIDs=yes"], "echo $$", "1", &[]),
    (
        &["PrivatePIDs=yes", "ProtectProc=invisible"],
        "echo /proc/[0-9]*",
        "/proc/1",
        &[],
    ),
    (&["PrivateUsers=yes"], "wc -l </proc/self/uid_map", "1", &[]),
    (
        &["PrivateUsers=identity"],
        "echo runs",
        "runs",
        &["PrivateUsers"],
    ),
    (
        &[
            "NoNewPrivileges=yes",
            "SystemCallFilter=~mkdir mkdirat",
            "SystemCallErrorNumber=EUCLEAN",
        ],
        "mkdir HERE/x 2>/dev/null || echo kept",
        "kept",
        &[],
    ),
    (
        &["CapabilityBoundingSet="],
        "grep CapBnd /proc/self/status | tr -d '\\t'",
        "CapBnd:0000000000000000",
        &[],
    ),
    (
        &["AmbientCapabilities=CAP_NET_BIND_SERVICE"],
        "grep CapEff /proc/self/status | tr -d '\\t'",
        "CapEff:0000000000000400",
        &["AmbientCapabilities"],
    ),
    (
        &["ProtectProc=invisible"],
        "echo runs",
        "runs",
        &["ProtectProc"],
    ),
    (&["ProcSubset=pid"], "echo runs", "runs", &["ProcSubset"]),
    (&["Nice=19"], "nice", "19", &[]),
    (&["Nice=-20"], "echo runs", "runs", &["Nice"]),
    (&["LimitNOFILE=100"], "ulimit -n", "100", &[]),
    (
        &["LimitNOFILE=100:1000000000"],
        "ulimit -n",
        "100",
        &["LimitNOFILE"],
    ),
    (
        &["OOMScoreAdjust=500"],
        "cat /proc/self/oom_score_adj",
        "500",
        &[],
    ),
    (
        &["OOMScoreAdjust=-1000"],
        "echo runs",
        "runs",
        &["OOMScoreAdjust"],
    ),
    (&["DynamicUser=yes"], "echo runs", "runs", &["DynamicUser"]),
];

const NONE: &[Row] = &[
    (&[], "echo runs", "runs", &[]),
    (
        &["NoNewPrivileges=yes", "SystemCallFilter=@system-service"],
        "echo runs",
        "runs",
        &[],
    ),
    (
        &["ProtectSystem=strict", "ReadWritePaths=HERE/open"],
        "touch HERE/x || touch HERE/open/x && echo >/dev/null && echo kept",
        "kept",
        &["ProtectSystem", "ReadWritePaths"],
    ),
    (
        &["InaccessiblePaths=/etc/passwd"],
        "cat /etc/group >/dev/null && cat /etc/passwd || echo kept",
        "kept",
        &["InaccessiblePaths"],
    ),
    (
        &["ReadOnlyPaths=HERE", "ReadWritePaths=HERE/open"],
        "touch HERE/x || touch HERE/open/x && echo kept",
        "kept",
        &["ReadOnlyPaths", "ReadWritePaths"],
    ),
    (
        &["ReadOnlyPaths=HERE"],
        "mv HERE/open/y HERE/y || rm HERE/open/y || echo kept",
        "kept",
        &["ReadOnlyPaths"],
    ),
    (
        &["NoExecPaths=/usr/bin/env"],
        "env echo runs || echo kept",
        "kept",
        &["NoExecPaths"],
    ),
    (
        &[
            "NoExecPaths=/",
            "ExecPaths=/usr/bin/dash /usr/bin/sh /usr/lib /lib /lib64",
        ],
        "env echo runs || echo kept",
        "kept",
        &["ExecPaths", "NoExecPaths"],
    ),
    (
        &["PrivateNetwork=yes"],
        "echo runs",
        "runs",
        &["PrivateNetwork"],
    ),
    (&["PrivateTmp=yes"], "echo runs", "runs", &["PrivateTmp"]),
    (&["PrivatePIDs=yes"], "echo runs", "runs", &["PrivatePIDs"]),
    (
        &["PrivateUsers=yes"],
        "echo runs",
        "runs",
        &["PrivateUsers"],
    ),
    (
        &["ProtectHostname=yes"],
        "echo runs",
        "runs",
        &["ProtectHostname"],
    ),
    (
        &["CapabilityBoundingSet="],
        "grep NoNewPrivs /proc/self/status | tr -d '\\t'",
        "NoNewPrivs:1",
        &["CapabilityBoundingSet"],
    ),
];

/// A folder with a copy of unitward that anybody may run, and another one that anybody may write to.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("unitward-ordinary-{name}-{}", std::process::id()));
        let place = Self(folder);
        fs::create_dir_all(place.here().join("open")).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_unitward"), place.unitward()).unwrap();
        for (path, mode) in [
            (place.0.clone(), 0o755),
            (place.here(), 0o777),
            (place.here().join("open"), 0o777),
        ] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::write(place.here().join("open/y"), "").unwrap();
        place
    }

    fn here(&self) -> PathBuf {
        self.0.join("here")
    }

    fn unitward(&self) -> PathBuf {
        self.0.join("unitward")
    }

    /// unitward for an ordinary user.
    fn command(&self, namespaces: Namespaces) -> Command {
        let mut words: Vec<PathBuf> = Vec::new();
        if rustix::process::geteuid().is_root() {
            let ids = [
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
            ];
            words.extend(ids.map(PathBuf::from));
        }
        words.push(self.unitward());
        if namespaces == Namespaces::None {
            let outer = ["run", "-p", "RestrictNamespaces=~user", "--"];
            words.extend(outer.map(PathBuf::from));
            words.push(self.unitward());
        }
        let mut command = Command::new(words.first().unwrap());
        command
            .args(words.iter().skip(1))
            .args(["run", "--systemd=262"])
            .current_dir("/");
        command
    }

    fn run(&self, namespaces: Namespaces, (settings, script, ..): &Row, strict: bool) -> Output {
        let here = self.here();
        let filled = |text: &str| text.replace("HERE", here.to_str().unwrap());
        let mut command = self.command(namespaces);
        command.args(strict.then_some("--strict"));
        for setting in *settings {
            command.arg("-p").arg(filled(setting));
        }
        command.args(["--", "/bin/sh", "-c"]).arg(filled(script));
        command.output().unwrap()
    }

    fn check(&self, namespaces: Namespaces, rows: &[Row]) {
        for row in rows {
            let (settings, _, expected, gaps) = row;
            let output = self.run(namespaces, row, false);
            let said = String::from_utf8_lossy(&output.stderr);
            let printed = String::from_utf8_lossy(&output.stdout);
            assert_eq!(printed.trim(), *expected, "{settings:?}: {said}");
            let named: BTreeSet<&str> = said
                .lines()
                .filter(|line| line.contains(" enforced here: "))
                .filter_map(|line| line.trim_start_matches("unitward: ").split_once("= "))
                .map(|(directive, _)| directive)
                .collect();
            assert_eq!(
                named,
                gaps.iter().copied().collect(),
                "{settings:?}: {said}"
            );
            let strict = self.run(namespaces, row, true);
            let refused = strict.stdout.is_empty() && strict.status.code() == Some(2);
            assert_eq!(refused, !gaps.is_empty(), "{settings:?} --strict");
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_user_namespace_holds_what_it_can() {
    let place = Place::new("own");
    if let Some(reason) = lack(&place) {
        return skip(&reason);
    }
    let row: Row = (&["PrivateUsers=yes"], "echo runs", "runs", &[]);
    let output = place.run(Namespaces::Own, &row, true);
    if output.stdout.is_empty() {
        return skip("users can have no user namespaces here");
    }
    place.check(Namespaces::Own, OWN);
}

#[test]
fn landlock_holds_what_it_can_where_there_is_no_user_namespace() {
    let place = Place::new("none");
    if let Some(reason) = lack(&place) {
        return skip(&reason);
    }
    let row: Row = (
        &["ReadOnlyPaths=/"],
        "echo runs",
        "runs",
        &["ReadOnlyPaths"],
    );
    let output = place.run(Namespaces::None, &row, false);
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("nor Landlock") {
        return skip("the kernel has no Landlock");
    }
    place.check(Namespaces::None, NONE);
}

#[test]
fn what_needs_mounts_does_not_start_without_them() {
    let place = Place::new("required");
    if let Some(reason) = lack(&place) {
        return skip(&reason);
    }
    for setting in [
        "TemporaryFileSystem=/srv",
        "BindPaths=/etc:/srv",
        "DynamicUser=yes",
    ] {
        let mut command = place.command(Namespaces::None);
        let output = command
            .args(["-p", setting, "--", "/bin/true"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(226), "{setting}");
    }
}

#[test]
fn another_user_is_refused() {
    let place = Place::new("user");
    if let Some(reason) = lack(&place) {
        return skip(&reason);
    }
    let mut command = place.command(Namespaces::Own);
    let output = command
        .args(["-p", "User=0", "--", "/bin/true"])
        .output()
        .unwrap();
    assert!(matches!(output.status.code(), Some(216 | 217)));
}

fn lack(place: &Place) -> Option<String> {
    if rustix::process::geteuid().is_root() && !Path::new("/usr/bin/setpriv").exists() {
        return Some("there is no setpriv to become an ordinary user with".to_owned());
    }
    let mut command = place.command(Namespaces::Own);
    let output = command.args(["--", "/bin/true"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then(|| format!("an ordinary user cannot run unitward here: {said}"))
}

/// Says why a test is not run; `cargo xtask test` reads the line.
#[expect(clippy::print_stderr, reason = "the line is for the test runner")]
fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
}
