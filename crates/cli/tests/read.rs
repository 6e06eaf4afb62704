//! The verbs that read, as whole programs: what they print, and how they end.
//!
//! Expected output is in `read/expected/NAME.txt`, what goes to standard error in `NAME.err`. `UPDATE_EXPECTED=1 cargo test`
//! writes it anew, to be looked at with `git diff`.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/read")
}

/// The program in a plain environment, in the folder of the fixtures.
fn unitward(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unitward"));
    command
        .args(args)
        .current_dir(home())
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .env("SYSTEMD_UNIT_PATH", home().join("units"))
        .env("UNITWARD_SYSTEMD", "257");
    command
}

/// Text without the place of this checkout.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.replace(home().to_str().unwrap(), "HOME")
}

fn compare(name: &str, ending: &str, found: &str) {
    let path = home().join("expected").join(format!("{name}.{ending}"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        if found.is_empty() {
            let _ = fs::remove_file(&path);
        } else {
            fs::write(&path, found).unwrap();
        }
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{name}.{ending} differs");
}

fn check(name: &str, args: &[&str], status: i32) -> Output {
    let output = unitward(args).output().unwrap();
    compare(name, "txt", &text(&output.stdout));
    compare(name, "err", &text(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{name}");
    output
}

/// Compares how a page starts; its prose is the catalogue's.
fn check_start(name: &str, args: &[&str]) {
    let output = unitward(args).output().unwrap();
    let start: String = text(&output.stdout)
        .split_inclusive('\n')
        .take(10)
        .collect();
    compare(name, "txt", &start);
    compare(name, "err", &text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{name}");
}

#[test]
fn explain_prints_pages() {
    check_start("explain-umask", &["explain", "UMask"]);
    check_start("explain-misspelt", &["explain", "KeyringMod"]);
    check_start("explain-status", &["explain", "status=231/APPARMOR", "100"]);
    check_start("explain-capability", &["explain", "sys_boot"]);
    check_start("explain-set", &["explain", "@swap", "--systemd", "252"]);
    check("explain-call", &["explain", "swapon"], 0);
    check("explain-key", &["explain", "WantedBy"], 0);
    check("explain-check", &["explain", "UserOrDynamicUser"], 0);
    check_start(
        "explain-rule",
        &["explain", "keep-caps-beside-no-setuid-fixup"],
    );
    check("explain-unknown", &["explain", "nothing-like-this"], 2);
}

#[test]
fn every_name_of_the_index_has_a_page() {
    let index = unitward(&["explain"]).output().unwrap();
    let index = text(&index.stdout);
    let names: Vec<&str> = index
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .filter(|name| !name.starts_with('`'))
        .collect();
    assert!(names.len() > 500, "{} names", names.len());
    let output = unitward(&[&["explain"], names.as_slice()].concat())
        .output()
        .unwrap();
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn explain_tells_about_the_configuration() {
    for topic in ["config", "exit-codes"] {
        let output = unitward(&["explain", topic]).output().unwrap();
        assert!(output.stdout.len() > 500, "{topic}");
    }
}

#[test]
fn capabilities_are_listed_and_decoded() {
    check(
        "capability-some",
        &["capability", "sys_admin", "CAP_KILL", "12"],
        0,
    );
    check(
        "capability-mask",
        &["capability", "0x3fdfecff", "0000000000000000", "chown,kill"],
        0,
    );
    check("capability-unknown", &["capability", "sysadmn"], 2);
    let all = unitward(&["capability"]).output().unwrap();
    assert_eq!(text(&all.stdout).lines().count(), 42);
}

#[test]
fn sets_and_calls_are_told() {
    check(
        "syscall-filter-some",
        &["syscall-filter", "@swap", "open_tree"],
        0,
    );
    check("syscall-filter-unknown", &["syscall-filter", "openta"], 2);
    check(
        "syscall-filter-elsewhere",
        &["syscall-filter", "--systemd", "252", "@sandbox"],
        2,
    );
}

#[test]
fn syscall_filter_says_which_directive_decides() {
    let test = |name: &str, words: &[&str], status| {
        let mut args = vec!["syscall-filter", "--test", "filtered"];
        args.extend(words);
        check(name, &args, status);
    };
    test("filter-family", &["socket", "AF_INET"], 1);
    test(
        "filter-implied",
        &["openat", "AT_FDCWD", "0", "O_CREAT|O_WRONLY", "04755"],
        1,
    );
    test("filter-two", &["ioperm"], 1);
    test("filter-unnamed", &["999"], 1);
    test(
        "filter-mdwe",
        &["mmap", "0", "4096", "PROT_WRITE|PROT_EXEC"],
        0,
    );
    test(
        "filter-json",
        &["clone", "CLONE_NEWUSER|SIGCHLD", "--json"],
        1,
    );
    test("filter-elsewhere", &["chown32"], 2);
    test("filter-argument", &["socket", "AF_INTE"], 2);
    if cfg!(target_arch = "x86_64") {
        test("filter-x32", &["--arch", "x32", "read"], 1);
    }
}

#[test]
fn files_are_shown_as_they_are() {
    check("cat", &["cat", "web", "off"], 0);
    check("cat-missing", &["cat", "nosuch"], 1);
}

#[test]
fn settings_are_shown_with_their_origin() {
    check("show-set", &["show", "--set", "--origin", "web"], 0);
    check(
        "show-value",
        &["show", "-p", "SecureBits", "--value", "units/web.service"],
        0,
    );
    check(
        "show-json",
        &["show", "-p", "UMask,ProtectSystem", "--json", "web"],
        0,
    );
    check("show-unknown", &["show", "-p", "Umask", "web"], 2);
    check("show-missing", &["show", "nosuch", "off"], 1);
}

#[test]
fn the_place_of_systemd_analyze_is_taken_by_name() {
    let by_verb = unitward(&["systemd-analyze", "capability", "--json=short", "5"])
        .output()
        .unwrap();
    assert_eq!(
        text(&by_verb.stdout),
        "[{\"name\":\"cap_kill\",\"number\":5}]\n"
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let link = folder.join("systemd-analyze");
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_unitward"), &link).unwrap();
    let output = Command::new(&link)
        .args(["capability", "--mask", "zz"])
        .env("UNITWARD_SYSTEMD", "262")
        .output()
        .unwrap();
    assert_eq!(
        text(&output.stderr),
        "Capability mask \"zz\" is not valid.\n"
    );
    assert_eq!(output.status.code(), Some(1));
    let wrong = Command::new(&link)
        .env("UNITWARD_SYSTEMD", "debian-1")
        .output()
        .unwrap();
    assert!(text(&wrong.stderr).contains("debian-1"));
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for args in [
        &["explain"][..],
        &["systemd-analyze", "syscall-filter", "@known"],
        &["capability"],
    ] {
        let mut child = unitward(args)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(text(&output.stderr), "", "{args:?}");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
    }
}

#[test]
fn pages_and_completions_are_made() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man");
    let output = unitward(&["man-pages"]).arg(&folder).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for name in [
        "unitward.1",
        "unitward-check.1",
        "unitward-explain.1",
        "unitward.toml.5",
    ] {
        let page = fs::read_to_string(folder.join(name)).unwrap();
        assert!(page.contains(".SH NAME"), "{name}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let output = unitward(&["completions", shell]).output().unwrap();
        assert!(text(&output.stdout).contains("syscall-filter"), "{shell}");
    }
}

#[test]
fn colors_are_there_when_they_are_wanted() {
    let page = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = unitward(args);
        variables.iter().for_each(|(name, value)| {
            command.env(name, value);
        });
        text(&command.output().unwrap().stdout).contains('\x1b')
    };
    assert!(!page(&["explain", "UMask"], &[]));
    assert!(page(&["explain", "UMask", "--color", "always"], &[]));
    assert!(page(&["explain", "UMask"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!page(
        &["explain", "UMask", "--color=never"],
        &[("CLICOLOR_FORCE", "1")]
    ));
    assert!(!page(&["explain", "UMask"], &[("NO_COLOR", "1")]));
}
