//! The life of services, by real processes: how they start, what they are told, how they stop, and what stays behind.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder with units, which goes with the value.
struct Units(PathBuf);

impl Units {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("unitward-life-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn with(name: &str, service: &str) -> Self {
        let units = Self::new(name);
        units.write("it.service", &format!("[Service]\n{service}"));
        units
    }

    fn write(&self, file: &str, text: &str) {
        let text = text.replace("FOLDER", &self.0.to_string_lossy());
        std::fs::write(self.0.join(file), text).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unitward"));
        command
            .args(["run", "--systemd", "257"])
            .arg(self.0.join("it.service"));
        command
    }

    fn run(&self) -> Output {
        self.command().output().unwrap()
    }

    fn start(&self) -> Running {
        let mut command = self.command();
        Running(command.stdout(Stdio::piped()).spawn().unwrap())
    }
}

impl Drop for Units {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A service that runs.
struct Running(Child);

impl Running {
    fn signal(&self, signal: &str) {
        let pid = self.0.id().to_string();
        let status = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(status.unwrap().success());
    }

    /// The next line of output.
    fn line(&mut self) -> String {
        let mut line = String::new();
        let output = self.0.stdout.as_mut().unwrap();
        let mut byte = [0];
        while output.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
            line.push(char::from(byte[0]));
        }
        line
    }

    fn end(mut self) -> (Option<i32>, String) {
        let mut text = String::new();
        self.0
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        (self.0.wait().unwrap().code(), text)
    }
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout)
        .replace('\n', " ")
        .trim()
        .to_owned()
}

/// Whether a process lives.
fn lives(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .unwrap()
            .trim_start()
            .starts_with('Z')
    })
}

fn gone_soon(pid: &str) -> bool {
    let end = Instant::now() + Duration::from_secs(10);
    while lives(pid) && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    !lives(pid)
}

#[test]
fn commands_come_in_their_order_and_hear_of_the_result() {
    let units = Units::with(
        "order",
        "Type=oneshot\n\
         ExecCondition=/bin/echo condition\n\
         ExecStartPre=/bin/echo pre\n\
         ExecStart=/bin/echo one\nExecStart=/bin/echo two\n\
         ExecStartPost=/bin/echo post\n\
         ExecStop=/bin/sh -c 'echo stop $SERVICE_RESULT $EXIT_CODE $EXIT_STATUS'\n\
         ExecStopPost=/bin/sh -c 'echo stop-post $SERVICE_RESULT'\n",
    );
    let output = units.run();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        words(&output),
        "condition pre one two post stop success exited 0 stop-post success"
    );
}

#[test]
fn a_failure_skips_the_stop_and_keeps_what_comes_after_it() {
    let units = Units::with(
        "failure",
        "ExecStart=/bin/sh -c 'exit 7'\n\
         ExecStop=/bin/echo stop\n\
         ExecStopPost=/bin/sh -c 'echo $SERVICE_RESULT $EXIT_CODE $EXIT_STATUS'\n",
    );
    let output = units.run();
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(words(&output), "exit-code exited 7");
}

#[test]
fn a_condition_says_whether_there_is_a_start() {
    let units = Units::with(
        "condition",
        "Type=oneshot\nExecCondition=/bin/sh -c 'exit 3'\nExecStart=/bin/echo start\n\
         ExecStopPost=/bin/sh -c 'echo $SERVICE_RESULT'\n",
    );
    let output = units.run();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(words(&output), "exec-condition");
}

