//! Units of a system, here a folder: the configuration of its manager, masks, and variables of the environment.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A system in a folder, made anew.
struct System(PathBuf);

impl System {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        let system = Self(root);
        fs::create_dir_all(system.0.join("etc/systemd/system")).unwrap();
        for (path, text) in files {
            system.write(path, text);
        }
        system
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unitward"));
        command
            .current_dir(&self.0)
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .args(words)
            .arg("--systemd=262")
            .arg("--root")
            .arg(&self.0);
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// What is printed, without the place of the system.
    fn text(&self, words: &[&str]) -> String {
        self.shown(&self.run(words).stdout)
    }

    fn shown(&self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).replace(self.0.to_str().unwrap(), "")
    }
}

const UNIT: &str = "[Service]\nExecStart=/bin/true\nUser=a\n";

#[test]
fn the_configuration_of_the_manager_counts() {
    let system = System::new(
        "manager",
        &[
            ("etc/systemd/system/a.service", UNIT),
            (
                "usr/lib/systemd/system.conf",
                "[Manager]\nDefaultTasksMax=7\nDefaultLimitNOFILE=70\n",
            ),
            (
                "etc/systemd/system.conf.d/10.conf",
                "[Manager]\nDefaultTasksMax=9\n",
            ),
            ("etc/systemd/user.conf", "[Manager]\nDefaultTasksMax=11\n"),
            ("elsewhere/a.service", UNIT),
        ],
    );
    let shown = |unit: &str, more: &[&str]| {
        let words = ["show", "-p", "TasksMax,LimitNOFILESoft", "--origin", unit];
        system.text(&[&words, more].concat())
    };
    let own = "TasksMax=9  # /etc/systemd/system.conf.d/10.conf:2\n\
               LimitNOFILESoft=70  # /usr/lib/systemd/system.conf:3\n";
    let lines = |text: String| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable_by(|a, b| b.cmp(a));
        lines.join("\n") + "\n"
    };
    assert_eq!(lines(shown("a.service", &[])), own);
    let path = system.0.join("etc/systemd/system/a.service");
    assert_eq!(lines(shown(path.to_str().unwrap(), &[])), own);
    let json = system.text(&["show", "-p", "TasksMax", "--json", "a.service"]);
    assert!(json.contains("\"source\": \"manager\""), "{json}");
    assert!(
        json.contains("\"files\": [\n        \"/etc/systemd/system/a.service\"\n      ]"),
        "{json}"
    );
    // A line of the unit's own counts more, and an empty one goes back.
    system.write(
        "etc/systemd/system/b.service",
        &format!("{UNIT}TasksMax=3\nLimitNOFILE=\n"),
    );
    assert!(
        lines(shown("b.service", &[]))
            .starts_with("TasksMax=3  # /etc/systemd/system/b.service:4\n")
    );

    system.write("usr/lib/systemd/user/a.service", UNIT);
    let user = system.text(&["show", "-p", "TasksMax", "--origin", "--user", "a.service"]);
    assert!(
        user.contains("TasksMax=11  # /etc/systemd/user.conf:2\n"),
        "{user}"
    );
}

#[test]
fn a_file_from_elsewhere_starts_from_the_defaults_of_systemd() {
    let system = System::new("elsewhere", &[("a.service", UNIT)]);
    let output = Command::new(env!("CARGO_BIN_EXE_unitward"))
        .current_dir(&system.0)
        .env_clear()
        .args(["show", "--set", "--origin", "./a.service"])
        .output()
        .unwrap();
    let shown = system.shown(&output.stdout);
    assert!(shown.contains("User=a"), "{shown}");
    assert!(!shown.contains(".conf"), "{shown}");
}

#[test]
fn an_offline_level_does_not_depend_on_the_manager() {
    let system = System::new("offline", &[("etc/systemd/system/a.service", UNIT)]);
    let level = |rules: &str| system.text(&["check", "-f", "table", "--rules", rules, "a.service"]);
    let (offline, running) = (level("offline"), level("running"));
    system.write(
        "etc/systemd/system.conf",
        "[Manager]\nDefaultRestrictSUIDSGID=yes\n",
    );
    assert_eq!(level("offline"), offline);
    let row = |table: &str| {
        table
            .lines()
            .find(|line| line.contains("RestrictSUIDSGID="))
            .unwrap()
            .to_owned()
    };
    assert_ne!(row(&level("running")), row(&running));
    let shown = system.text(&["show", "-p", "RestrictSUIDSGID", "--origin", "a.service"]);
    assert_eq!(
        shown,
        "RestrictSUIDSGID=yes  # /etc/systemd/system.conf:2\n"
    );
}