#[test]
fn a_start_that_takes_too_long_is_ended() {
    let units = Units::with(
        "timeout",
        "Type=notify\nTimeoutStartSec=200ms\nExecStart=/bin/sleep 60\n\
         ExecStopPost=/bin/sh -c 'echo $SERVICE_RESULT $EXIT_STATUS'\n",
    );
    let start = Instant::now();
    let output = units.run();
    assert_eq!(words(&output), "timeout TERM");
    assert_eq!(output.status.code(), Some(124));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn readiness_is_awaited_and_a_reload_is_passed_on() {
    let notify = "import os,socket; s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); \
                  a=os.environ[\"NOTIFY_SOCKET\"]; s.sendto(b\"READY=1\\nSTATUS=up\", \
                  \"\\0\"+a[1:] if a[0]==\"@\" else a)";
    if Command::new("/usr/bin/python3")
        .arg("--version")
        .output()
        .is_err()
    {
        return skip("there is no /usr/bin/python3 to send a notification with");
    }
    let units = Units::with(
        "notify",
        "Type=notify\nNotifyAccess=all\n\
         ExecStart=/bin/sh -c 'echo main; /usr/bin/python3 FOLDER/ready.py; exec sleep 60'\n\
         ExecStartPost=/bin/echo ready\n\
         ExecReload=/bin/sh -c 'echo reload $MAINPID'\n",
    );
    units.write("ready.py", notify);
    let mut running = units.start();
    assert_eq!(
        (running.line(), running.line()),
        ("main".to_owned(), "ready".to_owned())
    );
    running.signal("HUP");
    let reload = running.line();
    let main = reload.strip_prefix("reload ").unwrap().to_owned();
    assert!(lives(&main));
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
    assert!(!lives(&main));
}

#[test]
fn a_daemon_that_forks_is_found_and_stopped() {
    let units = Units::with(
        "forking",
        "Type=forking\nPIDFile=FOLDER/pid\n\
         ExecStart=/bin/sh -c 'sleep 60 & echo $$! > FOLDER/pid'\n\
         ExecStartPost=/bin/sh -c 'echo $MAINPID'\n\
         ExecStopPost=/bin/sh -c 'echo $SERVICE_RESULT $EXIT_CODE $EXIT_STATUS'\n",
    );
    let mut running = units.start();
    let main = running.line();
    assert!(lives(&main));
    running.signal("INT");
    let (code, text) = running.end();
    assert_eq!((code, text.as_str()), (Some(0), "success killed TERM\n"));
    assert!(!lives(&main));
    assert!(!units.0.join("pid").exists());
}

#[test]
fn one_that_does_not_listen_is_killed() {
    let units = Units::with(
        "stubborn",
        "TimeoutStopSec=200ms\n\
         ExecStart=/bin/sh -c 'trap \"\" TERM; echo $$$$; while :; do sleep 0.1; done'\n\
         ExecStopPost=/bin/sh -c 'echo $SERVICE_RESULT $EXIT_STATUS'\n",
    );
    let mut running = units.start();
    let main = running.line();
    running.signal("TERM");
    let (_, text) = running.end();
    assert_eq!(text, "timeout KILL\n");
    assert!(!lives(&main));
}

#[test]
fn a_missed_report_ends_the_service() {
    let units = Units::with(
        "watchdog",
        "WatchdogSec=200ms\nLimitCORE=0\nExecStart=/bin/sh -c 'echo $WATCHDOG_USEC; exec sleep 60'\n\
         ExecStopPost=/bin/sh -c 'echo $SERVICE_RESULT $EXIT_STATUS'\n",
    );
    assert_eq!(words(&units.run()), "200000 watchdog ABRT");
}

#[test]
fn what_a_service_leaves_running_is_ended() {
    let units = Units::with(
        "orphans",
        "ExecStart=/bin/sh -c '(setsid sleep 60 & echo $$!)'\n",
    );
    let output = units.run();
    assert_eq!(output.status.code(), Some(0));
    assert!(!lives(&words(&output)));
}

#[test]
fn a_killed_unitward_leaves_no_service() {
    let units = Units::with(
        "killed",
        "PrivateTmp=yes\n\
         ExecStart=/bin/sh -c 'setsid sleep 60 & echo $$!; sleep 0.2; echo $$$$; exec sleep 60'\n",
    );
    let mut running = units.start();
    let (child, main) = (running.line(), running.line());
    running.signal("KILL");
    running.0.wait().unwrap();
    assert!(gone_soon(&main));
    assert!(gone_soon(&child));
}

#[test]
fn a_killed_unitward_leaves_no_file_of_the_main_process() {
    let units = Units::with(
        "pid-file",
        "Type=forking\nPIDFile=FOLDER/pid\n\
         ExecStart=/bin/sh -c 'sleep 60 & echo $$! >FOLDER/pid'\n\
         ExecStartPost=/bin/sleep 0.2\nExecStartPost=/bin/cat FOLDER/pid\n",
    );
    let mut running = units.start();
    let main = running.line();
    running.signal("KILL");
    running.0.wait().unwrap();
    assert!(gone_soon(&main));
    let file = units.0.join("pid");
    let end = Instant::now() + Duration::from_secs(5);
    while file.exists() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!file.exists());
}

#[test]
fn a_directory_for_restarts_goes_with_the_service() {
    if !rustix::process::geteuid().is_root() {
        return skip("only root makes directories in /run");
    }
    for (preserve, stays) in [("no", false), ("restart", false), ("yes", true)] {
        let name = format!("unitward-life-{preserve}-{}", std::process::id());
        let units = Units::with(
            "restart",
            &format!(
                "RuntimeDirectory={name}\nRuntimeDirectoryPreserve={preserve}\n\
                 ExecStart=/bin/sh -c 'test -d $RUNTIME_DIRECTORY'\n"
            ),
        );
        assert_eq!(units.run().status.code(), Some(0));
        let path = PathBuf::from(format!("/run/{name}"));
        assert_eq!(path.exists(), stays, "{preserve}");
        let _ = std::fs::remove_dir(path);
    }
}

#[test]
fn what_needs_nothing_to_hold_is_said_to_hold() {
    let units = Units::new("nothing-to-do");
    units.write(
        "it.service",
        "[Unit]\nRequiresMountsFor=/\n[Service]\nRestrictRealtime=no\nRuntimeDirectoryMode=700\n\
         ExecStart=/bin/true\n",
    );
    let output = units.command().arg("--strict").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
}

#[test]
fn a_name_on_the_bus_is_awaited() {
    let units = Units::new("bus");
    let socket = units.0.join("bus");
    let address = format!("unix:path={}", socket.display());
    let daemon = Command::new("dbus-daemon")
        .args(["--session", "--nofork", "--nopidfile", "--nosyslog"])
        .arg(format!("--address={address}"))
        .spawn();
    let Ok(daemon) = daemon else {
        return skip("there is no dbus-daemon");
    };
    let _daemon = Ended(daemon);
    let end = Instant::now() + Duration::from_secs(5);
    while !socket.exists() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    // The bus itself has the first of them.
    for (name, starts) in [
        ("org.freedesktop.DBus", true),
        ("org.example.Nobody", false),
    ] {
        units.write(
            "it.service",
            &format!(
                "[Service]\nType=dbus\nBusName={name}\nTimeoutStartSec=500ms\n\
                 ExecStart=/bin/sleep 60\nExecStartPost=/bin/kill $MAINPID\n"
            ),
        );
        let mut command = units.command();
        let output = command
            .env("DBUS_SYSTEM_BUS_ADDRESS", &address)
            .args(["--strict", "--explain"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said.contains("ExecStartPost= runs"), starts, "{said}");
        assert_eq!(said.contains("result timeout"), !starts, "{said}");
    }
}

/// A process that is ended with the value.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn lines_without_effect_are_said_and_not_started_with_when_strict() {
    let units = Units::with(
        "no-effect",
        "ExecStart=/bin/echo runs\nPrivateTmp=maybe\nBogus=1\nRootMStack=/x\nX-Own=1\n",
    );
    let output = units.run();
    assert_eq!(words(&output), "runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once("it.service:"))
        .map(|(_, line)| line)
        .collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines.contains(&"4: Bogus= has no effect: this systemd does not know it."));
    let strict = units.command().arg("--strict").output().unwrap();
    assert_eq!(strict.status.code(), Some(2));
}