#[test]
fn what_the_manager_closes_is_no_hole() {
    let unit = format!("{UNIT}MemoryDenyWriteExecute=yes\nSystemCallFilter=@system-service\n");
    let system = System::new("closed", &[("etc/systemd/system/a.service", &unit)]);
    let found = || {
        system.text(&[
            "check",
            "--isolated",
            "-f",
            "concise",
            "--select=UWH",
            "a.service",
        ])
    };
    let before = found();
    assert!(
        before.contains("UWH019 ") && before.contains("other architectures"),
        "{before}"
    );
    system.write(
        "etc/systemd/system.conf",
        "[Manager]\nSystemCallArchitectures=native\nNoNewPrivileges=yes\n",
    );
    let after = found();
    assert!(
        !after.contains("UWH019 ") && !after.contains("other architectures"),
        "{after}"
    );
}

#[test]
fn mistakes_in_the_configuration_of_the_manager_are_said() {
    let system = System::new(
        "mistakes",
        &[
            ("etc/systemd/system/a.service", UNIT),
            (
                "etc/systemd/system.conf",
                "[Manager]\nNoSuchKey=1\nDefaultTasksMax=many\n",
            ),
        ],
    );
    let output = system.run(&["show", "-p", "User", "a.service"]);
    let said = system.shown(&output.stderr);
    assert!(
        said.contains("/etc/systemd/system.conf:2: NoSuchKey= has no effect"),
        "{said}"
    );
    assert!(
        said.contains("/etc/systemd/system.conf:3: DefaultTasksMax=many has no effect"),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn masked_units_are_skipped() {
    let system = System::new("masked", &[("etc/systemd/system/a.service", UNIT)]);
    std::os::unix::fs::symlink("/dev/null", system.0.join("etc/systemd/system/off.service"))
        .unwrap();
    let folder = system.0.join("etc/systemd/system");
    let quiet = ["check", "--isolated", "--ignore=ALL"];
    for words in [
        vec![],
        vec![folder.to_str().unwrap()],
        vec!["a.service", "off.service"],
    ] {
        for format in ["full", "concise", "json", "junit", "html", "table"] {
            let output = system.run(&[&quiet, &*words, &["-f", format]].concat());
            let text = system.shown(&output.stdout);
            assert_eq!(output.status.code(), Some(0), "{words:?} {format}: {text}");
            assert!(text.contains("masked"), "{words:?} {format}: {text}");
        }
    }
    let output = system.run(&[&quiet, &["off.service"][..]].concat());
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn empty_variables_are_not_set() {
    let system = System::new("variables", &[("etc/systemd/system/a.service", UNIT)]);
    let names = [
        "UNITWARD_SYSTEMD",
        "UNITWARD_FORMAT",
        "UNITWARD_CONFIG",
        "UNITWARD_COLOR",
    ];
    for words in [
        &["check", "--exit-zero", "a.service"][..],
        &["show", "a.service"],
    ] {
        let mut command = system.command(words);
        let output = command.envs(names.map(|name| (name, ""))).output().unwrap();
        assert_eq!(system.shown(&output.stderr), "", "{words:?}");
        assert_eq!(output.stdout, system.run(words).stdout, "{words:?}");
    }
    for words in [
        &["explain", "226"][..],
        &["systemd-analyze", "capability", "5"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unitward"));
        let output = command
            .args(words)
            .envs(names.map(|name| (name, "")))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}");
    }
    let wrong = system
        .command(&["check"])
        .env("UNITWARD_FORMAT", "nonsense")
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_service_gets_the_sockets_that_the_system_would_open() {
    let socket = "[Socket]\nListenStream=/run/it\n";
    let installed = format!("{socket}[Install]\nWantedBy=sockets.target\n");
    let files = [
        ("etc/systemd/system/plain.service", UNIT),
        ("etc/systemd/system/plain.socket", socket),
        ("etc/systemd/system/off.service", UNIT),
        ("etc/systemd/system/off.socket", &installed),
        ("etc/systemd/system/on.service", UNIT),
        ("etc/systemd/system/on.socket", &installed),
        ("etc/systemd/system/sockets.target.wants/on.socket", ""),
        ("etc/systemd/system/needed.socket", &installed),
        (
            "etc/systemd/system/needed.service",
            "[Unit]\nRequires=needed.socket\n[Service]\nExecStart=/bin/true\n",
        ),
        ("etc/systemd/system/real.service", UNIT),
        ("etc/systemd/system/other.socket", socket),
    ];
    let system = System::new("sockets", &files);
    let link = system.0.join("etc/systemd/system/other.service");
    std::os::unix::fs::symlink("real.service", link).unwrap();
    for (words, opens) in [
        (&["plain.service"][..], Some("plain")),
        (&["off.service"], None),
        (&["-p", "Sockets=off.socket", "off.service"], Some("off")),
        (&["on.service"], Some("on")),
        (&["needed.service"], Some("needed")),
        // By another name of the service.
        (&["real.service"], Some("other")),
    ] {
        let text = system.text(&[&["run", "--dry-run", "-p", "User="], words].concat());
        let opened = text
            .lines()
            .find_map(|line| line.split_once(".socket opens"));
        let opened = opened.map(|(name, _)| name.trim());
        assert_eq!(opened, opens, "{words:?}: {text}");
    }
}