#[test]
fn the_session_keyring_belongs_to_the_user_and_has_the_identifier_of_the_run() {
    if !rustix::process::geteuid().is_root() || !std::path::Path::new("/proc/keys").exists() {
        return skip("only root runs services of others, and the kernel has to have keyrings");
    }
    let units = Units::with("keyring", "User=65534\nExecStart=/bin/cat /proc/keys\n");
    let output = units.run();
    let keys = String::from_utf8_lossy(&output.stdout);
    let keyring = keys.lines().find(|key| key.contains(" _ses:"));
    let keyring = keyring.unwrap().split_whitespace().nth(5);
    assert_eq!(keyring, Some("65534"), "{keys}");
    assert!(keys.contains("invocation_id: 16"), "{keys}");
}

#[test]
fn sockets_of_a_unit_of_the_same_name_are_passed_on() {
    let units = Units::with(
        "sockets",
        "OpenFile=/dev/null:nothing:read-only\n\
         ExecStart=/bin/sh -c 'test $LISTEN_PID = $$$$ && echo $LISTEN_FDS $LISTEN_FDNAMES; readlink /proc/self/fd/4; sleep 60'\n",
    );
    units.write(
        "it.socket",
        "[Socket]\nListenStream=FOLDER/socket\nRemoveOnStop=yes\nFileDescriptorName=door\n",
    );
    let mut running = units.start();
    assert_eq!(running.line(), "2 door:nothing");
    assert_eq!(running.line(), "/dev/null");
    let socket = units.0.join("socket");
    assert!(UnixStream::connect(&socket).is_ok());
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
    assert!(!socket.exists());
}

#[test]
fn credentials_are_there_for_the_service_only() {
    if !rustix::process::geteuid().is_root() {
        return skip("the store of credentials is root's");
    }
    let units = Units::with(
        "credentials",
        "Type=oneshot\nSetCredential=a:one\nLoadCredential=b:FOLDER/b\nLoadCredential=c\n\
         ExecStart=/bin/sh -c 'cd $CREDENTIALS_DIRECTORY && cat a b && ls; pwd'\n",
    );
    units.write("b", "two\n");
    let output = units.run();
    assert_eq!(words(&output), "onetwo a b /run/credentials/it.service");
    assert!(!PathBuf::from("/run/credentials/it.service").exists());
}

#[test]
fn text_of_the_unit_is_standard_input() {
    let units = Units::with(
        "text",
        "Type=oneshot\nStandardInput=data\nStandardInputText=one\nStandardInputText=two\nExecStart=/bin/cat\n",
    );
    assert_eq!(words(&units.run()), "one two");
}

#[test]
fn a_missing_file_of_variables_is_no_exit_status_of_a_process() {
    let units = Units::with(
        "variables",
        "EnvironmentFile=/unitward/none\nExecStart=/bin/true\n",
    );
    let output = units.run();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("EnvironmentFile= at"), "{text}");
}

#[test]
fn a_command_has_the_terminal_of_its_caller_as_far_as_pipes_go() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unitward"));
    command.args([
        "run",
        "--pty",
        "--",
        "/bin/sh",
        "-c",
        "tty; read x; echo got $x",
    ]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.as_mut().unwrap().write_all(b"word\n").unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines: Vec<String> = lines.map_while(Result::ok).collect();
    let has = |start: &str| lines.iter().any(|line| line.trim_end().starts_with(start));
    assert!(has("/dev/pts/") && has("got word"), "{lines:?}");
    assert!(child.wait().unwrap().success());
}

#[expect(clippy::print_stderr, reason = "the line is for the test runner")]
fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
}
